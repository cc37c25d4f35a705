"""How a ticket follows its booking: pure, repeatable, deaf to news older than what it knows.

Rules
- Only a confirmed booking that is not over makes a ticket. While a known one waits for confirmation again, the ticket
  waits too and nothing is told.
- A moved appointment moves the same ticket: link, origin and what was told stay; the plan is made anew. Another place
  is a move like another time.
- What the booking's form says of where the customer comes from is kept, to be looked for (`origin`).
- A cancelled booking, or a customer who is no longer part of it, silences the ticket; booked again, it lives again.
- Following the same booking twice changes nothing; a lower booking version than the known one changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from chalicelib.tickets.origin import answered, without_plan
from chalicelib.tickets.states import Trigger, after
from chalicelib.tickets.ticket import Promise, Ticket, TicketStatus, exact, is_elsewhere
from chalicelib.transit.itinerary import Place

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking, Customer
    from chalicelib.bookings.business import Business

_ENDED_BY_TOOL = (TicketStatus.CANCELLED, TicketStatus.NO_SHOW)


def follow(
    ticket: Ticket | None, booking: Booking, customer: Customer | None, business: Business, now: datetime
) -> Ticket | None:
    """The ticket as the booking wants it now; None where there is none and none is to be made.

    `customer` is this ticket's customer as the booking knows them, None if they are no longer part of it.
    """
    if ticket is None or booking.version < ticket.booking_version:
        return ticket
    moved = _placed(_moved(ticket, booking, customer), booking, business, now)
    heard = answered(moved, customer.address) if customer else moved
    return _with_status(heard, booking, customer)


def new_ticket(
    booking: Booking, customer: Customer, business: Business, now: datetime, *, ticket_id: str, secret: str
) -> Ticket | None:
    """A ticket for one customer of a confirmed booking that is not over; else None."""
    if booking.status is not Status.BOOKED or booking.end <= now:
        return None
    made = Ticket(
        ticket_id=ticket_id,
        secret=secret,
        booking_id=booking.booking_id,
        booking_version=booking.version,
        business_id=business.business_id,
        feed=business.feed,
        status=TicketStatus.WAITING_FOR_ORIGIN,
        start=exact(booking.start),
        end=exact(booking.end),
        timezone=booking.timezone,
        venue=venue_of(booking, business),
        connection_id=booking.connection_id,
        tool_reminds=booking.tool_reminds,
        customer=_person(customer),
        promise=Promise(start=exact(booking.start)),
        created_at=now,
    )
    return answered(made, customer.address)


def _person(customer: Customer) -> Customer:
    """The customer without the address, which lies where it is forgotten sooner."""
    return replace(customer, address=None)


def venue_of(booking: Booking, business: Business) -> Place:
    """Where the appointment is: where its calendar takes place, else at the business's own place."""
    spot = booking.venue
    return Place(spot.name, spot.lat, spot.lon) if spot else Place(business.name, business.lat, business.lon)


def _moved(ticket: Ticket, booking: Booking, customer: Customer | None) -> Ticket:
    start, end = exact(booking.start), exact(booking.end)
    followed = replace(
        ticket, booking_id=booking.booking_id, booking_version=booking.version, start=start, end=end,
        timezone=booking.timezone, customer=_person(customer or ticket.customer), tool_reminds=booking.tool_reminds,
        connection_id=booking.connection_id,
    )  # fmt: skip
    if start == ticket.start:
        return followed
    return without_plan(
        replace(followed, status=_settled(after(ticket.status, Trigger.MOVED), ticket), forgotten=False)
    )


def _settled(status: TicketStatus, ticket: Ticket) -> TicketStatus:
    """A ticket that knows its origin does not wait for one."""
    return after(status, Trigger.ORIGIN_SET) if ticket.origin else status


def _with_status(ticket: Ticket, booking: Booking, customer: Customer | None) -> Ticket:
    ticket = replace(ticket, confirmed=booking.status is not Status.REQUESTED)
    if customer is None or booking.status in {Status.CANCELLED, Status.REJECTED}:
        return replace(ticket, status=after(ticket.status, Trigger.CANCELLED))
    if booking.status is Status.NO_SHOW:
        return replace(ticket, status=after(ticket.status, Trigger.NO_SHOW))
    return _revived(ticket) if ticket.status in _ENDED_BY_TOOL else ticket


def _revived(ticket: Ticket) -> Ticket:
    """Lives again, and everything is to be told again; nothing decided before is still to be sent."""
    return without_plan(
        replace(
            ticket,
            status=_settled(after(ticket.status, Trigger.REVIVED), ticket),
            promise=Promise(start=ticket.start, texts=ticket.promise.texts, void_before=ticket.decision + 1),
        )
    )


def _placed(ticket: Ticket, booking: Booking, business: Business, now: datetime) -> Ticket:
    """Where the appointment is may have changed; a visit that is over stays as it was, one that began goes on."""
    venue = venue_of(booking, business)
    if (ticket.venue, ticket.feed) == (venue, business.feed) or ticket.end <= now:
        return ticket
    placed = without_plan(replace(ticket, venue=venue, feed=business.feed))
    if now >= ticket.start or not is_elsewhere(ticket.venue, venue):
        return placed
    return replace(placed, status=_settled(after(ticket.status, Trigger.MOVED), ticket))
