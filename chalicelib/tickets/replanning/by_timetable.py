"""Keeping a told way true where no chance can be told: by the vehicles as they run now, as if that were certain.

Rules
- Somebody who was told a way follows it. While the same vehicles still bring them there in time, nothing changes,
  not even for a better way, and "you could leave later" is never said: delays recover.
- The way is given up when it breaks (cancelled, missed connection), or when it has become late by more than
  `TOLERATED_LATENESS_S` and another one gains at least `GAIN_S`.
- Before setting out the new way starts at the origin; on the way it starts where they can next change: at the stop
  they walk to, or at any stop ahead of the vehicle that they are in, which stays its first leg.
- On the way only a broken way is given up: what is merely late often recovers, and people lose their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.plan import NO_ITINERARY, SET_OUT_GRACE_S, best_plan
from chalicelib.tickets.promised_itinerary import alternatives, with_itineraries
from chalicelib.tickets.ticket import TOLERATED_LATENESS_S, TicketStatus
from chalicelib.transit.itinerary import Itinerary, Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Leg, Place

GAIN_S = 300
TELL_AND_SET_OUT_S = 60 + SET_OUT_GRACE_S  # a way that has to be begun within a minute cannot be told any more


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody on a told way can next change their mind: the `kept` leg leads to `place` at `at`."""

    place: Place
    at: datetime
    kept: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class ByTimetable:
    """The rules, for one ticket whose told way stands so at `now`; `observed_at` is of the live data in use."""

    ticket: Ticket
    business: Business
    travel: LiveTravel
    checked: CheckedItinerary
    observed_at: datetime | None
    now: datetime

    def choose_itinerary(self) -> Ticket:
        """The ticket with the way to follow from now on. Raises `Unavailable`."""
        ticket, checked = self.ticket, self.checked
        promised = ticket.promise.itinerary
        assert promised is not None
        late = checked.itinerary.arrive_at > ticket.start + timedelta(seconds=TOLERATED_LATENESS_S)
        if checked.holds and not late:
            return self._follows((checked.itinerary, *alternatives(ticket, promised)))
        if ticket.status is not TicketStatus.UNDER_WAY:
            return self.from_home()
        return self._follows((checked.itinerary,)) if checked.holds else self._on_the_way()

    def from_home(self) -> Ticket:
        """The ticket of somebody who has not set out, and whose way is broken or late. Raises `Unavailable`."""
        checked, ready = self.checked, self.now + timedelta(seconds=TELL_AND_SET_OUT_S)
        if checked.holds and not self._may_gain(ready):
            return self._follows((checked.itinerary,))
        plan = best_plan(self.ticket, self.business, self.travel, self.now, ready)
        better = plan.itineraries[0] if plan.itineraries else None
        gains = better is not None and _gain_s(checked.itinerary, better) >= GAIN_S
        if better is None and checked.broken:
            return self._follows((), plan.note or NO_ITINERARY)
        if better is None or (checked.holds and not gains):
            return self._follows((checked.itinerary,))
        return self._follows(plan.itineraries)

    def _may_gain(self, ready: datetime) -> bool:
        """Whether any way at all gains enough. Asked before ways are compared, which takes twenty times as long."""
        ticket = self.ticket
        assert ticket.origin is not None
        request = Request(ticket.origin, ticket.venue, depart_at=ready)
        soonest = self.travel.soonest(ticket.feed, request, self.business.change_s, self.now)
        return soonest is not None and (self.checked.itinerary.arrive_at - soonest).total_seconds() >= GAIN_S

    def _on_the_way(self) -> Ticket:
        ticket, now, change_s = self.ticket, self.now, self.business.change_s
        here = position(self.checked, now)
        if here.kept and here.kept[0].ride:
            answer = self.travel.onward(ticket.feed, here.kept[0], ticket.venue, change_s, now)
            itineraries = answer.itineraries
        else:
            request = Request(here.place, ticket.venue, depart_at=here.at)
            answer = self.travel.plan(ticket.feed, request, change_s, now)
            itineraries = tuple(_with_kept_leg(here, itinerary) for itinerary in answer.itineraries)
        return self._follows(itineraries, "" if itineraries else answer.note or NO_ITINERARY)

    def _follows(self, itineraries: tuple[Itinerary, ...], note: str = "") -> Ticket:
        return with_itineraries(self.ticket, itineraries, self.observed_at, note)


def position(checked: CheckedItinerary, now: datetime) -> Position:
    """The end of the leg they are on, which they keep; the stop where they wait; the origin before the first leg."""
    legs = checked.itinerary.legs[: checked.broken_leg]
    current = next((leg for leg in legs if leg.arrives > now), None)
    if current:
        return Position(current.destination, current.arrives, (current,))
    here = legs[-1].destination if legs else checked.itinerary.legs[0].origin
    return Position(here, now, ())


def _with_kept_leg(here: Position, itinerary: Itinerary) -> Itinerary:
    if not here.kept:
        return itinerary
    legs = (*here.kept, *itinerary.legs)
    rides = sum(leg.ride is not None for leg in legs)
    return Itinerary(here.kept[0].departs, itinerary.arrive_at, max(rides - 1, 0), legs)


def _gain_s(before: Itinerary, after: Itinerary) -> float:
    return (before.arrive_at - after.arrive_at).total_seconds()
