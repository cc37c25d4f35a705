"""What queues, the bucket, texts, mails and the topic promise, asked of the fakes and of MiniStack alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.ports import Letter, Text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.conftest import Doors


def test_what_is_queued_arrives(doors: Doors) -> None:
    messages = [{"n": n, "text": "Größe"} for n in range(23)]
    doors.queues.send("inbox", *messages)
    doors.queues.send("tickets", {"n": -1})
    doors.queues.send("feeds")
    assert sorted(doors.taken("inbox"), key=lambda one: int(one["n"])) == messages
    assert doors.taken("tickets") == [{"n": -1}]
    assert doors.taken("feeds") == []


def test_messages_together_larger_than_one_call_all_arrive(doors: Doors) -> None:
    doors.queues.send("inbox", *({"n": n, "x": "x" * 100_000} for n in range(7)))
    assert sorted(one["n"] for one in doors.taken("inbox")) == list(range(7))


def test_a_blob_is_kept_and_replaced(doors: Doors) -> None:
    assert doors.bucket.get("timetables/a") is None
    doors.bucket.put("timetables/a", b"\x00one")
    doors.bucket.put("timetables/a", b"\x00two\xff")
    assert doors.bucket.get("timetables/a") == b"\x00two\xff"


def test_a_file_is_put_and_fetched_byte_for_byte(doors: Doors, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    (tmp_path / "from").write_bytes(data)
    doors.bucket.put_file("timetables/b", tmp_path / "from")
    assert doors.bucket.fetch("timetables/b", tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == data
    assert sorted(path.name for path in tmp_path.iterdir()) == ["from", "to"]


def test_fetching_what_is_not_there_leaves_the_old_file_alone(doors: Doors, tmp_path: Path) -> None:
    (tmp_path / "to").write_bytes(b"old")
    assert not doors.bucket.fetch("timetables/nothing", tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["to"]


@pytest.mark.parametrize("sender", [None, "SALON"])
def test_a_text_goes_out(doors: Doors, sender: str | None) -> None:
    assert doors.texts.send(Text("+12025550123", "Leave by 09:12 §", sender)).message_id
    assert doors.texted() == [("+12025550123", "Leave by 09:12 §")]


def test_a_mail_goes_out(doors: Doors) -> None:
    assert doors.mail.send(Letter("ada@example.com", "Your booking", "Größe:\nleave by 09:12")).message_id
    assert doors.mailed() == [("ada@example.com", "Your booking", "Größe:\nleave by 09:12")]


def test_what_is_published_reaches_a_subscriber_with_its_attributes(doors: Doors) -> None:
    assert doors.topic.publish({"kind": "leave_by", "text": "Größe"}, {"kind": "leave_by", "business_id": "salon"})
    assert doors.published() == [({"kind": "leave_by", "text": "Größe"}, {"kind": "leave_by", "business_id": "salon"})]
