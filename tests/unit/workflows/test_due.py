"""What is due is handed on once, by the hour, and after every failure again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.keys import due_keys
from chalicelib.foundation.ports import Unavailable, Write
from chalicelib.workflows.checking.due import DueDocuments
from tests.fakes.memory import ManualClock, MemoryDocuments

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 9, 3, 12, 30, tzinfo=UTC)


class Table:
    """Tickets with a time, a clock, and who reads what is due."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.documents = MemoryDocuments(self.clock)
        self.waiting = DueDocuments(self.documents, "tickets")

    def put(self, key: str, at: datetime | None) -> None:
        known = self.documents.get("tickets", key)
        version = known["version"] if known else 0
        shard, sort = due_keys(key, at)
        document = {"ticket_id": key, "version": version + 1, "due_shard": shard, "next_look_at": sort}
        self.documents.write(Write("tickets", document, version or None))

    def named(self, waiting: DueDocuments | None = None) -> list[str]:
        found: list[str] = []
        assert (waiting or self.waiting).hand_on(self.clock.now(), found.extend) == len(found)
        return sorted(found)


def test_what_is_due_is_named_and_what_is_not_is_not() -> None:
    table = Table()
    table.put("past", NOW - timedelta(hours=30))
    table.put("now", NOW)
    table.put("soon", NOW + timedelta(seconds=1))
    table.put("never", None)
    assert table.named() == ["now", "past"]


def test_what_was_named_is_on_its_way_and_is_named_again_only_after_a_while() -> None:
    table = Table()
    table.put("a", NOW - timedelta(minutes=1))
    assert table.named() == ["a"]
    table.clock.advance(minutes=1)
    table.put("b", NOW + timedelta(seconds=50))
    table.put("c", NOW - timedelta(seconds=10))  # noted just now, by a check that took long
    assert table.named() == ["b", "c"]
    table.clock.advance(minutes=4)
    assert table.named() == ["a", "b", "c"], "perhaps the queue lost them"
    assert table.named(DueDocuments(table.documents, "tickets")) == ["a", "b", "c"], "a new process knows nothing"


def test_hours_in_which_nothing_is_left_are_not_asked_again_and_no_others_are_left_out() -> None:
    table = Table()
    table.put("old", NOW - timedelta(hours=5))
    assert table.named() == ["old"]
    hour = table.documents.tables["config"]["due#tickets"]["hour"]
    assert hour == "2026-09-03T07:00:00Z"
    table.put("old", None)
    table.clock.advance(minutes=6)
    assert table.named() == []
    assert table.documents.tables["config"]["due#tickets"]["hour"] == "2026-09-03T12:00:00Z"
    table.clock.advance(days=3)
    table.put("while away", NOW + timedelta(days=1))
    assert table.named(DueDocuments(table.documents, "tickets")) == ["while away"], "days of nobody asking"


def test_an_hour_is_not_done_while_what_was_named_in_it_is_not() -> None:
    table = Table()
    table.put("slow", NOW)
    for minutes in range(0, 240, 3):
        table.clock.set(NOW + timedelta(minutes=minutes))
        table.named()
    assert table.documents.tables["config"]["due#tickets"]["hour"] == "2026-09-03T12:00:00Z"
    assert table.named(DueDocuments(table.documents, "tickets")) == ["slow"]


def test_a_part_that_cannot_be_read_keeps_no_other_from_its_turn() -> None:
    table = Table()
    for number in range(20):
        table.put(f"t{number}", NOW - timedelta(hours=number % 2))

    broken = due_keys("t0", NOW)

    class Flaky(MemoryDocuments):
        def keys(self, *where: Any, **span: Any) -> list[dict[str, Any]]:
            if where[2] in broken:
                raise Unavailable("no")
            return table.documents.keys(*where, **span)

    found: list[str] = []
    with pytest.raises(Unavailable, match="1 parts"):
        DueDocuments(Flaky(table.clock), "tickets").hand_on(NOW, found.extend)
    assert 0 < len(found) < 20
    assert not table.documents.tables["config"], "nothing is noted as done"


def test_what_could_not_be_handed_on_is_named_again_at_once() -> None:
    table = Table()
    table.put("a", NOW)

    def away(_: Sequence[str]) -> None:
        raise Unavailable("no queue")

    with pytest.raises(Unavailable):
        table.waiting.hand_on(NOW, away)
    assert table.named() == ["a"]


def test_more_than_a_minute_can_hand_on_is_handed_on_minute_by_minute_and_none_is_left_behind() -> None:
    table = Table()
    for number in range(40):
        table.put(f"t{number}", NOW - timedelta(seconds=number))
    due, done = DueDocuments(table.documents, "tickets", most=2), set[str]()

    def work(keys: Sequence[str]) -> None:
        """The workers do what they get."""
        for key in keys:
            done.add(key)
            table.documents.delete("tickets", key)

    for minute in range(8):
        due.hand_on(NOW + timedelta(minutes=minute), work)
        assert len(done) <= 16 * (minute + 1)
    assert len(done) == 40


@pytest.mark.parametrize("hours", [1, 30])
def test_a_clock_that_was_ahead_and_is_set_back_leaves_nothing_behind(hours: int) -> None:
    table = Table()
    table.named()
    table.clock.advance(hours=hours)
    table.put("early", NOW + timedelta(minutes=20))
    assert table.named() == ["early"], "by that clock it is due"
    table.put("early", None)
    table.clock.advance(hours=-hours)
    table.put("later", NOW + timedelta(minutes=10))
    assert table.named() == []
    table.clock.advance(minutes=10)
    assert table.named() == ["later"]
    assert table.named(DueDocuments(table.documents, "tickets")) == ["later"], "in another process, too"
