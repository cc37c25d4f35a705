"""Cursors: where reading a tool ended last time (sync tokens, channels), one small document per connection.

{config_id, owner, cursor: whatever the provider keeps, updated_at, version}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import cursor_key
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.bookings.business import Connection
    from chalicelib.foundation.ports import Document, Documents


class Cursors:
    """Cursors in table "config"."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get(self, connection_id: str) -> Mapping[str, Any]:
        """The cursor; empty at first. Raises `Unavailable`."""
        document = self._documents.get("config", cursor_key(connection_id))
        cursor: Mapping[str, Any] = document["cursor"] if document else {}
        return cursor

    def put(self, connection: Connection, changes: Mapping[str, Any], now: datetime) -> None:
        """Changes fields of the cursor; None removes one. Concurrent writers each keep their fields."""
        key = cursor_key(connection.connection_id)

        def step() -> None:
            stored = self._documents.get("config", key)
            fields = (stored["cursor"] if stored else {}) | dict(changes)
            cursor = {name: value for name, value in fields.items() if value is not None}
            if stored and stored["cursor"] == cursor:
                return
            document: Document = {"config_id": key, "owner": connection.business_id, "cursor": cursor}
            document |= {"updated_at": now.isoformat(), "version": (stored["version"] if stored else 0) + 1}
            self._documents.write(Write("config", document, stored["version"] if stored else None))

        retry(step, "cursor")
