"""Keeping a promised itinerary true by its forecast: only a chance that has become bad is worth another itinerary.

Rules
- The promised itinerary stands while its chance to be on time is good (`SHAKY_PROBABILITY`), or hardly worse than it
  was when it was told (`WORSE_BY`). Nobody is told a better one, nor that they could leave later: delays recover.
- Before the customer sets out, another itinerary has to be better by `BETTER_BY`, and they must have `REACT_S` to set
  out for it. One that leaves later than the promised one is taken only if that is as good as lost
  (`LOST_PROBABILITY`). Who is as good as certain to be late gets the earliest arrival, as `by_timetable` finds it.
- On the way customers are presumed where the vehicles have carried them, and whoever misses one takes the next of its
  line. An itinerary on from there has to be worth a change of plan (`transit/reliability/journey_ahead`).
- There are as many changes of itinerary as texts for them: one that cannot be told is not followed.
- Where no forecast can be made (a vehicle is cancelled, or skips the stop), `by_timetable` decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.promised_itinerary import alternatives, boardings_of, rides_of, with_itineraries
from chalicelib.tickets.replanning.by_timetable import ByTimetable
from chalicelib.tickets.replanning.followed_itinerary import FollowedItinerary
from chalicelib.tickets.ticket import AS_GOOD_AS_CERTAIN, REPLAN_TEXTS_MAX, with_fixed_offset
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from chalicelib.tickets.plan import TripContext
    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary

# chances to be on time; judgements, tuned on recorded days (`python -m feeds replay`)
SHAKY_PROBABILITY = 0.8  # below it another itinerary is looked for
WORSE_BY = 0.15  # less than what was told: so much of a change a customer need not hear of
BETTER_BY = 0.15  # another itinerary must gain so much to be worth a text
LOST_PROBABILITY = 0.4  # below it the promised itinerary is as good as lost
REACT_S = 3 * 60  # nobody sets out sooner than this after a text


def with_forecast(ticket: Ticket, arrival_forecast: ArrivalForecast | None) -> Ticket:
    """The ticket with the forecast of its first itinerary, which is then expected when the ticket says.

    None: none can be made, `underway` stays as it was.
    """
    if arrival_forecast is None:
        return replace(ticket, on_time_probability=None, late_probability=None)
    if arrival_forecast.arrive_at and ticket.itineraries:
        first = ticket.itineraries[0].arriving_at(arrival_forecast.arrive_at)
        ticket = replace(ticket, itineraries=(first, *ticket.itineraries[1:]))
    arrive_at = with_fixed_offset(arrival_forecast.arrive_at) if arrival_forecast.arrive_at else ticket.arrive_at
    return replace(
        ticket,
        on_time_probability=arrival_forecast.probability,
        late_probability=arrival_forecast.late_probability,
        underway=arrival_forecast.underway,
        arrive_at=arrive_at,
    )


@dataclass(frozen=True, slots=True)
class ByForecast:
    """The rules, for one ticket whose promised itinerary is `checked` as it runs now, with this forecast."""

    ticket: Ticket
    travel: LiveTravel
    context: TripContext
    checked: CheckedItinerary
    arrival_forecast: ArrivalForecast

    def choose_itinerary(self) -> Ticket:
        """The ticket with the itinerary to follow from now on. Raises `Unavailable`."""
        if not self._is_shaky() or self.ticket.promise.texts >= REPLAN_TEXTS_MAX:
            return self._keep()
        return self._from_home() if self.arrival_forecast.underway is None else self._on_the_way()

    @property
    def _promised(self) -> Itinerary:
        assert self.ticket.promise.itinerary is not None
        return self.ticket.promise.itinerary

    def _is_shaky(self) -> bool:
        told = self.ticket.promise.probability
        if told is None or self.arrival_forecast.underway:
            return self.arrival_forecast.probability < SHAKY_PROBABILITY
        return self.arrival_forecast.probability < min(SHAKY_PROBABILITY, told - WORSE_BY)

    def _keep(self) -> Ticket:
        if self.arrival_forecast.underway is None:
            kept = (self.checked.itinerary, *alternatives(self.ticket, self._promised))
        elif self.checked.holds:
            kept = (self.checked.itinerary,)
        else:
            followed = FollowedItinerary.of(self.ticket, self._promised, self.ticket.underway)
            kept = (self.travel.as_it_comes(followed, self.context) or self.checked.itinerary,)
        return with_forecast(with_itineraries(self.ticket, kept, self.checked.observed_at), self.arrival_forecast)

    def _from_home(self) -> Ticket:
        ticket, promised, forecast = self.ticket, self._promised, self.arrival_forecast
        assert ticket.origin is not None
        request = Request(ticket.origin, ticket.venue, arrive_by=ticket.start)
        found = self.travel.likeliest(request, self.context.now + timedelta(seconds=REACT_S), self.context)
        if not found or found[0].probability < forecast.probability + BETTER_BY:
            return self._soonest() if forecast.late_probability > AS_GOOD_AS_CERTAIN else self._keep()
        best = found[0].itinerary
        if rides_of(best) == rides_of(promised) and best.leave_at >= promised.leave_at:
            return self._keep()
        leaves_later = best.leave_at > promised.leave_at + timedelta(seconds=REACT_S)
        if leaves_later and forecast.probability > LOST_PROBABILITY:
            return self._keep()
        rest = (other for other in alternatives(ticket, promised) if boardings_of(other) != boardings_of(best))
        return self._begin(with_itineraries(ticket, (best, *rest), self.checked.observed_at))

    def _soonest(self) -> Ticket:
        """Late for certain: the earliest arrival, if it gains enough."""
        kept, checked = self._keep(), self.checked
        if self.arrival_forecast.arrive_at:
            checked = replace(checked, itinerary=replace(checked.itinerary, arrive_at=self.arrival_forecast.arrive_at))
        bare = with_forecast(self.ticket, None)
        found = ByTimetable(bare, self.travel, self.context, checked).from_home()
        is_other = found.itineraries and rides_of(found.itineraries[0]) != rides_of(kept.itineraries[0])
        return self._begin(found) if is_other else kept

    def _on_the_way(self) -> Ticket:
        followed = FollowedItinerary.of(self.ticket, self._promised, self.ticket.underway)
        found = self.travel.better_onward(followed, self.context)
        if found is None:
            return self._keep()
        itinerary, arrival_forecast = found
        return with_forecast(with_itineraries(self.ticket, (itinerary,), self.checked.observed_at), arrival_forecast)

    def _begin(self, ticket: Ticket) -> Ticket:
        """The ticket with the forecast of an itinerary that is still to be set out for."""
        followed = FollowedItinerary.of(ticket, ticket.itineraries[0], None)
        return with_forecast(ticket, self.travel.arrival_forecast(followed, self.context))
