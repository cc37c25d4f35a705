"""A unit of work gives the same store as going without, in fewer calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.foundation.unit_of_work import SHARED_WRITES_MAX, UnitOfWork
from tests.fakes.memory import ManualClock, MemoryDocuments, MemoryQueues

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document


class Counting(MemoryDocuments):
    """Counts reads and keeps the sizes of writes; `away`: keys that cannot be written."""

    def __init__(self) -> None:
        super().__init__(ManualClock(datetime(2026, 9, 3, tzinfo=UTC)))
        self.reads, self.sizes, self.away = 0, list[int](), set[str]()

    def get(self, table: str, key: str) -> Document | None:
        self.reads += 1
        return super().get(table, key)

    def get_all(self, wanted: Any, *, may_lag: bool = False) -> dict[str, list[Document]]:  # noqa: ARG002 - it never does
        self.reads += 1
        return {
            table: [dict(one) for key in keys if (one := self.tables[table].get(key))] for table, keys in wanted.items()
        }

    def write(self, *writes: Write) -> None:
        if any(write.document.get("ticket_id") in self.away for write in writes):
            raise Unavailable("no")
        self.sizes.append(len(writes))
        super().write(*writes)


def ticket(key: str, version: int, expects: int | None = None) -> Write:
    return Write("tickets", {"ticket_id": key, "version": version}, expects)


def notice(key: str) -> Write:
    return Write("notices", {"notice_id": key, "version": 1}, None)


def unit_of(*keys: str) -> tuple[Counting, MemoryQueues, UnitOfWork]:
    documents, queues = Counting(), MemoryQueues()
    for key in keys:
        documents.write(ticket(key, 1))
    documents.sizes.clear()
    documents.reads = 0
    return documents, queues, UnitOfWork(documents, queues)


def test_what_was_fetched_is_not_asked_for_again_and_what_is_not_there_neither() -> None:
    documents, _, unit = unit_of("a", "b")
    unit.fetch({"tickets": ["a", "b", "none"], "config": ["x"]})
    assert documents.reads == 1
    assert unit.get("tickets", "a") == {"ticket_id": "a", "version": 1}
    assert unit.get("tickets", "none") is None
    assert [one["ticket_id"] for one in unit.get_many("tickets", ["a", "b"])] == ["a", "b"]
    assert documents.reads == 1


def test_steps_are_written_together_and_their_messages_sent_after_that() -> None:
    documents, queues, unit = unit_of("a", "b")
    unit.fetch({"tickets": ["a", "b"]})
    for key in ("a", "b"):
        with unit.step(key):
            unit.write(ticket(key, 2, 1), notice(f"n{key}"))
            unit.send("notices", {"notice_id": f"n{key}"})
    assert documents.tables["notices"] == {}
    assert queues.messages["notices"] == []
    outcome = unit.commit()
    assert (outcome.again, outcome.failed) == ([], [])
    assert documents.sizes == [4]
    assert queues.take("notices") == [{"notice_id": "na"}, {"notice_id": "nb"}]


def test_a_step_that_raises_leaves_nothing_behind() -> None:
    documents, queues, unit = unit_of("a")

    def fail() -> None:
        with unit.step("a"):
            unit.write(ticket("a", 2, 1))
            unit.send("notices", {"notice_id": "n"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    unit.commit()
    assert documents.sizes == []
    assert queues.messages["notices"] == []


def test_who_conflicts_is_named_and_takes_nobody_along() -> None:
    documents, queues, unit = unit_of("a", "b", "c")
    unit.fetch({"tickets": ["a", "b", "c"]})
    for key in ("a", "b", "c"):
        with unit.step(key):
            unit.write(ticket(key, 2, 1), notice(f"n{key}"))
            unit.send("notices", {"notice_id": f"n{key}"})
    documents.write(ticket("b", 2, 1))  # somebody was faster
    documents.away = {"c"}
    outcome = unit.commit()
    assert (outcome.again, outcome.failed) == (["b"], ["c"])
    assert set(documents.tables["notices"]) == {"na"}
    assert queues.take("notices") == [{"notice_id": "na"}]


def test_a_step_reads_what_it_has_written_and_writes_a_document_once() -> None:
    documents, _, unit = unit_of("a")
    unit.fetch({"tickets": ["a"]})
    with unit.step("a"):
        unit.write(ticket("a", 2, 1))
        assert unit.get("tickets", "a") == {"ticket_id": "a", "version": 2}
        unit.write(ticket("a", 3, 2))
        with pytest.raises(Conflict):
            unit.write(ticket("a", 3, 2))
    unit.commit()
    assert documents.sizes == [1]
    assert documents.tables["tickets"]["a"]["version"] == 3


def test_what_was_read_in_another_version_conflicts_before_it_is_asked() -> None:
    documents, _, unit = unit_of("a")
    unit.fetch({"tickets": ["a", "b"]})
    with unit.step("a"), pytest.raises(Conflict):
        unit.write(ticket("a", 1))
    with unit.step("b"), pytest.raises(Conflict):
        unit.write(ticket("b", 2, 1))
    unit.commit()
    assert documents.sizes == []


def test_a_write_alone_is_no_transaction_and_transactions_are_not_too_large() -> None:
    keys = [f"t{number}" for number in range(SHARED_WRITES_MAX)]
    documents, _, unit = unit_of(*keys)
    for key in keys:
        with unit.step(key):
            unit.write(ticket(key, 2, 1), notice(f"n{key}"))
    with unit.step("alone"):
        unit.write(ticket("alone", 1))
    unit.commit()
    assert sorted(documents.sizes) == [1, SHARED_WRITES_MAX, SHARED_WRITES_MAX]
    assert len(documents.tables["notices"]) == SHARED_WRITES_MAX


def test_two_steps_that_write_the_same_document_are_not_in_one_transaction() -> None:
    documents, _, unit = unit_of("shared")
    for key in ("a", "b"):
        with unit.step(key):
            unit.write(ticket(key, 1), ticket("shared", 2, 1))
    outcome = unit.commit()
    assert outcome.again == ["b"]
    assert set(documents.tables["tickets"]) == {"shared", "a"}


def test_what_is_written_one_after_the_other_is_no_transaction_and_the_last_waits_for_the_others() -> None:
    documents, queues, unit = unit_of("a", "b", "c")
    documents.write(notice("nb"))
    documents.sizes.clear()
    unit.fetch({"tickets": ["a", "b", "c"]})
    for key in ("a", "b", "c"):
        with unit.step(key):
            unit.write(notice(f"n{key}"))
            unit.write(ticket(key, 2, 1))
            unit.send("notices", {"notice_id": f"n{key}"})
    documents.away = {"c"}
    outcome = unit.commit()
    assert (outcome.again, outcome.failed) == (["b"], ["c"])
    assert documents.sizes == [1, 1, 1, 1], "three notices tried and a ticket, each by itself"
    assert documents.tables["tickets"]["b"]["version"] == 1, "its notice was there already"
    assert queues.take("notices") == [{"notice_id": "na"}]


class Choosy(Counting):
    """Refuses one document for good, and whatever is written together with it."""

    def write(self, *writes: Write) -> None:
        if any(write.document.get("ticket_id") == "poison" for write in writes):
            raise ValueError("it can never be kept")
        super().write(*writes)


@pytest.mark.parametrize("with_notice", [False, True])
def test_what_can_never_be_written_fails_alone(*, with_notice: bool) -> None:
    documents, queues = Choosy(), MemoryQueues()
    unit = UnitOfWork(documents, queues)
    for key in ("a", "poison", "b"):
        with unit.step(key):
            unit.write(ticket(key, 1), *([notice(key)] if with_notice else []))
            unit.send("tickets", {"ticket_id": key})
    outcome = unit.commit()
    assert (outcome.failed, outcome.again) == (["poison"], [])
    assert set(documents.tables["tickets"]) == {"a", "b"}
    assert [one["ticket_id"] for one in queues.take("tickets")] == ["a", "b"]
