"""Optimistic writing: whoever comes second loads again and decides again on what is then true.

Every change in the hub is `retry(step, what)`, where the step loads, decides and writes. Between tries it waits a
little, each worker another while ("full jitter", Brooker, AWS Architecture Blog 2015), so that those who collided once
do not collide again.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Documents

log = logging.getLogger("hub.writes")

TRIES = 8
PAUSE_S = 0.005  # the longest wait before the second try; doubled for each further one
PAUSE_MAX_S = 0.2

T = TypeVar("T")


def retry(step: Callable[[], T], what: str, *, pause: Callable[[float], None] = time.sleep) -> T:
    """What the step gives once no other worker is faster; it has to load anew each time.

    Raises `Unavailable`, naming `what` they all change, when that does not end; and what the step raises beside
    `Conflict`.
    """
    for number in range(TRIES):
        if number:
            pause(random.uniform(0, min(PAUSE_S * 2**number, PAUSE_MAX_S)))  # noqa: S311 - spreads, hides nothing
        with contextlib.suppress(Conflict):
            return step()
    raise Unavailable(f"other workers keep changing the same {what}; try again")


def try_write(write: Callable[[Write], object], one: Write) -> Conflict | Unavailable | None:
    """What kept `write` from writing one document; None: nothing did. For who decides again by other means.

    What can never be written is logged, and fails like what cannot be written now: those around it are written.
    """
    try:
        write(one)
    except (Conflict, Unavailable) as failure:
        return failure
    except Exception as failure:
        log.exception("a document of %s can never be written", one.table)
        return Unavailable(f"a document can never be written ({type(failure).__name__})")
    return None


class Turn(NamedTuple):
    """Work that one process does once in a while; when it did so last stands in this field of a "config" document."""

    key: str
    field: str
    every: timedelta


def claim_turn(documents: Documents, turn: Turn, now: datetime) -> bool:
    """Whether it is time for the work, and no other process has just claimed it. Raises `Unavailable`.

    A mark of the future, as a clock that was set back leaves it, keeps nobody waiting.
    """
    stored = documents.get("config", turn.key)
    if stored and timedelta() <= now - datetime.fromisoformat(stored[turn.field]) < turn.every:
        return False
    version = stored["version"] if stored else 0
    document = {"config_id": turn.key, turn.field: now.isoformat(), "version": version + 1}
    try:
        documents.write(Write("config", document, version or None))
    except Conflict:
        return False
    return True
