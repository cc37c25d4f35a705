"""Which ticket is meant where several ids lead to one: bookings that turned out to be the same share a ticket.

The ticket lives under the id of the booking it was first made for; every other id of the same (booking, customer)
forwards to it, so that each link that was ever sent stays valid. What stands under the booking's own id, be it the
ticket or a forward, is written in the same transaction: two workers cannot make two tickets of one booking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.documents import Forward, expires_at, forward_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.foundation.ports import Write
    from chalicelib.tickets.ticket import Ticket

FORWARD_OUTLIVES = timedelta(days=365)  # the appointment that a forward leads to may be moved far away


@dataclass(frozen=True, slots=True)
class MergedTicket:
    """The one ticket (as it is stored, and with what it takes over), and the forwards to write beside it.

    Both tickets are None where there is none yet.
    """

    stored: Ticket | None = None
    ticket: Ticket | None = None
    forwards: tuple[Write, ...] = ()


def merge_tickets(ids: Sequence[str], ends: Mapping[str, Ticket], stands: Mapping[str, int]) -> MergedTicket:
    """`ids`: the booking's own first, then its aliases'; `ends`: the ticket that each leads to, if any.

    `stands` has the version of whatever document there is under an id. The ticket of the first id wins; it takes over
    what only another one knows (origin, what was told).
    """
    tickets = list({ends[key].ticket_id: ends[key] for key in ids if key in ends}.values())
    if not tickets:
        return MergedTicket()
    kept, *others = tickets
    forwards = [_forward(other.ticket_id, kept, other.secret, other.version) for other in others]
    if ids[0] not in ends:
        forwards.append(_forward(ids[0], kept, "", stands.get(ids[0])))
    heir = kept
    for other in others:
        heir = _heir(heir, other)
    return MergedTicket(kept, heir, tuple(forwards))


def _forward(key: str, kept: Ticket, secret: str, version: int | None) -> Write:
    lasts = expires_at(kept) + int(FORWARD_OUTLIVES.total_seconds())
    return forward_write(Forward(key, kept.ticket_id, secret, lasts, (version or 0) + 1), version)


def _heir(kept: Ticket, other: Ticket) -> Ticket:
    return replace(
        kept,
        origin=kept.origin or other.origin,
        promise=kept.promise if kept.promise.told_kinds or not other.promise.told_kinds else other.promise,
        decision=max(kept.decision, other.decision),
    )
