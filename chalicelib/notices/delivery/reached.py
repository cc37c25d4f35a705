"""Whose tickets a number belongs to: remembered when a text was handed over, so that an answer finds its ticket."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.phone_numbers import current_number
from chalicelib.foundation.keys import reached_key, reached_owner
from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Documents
    from chalicelib.notices.notice import Notice

KEEP_REACHED = timedelta(days=30)  # after the last news of the visit, as tickets and notices
TICKETS_MAX = 25  # of one number: more would be a business's own


def remember_reached(documents: Documents, notice: Notice, now: datetime) -> None:
    """Notes that this text's number belongs to its ticket; what cannot be noted now is noted with the next text."""
    if notice.channel != "sms" or notice.audience != "customer" or not notice.ticket_id:
        return
    number = current_number(notice.to)
    document = {
        "config_id": reached_key(number, notice.ticket_id),
        "owner": reached_owner(number),
        "version": 1,
        "ticket_id": notice.ticket_id,
        "expires_at": int((max(now, notice.expires_at) + KEEP_REACHED).timestamp()),
    }
    with contextlib.suppress(Conflict, Unavailable):
        documents.write(Write("config", document, None))


def tickets_reached(documents: Documents, number: str) -> list[str]:
    """Ids of the tickets whose customers got texts at this number (E.164). Raises `Unavailable`."""
    owner = reached_owner(current_number(number))
    return [one["ticket_id"] for one in documents.query("config", "by_owner", owner, limit=TICKETS_MAX)]
