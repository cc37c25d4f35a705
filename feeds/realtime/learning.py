"""What polling remembers and learns between messages: believed passages, and the feed's delays.

A process that stays warm keeps both in memory; the delays are put into the bucket every `SAVE_S`, for the hub to
forecast with and for the next process to go on from. What a dying process had not saved is at most that much.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.feed_forecasts import delays_key
from feeds.realtime.matching.passages import Tracker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.data.sightings import Sighting

log = logging.getLogger("hub.realtime")

SAVE_S = 600  # what a dying process may lose
FORGET_RUNS_S = 4 * 3600  # the delay of a run counts as news for so long
TRACKERS_MAX = 64  # feeds times days: those of one process, with room for new versions


class Memory:
    """Of all feeds that this process polls. For one thread at a time: that of `reading`."""

    def __init__(self) -> None:
        self.reading = ThreadPoolExecutor(1, "reading")
        self._trackers: dict[tuple[str, str, str], Tracker] = {}
        self._delays: dict[str, tuple[Delays, int]] = {}  # and when they were last saved, POSIX s

    def passages_to_publish(
        self, feed_id: str, day: str, version: str, sightings: Sequence[Sighting], now: int
    ) -> NDArray[Any]:
        """The passages to publish with a day's conditions: `Conditions.passed`."""
        key = (feed_id, day, version)
        tracker = self._trackers.setdefault(key, Tracker())
        while len(self._trackers) > TRACKERS_MAX:
            del self._trackers[next(iter(self._trackers))]
        rows = [
            (run, one.call, one.departing, one.delay_s) for run, one in sorted(tracker.take(sightings, now).items())
        ]
        return np.array(rows, "i4").reshape(-1, 4)

    def learn(self, feed_id: str, sightings: Sequence[Sighting], now: int, bucket: Bucket) -> None:
        """Learns from passages, and saves from time to time. Raises `Unavailable`."""
        held = self._delays.get(feed_id)
        if held is None:
            blob = bucket.get(delays_key(feed_id))
            held = (_parse(blob), now)
        delays, saved_at = held
        delays.learn(sightings)
        if now - saved_at >= SAVE_S:
            delays.forget_runs(now - FORGET_RUNS_S)
            bucket.put(delays_key(feed_id), delays.dump())
            saved_at = now
        self._delays[feed_id] = (delays, saved_at)


def _parse(blob: bytes | None) -> Delays:
    """What was saved; of what cannot be read nothing, which is learned again within days."""
    try:
        return Delays.parse(blob) if blob else Delays()
    except Exception:
        log.exception("saved delays could not be read; learning begins anew")
        return Delays()
