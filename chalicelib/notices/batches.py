"""A whole city after one update of the live data: cut into batches that many workers share, each ticket in one.

Rules
- One message per feed and update becomes messages of `BATCH` tickets, those of one venue beside each other. A message
  that comes twice, or an older one after a newer one, only makes somebody look again under the newest conditions.
- One round through the tickets of a feed at a time: `rounds`.
- What is due comes in batches too. Who was looked at since is passed over, so that a backlog does not feed itself.
- A batch reads its tickets at once and each business once. A ticket that fails stops no other; the batch comes again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalicelib.notices import rounds
from chalicelib.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.desk import Desk
    from chalicelib.tickets.ticket import Ticket

BATCH = 20  # tickets in one message: a fraction of a second of work


def changed(desk: Desk, feed_id: str, dates: Sequence[str], conditions_at: int, now: datetime) -> None:
    """New conditions of these dates were published at `conditions_at` (POSIX s). Raises `Unavailable`."""
    if not rounds.begins(desk.documents, feed_id, dates, conditions_at, now):
        return
    cut(desk, feed_id, dates, conditions_at, now)
    desk.queues.send("tickets", {"feed_id": feed_id, "round_of": conditions_at})


def through(desk: Desk, feed_id: str, conditions_at: int, now: datetime) -> None:
    """The last batch of these conditions was sent before this. Raises `Unavailable`."""
    rounds.ends(desk.documents, feed_id, conditions_at, now, partial(desk.queues.send, "tickets"))


def cut(desk: Desk, feed_id: str, dates: Sequence[str], conditions_at: int, now: datetime) -> int:
    """Sends the tickets whose time is near to the queue, in batches; how many there are.

    `conditions_at` (POSIX s) is when the conditions were published. Raises `Unavailable`.
    """
    near = [ticket for day in dates for ticket in desk.tickets.near_of_feed_day(feed_id, day, now)]
    near.sort(key=lambda ticket: (ticket.business_id, ticket.start))
    ids = list(dict.fromkeys(ticket.ticket_id for ticket in near))
    messages = [
        {"ticket_ids": ids[begin : begin + BATCH], "feed_id": feed_id, "conditions_at": conditions_at}
        for begin in range(0, len(ids), BATCH)
    ]
    if messages:
        desk.queues.send("tickets", *messages)
    return len(ids)


def due(desk: Desk, ticket_ids: Sequence[str]) -> int:
    """Sends tickets that want to be looked at to the queue, in batches; how many. Raises `Unavailable`."""
    messages = [{"ticket_ids": list(ticket_ids[begin : begin + BATCH])} for begin in range(0, len(ticket_ids), BATCH)]
    if messages:
        desk.queues.send("tickets", *messages)
    return len(ticket_ids)


def look_at_those_due(desk: Desk, ticket_ids: Sequence[str], now: datetime) -> None:
    """Those that are due still: while many wait, the minute's round asks for the same again.

    Raises `Unavailable` after all had their turn, if any of them could not be looked at.
    """
    failed = 0
    for ticket in desk.tickets.load_all(ticket_ids, now):
        if ticket.next_look_at and ticket.next_look_at <= now:
            try:
                desk.look(ticket.ticket_id, now)
            except Unavailable:
                failed += 1
    if failed:
        raise Unavailable(f"{failed} of {len(ticket_ids)} tickets could not be looked at; try again")


def look_at_all(desk: Desk, ticket_ids: Sequence[str], feed_id: str, conditions_at: int, now: datetime) -> None:
    """One batch, under conditions at least as new as these.

    Raises `Unavailable` after all had their turn, if any of them could not be looked at.
    """
    desk.travel.expect(feed_id, conditions_at)
    businesses: dict[str, Business | None] = {}
    failed = 0
    for ticket in desk.tickets.load_all(ticket_ids, now):
        try:
            _look(desk, ticket, businesses, now)
        except Unavailable:
            failed += 1
    if failed:
        raise Unavailable(f"{failed} of {len(ticket_ids)} tickets could not be looked at; try again")


def _look(desk: Desk, ticket: Ticket, businesses: dict[str, Business | None], now: datetime) -> None:
    if ticket.business_id not in businesses:
        businesses[ticket.business_id] = desk.business(ticket.business_id)
    business = businesses[ticket.business_id]
    if business is None:
        desk.look(ticket.ticket_id, now)
    else:
        desk.look_lean(ticket, business, now)
