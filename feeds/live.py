"""The live function of the feeds image: rings once a minute and polls every feed that has live URLs, or shared bikes.

A function of its own beside the one that compiles, because compiling a country must not make anybody wait for delays.
What polling remembers between messages stays with a warm process.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import live_key
from chalicelib.foundation.logs import FEED_AGE, MINUTES, about, install_logs, log_context, measure
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts
from chalicelib.transit.data.feed import all_feeds
from feeds.gbfs.poll import BikeDoors, poll_bikes
from feeds.realtime.learning import Memory
from feeds.realtime.poll import RealtimeDoors, poll_minute
from feeds.realtime.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.transit.data.feed import Feed
    from chalicelib.wiring import Hub
    from feeds.gbfs.poll import Systems

log = logging.getLogger("hub.live")
_memory = Memory()
_systems: Systems = {}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Lambda's entry: a minute's worth of polls; answers with the numbers that an operator sees."""
    from chalicelib.wiring import hub  # noqa: PLC0415 - reads the environment on first use

    install_logs()
    found = asyncio.run(poll_whole_minute(hub(), _memory, _systems))
    measure(MINUTES, 1, hub().now(), work="live")
    return found


async def poll_whole_minute(hub: Hub, memory: Memory, systems: Systems) -> dict[str, Any]:
    """Polls live URLs and shared bikes side by side: neither waits for the other, nor fails with it.

    Raises `Unavailable`, after both are done.
    """
    feeds = all_feeds(hub.documents)
    both = [poll_live_feeds(hub, memory, feeds), poll_shared_bikes(hub, systems, feeds)]
    found: list[dict[str, Any] | BaseException] = await asyncio.gather(*both, return_exceptions=True)
    numbers: dict[str, Any] = {}
    for prefix, one in zip(("", "gbfs#"), found, strict=True):
        if isinstance(one, BaseException):
            raise one
        numbers |= {prefix + feed_id: of_feed for feed_id, of_feed in one.items()}
    return numbers


async def poll_shared_bikes(hub: Hub, systems: Systems, feeds: Sequence[Feed]) -> dict[str, Any]:
    """Polls the GBFS systems of all feeds that have some, once."""
    near = [feed for feed in feeds if feed.gbfs]
    transport = partial(AsyncPublicHosts, hub.allowed_hosts)
    return await poll_bikes(near, BikeDoors(hub.documents, hub.bucket, hub.clock, transport, systems)) if near else {}


async def poll_live_feeds(hub: Hub, memory: Memory, feeds: Sequence[Feed]) -> dict[str, Any]:
    """Polls all feeds that have live URLs. Raises `Unavailable`."""
    feed_ids = [feed.feed_id for feed in feeds if feed.realtime]
    if not feed_ids:
        return {}
    virtual = bool(os.environ.get("HUB_CLOCK"))  # a virtual minute has no time for pauses in real seconds
    transport = AsyncPublicHosts(hub.allowed_hosts)
    doors = RealtimeDoors(hub.documents, hub.bucket, hub.queues, hub.clock, hub.service_days, transport, memory)
    dice = random.SystemRandom()
    found = await poll_minute(
        feed_ids, doors, jitter=lambda: 0 if virtual else dice.random(), rounds=1 if virtual else 2
    )
    for feed_id, numbers in found.items():
        log.info("a live feed was polled: %s", numbers, extra=about(feed_id=feed_id))
        measure_age(hub, feed_id)
    return found


def measure_age(hub: Hub, feed_id: str) -> None:
    """Says how old the newest that is known of a live feed is, also after a poll that failed. Raises `Unavailable`."""
    now = hub.now()
    stored = hub.documents.get("config", live_key(feed_id))
    ages_s = [Source.from_json(raw).age_s(int(now.timestamp())) for raw in (stored["sources"] if stored else ())]
    known = [age_s for age_s in ages_s if age_s is not None]
    if known:
        with log_context(feed_id=feed_id):
            measure(FEED_AGE, min(known), now)
