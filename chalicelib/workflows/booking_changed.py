"""A booking changed: its tickets follow, one for each customer; those of customers who left it fall silent.

Load → decide → commit, one ticket at a time. Following the same booking again at any time has the same effect: a crash
anywhere is healed by the next call (the queue's redelivery, the minute's check of what is due).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.foundation.retry import retry
from chalicelib.tickets import follow
from chalicelib.tickets.links import Link, merge_tickets
from chalicelib.tickets.links import ticket_id as id_of
from chalicelib.workflows.checking.commit import LoadedTicket, settle

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking, Customer
    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Services


class UnknownBusiness(LookupError):
    """A booking names a business that is not configured; the operator has to configure it."""


def follow_booking(services: Services, booking: Booking, now: datetime) -> tuple[Ticket, ...]:
    """Brings the tickets of a booking up to its present state; idempotent.

    Raises `UnknownBusiness`, `Unavailable`.
    """
    business = services.business(booking.business_id)
    if business is None:
        raise UnknownBusiness(f"booking {booking.booking_id}: business {booking.business_id} is not configured")
    found = [
        retry(partial(_follow_customer, services, booking, each, business, now), "ticket") for each in booking.customers
    ]
    _silence_others(services, booking, business, now)
    return tuple(ticket for ticket in found if ticket)


def _follow_customer(
    services: Services, booking: Booking, customer: Customer, business: Business, now: datetime
) -> Ticket | None:
    ids = [id_of(each, customer.key) for each in (booking.booking_id, *booking.aliases)]
    ends, stands = services.tickets.resolve_ids(ids, now)
    merged = merge_tickets(ids, ends, stands)
    if merged.ticket is None:
        fresh = follow.new_ticket(booking, customer, business, now, Link(ids[0], services.new_secret()))
        if fresh is None:
            return None
        return settle(services, LoadedTicket(fresh, None, instead=stands.get(ids[0])), business, now)
    ticket = _of_this_booking(merged.ticket, booking)
    followed = follow.follow(ticket, booking, customer, business, now) or ticket
    return settle(services, LoadedTicket(followed, merged.stored, merged.forwards), business, now)


def _silence_others(services: Services, booking: Booking, business: Business, now: datetime) -> None:
    keys = {customer.key for customer in booking.customers}
    for each in (booking.booking_id, *booking.aliases):
        for ticket in services.tickets.of_booking(each, now):
            if ticket.customer.key not in keys:
                retry(partial(_silence, services, ticket.ticket_id, booking, business, now), "ticket")


def _silence(services: Services, ticket_id: str, booking: Booking, business: Business, now: datetime) -> None:
    stored = services.tickets.load(ticket_id, now)
    if stored is None:
        return
    followed = follow.follow(_of_this_booking(stored, booking), booking, None, business, now) or stored
    settle(services, LoadedTicket(followed, stored), business, now)


def _of_this_booking(ticket: Ticket, booking: Booking) -> Ticket:
    """The ticket with the version that it knows of this booking: versions of another one's life say nothing of it."""
    return ticket if ticket.booking_id == booking.booking_id else replace(ticket, booking_version=0)
