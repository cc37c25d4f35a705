"""Parts of readings that are parked: each once, for as long as it is the same and its event is still parked.

A calendar with one bad event is read with every change of the others. Which parts are parked, and with which event,
is kept in the connection's cursor: {"parked_parts": {digest of the part: event_id}}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from chalicelib.bookings.providers.contract import Reading, Unread
    from chalicelib.foundation.ports import Documents

PARKED_PARTS = "parked_parts"
PARTS_MAX = 300  # parts of one connection that are remembered
PART_DIGEST_CHARACTERS = 16


class ParkedParts:
    """Tells what is newly parked from what has been for long."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def split(
        self, found: Reading, event_id: str, cursor: Mapping[str, Any]
    ) -> tuple[tuple[Unread, ...], dict[str, str] | None]:
        """Parts of a reading that are to be parked with this event, and what is to be remembered then.

        A whole reading says also which parts are not there any more. Raises `Unavailable`.
        """
        known: dict[str, str] = cursor.get(PARKED_PARTS, {})
        events = {other: self._documents.get("inbox", other) for other in set(known.values()) - {event_id}}
        parked = {other for other, event in events.items() if event is not None and event["state"] == "parked"}
        news: list[Unread] = []
        parts = {} if found.is_whole else dict(known)
        for one in found.unread:
            digest = one.content[:PART_DIGEST_CHARACTERS]
            if digest and known.get(digest) in parked:
                parts[digest] = known[digest]
                continue
            news.append(one)
            if digest:
                parts.pop(digest, None)
                parts[digest] = event_id
        return tuple(news), dict(list(parts.items())[-PARTS_MAX:]) or None
