"""Ways that a customer decided on themselves: another itinerary of ours, or one of their own. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.promised_itinerary import is_following_promise
from chalicelib.tickets.said.wish import rides_key, said_of
from chalicelib.tickets.states import Trigger, status_after
from chalicelib.tickets.ticket import TicketStatus, with_fixed_offset
from chalicelib.transit.itinerary import Itinerary, Leg, Place

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket

MODE_BY = {"car": "car", "foot": "walk", "bike": "bike"}
MIN_BY_TAP = (10, 20, 30, 45)


def with_chosen(ticket: Ticket) -> Ticket:
    """The ticket that follows the chosen itinerary as long as it shows it; else it is as it was.

    Who was told another one follows the chosen one from now on, and hears when it stops being good.
    """
    chosen = next((one for one in ticket.itineraries if rides_key(one) == said_of(ticket).chosen), None)
    if chosen is None or chosen is ticket.itineraries[0]:
        return ticket
    others = tuple(one for one in ticket.itineraries if one is not chosen)
    leave_by, arrive_at = with_fixed_offset(chosen.leave_at), with_fixed_offset(chosen.arrive_at)
    promise = ticket.promise
    if is_following_promise(ticket):
        promise = replace(promise, itinerary=chosen, leave_by=leave_by, arrive_at=arrive_at, probability=None)
    return replace(
        ticket,
        itineraries=(chosen, *others),
        leave_by=leave_by,
        arrive_at=arrive_at,
        promise=promise,
        underway=None,
        on_time_probability=None,
        late_probability=None,
    )


def is_choice_lost(ticket: Ticket) -> bool:
    """Whether the chosen itinerary is not to be had any more."""
    chosen = said_of(ticket).chosen
    return bool(chosen and ticket.itineraries) and rides_key(ticket.itineraries[0]) != chosen


def with_own_way(ticket: Ticket, business: Business) -> Ticket:
    """The ticket of somebody who comes by themselves, in so many minutes: no feed is asked."""
    said = said_of(ticket)
    arrive_at = ticket.start - timedelta(minutes=business.early_min)
    leave_by = arrive_at - timedelta(minutes=said.by_min)
    start = Place("", 0, 0)  # nobody knows where: not shown
    leg = Leg(MODE_BY[said.by], start, ticket.venue, leave_by, arrive_at)
    is_early = ticket.status in {TicketStatus.WAITING_FOR_ORIGIN, TicketStatus.PLANNED}
    return replace(
        ticket,
        status=status_after(ticket.status, Trigger.ORIGIN_SET) if is_early else ticket.status,
        itineraries=(Itinerary(leave_by, arrive_at, 0, (leg,)),),
        leave_by=leave_by,
        arrive_at=arrive_at,
        on_time_probability=None,
        late_probability=None,
        plan_note="",
        observed_at=None,
    )
