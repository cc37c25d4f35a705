"""Keeping a told way true by its chance: told is told, and only a chance that has become bad is worth another way.

Rules
- The told way stands while its chance to be on time is good (`SHAKY_PROBABILITY`), or hardly worse than it was when it
  was told (`WORSE_BY`). Nobody is told a better way, nor that they could leave later: delays recover.
- Before setting out another way has to be `BETTER_BY`, and can be set out for in `REACT_S`. One that leaves later than
  the told one is taken only if that is as good as lost (`LOST_PROBABILITY`). Who is as good as certain to be late gets
  the way that arrives soonest, as `by_timetable` finds it.
- On the way she is where the vehicles have carried her, and who misses one takes the next of its line; a way on from
  there has to be worth a change of plan (`transit/reliability/journey_ahead`).
- As many changes of way as there are texts for them: a way that cannot be told is not followed.
- What no chance is told of (a vehicle that is cancelled, or skips the stop) is none of this: `by_timetable`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.promised_itinerary import alternatives, boardings_of, rides_of, with_itineraries
from chalicelib.tickets.replanning.by_timetable import ByTimetable
from chalicelib.tickets.ticket import AS_GOOD_AS_CERTAIN, REPLAN_TEXTS_MAX, with_fixed_offset
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.arrival_forecasts import ArrivalForecast
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.ticket import Ticket

REACT_S = 3 * 60  # nobody sets out sooner than this after a text
SHAKY_PROBABILITY, WORSE_BY, BETTER_BY, LOST_PROBABILITY = 0.8, 0.15, 0.15, 0.4


def with_forecast(ticket: Ticket, arrival_forecast: ArrivalForecast | None) -> Ticket:
    """The ticket with what comes of its first option; None: no chance can be told. Where she must be is kept then."""
    if arrival_forecast is None:
        return replace(ticket, on_time_probability=None, late_probability=None)
    arrive_at = with_fixed_offset(arrival_forecast.arrive_at) if arrival_forecast.arrive_at else ticket.arrive_at
    return replace(
        ticket,
        on_time_probability=arrival_forecast.probability,
        late_probability=arrival_forecast.late_probability,
        underway=arrival_forecast.underway,
        arrive_at=arrive_at,
    )


@dataclass(frozen=True, slots=True)
class ByChance:
    """The rules, for one ticket whose told way stands so at `now`; `observed_at` is of the live data in use."""

    ticket: Ticket
    business: Business
    travel: LiveTravel
    checked: CheckedItinerary
    arrival_forecast: ArrivalForecast
    observed_at: datetime | None
    now: datetime

    def choose_itinerary(self) -> Ticket:
        """The ticket with the way to follow from now on. Raises `Unavailable`."""
        if not self._is_shaky() or self.ticket.promise.texts >= REPLAN_TEXTS_MAX:
            return self._keep()
        return self._from_home() if self.arrival_forecast.underway is None else self._on_the_way()

    def _is_shaky(self) -> bool:
        promised = self.ticket.promise.probability
        floor = (
            SHAKY_PROBABILITY
            if promised is None or self.arrival_forecast.underway
            else min(SHAKY_PROBABILITY, promised - WORSE_BY)
        )
        return self.arrival_forecast.probability < floor

    def _keep(self) -> Ticket:
        promised = self.ticket.promise.itinerary
        assert promised is not None
        if self.arrival_forecast.underway is None or not self.checked.broken:
            kept = () if self.arrival_forecast.underway else alternatives(self.ticket, promised)
            return with_forecast(
                with_itineraries(self.ticket, (self.checked.itinerary, *kept), self.observed_at), self.arrival_forecast
            )
        coming = self.travel.as_it_comes(
            self.ticket.feed, promised, self.ticket.underway, self.ticket.venue, self.business.change_s, self.now
        )
        itinerary = coming or self.checked.itinerary
        return with_forecast(with_itineraries(self.ticket, (itinerary,), self.observed_at), self.arrival_forecast)

    def _from_home(self) -> Ticket:
        ticket, promised = self.ticket, self.ticket.promise.itinerary
        assert promised is not None
        assert ticket.origin is not None
        request = Request(ticket.origin, ticket.venue, arrive_by=ticket.start)
        ready = self.now + timedelta(seconds=REACT_S)
        found = self.travel.likeliest(ticket.feed, request, self.business, ready, self.now)
        best = found[0] if found else None
        if best is None or best.probability < self.arrival_forecast.probability + BETTER_BY:
            return self._soonest() if self.arrival_forecast.late_probability > AS_GOOD_AS_CERTAIN else self._keep()
        later = best.itinerary.leave_at > promised.leave_at + timedelta(seconds=REACT_S)
        if rides_of(best.itinerary) == rides_of(promised) and best.itinerary.leave_at >= promised.leave_at:
            return self._keep()
        if later and self.arrival_forecast.probability > LOST_PROBABILITY:
            return self._keep()
        rest = (
            itinerary
            for itinerary in alternatives(ticket, promised)
            if boardings_of(itinerary) != boardings_of(best.itinerary)
        )
        return self._anew(with_itineraries(ticket, (best.itinerary, *rest), self.observed_at))

    def _soonest(self) -> Ticket:
        """Late for certain: whatever arrives soonest, if it gains enough."""
        kept, checked = self._keep(), self.checked
        if self.arrival_forecast.arrive_at:
            checked = replace(checked, itinerary=replace(checked.itinerary, arrive_at=self.arrival_forecast.arrive_at))
        bare = with_forecast(self.ticket, None)
        found = ByTimetable(bare, self.business, self.travel, checked, self.observed_at, self.now).from_home()
        known = found.itineraries and rides_of(found.itineraries[0]) != rides_of(kept.itineraries[0])
        return self._anew(found) if known else kept

    def _on_the_way(self) -> Ticket:
        ticket, promised = self.ticket, self.ticket.promise.itinerary
        assert promised is not None
        found = self.travel.better_onward(
            ticket.feed, promised, ticket.underway, ticket.venue, ticket.start, self.business.change_s, self.now
        )
        if found is None:
            return self._keep()
        itinerary, arrival_forecast = found
        return with_forecast(with_itineraries(ticket, (itinerary,), self.observed_at), arrival_forecast)

    def _anew(self, ticket: Ticket) -> Ticket:
        """What comes of a way that is to be set out for."""
        itinerary, change_s = ticket.itineraries[0], self.business.change_s
        arrival_forecast = self.travel.arrival_forecast(ticket.feed, itinerary, None, ticket.start, change_s, self.now)
        return with_forecast(ticket, arrival_forecast)
