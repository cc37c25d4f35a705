"""One day of one venue: who is expected, here, being served, and what each event changes. Pure; seconds since 1970.

Events of unknown visits change nothing, and so does one that comes twice or too late: a visit never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.visits.merge import next_of
from chalicelib.visits.promises import Ledger
from chalicelib.visits.visit import State, Visit

if TYPE_CHECKING:
    from chalicelib.visits.spread import Foretold
    from chalicelib.visits.venue import Venue
    from chalicelib.visits.waits.calibration import Wait

IDLE_S = 300.0  # a chair that is empty for so long is idle


@dataclass(slots=True)
class Day:
    """The state of a day."""

    venue: Venue
    day: str
    doors: float  # when they open
    staff: list[str]  # who works now
    visits: dict[str, Visit] = field(default_factory=dict)
    serving: dict[str, Visit] = field(default_factory=dict)  # member → who is in service
    free_since: dict[str, float] = field(default_factory=dict)  # member → when their last visit ended
    at_work: set[str] = field(default_factory=set)  # members who have been seen
    foretold: dict[str, list[Foretold]] = field(default_factory=dict)  # visit → what was foretold and is not known yet
    quoted: dict[str, tuple[Wait, Wait]] = field(default_factory=dict)  # walk-in → wait as drawn, and as quoted
    ledger: Ledger = field(default_factory=Ledger)

    def book(self, now: float, visit: str, staff: str | None, service: str, slot: float) -> None:
        """An appointment has become known, or has another time."""
        self.visits[visit] = Visit(visit, service, now, slot, staff)

    def join(self, now: float, visit: str, service: str) -> Visit:
        """Somebody without an appointment has joined."""
        one = self.visits[visit] = Visit(visit, service, now, None)
        self.venue.walk_ins += 1
        return one

    def arrive(self, now: float, visit: str) -> None:
        """Somebody is there."""
        one = self.visits.get(visit)
        if one is None or one.state != State.EXPECTED:
            return
        one.state, one.arrived = State.HERE, now
        if one.slot is None and one.joined == now:
            one.told.clear()  # at the door: no time to come at was told
            self.venue.at_the_door += 1
        elif one.slot is not None and not one.told:
            self.venue.people.learn_arrival(now - one.slot)

    def start(self, now: float, visit: str, staff: str) -> None:
        """Somebody's turn has come: what was foretold and promised is compared with what is."""
        one = self.visits.get(visit)
        if one is None or not one.is_waited_for:
            return
        self.see_staff(now, staff)
        one.state, one.started, one.served_by = State.IN_SERVICE, now, staff
        self.serving[staff] = one
        if one.slot is not None and one.told and one.arrived is not None:
            idle_s = one.arrived - max(one.slot, self.free_since.get(staff, self.doors))
            self.venue.told_later += 1
            self.venue.sat_idle += idle_s > IDLE_S
        for told in self.foretold.pop(visit, []):
            self.venue.spread.learn(told, now)
        if visit in self.quoted:
            self.venue.quotes.learn(*self.quoted.pop(visit), now - one.joined)
        self.ledger.settle(visit, now)

    def end(self, now: float, visit: str) -> None:
        """Somebody has been served."""
        one = self.visits.get(visit)
        if one is None or one.state != State.IN_SERVICE or one.started is None or one.served_by is None:
            return
        one.state = State.DONE
        if self.serving.get(one.served_by) is one:
            del self.serving[one.served_by]
        self.free_since[one.served_by] = now
        self.venue.lengths.learn(one.service, one.served_by, now - one.started)

    def leave(self, visit: str, *, came: bool) -> None:
        """Somebody will not be served: they went, or (not `came`) are not expected any more."""
        one = self.visits.get(visit)
        if one is None or not one.is_waited_for:
            return
        one.state = State.GONE if came else State.NO_SHOW
        if not came and one.is_booked:
            self.venue.people.learn_missed()
        self.foretold.pop(visit, None)
        self.quoted.pop(visit, None)
        self.ledger.settle(visit, None)

    def see_staff(self, now: float, staff: str) -> None:
        """A member is at work. The first time it is learned how late they began, as far as somebody was there."""
        if staff in self.at_work:
            return
        self.at_work.add(staff)
        could = [one.arrived for one in self.visits.values() if one.arrived is not None and one.staff in {None, staff}]
        self.venue.people.learn_staff(now - max(self.doors, min(could, default=now)))

    def free(self, now: float, staff: str) -> Visit | None:
        """A member is free: who shall be next?"""
        self.see_staff(now, staff)
        return next_of(now, staff, self.visits.values(), self.venue.lengths)

    def waited_for(self) -> list[Visit]:
        """Who is still to be served, by the time they were asked to be there."""
        return sorted((one for one in self.visits.values() if one.is_waited_for), key=lambda one: (one.due, one.visit))
