"""A visit as the business's day knows it, and what has been told about it. Instants are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where a visit stands."""

    EXPECTED = "expected"
    HERE = "here"
    IN_SERVICE = "in_service"
    DONE = "done"
    GONE = "gone"  # left without being served
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class Told:
    """A time to come at that was told by a text, and when."""

    at: float
    come_at: float


@dataclass(slots=True)
class Visit:
    """A person's coming to a venue, booked or not."""

    visit: str
    service: str
    joined: float  # when it became known; a walk-in's place in the queue
    slot: float | None  # None: without an appointment
    staff: str | None = None  # the member it is bound to
    state: State = State.EXPECTED
    arrived: float | None = None
    started: float | None = None
    served_by: str | None = None
    told: list[Told] = field(default_factory=list)
    quote: float | None = None  # a walk-in's: by when they will be seen

    @property
    def is_booked(self) -> bool:
        """Whether it has an appointment."""
        return self.slot is not None

    @property
    def is_waited_for(self) -> bool:
        """Whether it is still to be served."""
        return self.state in {State.EXPECTED, State.HERE}

    @property
    def waits_since(self) -> float:
        """Since when (or from when on) they wait: their time, or their arrival if that is later."""
        return self.due if self.arrived is None else max(self.due, self.arrived)

    @property
    def due(self) -> float:
        """When they were last asked to be there: slot or told time, for a walk-in joining or told time."""
        first = self.slot if self.slot is not None else self.joined
        return max(first, self.told[-1].come_at) if self.told else first
