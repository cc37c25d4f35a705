"""The door for webhooks: what is accepted, refused, stored, and found again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox.accept import WEBHOOK_BODY_MAX, BadSignature, TooLarge, UnknownConnection
from chalicelib.foundation.ports import Unavailable
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import SECRET, deliver, only
from tests.fakes.memory import MemoryDocuments, MemoryQueues

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document, Write
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.memory import ManualClock


class BrokenQueues(MemoryQueues):
    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        raise Unavailable(queue, messages, delay_s)


class BrokenDocuments(MemoryDocuments):
    def write(self, *writes: Write) -> None:
        raise Unavailable(str(len(writes)))


class CountingDocuments(MemoryDocuments):
    """Counts what it is used for."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.calls: list[str] = []

    def get(self, table: str, key: str) -> Document | None:
        self.calls.append(f"get {table}")
        return super().get(table, key)

    def write(self, *writes: Write) -> None:
        inside, self.calls = self.calls, []
        super().write(*writes)
        self.calls = [*inside, f"{len(writes)} write"]


def test_a_call_is_one_conditional_write_and_one_send(room: BookingsRoom) -> None:
    room.call("cal", calcom_signed(calcom_payload(uid="first"), SECRET))  # from here on the connection is known
    documents = CountingDocuments(room.clock)
    room.inbox = room.new_inbox(documents=documents)
    room.call("cal", calcom_signed(calcom_payload(uid="second"), SECRET))
    assert documents.calls == ["1 write"]
    assert len(room.queues.take("inbox")) == 2


def test_a_repeated_delivery_is_a_duplicate_and_changes_nothing(room: BookingsRoom) -> None:
    deliver(room, calcom_payload())
    again = room.call("cal", calcom_signed(calcom_payload(), SECRET))
    assert again.duplicate
    assert room.drain() == []
    assert len(room.followed) == 1


def test_a_duplicate_of_an_event_that_is_still_open_is_queued_again(room: BookingsRoom) -> None:
    room.call("cal", calcom_signed(calcom_payload(), SECRET))
    room.queues.take("inbox")  # lost
    assert room.call("cal", calcom_signed(calcom_payload(), SECRET)).duplicate
    assert [outcome.state for outcome in room.drain()] == ["done"]


@pytest.mark.parametrize(
    "signature",
    ["", "no-secret-provided", "0" * 64, "nicht-ascii-ü", " "],
)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(room: BookingsRoom, signature: str) -> None:
    body, headers = calcom_signed(calcom_payload(), SECRET)
    with pytest.raises(BadSignature, match="set the same secret in the tool and here"):
        room.call("cal", (body, headers | {"X-Cal-Signature-256": signature}))
    with pytest.raises(BadSignature):
        room.call("cal", (body, {}))
    assert not room.documents.tables["inbox"]


def test_unknown_connections_and_huge_bodies_are_refused(room: BookingsRoom) -> None:
    with pytest.raises(UnknownConnection, match="no connection 'nobody': check the address"):
        room.call("nobody", calcom_signed(calcom_payload(), SECRET))
    with pytest.raises(TooLarge):
        room.call("cal", calcom_signed(b" " * (WEBHOOK_BODY_MAX + 1), SECRET))


def test_a_new_secret_leaves_the_old_one_valid_for_a_while(room: BookingsRoom) -> None:
    room.connect("cal", "calcom", "another-secret", overlap_h=1)
    for secret in (SECRET, "another-secret"):
        room.call("cal", calcom_signed(calcom_payload(uid=secret), secret))
    room.clock.advance(hours=1)
    with pytest.raises(BadSignature):
        room.call("cal", calcom_signed(calcom_payload(uid="late"), SECRET))
    room.call("cal", calcom_signed(calcom_payload(uid="late"), "another-secret"))


def test_a_body_too_large_for_the_table_goes_to_the_bucket(room: BookingsRoom) -> None:
    noise = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(150_000))
    deliver(room, calcom_payload(additionalNotes=noise))
    assert only(room).status is Status.BOOKED
    assert len(room.bucket.blobs) == 1


def test_only_needed_headers_are_stored(room: BookingsRoom) -> None:
    body, headers = calcom_signed(calcom_payload(), SECRET)
    room.call("cal", (body, headers | {"Cookie": "c", "Authorization": "a", "User-Agent": "Cal"}))
    (event,) = room.documents.tables["inbox"].values()
    assert set(event["headers"]) == {"content-type", "user-agent", "x-cal-signature-256"}


def test_if_only_queueing_fails_the_call_is_accepted_and_the_sweep_finds_it(room: BookingsRoom) -> None:
    working, room.inbox = room.inbox, room.new_inbox(queues=BrokenQueues())
    assert not room.call("cal", calcom_signed(calcom_payload(), SECRET)).duplicate
    room.inbox = working
    assert room.inbox.sweep(room.clock.now() + timedelta(seconds=30)) == 0
    assert room.inbox.sweep(room.clock.now() + timedelta(seconds=61)) == 1
    assert [outcome.state for outcome in room.drain()] == ["done"]


def test_an_event_that_never_ends_is_parked_in_the_end(room: BookingsRoom) -> None:
    room.call("cal", calcom_signed(calcom_payload(), SECRET))
    for _ in range(20):
        room.clock.advance(hours=2)
        room.inbox.sweep(room.clock.now())
    (parked,) = room.parking.of_business("salon")
    assert "not finished" in parked["reason"]


def test_nothing_stored_means_nothing_acknowledged(room: BookingsRoom) -> None:
    room.inbox = room.new_inbox(documents=BrokenDocuments(room.clock))
    with pytest.raises(Unavailable):
        room.call("cal", calcom_signed(calcom_payload(), SECRET))
