"""What messages say about runs, by run: of two updates the younger one counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feeds.realtime.matching.calls import UNSET
from feeds.realtime.matching.placing import Placed
from feeds.realtime.matching.vehicles import refine_calls

if TYPE_CHECKING:
    from chalicelib.transit.data.conditions import AddedRun
    from chalicelib.transit.data.sightings import Sighting
    from feeds.realtime.matching.added import AddedTrip
    from feeds.realtime.matching.modifications import Detour


@dataclass(slots=True)
class RunUpdate:
    """What one entity says about one run: placed calls as (stop_time, arrival delay, departure delay, skipped)."""

    at: int  # POSIX seconds; the youngest update about a run wins
    cancelled: bool = False
    calls: list[Placed] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)  # stop_times at another platform: which stop


@dataclass
class MessageContent:
    """What the messages read so far say together."""

    updates: dict[int, RunUpdate] = field(default_factory=dict)  # by run
    added: dict[str, AddedTrip] = field(default_factory=dict)  # by key
    withdrawn: dict[str, int] = field(default_factory=dict)  # cancelled trips that the timetable lacks: when, POSIX s
    detours: dict[tuple[int, int], Detour] = field(default_factory=dict)  # by run and first stop_time left out
    passages: list[Sighting] = field(default_factory=list)
    sightings: dict[int, tuple[int, int, int, bool]] = field(default_factory=dict)  # of vehicles, by run

    def keep(self, run: int, update: RunUpdate) -> None:
        """Keeps the youngest update of a run; of two equally young ones that which comes later in the message."""
        held = self.updates.get(run)
        if held is None or update.at >= held.at:
            self.updates[run] = update

    def add(self, added: AddedTrip) -> None:
        """Keeps the youngest word about an added trip."""
        held = self.added.get(added.key)
        if held is None or added.at >= held.at:
            self.added[added.key] = added

    def added_runs(self) -> tuple[AddedRun, ...]:
        """The added trips that are not withdrawn: of two words of one time the cancellation counts."""
        return tuple(
            one.run
            for trip_id, one in self.added.items()
            if trip_id not in self.withdrawn or one.at > self.withdrawn[trip_id]
        )

    def take(self, other: MessageContent) -> None:
        """Adds all that another message says."""
        for run, update in other.updates.items():
            self.keep(run, update)
        for added in other.added.values():
            self.add(added)
        for trip_id, at in other.withdrawn.items():
            self.withdrawn[trip_id] = max(at, self.withdrawn.get(trip_id, at))
        self.detours |= other.detours
        self.passages += other.passages
        self.sightings.update(other.sightings)

    def refine(self) -> None:
        """Corrects the updates by the vehicles' positions; the last step, when all messages are read."""
        for run, (at, here, late_s, standing) in self.sightings.items():
            held = self.updates.get(run)
            if held is None:  # one that stands there early waits for its time
                self.updates[run] = RunUpdate(at, calls=[Placed(here, late_s, UNSET if late_s >= 0 else 0, False)])
            elif not held.cancelled and not standing and at >= held.at:
                held.calls = refine_calls(held.calls, here, late_s)
