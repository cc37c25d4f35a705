"""However many tickets an index holds, a step reads a bounded part of it, and the steps together read all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.foundation.keys import FEED_PARTS, FORMER_PART, day_key, feed_part_key, feed_part_of
from chalicelib.foundation.ports import Write
from chalicelib.tickets.repository import Tickets
from tests.fakes.memory import ManualClock, MemoryDocuments

DAY = "2026-09-03"


def store(count: int, *, same_start: bool, former: bool) -> MemoryDocuments:
    documents = MemoryDocuments(ManualClock(datetime(2026, 9, 2, tzinfo=UTC)))
    for number in range(count):
        key, at = f"t{number:04d}", f"2026-09-03T{7 if same_start else number % 24:02d}:00:00Z"
        keys: dict[str, Any] = {"feed_part": feed_part_key("town", DAY, feed_part_of(key)), "start_utc": at}
        if former:
            keys = {"feed_day": day_key("town", DAY), "next_look_at": at}
        documents.write(Write("tickets", {"ticket_id": key, "version": 1} | keys, None))
    return documents


@pytest.mark.parametrize("same_start", [False, True])
@pytest.mark.parametrize("former", [False, True])
def test_steps_of_a_feeds_day_name_each_ticket(*, same_start: bool, former: bool) -> None:
    tickets = Tickets(store(200, same_start=same_start, former=former))
    named, steps = set[str](), 0
    for part in (*FEED_PARTS, FORMER_PART):
        after, going = "", True
        while going:
            step = tickets.step_of_feed_part("town", DAY, part, after=after, limit=7)
            named |= set(step.ids)
            after, going, steps = step.next, bool(step.next), steps + 1
    assert len(named) == 200
    assert steps > 9
