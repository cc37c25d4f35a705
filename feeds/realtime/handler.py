"""The feeds image's entry for the schedule that rings once a minute: two polls of every feed that has live URLs."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

from chalicelib.transit.feed import feeds_of
from feeds.realtime.poll import Doors, poll_minute

log = logging.getLogger("hub.realtime")
_doors: list[Doors] = []


def poll_all(doors: Doors, *, rounds: int = 2) -> dict[str, dict[str, Any]]:
    """Polls every feed with live URLs for a minute; answers the numbers that an operator sees, by feed.

    Raises `Unavailable`.
    """
    feed_ids = [feed.feed_id for feed in feeds_of(doors.documents) if feed.realtime]
    if not feed_ids:
        return {}
    found = asyncio.run(poll_minute(feed_ids, doors, jitter=random.random, rounds=rounds))
    for feed_id, numbers in found.items():
        log.info("polled %s: published %s, trouble %s", feed_id, numbers["published"], _trouble(numbers))
    return found


def _trouble(numbers: dict[str, Any]) -> list[str]:
    return [*numbers.get("trouble", ()), *(one["trouble"] for one in numbers.get("sources", ()) if one["trouble"])]


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Lambda's entry. A process that stays warm keeps what it learned between two saves."""
    if not _doors:
        from chalicelib.wiring import hub  # noqa: PLC0415 - reads the environment on first use

        real = hub()
        _doors.append(Doors(real.documents, real.bucket, real.queues, real.clock, real.shelf))
    return poll_all(_doors[0])
