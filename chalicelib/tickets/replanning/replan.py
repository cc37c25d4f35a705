"""Keeping a plan true while the network changes: the told way is kept while it works, another has to be worth a text.

Where a chance can be told of the way (the feed has live data, and the way's vehicles are in the timetable), the
chance decides: `by_chance`. Else, and where a vehicle does not run at all, what is known now counts as certain:
`by_timetable`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.tickets.plan import with_best_plan
from chalicelib.tickets.promised_itinerary import boardings_of, translate_underway, with_itineraries
from chalicelib.tickets.replanning.by_forecast import SHAKY_PROBABILITY, WORSE_BY, ByChance, with_forecast
from chalicelib.tickets.replanning.by_timetable import ByTimetable
from chalicelib.tickets.replanning.recheck import VEHICLE_GONE
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.arrival_forecasts import ArrivalForecast
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket

ITINERARIES_SHOWN_MAX = 4  # on a ticket's page


def plan_anew(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket of somebody who still waits for our word, with the best plan there is. Raises `Unavailable`.

    The ways worth most by their chance come first; then those that the timetable prefers.
    """
    return _surest_first(with_best_plan(ticket, business, travel, now), business, travel, now)


def refresh_plan(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket | None:
    """The same before it is time to tell: the surest ways as they are by now, beside what else was found before.

    None: its plan does not work any more, or no chance can be told; it has to be planned anew. Raises `Unavailable`.
    """
    kept = recheck_plan(ticket, business, travel, now)
    return _surest_first(kept, business, travel, now) if kept and kept.on_time_probability is not None else None


def _surest_first(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    if not ticket.itineraries or ticket.origin is None:
        return with_forecast(ticket, None)
    request = Request(ticket.origin, ticket.venue, arrive_by=ticket.start)
    likely = tuple(chance.itinerary for chance in travel.likeliest(ticket.feed, request, business, now, now))
    if likely and now < ticket.start:
        known = {boardings_of(itinerary) for itinerary in likely}
        rest = (itinerary for itinerary in ticket.itineraries if boardings_of(itinerary) not in known)
        ticket = with_itineraries(ticket, (*likely, *rest)[:ITINERARIES_SHOWN_MAX], ticket.observed_at)
    return with_fresh_forecast(ticket, business, travel, now)


def recheck_plan(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket | None:
    """The ticket with its untold plan as it is now, if that still works; None: it has to be planned anew.

    Looking up a known way is a hundred times cheaper than searching one, and most updates break no way. Whether there
    is a better one by now is asked when the time to tell comes.
    """
    if not ticket.itineraries or ticket.leave_by is None or ticket.status is not TicketStatus.PLANNED:
        return None
    itinerary = ticket.itineraries[0]
    found = travel.recheck(ticket.feed, itinerary, itinerary.leave_at, business.change_s, now)
    if found is None or found[0].broken in VEHICLE_GONE:
        return None
    checked, observed_at = found
    kept = with_itineraries(ticket, (checked.itinerary, *ticket.itineraries[1:]), observed_at)
    kept = with_fresh_forecast(kept, business, travel, now)
    works = checked.holds and checked.itinerary.arrive_at <= ticket.start
    if kept.on_time_probability is not None:
        works = kept.on_time_probability >= min(SHAKY_PROBABILITY, (ticket.on_time_probability or 0.0) - WORSE_BY)
    return kept if works else None


def replan_ticket(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket of somebody who follows a told way, with the way to follow from now on as its first option.

    Raises `Unavailable`.
    """
    promised, change_s = ticket.promise.itinerary, business.change_s
    assert promised is not None
    found = travel.recheck(ticket.feed, promised, promised.leave_at, change_s, now)
    if found is None:
        return ticket
    checked, observed_at = found
    arrival_forecast = None
    if checked.broken not in VEHICLE_GONE:
        arrival_forecast = travel.arrival_forecast(ticket.feed, promised, ticket.underway, ticket.start, change_s, now)
    if (
        arrival_forecast is None or arrival_forecast.arrive_at is None
    ):  # no chance can be told, or more likely no vehicle comes any more
        followed = ByTimetable(
            with_forecast(ticket, None), business, travel, checked, observed_at, now
        ).choose_itinerary()
        return _with_forecast_on_the_way(followed, arrival_forecast, business, travel, now)
    return ByChance(ticket, business, travel, checked, arrival_forecast, observed_at, now).choose_itinerary()


def _with_forecast_on_the_way(
    ticket: Ticket, stranded: ArrivalForecast | None, business: Business, travel: LiveTravel, now: datetime
) -> Ticket:
    """The ticket with what comes of the way to follow, for somebody who is where the told one has brought her."""
    if not ticket.itineraries:
        return with_forecast(ticket, stranded)
    promised, itinerary = ticket.promise.itinerary, ticket.itineraries[0]
    assert promised is not None
    here = translate_underway(ticket.underway, promised, itinerary)
    arrival_forecast = travel.arrival_forecast(ticket.feed, itinerary, here, ticket.start, business.change_s, now)
    return replace(with_forecast(ticket, arrival_forecast), underway=ticket.underway)


def with_fresh_forecast(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket with what comes of its first option by now. Raises `Unavailable`."""
    if not ticket.itineraries:
        return with_forecast(ticket, None)
    itinerary = ticket.itineraries[0]
    return with_forecast(
        ticket, travel.arrival_forecast(ticket.feed, itinerary, None, ticket.start, business.change_s, now)
    )
