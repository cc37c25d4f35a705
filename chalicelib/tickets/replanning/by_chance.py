"""Keeping a told way true by its chance: told is told, and only a chance that has become bad is worth another way.

Rules
- The told way stands while its chance to be on time is good (`SHAKY`), or hardly worse than it was when it was told
  (`WORSE`). Nobody is told a better way, nor that they could leave later: delays recover.
- Before setting out another way has to be `BETTER`, and can be set out for in `REACT_S`. One that leaves later than
  the told one is taken only if that is as good as lost (`LOST`). Who is as good as certain to be late gets the way
  that arrives soonest, as `by_timetable` finds it.
- On the way she is where the vehicles have carried her, and who misses one takes the next of its line; a way on from
  there has to be worth a change of plan (`transit/reliability/following`).
- As many changes of way as there are texts for them: a way that cannot be told is not followed.
- What no chance is told of (a vehicle that is cancelled, or skips the stop) is none of this: `by_timetable`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.promised import following, others, rides, trips
from chalicelib.tickets.replanning.by_timetable import ByTimetable
from chalicelib.tickets.ticket import CERTAIN, REPLAN_TEXTS, exact
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.forecasts import Outlook
    from chalicelib.tickets.replanning.live import LiveTravel
    from chalicelib.tickets.replanning.recheck import Standing
    from chalicelib.tickets.ticket import Ticket

REACT_S = 3 * 60  # nobody sets out sooner than this after a text
SHAKY, WORSE, BETTER, LOST = 0.8, 0.15, 0.15, 0.4


def judged(ticket: Ticket, outlook: Outlook | None) -> Ticket:
    """The ticket with what comes of its first option; None: no chance can be told. Where she must be is kept then."""
    if outlook is None:
        return replace(ticket, on_time_probability=None, late_probability=None)
    arrive_at = exact(outlook.arrive_at) if outlook.arrive_at else ticket.arrive_at
    return replace(
        ticket,
        on_time_probability=outlook.probability,
        late_probability=outlook.late_probability,
        underway=outlook.underway,
        arrive_at=arrive_at,
    )


@dataclass(frozen=True, slots=True)
class ByChance:
    """The rules, for one ticket whose told way stands so at `now`; `observed_at` is of the live data in use."""

    ticket: Ticket
    business: Business
    travel: LiveTravel
    standing: Standing
    outlook: Outlook
    observed_at: datetime | None
    now: datetime

    def followed(self) -> Ticket:
        """The ticket with the way to follow from now on. Raises `Unavailable`."""
        if not self._is_shaky() or self.ticket.promise.texts >= REPLAN_TEXTS:
            return self._stays()
        return self._from_home() if self.outlook.underway is None else self._on_the_way()

    def _is_shaky(self) -> bool:
        told = self.ticket.promise.probability
        floor = SHAKY if told is None or self.outlook.underway else min(SHAKY, told - WORSE)
        return self.outlook.probability < floor

    def _stays(self) -> Ticket:
        told = self.ticket.promise.option
        assert told is not None
        if self.outlook.underway is None or not self.standing.broken:
            kept = () if self.outlook.underway else others(self.ticket, told)
            return judged(following(self.ticket, (self.standing.option, *kept), self.observed_at), self.outlook)
        coming = self.travel.as_it_comes(
            self.ticket.feed, told, self.ticket.underway, self.ticket.venue, self.business.change_s, self.now
        )
        way = coming or self.standing.option
        return judged(following(self.ticket, (way,), self.observed_at), self.outlook)

    def _from_home(self) -> Ticket:
        ticket, told = self.ticket, self.ticket.promise.option
        assert told is not None
        assert ticket.origin is not None
        request = Request(ticket.origin, ticket.venue, arrive_by=ticket.start)
        ready = self.now + timedelta(seconds=REACT_S)
        found = self.travel.likeliest(ticket.feed, request, self.business, ready, self.now)
        best = found[0] if found else None
        if best is None or best.probability < self.outlook.probability + BETTER:
            return self._soonest() if self.outlook.late_probability > CERTAIN else self._stays()
        later = best.option.leave_at > told.leave_at + timedelta(seconds=REACT_S)
        if rides(best.option) == rides(told) and best.option.leave_at >= told.leave_at:
            return self._stays()
        if later and self.outlook.probability > LOST:
            return self._stays()
        way = best.option
        rest = tuple(option for option in others(ticket, told) if trips(option) != trips(way))
        return self._anew(following(ticket, (way, *rest), self.observed_at))

    def _soonest(self) -> Ticket:
        """Late for certain: whatever arrives soonest, if it gains enough."""
        kept, standing = self._stays(), self.standing
        if self.outlook.arrive_at:
            standing = replace(standing, option=replace(standing.option, arrive_at=self.outlook.arrive_at))
        bare = judged(self.ticket, None)
        found = ByTimetable(bare, self.business, self.travel, standing, self.observed_at, self.now).from_home()
        known = found.options and rides(found.options[0]) != rides(kept.options[0])
        return self._anew(found) if known else kept

    def _on_the_way(self) -> Ticket:
        ticket, told = self.ticket, self.ticket.promise.option
        assert told is not None
        found = self.travel.better_onward(
            ticket.feed, told, ticket.underway, ticket.venue, ticket.start, self.business.change_s, self.now
        )
        if found is None:
            return self._stays()
        way, outlook = found
        return judged(following(ticket, (way,), self.observed_at), outlook)

    def _anew(self, ticket: Ticket) -> Ticket:
        """What comes of a way that is to be set out for."""
        way, change_s = ticket.options[0], self.business.change_s
        outlook = self.travel.outlook(ticket.feed, way, None, ticket.start, change_s, self.now)
        return judged(ticket, outlook)
