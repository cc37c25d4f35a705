"""Reading published conditions: what is read again and is the same stays the same object."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.transit.data.conditions import Conditions
from chalicelib.transit.data.conditions_file import dump_conditions
from chalicelib.transit.data.live import READ_AGAIN_S, LiveConditions, conditions_key
from tests.fakes.memory import MemoryBucket

NOW = datetime(2026, 3, 18, 8, 0, tzinfo=UTC)


def published(bucket: MemoryBucket, sequence: int) -> None:
    at = int(NOW.timestamp()) + sequence
    empty = Conditions("v1", "2026-03-18")
    meta = {"feed_id": "town", "sequence": sequence, "published_at": at, "changed_at": at, "alerts": []}
    bucket.put(conditions_key("town", "2026-03-18"), dump_conditions(empty, meta))


def test_a_network_that_was_made_from_conditions_is_not_made_again_while_they_are_the_newest() -> None:
    bucket = MemoryBucket()
    live = LiveConditions(bucket)
    published(bucket, 1)
    first, _ = live.conditions("town", "2026-03-18", NOW)
    later = NOW + timedelta(seconds=READ_AGAIN_S + 1)
    assert live.conditions("town", "2026-03-18", later)[0] is first
    published(bucket, 2)
    assert live.conditions("town", "2026-03-18", later + timedelta(seconds=READ_AGAIN_S + 1))[0] is not first
