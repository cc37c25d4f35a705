"""What a store of documents promises, asked of the fake and of DynamoDB (MiniStack) alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.keys import TABLES
from chalicelib.foundation.ports import Conflict, Write
from tests.contract.conftest import START, document

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document, Documents
    from tests.fakes.memory import ManualClock

HOUR_S = 3600
NOT_MOTO = ["memory", "embedded", pytest.param("ministack", marks=pytest.mark.aws)]
AT = int(START.timestamp())


def put(documents: Documents, *found: Document, expects: int | None = None) -> None:
    for one in found:
        documents.write(Write("inbox", one, expects))


def ids(found: list[Document]) -> list[str]:
    return [one["event_id"] for one in found]


def test_what_is_written_is_what_is_read(documents: Documents) -> None:
    """Numbers, nothing, text in any script and nested values come back as they went in."""
    kept = document(
        "a", raw={"n": 1.25, "big": 2**60, "none": None, "list": [1, [2]], "text": "Größe ✂ 東京"}, empty=""
    )
    put(documents, kept)
    assert documents.get("inbox", "a") == kept


def test_a_document_that_was_never_written_is_none(documents: Documents) -> None:
    assert documents.get("inbox", "nobody") is None


def test_a_reader_cannot_change_what_is_stored(documents: Documents) -> None:
    put(documents, document("a", list=[1]))
    read = documents.get("inbox", "a")
    assert read is not None
    read["list"].append(2)
    assert documents.get("inbox", "a") == document("a", list=[1])


@pytest.mark.parametrize(
    ("stored", "expects", "passes"),
    [(None, None, True), (1, None, False), (None, 1, False), (1, 1, True), (2, 1, False), (1, 2, False)],
)
def test_a_write_passes_only_if_it_finds_the_version_it_expects(
    documents: Documents, stored: int | None, expects: int | None, *, passes: bool
) -> None:
    if stored:
        put(documents, document("a", stored, old=True))
    new = document("a", (expects or 0) + 1)
    if passes:
        documents.write(Write("inbox", new, expects))
        assert documents.get("inbox", "a") == new
    else:
        with pytest.raises(Conflict):
            documents.write(Write("inbox", new, expects))
        assert documents.get("inbox", "a") == (document("a", stored, old=True) if stored else None)


def test_several_writes_happen_all_or_not_at_all(documents: Documents) -> None:
    put(documents, document("a", 3))
    notice = {"notice_id": "n", "version": 1}
    with pytest.raises(Conflict):
        documents.write(Write("notices", notice, None), Write("inbox", document("a", 3), 2))
    assert documents.get("notices", "n") is None
    documents.write(Write("notices", notice, None), Write("inbox", document("a", 4), 3))
    assert documents.get("notices", "n") == notice
    assert documents.get("inbox", "a") == document("a", 4)


def test_writes_side_by_side_succeed_or_fail_each_for_itself(documents: Documents) -> None:
    put(documents, document("07", 3))
    writes = [Write("inbox", document(f"{n:02d}"), None) for n in range(30)]
    failures = documents.write_each(writes)
    assert [n for n, failure in enumerate(failures) if isinstance(failure, Conflict)] == [7]
    assert len(failures) == 30
    assert len(documents.get_many("inbox", [f"{n:02d}" for n in range(30)])) == 30
    assert documents.get("inbox", "07") == document("07", 3)
    assert documents.write_each([]) == []


def test_documents_written_anew_side_by_side_succeed_or_fail_each_for_itself(documents: Documents) -> None:
    """What is expected decides for each: another version, nothing there, an expired one, one that never expires."""
    put(documents, *(document(f"{n:02d}", 1, expires_at=AT + HOUR_S, open_shard="0") for n in range(40)))
    put(documents, document("old", 1, expires_at=AT), document("for ever", 1))
    new = [document(f"{n:02d}", 2, received_at="2026", open_shard="1", expires_at=AT + HOUR_S) for n in range(40)]
    others = [document("old", 2), document("for ever", 2), document("nothing", 2), document("00", 2)]
    writes = [Write("inbox", one, 2 if one["event_id"] == "07" else 1) for one in new + others]
    failures = documents.write_each(writes)
    failed = {n for n, failure in enumerate(failures) if isinstance(failure, Conflict)}
    assert failed == {7, 40, 42, 43}, "the version, what has expired, what was never there, what was named twice"
    assert [n for n, failure in enumerate(failures) if failure and n not in failed] == []
    assert documents.get("inbox", "08") == new[8]
    assert documents.get("inbox", "07") == document("07", 1, expires_at=AT + HOUR_S, open_shard="0")
    assert documents.get("inbox", "for ever") == document("for ever", 2)
    assert documents.get("inbox", "nothing") is None
    assert sorted(ids(documents.query("inbox", "open_keys", "1"))) == [f"{n:02d}" for n in range(40) if n != 7]


@pytest.mark.parametrize("doors", NOT_MOTO, indirect=True)  # which carries out statements whose condition fails
def test_documents_that_keep_all_their_attributes_are_written_anew_each_for_itself(documents: Documents) -> None:
    """On DynamoDB these are statements of one call."""
    indexed = {name: "0" for pair in TABLES["tickets"].indexes.values() for name in pair if name != "feed_day"}

    def ticket(number: int, version: int, **more: Any) -> Document:
        return indexed | {"ticket_id": f"{number:02d}", "version": version, "expires_at": AT + HOUR_S} | more

    for number in range(30):
        documents.write(Write("tickets", ticket(number, 1, feed_day="town#2026-03-02"), None))
    documents.write(Write("tickets", ticket(30, 1) | {"expires_at": AT}, None))
    anew = [ticket(number, 2, next_look_at="1", more="x" * 50 * number) for number in range(32)]
    failures = documents.write_each([Write("tickets", one, 2 if one["ticket_id"] == "07" else 1) for one in anew])
    assert {n for n, failure in enumerate(failures) if isinstance(failure, Conflict)} == {7, 30, 31}
    assert [n for n, failure in enumerate(failures) if failure and n not in {7, 30, 31}] == []
    assert documents.get("tickets", "29") == anew[29], "what is long comes back as it went"
    assert len(documents.keys("tickets", "due", "0", first="1", last="1")) == 29


def test_what_leaves_an_index_when_it_is_written_anew_is_not_found_there(documents: Documents) -> None:
    put(documents, *(document(key, 1, open_shard="0", received_at="2026") for key in "ab"))
    assert documents.write_each([Write("inbox", document(key, 2), 1) for key in "ab"]) == [None, None]
    assert documents.query("inbox", "open_keys", "0") == []
    assert documents.get("inbox", "a") == document("a", 2)


def test_a_hundred_writes_are_one_write_and_more_are_refused(documents: Documents) -> None:
    many = [Write("inbox", document(f"{n:03d}"), None) for n in range(101)]
    with pytest.raises(ValueError, match="100"):
        documents.write(*many)
    documents.write(*many[:100])
    assert len(documents.get_many("inbox", [f"{n:03d}" for n in range(101)])) == 100


def test_one_document_twice_in_one_write_is_a_mistake(documents: Documents) -> None:
    with pytest.raises(ValueError, match="another"):
        documents.write(Write("inbox", document("a"), None), Write("inbox", document("a", 2), 1))


def test_writing_nothing_is_allowed(documents: Documents) -> None:
    documents.write()


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_id": "a"},
        document("a", 0),
        document(""),
        {"version": 1},
        document("a", parked_business="", received_at="x"),
    ],
)
def test_a_document_without_key_or_version_or_with_an_empty_index_is_refused(
    documents: Documents, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"version|key"):
        documents.write(Write("inbox", wrong, None))


def test_of_many_writers_at_once_one_wins(documents: Documents) -> None:
    def attempt(n: int) -> bool:
        try:
            documents.write(Write("inbox", document("a", 1, writer=n), None))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(24))) == 1


def test_many_are_read_at_once_each_only_once(documents: Documents) -> None:
    put(documents, *(document(f"{n:03d}") for n in range(130)))
    found = documents.get_many("inbox", ["nobody", "000", "000", *(f"{n:03d}" for n in range(130))])
    assert sorted(ids(found)) == [f"{n:03d}" for n in range(130)]
    assert documents.get_many("inbox", []) == []


def test_a_deleted_document_is_gone_and_may_be_written_anew(documents: Documents) -> None:
    put(documents, document("a", 7))
    documents.delete("inbox", "a")
    documents.delete("inbox", "a")
    assert documents.get("inbox", "a") is None
    put(documents, document("a"))


def test_what_has_expired_reads_as_absent(documents: Documents, clock: ManualClock) -> None:
    put(documents, document("a", open_shard="s", received_at="1", expires_at=AT + HOUR_S))
    assert documents.get("inbox", "a")
    clock.advance(seconds=HOUR_S)
    assert documents.get("inbox", "a") is None
    assert documents.get_many("inbox", ["a"]) == []
    assert documents.query("inbox", "open_keys", "s") == []


def test_what_has_expired_is_written_as_if_it_were_new(documents: Documents, clock: ManualClock) -> None:
    put(documents, document("a", 5, expires_at=AT + HOUR_S))
    clock.advance(seconds=HOUR_S)
    with pytest.raises(Conflict):
        documents.write(Write("inbox", document("a", 6), 5))
    put(documents, document("a"))
    assert documents.get("inbox", "a") == document("a")


def test_a_query_gives_one_partition_in_order(documents: Documents) -> None:
    for n in (3, 1, 2):
        put(documents, document(f"e{n}", open_shard="s", received_at=f"2026-03-0{n}"))
    put(
        documents, document("other", open_shard="t", received_at="2026-03-01"), document("in no index", received_at="1")
    )
    put(documents, document("None", open_shard=None, received_at="2026-03-01"))
    assert ids(documents.query("inbox", "open_keys", "s")) == ["e1", "e2", "e3"]
    assert documents.query("inbox", "open_keys", "nobody") == []


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({}, "abcd"),
        ({"first": "b"}, "bcd"),
        ({"last": "c"}, "abc"),
        ({"first": "b", "last": "c"}, "bc"),
        ({"first": "bb", "last": "c"}, "c"),
        ({"limit": 2}, "ab"),
        ({"first": "c", "limit": 1}, "c"),
        ({"first": "x"}, ""),
    ],
)
def test_a_query_keeps_to_its_bounds(documents: Documents, bounds: dict[str, Any], found: str) -> None:
    put(documents, *(document(letter, open_shard="s", received_at=letter) for letter in "dbca"))
    assert "".join(ids(documents.query("inbox", "open_keys", "s", **bounds))) == found


def test_expired_documents_do_not_use_up_the_limit(documents: Documents, clock: ManualClock) -> None:
    put(documents, *(document(f"old{n}", open_shard="s", received_at=f"{n}", expires_at=AT + 1) for n in range(5)))
    put(documents, *(document(f"new{n}", open_shard="s", received_at=f"{n + 5}") for n in range(3)))
    clock.advance(seconds=2)
    assert ids(documents.query("inbox", "open_keys", "s", limit=2)) == ["new0", "new1"]


def test_an_index_of_keys_gives_keys_alone_or_the_documents(documents: Documents) -> None:
    waiting = [
        {"ticket_id": f"t{n}", "version": 1, "due_shard": "s", "next_look_at": f"{n}", "more": "x"} for n in (3, 1, 2)
    ]
    documents.write(*(Write("tickets", one, None) for one in waiting))
    found = documents.keys("tickets", "due", "s", last="2")
    assert found == [{"ticket_id": f"t{n}", "due_shard": "s", "next_look_at": f"{n}"} for n in (1, 2)]
    assert [keys["ticket_id"] for keys in documents.keys("tickets", "due", "s", first="2", limit=1)] == ["t2"]
    assert documents.keys("tickets", "due", "nobody") == []
    assert documents.query("tickets", "due", "s", last="2") == [waiting[1], waiting[2]], "documents are read by them"


def test_several_tables_are_read_in_one_go(documents: Documents) -> None:
    put(documents, document("a"))
    documents.write(Write("config", {"config_id": "c", "version": 1}, None))
    found = documents.get_all({"inbox": ["a", "none", "a"], "config": ["c"], "tickets": ["none"]})
    assert {table: len(some) for table, some in found.items()} == {"inbox": 1, "config": 1, "tickets": 0}
    assert found["config"] == [{"config_id": "c", "version": 1}]
    assert documents.get_all({}) == {}


def test_a_document_leaves_an_index_when_it_loses_the_attribute(documents: Documents) -> None:
    put(documents, document("a", open_shard="s", received_at="1"))
    put(documents, document("a", 2, received_at="1"), expects=1)
    assert documents.query("inbox", "open_keys", "s") == []


def test_a_partition_larger_than_one_page_is_read_whole(documents: Documents) -> None:
    """DynamoDB answers at most 1 MB at a time."""
    put(documents, *(document(f"{n}", open_shard="s", received_at=f"{n}", body="x" * 300_000) for n in range(6)))
    assert ids(documents.query("inbox", "open_keys", "s")) == [str(n) for n in range(6)]


@pytest.mark.parametrize("key", ["", "x" * 2049, "ü" * 1025, "\ud800"])
def test_under_a_key_that_none_can_have_there_is_no_document(documents: Documents, key: str) -> None:
    put(documents, document("a"))
    assert documents.get("inbox", key) is None
    assert ids(documents.get_many("inbox", [key, "a"])) == ["a"]
