"""`Queues` in SQLite, and their other end: messages are leased, put off, done, or dead.

Rules
- A message that is received is hidden from others for a lease; who works on it longer renews it. Whoever dies lets go.
- One that failed comes back after the queue's own pause. Received for more than its tries it is dead: kept for two
  weeks, counted, shown, and sent again by whoever has mended the reason.
- Hiding and waiting are counted on a clock that only goes forward, so that a jump of the machine's time neither hides
  a message for an hour nor gives it to two. When the machine starts anew that clock does, too: leases are void then.
- What is put into "inbox", "tickets", "updates" and "notices" also stands in a document that is due, which the minute's
  work finds where a power cut took the message. So sending there waits for no disk; to any other queue it does.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.embedded.machine import DELAY_MAX_S, forward_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalicelib.embedded.database import Database
    from chalicelib.foundation.ports import Document

FOUND_AGAIN = frozenset({"inbox", "tickets", "updates", "notices"})
TRIES: dict[str, int] = {"feeds": 3}  # as infra/hub.yaml has them; a test compares
TRIES_ELSE = 5
PAUSE_S: dict[str, int] = {"inbox": 180, "notices": 180, "feeds": 5400}  # before a failed message comes back
PAUSE_ELSE_S = 360
QUEUED_BYTES_MAX = 262_144  # by SQS, and nobody may rely on more
KEEP_WAITING_S, KEEP_DEAD_S = 345_600, 1_209_600
FIRST_LOOK_S, LOOK_MAX_S = 0.004, 0.05  # between two looks at an empty queue: doubled until it is the longer
HIDDEN_MAX_S = 7_200  # no lease or pause is longer; what is hidden for longer was hidden by another clock


@dataclass(frozen=True, slots=True)
class Received:
    """A message in somebody's hands. `receives` counts them; with it the lease is known."""

    message_id: int
    body: str
    receives: int
    sent_at: float


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """How a queue stands: what waits, what is hidden (leased, or put off), what is dead; age of the oldest waiting."""

    waiting: int
    hidden: int
    dead: int
    oldest_s: float


class SqliteQueues:
    """Work to be done soon, at least once; both ends."""

    def __init__(
        self,
        database: Database,
        ticks: Callable[[], float] = forward_clock,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`ticks` only goes forward, and is the same for all processes; `wall` is what people's clocks show."""
        self._database = database
        self._ticks = ticks
        self._wall = wall

    # --- sending ---

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        """Raises `Unavailable`; then none of the messages was sent."""
        if not 0 <= delay_s <= DELAY_MAX_S:
            raise ValueError(f"a delay of {delay_s} s; {DELAY_MAX_S} s at most, so keep it in a table")
        bodies = [json.dumps(one, ensure_ascii=False, separators=(",", ":"), allow_nan=False) for one in messages]
        if too_large := [size for body in bodies if (size := len(body.encode())) > QUEUED_BYTES_MAX]:
            raise ValueError(f"a message of {too_large[0]} bytes; {QUEUED_BYTES_MAX} at most: put it in the bucket")
        if not bodies:
            return
        now = self._wall()
        visible_at = self._ticks() + delay_s
        with self._database.writing(safe=queue not in FOUND_AGAIN) as connection:
            connection.executemany(
                "INSERT INTO messages (queue, body, sent_at, due_at, visible_at) VALUES (?, ?, ?, ?, ?)",
                [(queue, body, now, now + delay_s, visible_at) for body in bodies],
            )

    # --- receiving ---

    def receive(self, queue: str, at_most: int, lease_s: float, wait_s: float = 0) -> list[Received]:
        """Messages that are nobody's, ours for `lease_s`; waits for the first up to `wait_s`. Raises `Unavailable`."""
        until, pause = time.monotonic() + wait_s, FIRST_LOOK_S
        while not (found := self._take(queue, at_most, lease_s)) and (left := until - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * 2, LOOK_MAX_S)
        return found

    def _take(self, queue: str, at_most: int, lease_s: float) -> list[Received]:
        waiting = "queue = ? AND visible_at <= ? AND dead_at IS NULL"
        with self._database.reading() as connection:
            look = f"SELECT 1 FROM messages WHERE {waiting} LIMIT 1"
            if not connection.execute(look, [queue, self._ticks()]).fetchone():
                return []
        with self._database.writing(safe=False) as connection:
            now = self._ticks()
            rows = connection.execute(
                f"SELECT id, body, receives + 1, sent_at FROM messages WHERE {waiting} ORDER BY visible_at, id LIMIT ?",
                [queue, now, at_most],
            ).fetchall()
            tries = TRIES.get(queue, TRIES_ELSE)
            alive = [Received(*row) for row in rows if row[2] <= tries]
            dead = [(self._wall(), row[0]) for row in rows if row[2] > tries]
            connection.executemany("UPDATE messages SET dead_at = ? WHERE id = ?", dead)
            connection.executemany(
                "UPDATE messages SET visible_at = ?, receives = receives + 1 WHERE id = ?",
                [(now + lease_s, one.message_id) for one in alive],
            )
        return alive or (self._take(queue, at_most, lease_s) if rows else [])

    def hide(self, messages: Sequence[Received], seconds: float) -> None:
        """Leases them for so long from now on, unless somebody else has them by now. Raises `Unavailable`."""
        until = self._ticks() + seconds
        with self._database.writing(safe=False) as connection:
            connection.executemany(
                "UPDATE messages SET visible_at = ? WHERE id = ? AND receives = ?",
                [(until, one.message_id, one.receives) for one in messages],
            )

    def put_off(self, queue: str, messages: Sequence[Received]) -> None:
        """They failed: they come back after the queue's pause. Raises `Unavailable`."""
        self.hide(messages, PAUSE_S.get(queue, PAUSE_ELSE_S))

    def delete(self, messages: Sequence[Received]) -> None:
        """They are done. Raises `Unavailable`; then they come again."""
        with self._database.writing(safe=False) as connection:
            connection.executemany("DELETE FROM messages WHERE id = ?", [(one.message_id,) for one in messages])

    # --- looking after them ---

    def lengths(self) -> dict[str, QueueLengths]:
        """How every queue that holds something stands. Raises `Unavailable`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT queue, COUNT(*) FILTER (WHERE dead_at IS NULL AND visible_at <= :now),"
                " COUNT(*) FILTER (WHERE dead_at IS NULL AND visible_at > :now),"
                " COUNT(*) FILTER (WHERE dead_at IS NOT NULL),"
                " MAX(0, :wall - MIN(due_at) FILTER (WHERE dead_at IS NULL AND visible_at <= :now))"
                " FROM messages GROUP BY queue",
                {"now": self._ticks(), "wall": self._wall()},
            )
            return {queue: QueueLengths(waits, hidden, dead, age or 0.0) for queue, waits, hidden, dead, age in rows}

    def dead(self, limit: int = 100) -> list[dict[str, Any]]:
        """Messages that failed too often, the newest first: {"id", "queue", "body", "sent_at", "dead_at"}."""
        names = ("id", "queue", "body", "sent_at", "dead_at")
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(names)} FROM messages WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT ?",
                [limit],
            )
            return [dict(zip(names, row, strict=True)) for row in rows]

    def revive(self, message_ids: Sequence[int]) -> int:
        """Dead messages are tried again from the beginning; how many of these were dead. Raises `Unavailable`."""
        again = "UPDATE messages SET dead_at = NULL, receives = 0, visible_at = ? WHERE id = ? AND dead_at IS NOT NULL"
        with self._database.writing() as connection:
            return sum(connection.execute(again, [self._ticks(), one]).rowcount for one in message_ids)

    def tidy(self) -> None:
        """Deletes what was kept long enough; frees what a clock that is no more has hidden. Raises `Unavailable`."""
        now, wall = self._ticks(), self._wall()
        with self._database.writing(safe=False) as connection:
            connection.execute("DELETE FROM messages WHERE dead_at < ?", [wall - KEEP_DEAD_S])
            connection.execute(
                "DELETE FROM messages WHERE dead_at IS NULL AND due_at < ? AND visible_at <= ?",
                [wall - KEEP_WAITING_S, now],
            )
            connection.execute(
                "UPDATE messages SET visible_at = ? WHERE dead_at IS NULL AND visible_at > ?", [now, now + HIDDEN_MAX_S]
            )
