"""The reader's side of shared bikes: the youngest publication for a feed, as long as it is fresh.

Rules
- Vehicles counted more than `STALE_AFTER_S` ago are not offered: a station may have run empty since.
- A publication older than one already seen (they can overtake each other) is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.transit.bikes.bikes_file import BadBikes, blob_key, parse

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.bikes.search import Fleet

STALE_AFTER_S = 10 * 60
LOOK_AGAIN_S = 15


@dataclass(frozen=True, slots=True)
class _Held:
    looked_at: float
    fleets: tuple[Fleet, ...]
    meta: dict[str, Any]


class SharedBikes:
    """Remembers what it read for `LOOK_AGAIN_S`, so that many tickets cost one fetch."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._held: dict[str, _Held] = {}

    def fleets(self, feed_id: str, now: datetime) -> tuple[Fleet, ...]:
        """The fleets near a feed whose numbers are fresh at `now`. Raises `Unavailable`."""
        at = now.timestamp()
        held = self._held.get(feed_id)
        if held is None or not 0 <= at - held.looked_at < LOOK_AGAIN_S:
            held = self._held[feed_id] = self._looked(feed_id, at, held)
        return tuple(fleet for fleet in held.fleets if at - fleet.observed_at <= STALE_AFTER_S)

    def _looked(self, feed_id: str, at: float, held: _Held | None) -> _Held:
        blob = self._bucket.get(blob_key(feed_id))
        try:
            fleets, meta = parse(blob) if blob is not None else ((), {})
        except BadBikes:
            fleets, meta = (), {}
        if held and _order(meta) <= _order(held.meta):  # the same again keeps what was made of it
            return _Held(at, held.fleets, held.meta)
        return _Held(at, fleets, meta)


def _order(meta: dict[str, Any]) -> tuple[int, int]:
    return int(meta.get("published_at", 0)), int(meta.get("sequence", 0))
