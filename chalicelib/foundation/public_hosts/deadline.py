"""A time by which everything has to have ended that is asked of others: connecting, all reads, redirects, retries.

The time limits of HTTP clients are for each read: a server that sends a byte every few seconds keeps its caller for
ever. Inside `deadline(seconds)` no wait of `PublicHosts` goes beyond it; what is inside another deadline ends with the
earlier one. Only for threads: who waits in asyncio has `asyncio.timeout`.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_until: ContextVar[float] = ContextVar("until", default=math.inf)  # of `time.monotonic`


@contextmanager
def deadline(total_s: float) -> Iterator[None]:
    """What is asked inside ends within `total_s`, or fails with `httpx.TimeoutException`."""
    token = _until.set(min(_until.get(), time.monotonic() + total_s))
    try:
        yield
    finally:
        _until.reset(token)


def left_s() -> float:
    """Seconds until the deadline, 0 or less behind it; infinite where there is none."""
    return _until.get() - time.monotonic()
