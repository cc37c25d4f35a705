"""Under contention a step starts over, on what is stored by then."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from chalicelib.foundation.ports import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 8

T = TypeVar("T")


def again(step: Callable[[], T], what: str) -> T:
    """What the step gives once no other worker is faster; it has to load anew each time.

    Raises `Unavailable`, naming `what` they all change, when that does not end.
    """
    for _ in range(ATTEMPTS):
        with contextlib.suppress(Conflict):
            return step()
    raise Unavailable(f"other workers keep changing the same {what}; try again")
