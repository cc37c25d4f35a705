"""One round at a time through the tickets of a feed: what is published meanwhile waits, and is taken together.

Rules
- A round begins with the message of new conditions, is cut into batches, and ends with a message sent after the last
  batch. While it goes on, newer conditions only note that they are there; its end begins the next round with the
  newest. A city that is too large for its workers is behind by two rounds at most, and no ticket is ever passed over.
- Queues keep no order: an end that overtakes batches lets rounds overlap, which costs work and breaks nothing.
- `through` says which round came to its end last: until then all were checked (`ticket_opened`).
- A round whose end never comes is given up after `ROUND_S`. Every step may be repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.foundation.commands import StartRound
from chalicelib.foundation.keys import round_key
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.foundation.commands import FinishRound
    from chalicelib.foundation.ports import Document, Documents

ROUND_S = 900  # longer than the queue hides a message from others
KEEP_ROUND_S = 7 * 86_400


def begin_round(documents: Documents, command: StartRound, now: datetime) -> bool:
    """Whether these conditions begin a round now; else they wait for its end, or are older than it.

    Raises `Unavailable`.
    """
    feed_id, conditions_at = command.feed_id, command.conditions_at

    def step() -> bool:
        stored = documents.get("config", round_key(feed_id))
        running, since = (stored["running"], stored["since"]) if stored else (0, 0)
        if running and now.timestamp() - since < ROUND_S:
            if conditions_at > max(running, stored["waiting"] if stored else 0):
                waits = {"running": running, "since": since, "waiting": conditions_at}
                _write(documents, feed_id, stored, now, waits)
            return conditions_at == running  # the same message again: perhaps it was not cut to the end
        began = {"running": conditions_at, "since": int(now.timestamp()), "waiting": 0}
        _write(documents, feed_id, stored, now, began)
        return True

    return retry(step, "round")


def end_round(documents: Documents, command: FinishRound, now: datetime, send: Callable[[StartRound], None]) -> None:
    """The round of these conditions is through; `send` puts what waited into the queue. Raises `Unavailable`."""
    feed_id, conditions_at = command.feed_id, command.round_of

    def step() -> None:
        stored = documents.get("config", round_key(feed_id))
        if stored is None or stored["running"] != conditions_at:
            return
        if stored["waiting"]:  # sent before it is noted: a crash in between sends it twice
            send(StartRound(feed_id, stored["waiting"]))
        over = {"running": 0, "since": 0, "waiting": 0, "through": conditions_at}
        _write(documents, feed_id, stored, now, over)

    retry(step, "round")


def _write(documents: Documents, feed_id: str, stored: Document | None, now: datetime, facts: Document) -> None:
    version = stored["version"] if stored else 0
    kept = {"config_id": round_key(feed_id), "version": version + 1, "expires_at": int(now.timestamp()) + KEEP_ROUND_S}
    through = stored.get("through", 0) if stored else 0
    documents.write(Write("config", {"through": through} | kept | facts, version or None))
