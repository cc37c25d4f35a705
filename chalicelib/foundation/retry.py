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
from typing import TYPE_CHECKING, TypeVar

from chalicelib.foundation.ports import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Write

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
