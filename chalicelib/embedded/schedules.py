"""When each schedule last rang, for all processes and over restarts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.embedded.database import Database


class StoredSchedules:
    """The last ring of each schedule."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, name: str) -> datetime | None:
        """When it last rang, UTC; None: never. Raises `Unavailable`."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT fired_at FROM schedules WHERE name = ?", [name]).fetchone()
        return datetime.fromisoformat(row[0]).astimezone(UTC) if row else None

    def note(self, name: str, at: datetime) -> None:
        """It rang at that instant. Raises `Unavailable`."""
        with self._database.writing(safe=False) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO schedules (name, fired_at) VALUES (?, ?)",
                [name, at.astimezone(UTC).isoformat()],
            )
