"""Keeping a promised itinerary true where no forecast can be made: as vehicles run now, as if that were certain.

Rules
- A customer who was told an itinerary follows it. While the same vehicles still bring them there in time, nothing
  changes, not even for a better one, and "you could leave later" is never said: delays recover.
- The itinerary is given up when it breaks (cancelled, missed connection), or when it has become late by more than
  `TOLERATED_LATENESS_S` and another one gains at least `GAIN_S`.
- Before the customer sets out, the new itinerary starts at the origin. On the way it starts where they can next
  change: at the stop they walk to, or at any stop ahead of the vehicle that they are in, which stays its first leg.
- On the way only a broken itinerary is given up: what is merely late often recovers, and people lose their place.
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

    from chalicelib.tickets.plan import TripContext
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Leg, Place

GAIN_S = 300  # of arriving sooner: for less nobody should have to change their plan
TELL_AND_SET_OUT_S = 60 + SET_OUT_GRACE_S  # what has to be begun within a minute cannot be told any more


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody on an itinerary can next change their mind: at `place`, at `at`, after the `kept` leg if any."""

    place: Place
    at: datetime
    kept: Leg | None


@dataclass(frozen=True, slots=True)
class ByTimetable:
    """The rules, for one ticket whose promised itinerary is `checked` as it runs now."""

    ticket: Ticket
    travel: LiveTravel
    context: TripContext
    checked: CheckedItinerary

    def choose_itinerary(self) -> Ticket:
        """The ticket with the itinerary to follow from now on. Raises `Unavailable`."""
        ticket, checked = self.ticket, self.checked
        promised = ticket.promise.itinerary
        assert promised is not None
        late = checked.itinerary.arrive_at > ticket.start + timedelta(seconds=TOLERATED_LATENESS_S)
        if checked.holds and not late:
            return self._follow((checked.itinerary, *alternatives(ticket, promised)))
        if ticket.status is not TicketStatus.UNDER_WAY:
            return self.from_home()
        return self._follow((checked.itinerary,)) if checked.holds else self._on_the_way()

    def from_home(self) -> Ticket:
        """The ticket of somebody who has not set out, and whose itinerary is broken or late. Raises `Unavailable`."""
        checked, ready = self.checked, self.context.now + timedelta(seconds=TELL_AND_SET_OUT_S)
        if checked.holds and not self._may_gain(ready):
            return self._follow((checked.itinerary,))
        plan = best_plan(self.ticket, self.travel, self.context, ready=ready)
        better = plan.itineraries[0] if plan.itineraries else None
        if better is None and checked.broken:
            return self._follow((), plan.note or NO_ITINERARY)
        if better is None or (checked.holds and not self._gains(better.arrive_at)):
            return self._follow((checked.itinerary,))
        return self._follow(plan.itineraries)

    def _may_gain(self, ready: datetime) -> bool:
        """Whether anything at all gains enough. Asked before itineraries are compared: that takes 20 times as long."""
        assert self.ticket.origin is not None
        request = Request(self.ticket.origin, self.ticket.venue, depart_at=ready)
        soonest = self.travel.soonest(request, self.context)
        return soonest is not None and self._gains(soonest)

    def _gains(self, arrive_at: datetime) -> bool:
        return (self.checked.itinerary.arrive_at - arrive_at).total_seconds() >= GAIN_S

    def _on_the_way(self) -> Ticket:
        here, venue = position(self.checked, self.context.now), self.ticket.venue
        if here.kept and here.kept.ride:
            answer = self.travel.onward(here.kept, venue, self.context)
            itineraries = answer.itineraries
        else:
            answer = self.travel.plan(Request(here.place, venue, depart_at=here.at), self.context)
            itineraries = tuple(_with_kept_leg(here, itinerary) for itinerary in answer.itineraries)
        return self._follow(itineraries, "" if itineraries else answer.note or NO_ITINERARY)

    def _follow(self, itineraries: tuple[Itinerary, ...], note: str = "") -> Ticket:
        return with_itineraries(self.ticket, itineraries, self.checked.observed_at, note)


def position(checked: CheckedItinerary, now: datetime) -> Position:
    """The end of the leg they are on, which they keep; the stop where they wait; the origin before the first leg."""
    legs = checked.itinerary.legs[: checked.broken_leg]
    current = next((leg for leg in legs if leg.arrives > now), None)
    if current:
        return Position(current.destination, current.arrives, current)
    here = legs[-1].destination if legs else checked.itinerary.legs[0].origin
    return Position(here, now, None)


def _with_kept_leg(here: Position, itinerary: Itinerary) -> Itinerary:
    if here.kept is None:
        return itinerary
    legs = (here.kept, *itinerary.legs)
    rides = sum(leg.ride is not None for leg in legs)
    return Itinerary(here.kept.departs, itinerary.arrive_at, max(rides - 1, 0), legs)
