"""Texts, mails and published notices on a machine that has no gateway: stored, in order, for whoever shows them.

Nothing leaves the machine. A text that is in the outbox counts as sent: somebody looks at it there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.instants import microseconds_text
from chalicelib.foundation.ports import Handover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.embedded.database import Database
    from chalicelib.foundation.ports import Clock, Document, Letter, Text

KEEP_DAYS_SHOWN = 14  # there are phones and addresses in it
TEXT, MAIL, TOPIC = "text", "mail", "topic"
COLUMNS = "id, at, channel, recipient, subject, body, attributes"


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One message as it would have gone out. `channel`: text, mail or topic; `at`: UTC text; no subject is ""."""

    id: int
    at: str
    channel: str
    to: str
    subject: str
    body: str
    attributes: Mapping[str, str]


class StoredOutbox:
    """The messages of all processes, in order."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep(self, channel: str, to: str, subject: str, body: str, attributes: Mapping[str, str] | None = None) -> str:
        """Stores one, safely; its id. Raises `Unavailable`: then it was not."""
        at = microseconds_text(self._clock.now())
        with self._database.writing(safe=channel != TOPIC) as connection:
            row = [at, channel, to, subject, body, json.dumps(dict(attributes or {}))]
            made = connection.execute(
                "INSERT INTO outbox (at, channel, recipient, subject, body, attributes) VALUES (?, ?, ?, ?, ?, ?)", row
            )
            return f"outbox-{made.lastrowid}"

    def lines(self, *, after: int = 0, channels: Sequence[str] = (TEXT, MAIL), limit: int = 100) -> list[OutboxLine]:
        """Those behind the line `after`, in order. Raises `Unavailable`."""
        marks = ", ".join("?" for _ in channels)
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM outbox WHERE id > ? AND channel IN ({marks}) ORDER BY id LIMIT ?",
                [after, *channels, limit],
            )
            return [_line_of(row) for row in rows]

    def latest(self, limit: int = 100) -> list[OutboxLine]:
        """The newest texts and mails, the newest first. Raises `Unavailable`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM outbox WHERE channel IN (?, ?) ORDER BY id DESC LIMIT ?", [TEXT, MAIL, limit]
            )
            return [_line_of(row) for row in rows]

    def last_id(self) -> int:
        """The number of the newest line, 0: there is none. Raises `Unavailable`."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM outbox").fetchone()[0])

    def delete_old(self) -> None:
        """Deletes what was kept long enough. Raises `Unavailable`."""
        before = microseconds_text(self._clock.now() - timedelta(days=KEEP_DAYS_SHOWN))
        with self._database.writing(safe=False) as connection:
            connection.execute("DELETE FROM outbox WHERE at < ?", [before])


def _line_of(row: tuple[Any, ...]) -> OutboxLine:
    number, at, channel, to, subject, body, attributes = row
    return OutboxLine(number, at, channel, to, subject, body, json.loads(attributes))


class OutboxTexts:
    """`Texts` that are kept in the outbox."""

    def __init__(self, outbox: StoredOutbox) -> None:
        self._outbox = outbox

    def send(self, text: Text) -> Handover:
        """Its id is the line's. Raises `Unavailable`."""
        sender = {"sender": text.sender} if text.sender else {}
        return Handover(self._outbox.keep(TEXT, text.to, "", text.text, sender), "outbox", sender=text.sender or "")


class OutboxMail:
    """`Mail` that is kept in the outbox."""

    def __init__(self, outbox: StoredOutbox) -> None:
        self._outbox = outbox

    def send(self, letter: Letter) -> Handover:
        """Its id is the line's. Raises `Unavailable`."""
        return Handover(self._outbox.keep(MAIL, letter.to, letter.subject, letter.text), "outbox")


class OutboxTopic:
    """`Topic` without subscribers; what was published can be read for a while."""

    def __init__(self, outbox: StoredOutbox) -> None:
        self._outbox = outbox

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
        """The answer is the line's id. Raises `Unavailable`."""
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return self._outbox.keep(TOPIC, "", "", body, attributes)
