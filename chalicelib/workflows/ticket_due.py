"""A ticket is due: following, planning, moving on, deciding, forgetting; whatever its time has come for happens.

What is due is searched for once a minute and handed to a queue in batches. Who was checked since is passed over, so
that a backlog does not feed itself. Every check may be repeated at any time with the same effect.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckTicketsDue, send_commands
from chalicelib.foundation.keys import business_key
from chalicelib.foundation.retry import retry
from chalicelib.foundation.unit_of_work import UnitOfWork
from chalicelib.tickets import follow
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.checking.batch import check_each
from chalicelib.workflows.checking.commit import LoadedTicket, commit, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.foundation.ports import Queues
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.checking.due import DueDocuments
    from chalicelib.workflows.services import Services

DUE_BATCH = 25  # tickets in one message: many of those that are due are searched for
CHECK_WITHOUT_BUSINESS_H = 1  # a ticket whose business is not configured (any more) is checked again after this


def queue_tickets_due(due: DueDocuments, queues: Queues, now: datetime) -> int:
    """Sends every ticket that is due to the queue, in batches; how many. To be called once a minute.

    Raises `Unavailable`.
    """

    def send(ticket_ids: Sequence[str]) -> None:
        batches = [tuple(ticket_ids[begin : begin + DUE_BATCH]) for begin in range(0, len(ticket_ids), DUE_BATCH)]
        send_commands(queues, *map(CheckTicketsDue, batches))

    return due.hand_on(now, send)


def check_tickets_due(services: Services, ticket_ids: Sequence[str], now: datetime) -> None:
    """Checks those of a batch that are due still: while many wait, the minute's search names the same again.

    Raises `Unavailable` after all had their turn, if any of them could not be checked.
    """
    check_tickets(services, ticket_ids, now, is_wanted=lambda one: one.next_check_at and one.next_check_at <= now)


def check_tickets(
    services: Services, ticket_ids: Sequence[str], now: datetime, is_wanted: Callable[[Ticket], object] = bool
) -> None:
    """Checks those of a batch that are wanted.

    Raises `Unavailable` after all had their turn, if any of them could not be checked.
    """
    unit = UnitOfWork(services.documents, services.queues)
    within = services.within(unit)
    tickets = list(filter(is_wanted, within.tickets.load_all(ticket_ids, now)))
    unit.fetch(
        {
            "bookings": [ticket.booking_id for ticket in tickets],
            "config": [business_key(ticket.business_id) for ticket in tickets],
            "notices": [one for ticket in tickets for one in ticket.promise.open_notice_ids],
        }
    )
    check_each(
        unit,
        tickets,
        check=lambda ticket: _check(within, ticket.ticket_id, now),
        check_alone=lambda ticket_id: check_ticket(services, ticket_id, now),
    )


def check_ticket(services: Services, ticket_id: str, now: datetime) -> Ticket | None:
    """Whatever is due for this ticket happens; the ticket as it is then, None: there is none. Raises `Unavailable`."""
    return retry(partial(_check, services, ticket_id, now), "ticket")


def _check(services: Services, ticket_id: str, now: datetime) -> Ticket | None:
    """The same, where contention is somebody else's to settle. Raises `Conflict`, `Unavailable`."""
    stored = services.tickets.load(ticket_id, now)
    if stored is None:
        return None
    business = services.business(stored.business_id)
    if business is None:
        return await_business(services, stored, now)
    booking = services.booking(stored.booking_id)
    if booking is None:
        return settle(services, LoadedTicket(stored, stored), business, now)
    if booking.booking_id != stored.booking_id:
        follow_booking(services, booking, now)
        return services.tickets.load(ticket_id, now)
    customer = next((each for each in booking.customers if each.key == stored.customer.key), None)
    followed = follow.follow(stored, booking, customer, business, now) or stored
    lean = followed is stored and stored.observed_at is not None  # planned under live data: does it work still?
    return settle(services, LoadedTicket(followed, stored), business, now, lean=lean)


def await_business(services: Services, stored: Ticket, now: datetime) -> Ticket:
    """Puts off a ticket whose business is not configured (any more). Raises `Conflict`, `Unavailable`."""
    later = replace(stored, next_check_at=now + timedelta(hours=CHECK_WITHOUT_BUSINESS_H))
    return commit(services, LoadedTicket(later, stored), now)
