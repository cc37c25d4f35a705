"""The private links of tickets, and which ticket a link leads to where several bookings turned out to be the same.

Rules
- A link holds `ticket_id + secret`: the id finds the ticket, the secret opens it. Both are letters and digits only, so
  that no phone cuts the link short.
- `ticket_id` follows from (booking, customer), so that two workers that follow one booking make one ticket.
- Bookings that turn out to be the same share the ticket of the one that came first. Every other id of the same
  (booking, customer) forwards to it, so each link that was ever sent stays valid.
- The document under the booking's own id, be it the ticket or a forward, is written in the same transaction as the
  ticket: two workers cannot make two tickets of one booking.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.tickets.documents import Forward, expires_at, forward_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.foundation.ports import Write
    from chalicelib.tickets.ticket import Ticket

ID_LENGTH = 12  # 60 bits: ids of a hundred million tickets do not meet
SECRET_LENGTH = 12  # of 62 letters: 71 bits
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TOKEN = re.compile(rf"[a-z2-7]{{{ID_LENGTH}}}[A-Za-z0-9]{{{SECRET_LENGTH},64}}")
FORWARD_OUTLIVES = timedelta(days=365)  # a forward outlives its ticket: that may be moved up to a year away


class Link(NamedTuple):
    """The two parts of a private link: which ticket, and what opens it."""

    ticket_id: str
    secret: str


def ticket_id(booking_id: str, customer_key: str) -> str:
    """The id of the ticket of one customer of one booking; URL-safe, the same on every machine."""
    digest = hashlib.sha256(f"{booking_id}\0{customer_key}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:ID_LENGTH]


def split_token(token: str) -> Link | None:
    """The parts of what follows /t/ in a link; None where it cannot be a token."""
    return Link(token[:ID_LENGTH], token[ID_LENGTH:]) if _TOKEN.fullmatch(token) else None


def same_secret(given: str, stored: str) -> bool:
    """Compares in constant time, so that the time taken does not tell where they differ."""
    return hmac.compare_digest(given.encode(), stored.encode())


def new_secret() -> str:
    """A new secret from the system's source of randomness."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))


@dataclass(frozen=True, slots=True)
class MergedTicket:
    """The one ticket of a booking and a customer, and the forwards to write beside it; None where there is none yet."""

    stored: Ticket | None = None  # as it is stored
    ticket: Ticket | None = None  # with what it takes over from the others
    forwards: tuple[Write, ...] = ()


def merge_tickets(ids: Sequence[str], tickets: Mapping[str, Ticket], versions: Mapping[str, int]) -> MergedTicket:
    """The one ticket that these ids share from now on: the ticket of the first id that leads to one.

    `ids`: the booking's own first, then its aliases'; `tickets`: the ticket that each leads to, if any; `versions`: of
    whatever document there is under an id. The ticket takes over what only another one knows (origin, promise).
    """
    distinct = list({tickets[key].ticket_id: tickets[key] for key in ids if key in tickets}.values())
    if not distinct:
        return MergedTicket()
    kept, *others = distinct
    forwards = [_forward(other.ticket_id, kept, other.secret, other.version) for other in others]
    if ids[0] not in tickets:
        forwards.append(_forward(ids[0], kept, "", versions.get(ids[0])))
    merged = kept
    for other in others:
        merged = _take_over(merged, other)
    return MergedTicket(kept, merged, tuple(forwards))


def _forward(ticket_id: str, kept: Ticket, secret: str, version: int | None) -> Write:
    expires = expires_at(kept) + int(FORWARD_OUTLIVES.total_seconds())
    return forward_write(Forward(ticket_id, kept.ticket_id, secret, expires, (version or 0) + 1), version)


def _take_over(kept: Ticket, other: Ticket) -> Ticket:
    return replace(
        kept,
        origin=kept.origin or other.origin,
        promise=kept.promise if kept.promise.told_kinds or not other.promise.told_kinds else other.promise,
        decision=max(kept.decision, other.decision),
    )
