"""The live function of the feeds image: rings once a minute and polls every feed that has live URLs.

A function of its own beside the one that compiles, because compiling a country must not make anybody wait for delays.
What polling remembers between messages stays with a warm process.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from typing import TYPE_CHECKING, Any

from chalicelib.transit.feed import feeds_of
from feeds.realtime.guard import PublicOnly
from feeds.realtime.learning import Memory
from feeds.realtime.poll import Doors, poll_minute

if TYPE_CHECKING:
    from chalicelib.wiring import Hub

log = logging.getLogger("hub.live")
_memory = Memory()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Lambda's entry: a minute's worth of polls; answers with the numbers that an operator sees."""
    from chalicelib.wiring import hub  # noqa: PLC0415 - reads the environment on first use

    return asyncio.run(minute(hub(), _memory))


async def minute(hub: Hub, memory: Memory) -> dict[str, Any]:
    """Polls all feeds that have live URLs. Raises `Unavailable`."""
    feed_ids = [feed.feed_id for feed in feeds_of(hub.documents) if feed.realtime]
    if not feed_ids:
        return {}
    virtual = bool(os.environ.get("HUB_CLOCK"))  # a virtual minute has no time for pauses in real seconds
    transport = PublicOnly(own_machine=hub.one_machine)
    doors = Doors(hub.documents, hub.bucket, hub.queues, hub.clock, hub.shelf, transport, memory)
    dice = random.SystemRandom()
    found = await poll_minute(
        feed_ids, doors, jitter=lambda: 0 if virtual else dice.random(), rounds=1 if virtual else 2
    )
    for feed_id, numbers in found.items():
        log.info("%s: %s", feed_id, numbers)
    return found
