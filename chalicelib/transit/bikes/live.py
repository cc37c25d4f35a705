"""The reader's side of shared bikes: the youngest publication for a feed, as long as it is fresh.

Rules
- Vehicles counted more than `STALE_AFTER_S` ago are not offered: a station may have run empty since.
- A publication older than one already seen (they can overtake each other) is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.transit.bikes.file import BadBikes, bikes_blob_key, parse_bikes
from chalicelib.transit.data.conditions_file import publication_order
from chalicelib.transit.data.live import READ_AGAIN_S, STALE_AFTER_S

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.bikes.search import Fleet


@dataclass(frozen=True, slots=True)
class _HeldBikes:
    read_at: float
    fleets: tuple[Fleet, ...]
    meta: dict[str, Any]


class SharedBikes:
    """Remembers what it read for `READ_AGAIN_S`, so that many tickets cost one fetch."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._held: dict[str, _HeldBikes] = {}

    def fleets(self, feed_id: str, now: datetime) -> tuple[Fleet, ...]:
        """The fleets near a feed whose numbers are fresh at `now`. Raises `Unavailable`."""
        at = now.timestamp()
        held = self._held.get(feed_id)
        if held is None or not 0 <= at - held.read_at < READ_AGAIN_S:
            held = self._held[feed_id] = self._read(feed_id, at, held)
        return tuple(fleet for fleet in held.fleets if at - fleet.observed_at <= STALE_AFTER_S)

    def _read(self, feed_id: str, at: float, held: _HeldBikes | None) -> _HeldBikes:
        blob = self._bucket.get(bikes_blob_key(feed_id))
        try:
            fleets, meta = parse_bikes(blob) if blob is not None else ((), {})
        except BadBikes:
            fleets, meta = (), {}
        if held and publication_order(meta) <= publication_order(held.meta):  # the same: keep what was made of it
            return _HeldBikes(at, held.fleets, held.meta)
        return _HeldBikes(at, fleets, meta)
