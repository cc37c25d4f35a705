"""A ticket and its notices are written one after the other: whatever stops in between, each person is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.ports import Unavailable
from chalicelib.notices.documents import from_document, notice_write
from chalicelib.notices.notice import NoticeState
from chalicelib.workflows.booking_changed import follow_booking
from tests.fakes.memory import MemoryDocuments
from tests.fakes.salon import Salon, booking

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Write


class Stopping(MemoryDocuments):
    """Stops before a write of the table "tickets" while `stops` is set."""

    stops = False

    def write(self, *writes: Write) -> None:
        if self.stops and any(write.table == "tickets" for write in writes):
            raise Unavailable("gone")
        super().write(*writes)


def salon() -> tuple[Salon, Stopping]:
    room = Salon()
    documents = Stopping(room.clock)
    room.documents = documents  # type: ignore[assignment] # a store like the strict one
    room.services = room.services_with(documents, room.queues, room.town)
    room.tickets_due.documents = documents
    room.outbox = room.outbox_with(documents, room.queues, room.texts, room.mail, room.topic)
    return room, documents


def stopped_between() -> tuple[Salon, Stopping]:
    room, documents = salon()
    room.bookings["b1"] = booking()
    documents.stops = True
    with pytest.raises(Unavailable):
        follow_booking(room.services, room.bookings["b1"], room.now)
    documents.stops = False
    return room, documents


def test_what_no_ticket_decided_is_not_sent_and_who_decides_it_writes_in_its_place() -> None:
    room, documents = stopped_between()
    (left,) = documents.tables["notices"]
    assert room.outbox.deliver(left, room.now) is NoticeState.DUE
    assert room.texts.sent == []
    room.clock.advance(minutes=3)
    room.book(booking())  # the event comes again
    room.work()
    assert len(room.texts.sent) == 1
    assert list(documents.tables["notices"]) == [left]


def test_what_nobody_decides_any_more_ends_by_itself_and_can_still_be_decided() -> None:
    room, documents = stopped_between()
    (left,) = documents.tables["notices"]
    room.clock.advance(minutes=11)
    assert room.outbox.deliver(left, room.now) is NoticeState.SUPPRESSED
    room.book(booking())
    assert len(room.texts.sent) == 1


def test_a_notice_in_other_words_than_its_ticket_decided_is_not_sent_and_is_decided_anew() -> None:
    """Another worker wrote in its place before this one wrote the ticket, and then came second."""
    room, documents = salon()
    room.bookings["b1"] = booking()
    (ticket,) = follow_booking(room.services, room.bookings["b1"], room.now)
    (stored,) = documents.tables["notices"].values()
    theirs = replace(from_document(stored), text="Something else.", version=2)
    documents.write(notice_write(theirs, 1))
    room.work()
    assert [text for _, text in room.texts.sent if text == "Something else."] == []
    assert len(room.texts.sent) == 1
    assert room.ticket(ticket.ticket_id).decision == 2
