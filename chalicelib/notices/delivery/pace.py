"""When a text may go out: a line (a sender's number, a gateway) takes so many a second, urgent ones first.

Rules
- One document a line says when it is free again; every sender takes its turn there, so that all of them together keep
  to the line's rate. Turns are `1 / per_s` apart, and nobody's is before now: what was not used is not saved up.
- Who must wait a moment waits; whose turn is later comes back then, and has it still.
- Texts that can wait (reminders, confirmations) have a row of their own, at nearly the line's rate; in it they only get
  an instant to ask again. While urgent texts wait for their turns none of the others gets one.
- A line that says "too many" is left alone for a moment by everybody.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import pace_key
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Documents

CAN_WAIT = frozenset({"booked", "reminder"})  # kinds of notices: nobody acts on them in the next minutes
HEADROOM = 0.95  # of the rate that is allowed: clocks and the way to the carrier are not exact
URGENT_FOR_S = 3.0  # so long after an urgent text had to wait the others stay back
ASK_AGAIN_S = 5.0  # and at least so long they stay back then
SHARE = 0.95  # of the rate, for texts that can wait
REST_S = 0.25  # after "too many"
KEEP_S = 3600  # a line that nobody used for so long is free


@dataclass(frozen=True, slots=True)
class Line:
    """Where texts of a business go out: its name, as `Handover.carrier` says it, and how many it takes a second."""

    name: str
    per_s: float = 0.0  # 0: as many as come


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of a line; POSIX seconds."""

    free_at: float = 0.0
    calm_at: float = 0.0  # the first free instant in the row of texts that can wait
    urgent_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """When: to send then (`is_mine`), or to ask again then."""

    at: float
    is_mine: bool


def take_turn(row: Row, per_s: float, now: float, *, can_wait: bool, has_waited: bool) -> tuple[Row, Turn]:
    """The next turn on a line, and the row after it. `has_waited`: it comes back at the instant that it got. Pure."""
    gap = 1 / (per_s * HEADROOM)
    at = max(row.free_at, now)
    if not can_wait:
        until = now + URGENT_FOR_S if at > now + gap else row.urgent_until
        return replace(row, free_at=at + gap, urgent_until=max(until, row.urgent_until)), Turn(at, is_mine=True)
    is_urgent_waiting = now < row.urgent_until
    calm_at = max(row.calm_at, now)
    if is_urgent_waiting or (calm_at > now and not has_waited):
        again = max(calm_at, row.free_at, now + ASK_AGAIN_S if is_urgent_waiting else now)
        return replace(row, calm_at=again + gap / SHARE), Turn(again, is_mine=False)
    calm = row.calm_at if has_waited else now + gap / SHARE
    return replace(row, free_at=at + gap, calm_at=calm), Turn(at, is_mine=True)


@dataclass(frozen=True, slots=True)
class Pacer:
    """Gives turns to all senders of all processes."""

    documents: Documents
    pause: Callable[[float], None] = time.sleep

    def turn(self, line: Line, now: datetime, *, can_wait: bool, has_waited: bool) -> Turn:
        """The next turn. Raises `Unavailable`."""
        found: list[Turn] = []

        def change(row: Row) -> Row:
            after, turn = take_turn(row, line.per_s, now.timestamp(), can_wait=can_wait, has_waited=has_waited)
            found.append(turn)
            return after

        self._change(line, now, change)
        return found[-1]

    def slow_down(self, line: Line, now: datetime) -> None:
        """The line said "too many". Raises `Unavailable`."""
        self._change(line, now, lambda row: replace(row, free_at=max(row.free_at, now.timestamp()) + REST_S))

    def _change(self, line: Line, now: datetime, change: Any) -> None:
        key = pace_key(line.name)

        def step() -> None:
            known = self.documents.get("config", key)
            row = Row(*known["row"]) if known else Row()
            after = change(row)
            version = known["version"] if known else None
            document = {
                "config_id": key,
                "version": (version or 0) + 1,
                "row": [after.free_at, after.calm_at, after.urgent_until],
                "expires_at": int(max(after.free_at, after.calm_at, now.timestamp()) + KEEP_S),
            }
            self.documents.write(Write("config", document, version))

        retry(step, "line of texts", pause=self.pause)


def instant_of(turn: Turn) -> datetime:
    """When, as an instant."""
    return datetime.fromtimestamp(turn.at, UTC)
