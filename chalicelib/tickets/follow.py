"""How a ticket follows its booking. Pure; following the same booking twice changes nothing.

Rules
- Only a confirmed booking that is not over makes a ticket. One that is held by telephone or screen has no journey:
  nothing is planned for it. While a known one waits for confirmation again, the ticket waits too and nothing is told.
- A moved appointment moves the same ticket: its link, its origin and its promise stay; the plan is made anew. Another
  place is a move like another time.
- What the booking's form says of where the customer comes from is kept until a place can be found for it (`origin`).
- A cancelled booking, or a customer who is no longer part of it, cancels the ticket. Booked again, it is opened again.
- A booking version lower than the one that the ticket knows changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from chalicelib.tickets.origin import with_address, without_plan
from chalicelib.tickets.states import Trigger, status_after
from chalicelib.tickets.ticket import Promise, Ticket, TicketStatus, is_elsewhere, opened_again, with_fixed_offset
from chalicelib.transit.itinerary import Place

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking, Customer
    from chalicelib.bookings.business import Business
    from chalicelib.tickets.links import Link

_ENDED_BY_TOOL = (TicketStatus.CANCELLED, TicketStatus.NO_SHOW)


def follow(
    ticket: Ticket | None, booking: Booking, customer: Customer | None, business: Business, now: datetime
) -> Ticket | None:
    """The ticket as the booking wants it now; None where there is none and none is to be made.

    `customer` is this ticket's customer as the booking knows them, None if they are no longer part of it.
    """
    if ticket is None or booking.version < ticket.booking_version:
        return ticket
    moved = _with_venue(_with_appointment(ticket, booking, customer), booking, business, now)
    addressed = with_address(moved, customer.address) if customer else moved
    return _with_status(addressed, booking, customer)


def new_ticket(booking: Booking, customer: Customer, business: Business, now: datetime, link: Link) -> Ticket | None:
    """A ticket with this link for one customer of a confirmed booking that is not over; else None.

    Who meets by telephone or screen has one too: they are reminded, and a change of place finds it.
    """
    if booking.status is not Status.BOOKED or booking.end <= now:
        return None
    made = Ticket(
        ticket_id=link.ticket_id,
        secret=link.secret,
        booking_id=booking.booking_id,
        booking_version=booking.version,
        business_id=business.business_id,
        feed=business.feed,
        status=TicketStatus.WAITING_FOR_ORIGIN,
        start=with_fixed_offset(booking.start),
        end=with_fixed_offset(booking.end),
        timezone=booking.timezone,
        venue=venue_of(booking, business),
        connection_id=booking.connection_id,
        cancel_url=booking.cancel_url or "",
        move_url=booking.move_url or "",
        tool_reminds=booking.tool_reminds,
        tool_tells_cancel=booking.tool_tells_cancel,
        customer=_without_address(customer),
        remote=booking.remote,
        promise=Promise(start=with_fixed_offset(booking.start)),
        created_at=now,
    )
    return with_address(made, customer.address)


def _without_address(customer: Customer) -> Customer:
    """The customer without the address, which the ticket keeps apart: it is deleted sooner than the rest."""
    return replace(customer, address=None)


def venue_of(booking: Booking, business: Business) -> Place:
    """Where the appointment is: at its calendar's place if that has one, else at the business's."""
    spot = booking.venue
    return Place(spot.name, spot.lat, spot.lon) if spot else Place(business.name, business.lat, business.lon)


def _with_appointment(ticket: Ticket, booking: Booking, customer: Customer | None) -> Ticket:
    start, end = with_fixed_offset(booking.start), with_fixed_offset(booking.end)
    followed = replace(
        ticket,
        booking_id=booking.booking_id,
        booking_version=booking.version,
        start=start,
        end=end,
        timezone=booking.timezone,
        customer=_without_address(customer or ticket.customer),
        tool_reminds=booking.tool_reminds,
        tool_tells_cancel=booking.tool_tells_cancel,
        connection_id=booking.connection_id,
        cancel_url=booking.cancel_url or "",
        move_url=booking.move_url or "",
    )
    if start == ticket.start:
        return followed
    return without_plan(
        replace(
            followed, status=_status_given_origin(status_after(ticket.status, Trigger.MOVED), ticket), forgotten=False
        )
    )


def _status_given_origin(status: TicketStatus, ticket: Ticket) -> TicketStatus:
    """A ticket that knows its origin does not wait for one."""
    return status_after(status, Trigger.ORIGIN_SET) if ticket.origin else status


def _with_status(ticket: Ticket, booking: Booking, customer: Customer | None) -> Ticket:
    if booking.remote is not ticket.remote:
        ticket = without_plan(replace(ticket, remote=booking.remote))
    ticket = replace(ticket, confirmed=booking.status is not Status.REQUESTED)
    if customer is None or booking.status in {Status.CANCELLED, Status.REJECTED}:
        return replace(ticket, status=status_after(ticket.status, Trigger.CANCELLED))
    if booking.status is Status.NO_SHOW:
        return replace(ticket, status=status_after(ticket.status, Trigger.NO_SHOW))
    return _reopen(ticket) if ticket.status in _ENDED_BY_TOOL else ticket


def _reopen(ticket: Ticket) -> Ticket:
    """The ticket of a booking that is booked again, to be told again unless nobody may have heard of the cancelling."""
    is_cancel_pending = any(one.kind == "cancelled" for one in ticket.promise.pending)
    return without_plan(
        replace(
            ticket,
            status=_status_given_origin(status_after(ticket.status, Trigger.BOOKED_AGAIN), ticket),
            promise=ticket.promise if is_cancel_pending else opened_again(ticket),
        )
    )


def _with_venue(ticket: Ticket, booking: Booking, business: Business, now: datetime) -> Ticket:
    """The ticket at the booking's place. A visit that is over stays as it was; one that has begun keeps its status."""
    venue = venue_of(booking, business)
    if (ticket.venue, ticket.feed) == (venue, business.feed) or ticket.end <= now:
        return ticket
    placed = without_plan(replace(ticket, venue=venue, feed=business.feed))
    if now >= ticket.start or not is_elsewhere(ticket.venue, venue):
        return placed
    return replace(placed, status=_status_given_origin(status_after(ticket.status, Trigger.MOVED), ticket))
