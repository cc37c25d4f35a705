"""Keeping a plan true while the network changes: a promised itinerary stays while it works; another is worth a text.

Where a forecast can be made (the feed has live data, and the itinerary's vehicles are in the timetable), it decides:
`by_forecast`. Else, and where a vehicle does not run at all, what is known now counts as certain: `by_timetable`.

All functions may raise `Unavailable`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.tickets.plan import with_best_plan
from chalicelib.tickets.promised_itinerary import boardings_of, translate_underway, with_itineraries
from chalicelib.tickets.replanning.by_forecast import SHAKY_PROBABILITY, WORSE_BY, ByForecast, with_forecast
from chalicelib.tickets.replanning.by_timetable import ByTimetable
from chalicelib.tickets.replanning.followed_itinerary import FollowedItinerary
from chalicelib.tickets.replanning.recheck import VEHICLE_GONE
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from chalicelib.tickets.plan import TripContext
    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket

ITINERARIES_SHOWN_MAX = 4  # on a ticket's page


def plan_anew(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket:
    """The ticket of somebody who still waits for our word, with the best plan there is.

    The itineraries worth most by their chance come first; then those that the timetable prefers.
    """
    return _with_likeliest_first(with_best_plan(ticket, travel, context), travel, context)


def refresh_plan(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket | None:
    """The same before it is time to tell: the likeliest itineraries as they are by now, beside what was found before.

    None: its plan does not work any more, or no forecast can be made; it has to be planned anew.
    """
    kept = recheck_plan(ticket, travel, context)
    return _with_likeliest_first(kept, travel, context) if kept and kept.on_time_probability is not None else None


def recheck_plan(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket | None:
    """The ticket with its untold plan as it is now, if that still works; None: it has to be planned anew.

    Looking up an itinerary is a hundred times cheaper than searching one, and most updates break none. Whether there
    is a better one by now is asked when the time to tell comes.
    """
    if not ticket.itineraries or ticket.leave_by is None or ticket.status is not TicketStatus.PLANNED:
        return None
    first = ticket.itineraries[0]
    checked = travel.recheck(first, first.leave_at, context)
    if checked is None or checked.broken in VEHICLE_GONE:
        return None
    kept = with_itineraries(ticket, (checked.itinerary, *ticket.itineraries[1:]), checked.observed_at)
    kept = _with_fresh_forecast(kept, travel, context)
    if kept.on_time_probability is None:
        works = checked.holds and checked.itinerary.arrive_at <= ticket.start
    else:
        works = kept.on_time_probability >= min(SHAKY_PROBABILITY, (ticket.on_time_probability or 0.0) - WORSE_BY)
    return kept if works else None


def replan_ticket(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket:
    """The ticket of somebody who follows a promised itinerary; its first option is what to follow from now on."""
    promised = ticket.promise.itinerary
    assert promised is not None
    checked = travel.recheck(promised, promised.leave_at, context)
    if checked is None:
        return ticket
    forecast = None
    if checked.broken not in VEHICLE_GONE:
        forecast = travel.arrival_forecast(FollowedItinerary.of(ticket, promised, ticket.underway), context)
    if forecast is not None and forecast.arrive_at is not None:
        return ByForecast(ticket, travel, context, checked, forecast).choose_itinerary()
    # no forecast can be made, or more likely no vehicle comes any more
    followed = ByTimetable(with_forecast(ticket, None), travel, context, checked).choose_itinerary()
    if not followed.itineraries:
        return with_forecast(followed, forecast)
    return _with_forecast_from_here(followed, travel, context)


def _with_forecast_from_here(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket:
    """The ticket with the forecast of its first option, for somebody who is where the promised one has brought them."""
    promised, itinerary = ticket.promise.itinerary, ticket.itineraries[0]
    assert promised is not None
    here = translate_underway(ticket.underway, promised, itinerary)
    forecast = travel.arrival_forecast(FollowedItinerary.of(ticket, itinerary, here), context)
    return replace(with_forecast(ticket, forecast), underway=ticket.underway)


def _with_likeliest_first(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket:
    """The ticket with the itineraries worth most by their chance first, also where none is in time if all goes on so.

    What is known now counts as certain where the plan was searched, and delays recover.
    """
    if ticket.origin is not None and context.now < ticket.start:
        request = Request(ticket.origin, ticket.venue, arrive_by=ticket.start)
        likely = tuple(one.itinerary for one in travel.likeliest(request, context.now, context))
        if likely:
            known = {boardings_of(itinerary) for itinerary in likely}
            rest = (itinerary for itinerary in ticket.itineraries if boardings_of(itinerary) not in known)
            ticket = with_itineraries(ticket, (*likely, *rest)[:ITINERARIES_SHOWN_MAX], ticket.observed_at)
    return _with_fresh_forecast(ticket, travel, context)


def _with_fresh_forecast(ticket: Ticket, travel: LiveTravel, context: TripContext) -> Ticket:
    """The ticket with the forecast of its first option, which is still to be set out for."""
    forecast: ArrivalForecast | None = None
    if ticket.itineraries:
        forecast = travel.arrival_forecast(FollowedItinerary.of(ticket, ticket.itineraries[0], None), context)
    return with_forecast(ticket, forecast)
