"""The reader's side of live data: the youngest published conditions of a feed's day, and how old they are.

Rules
- Conditions older than STALE_AFTER_S are not used: then the timetable is all we know, and the age is said.
- A publication older than one already seen (they can overtake each other) is ignored.
- Conditions made for another version of the timetable than the caller's are not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.transit.data.conditions_file import BadConditions, parse_conditions, publication_order

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.data.conditions import Conditions

STALE_AFTER_S = 10 * 60  # vehicles, bikes and feeds alike: what is older says nothing about now
READ_AGAIN_S = 15  # new enough, and a batch of tickets costs one fetch


def conditions_key(feed_id: str, date: str) -> str:
    """Where a feed's conditions of a service date (YYYY-MM-DD) are published; always the newest."""
    return f"conditions/{feed_id}/{date}/now.lc"


@dataclass
class _HeldConditions:
    read_at: float
    conditions: Conditions | None
    meta: dict[str, Any]


class LiveConditions:
    """Remembers what it read for READ_AGAIN_S, so that a batch of tickets costs one fetch."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._held: dict[tuple[str, str], _HeldConditions] = {}

    def conditions(
        self, feed_id: str, date: str, now: datetime, *, feed_version: str | None = None, at_least: int = 0
    ) -> tuple[Conditions | None, int | None]:
        """(conditions, age in s). (None, age): too old, or for another timetable; (None, None): never any live data.

        `at_least` is the `conditions_at` of a message: what is held from before is then read again.
        Raises `Unavailable`.
        """
        held = self._fresh(feed_id, date, now.timestamp(), at_least)
        if held.conditions is None:
            return None, None
        age_s = max(0, int(now.timestamp()) - int(held.meta["changed_at"]))
        fits = feed_version is None or held.conditions.feed_version == feed_version
        return (held.conditions if fits and age_s <= STALE_AFTER_S else None), age_s

    def alerts(self, feed_id: str, date: str, now: datetime) -> list[dict[str, Any]]:
        """The operator's own alerts as JSON (`transit.data.alerts.Alert.from_json`). Raises `Unavailable`."""
        return list(self._fresh(feed_id, date, now.timestamp(), 0).meta.get("alerts", ()))

    def _fresh(self, feed_id: str, date: str, now: float, at_least: int) -> _HeldConditions:
        held = self._held.get((feed_id, date))
        if held and 0 <= now - held.read_at < READ_AGAIN_S and held.meta.get("published_at", 0) >= at_least:
            return held
        read = self._read(feed_id, date, now)
        if held and publication_order(read.meta) <= publication_order(held.meta):  # the same: keep what was made of it
            read = _HeldConditions(now, held.conditions, held.meta)
        self._held[feed_id, date] = read
        return read

    def _read(self, feed_id: str, date: str, now: float) -> _HeldConditions:
        blob = self._bucket.get(conditions_key(feed_id, date))
        if blob is None:
            return _HeldConditions(now, None, {})
        try:
            return _HeldConditions(now, *parse_conditions(blob))
        except BadConditions:
            return _HeldConditions(now, None, {})
