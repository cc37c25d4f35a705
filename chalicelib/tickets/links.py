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
from typing import TYPE_CHECKING

from chalicelib.tickets.documents import Forward, expires_at, forward_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.foundation.ports import Write
    from chalicelib.tickets.ticket import Ticket

ID_LENGTH = 12  # 60 bits: ids of a hundred million tickets do not meet
SECRET_LENGTH = 12  # of 62 letters: 71 bits
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TOKEN = re.compile(rf"[a-z2-7]{{{ID_LENGTH}}}[A-Za-z0-9]{{{SECRET_LENGTH},64}}")
FORWARD_OUTLIVES = timedelta(days=365)  # the appointment that a forward leads to may be moved far away


def ticket_id(booking_id: str, customer_key: str) -> str:
    """The id of the ticket of one customer of one booking; URL-safe, the same on every machine."""
    digest = hashlib.sha256(f"{booking_id}\0{customer_key}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:ID_LENGTH]


def split_token(token: str) -> tuple[str, str] | None:
    """(ticket_id, secret) of what stood behind /t/, or None where it cannot be a token."""
    if not _TOKEN.fullmatch(token):
        return None
    return token[:ID_LENGTH], token[ID_LENGTH:]


def same_secret(given: str, stored: str) -> bool:
    """Compares in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(), stored.encode())


def new_secret() -> str:
    """A fresh secret; the one place of randomness."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))


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
