"""A whole city after one update of the live data: cut into batches that many workers share, each ticket in one.

Rules
- One message per feed and update becomes messages of `ROUND_BATCH` tickets, those of one venue beside each other:
  tickets whose customers follow a way that we told them. An untold plan is looked at by its own clock
  (`tickets/schedule`). A message that comes twice, or an older one after a newer one, only makes somebody look again
  under the newest conditions.
- One round through the tickets of a feed at a time: `rounds`.
- What is due comes in batches too. Who was looked at since is passed over, so that a backlog does not feed itself.
- A batch reads at once what its tickets need and writes together what they want written (`sheet`). A ticket that
  fails stops no other; the batch comes again.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from chalicelib.foundation.keys import WATCH_SHARDS, business_key
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.foundation.unit_of_work import UnitOfWork
from chalicelib.workflows import rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.foundation.ports import Document
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.desk import TicketService

QUEUE = "updates"  # its workers do nothing else: no search for a plan stands before a round
ROUND_BATCH = 50  # tickets in one message of a round: a fraction of a second of work, one call reads all that it needs
DUE_BATCH = 25  # of those due, of which many are searched for
log = logging.getLogger("hub.batches")

One = TypeVar("One")


def start_round(ticket_service: TicketService, feed_id: str, conditions_at: int, now: datetime) -> None:
    """New conditions were published at `conditions_at` (POSIX s). Raises `Unavailable`."""
    if not rounds.begin_round(ticket_service.documents, feed_id, conditions_at, now):
        return
    send_round(ticket_service, feed_id, conditions_at, now)
    ticket_service.queues.send(QUEUE, {"feed_id": feed_id, "round_of": conditions_at})


def finish_round(ticket_service: TicketService, feed_id: str, conditions_at: int, now: datetime) -> None:
    """The last batch of these conditions was sent before this. Raises `Unavailable`."""
    rounds.end_round(ticket_service.documents, feed_id, conditions_at, now, partial(ticket_service.queues.send, QUEUE))


def send_round(ticket_service: TicketService, feed_id: str, conditions_at: int, now: datetime) -> int:
    """Sends the tickets of those who follow a told way to the queue, in batches; how many there are.

    `conditions_at` (POSIX s) is when the conditions were published. Raises `Unavailable`.
    """
    found = [one for part in WATCH_SHARDS for one in ticket_service.tickets.ids_to_check(feed_id, part, now)]
    why = {"feed_id": feed_id, "conditions_at": conditions_at}
    messages = [
        {"ticket_ids": [ticket for _, ticket in some], "business_ids": sorted({business for business, _ in some})} | why
        for some in _batches_of(found, ROUND_BATCH)
    ]
    _send(ticket_service, QUEUE, messages)
    return len(found)


def send_due(ticket_service: TicketService, ticket_ids: Sequence[str]) -> int:
    """Sends tickets that want to be looked at to the queue, in batches; how many. Raises `Unavailable`."""
    _send(ticket_service, "tickets", [{"ticket_ids": list(some)} for some in _batches_of(ticket_ids, DUE_BATCH)])
    return len(ticket_ids)


def _batches_of(found: Sequence[One], size: int) -> list[Sequence[One]]:
    return [found[begin : begin + size] for begin in range(0, len(found), size)]


def _send(ticket_service: TicketService, queue: str, messages: Sequence[Document]) -> None:
    if messages:
        ticket_service.queues.send(queue, *messages)


def check_due(ticket_service: TicketService, ticket_ids: Sequence[str], now: datetime) -> None:
    """Those that are due still: while many wait, the minute's round asks for the same again.

    Raises `Unavailable` after all had their turn, if any of them could not be looked at.
    """
    sheet = UnitOfWork(ticket_service.documents, ticket_service.queues)
    here = ticket_service.with_unit_of_work(sheet)
    read = here.tickets.load_all(ticket_ids, now)
    tickets = [ticket for ticket in read if ticket.next_check_at and ticket.next_check_at <= now]
    sheet.fetch(
        {
            "bookings": [ticket.booking_id for ticket in tickets],
            "config": [business_key(ticket.business_id) for ticket in tickets],
        }
    )
    _check_each(ticket_service, sheet, tickets, now, lambda ticket: here.check_once(ticket.ticket_id, now))


def check_batch(ticket_service: TicketService, message: Document, now: datetime) -> None:
    """One batch of `send_round`, under conditions at least as new as those that it was cut for.

    Raises `Unavailable` after all had their turn, if any of them could not be looked at.
    """
    ticket_service.travel.expect(message["feed_id"], message["conditions_at"])
    ticket_ids, business_ids = message["ticket_ids"], message.get("business_ids", ())
    sheet = UnitOfWork(ticket_service.documents, ticket_service.queues)
    sheet.fetch({"tickets": ticket_ids, "config": map(business_key, business_ids)})
    here = ticket_service.with_unit_of_work(sheet)
    tickets = here.tickets.load_all(ticket_ids, now)
    sheet.fetch({"config": [business_key(ticket.business_id) for ticket in tickets]})
    _check_each(ticket_service, sheet, tickets, now, lambda ticket: here.check_lean(ticket, now))


def _check_each(
    ticket_service: TicketService,
    sheet: UnitOfWork,
    tickets: Sequence[Ticket],
    now: datetime,
    check: Callable[[Ticket], object],
) -> None:
    again, failed = list[str](), list[str]()
    for ticket in tickets:
        try:
            with sheet.step(ticket.ticket_id):
                check(ticket)
        except Conflict:
            again.append(ticket.ticket_id)
        except Exception:
            log.exception("the look at a ticket failed: %s", ticket.ticket_id)
            failed.append(ticket.ticket_id)
    settled = sheet.commit()
    failed += settled.failed + _check_one_by_one(ticket_service, [*again, *settled.again], now)
    if failed:
        raise Unavailable(f"{len(failed)} of {len(tickets)} tickets could not be looked at; try again")


def _check_one_by_one(ticket_service: TicketService, ticket_ids: Sequence[str], now: datetime) -> list[str]:
    """Decides again on what is true by now, one by one; those with which that failed."""
    failed = []
    for key in ticket_ids:
        try:
            ticket_service.check(key, now)
        except Unavailable:
            failed.append(key)
    return failed
