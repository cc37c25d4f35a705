"""What counts as told is what was sent: whoever was given a time hears when it is no longer true, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Customer, Status
from chalicelib.foundation.ports import Refused, Unavailable
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.repository import Notices
from chalicelib.tickets.documents import from_document, to_document
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.salon import ADA, HOME, START, Salon, at, booking

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Handover, Text

LATER = START + timedelta(hours=2)
NIGHT_OF_THE_DAY_BEFORE = "2 22:10"


def reminded(until: str) -> Salon:
    """A salon whose customer was reminded of 14:30 at 17:00 on the day before."""
    salon = Salon()
    salon.book(booking())
    salon.until(at(until))
    return salon


def test_who_was_told_of_a_move_hears_of_the_cancelling() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:50"))
    salon.book(booking(LATER, version=2))
    salon.until(at("3 14:00"))
    salon.book(booking(LATER, version=3, status=Status.CANCELLED))
    salon.until(at("3 18:00"))
    assert salon.said()[2:] == [("3 13:40", "leave_by"), ("3 13:50", "moved"), ("3 14:00", "cancelled")]
    assert "16:30 is cancelled" in salon.texts.sent[-1][1]


def test_moved_and_cancelled_in_the_night_is_one_text_about_the_time_that_they_know() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    salon.book(booking(LATER, version=2))
    salon.until(at("2 23:10"))
    salon.book(booking(LATER, version=3, status=Status.CANCELLED))
    salon.until(at("3 18:00"))
    assert salon.said()[2:] == [("3 08:00", "cancelled")]
    assert "14:30 is cancelled" in salon.texts.sent[-1][1]
    assert all("16:30" not in text for _, text in salon.texts.sent)


def test_moved_there_and_back_in_the_night_is_nothing() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    salon.book(booking(LATER, version=2))
    salon.until(at("2 23:10"))
    salon.book(booking(version=3))
    salon.until(at("3 12:00"))
    assert salon.said() == [("1 10:00", "booked"), ("2 17:00", "reminder")]


def test_moved_twice_in_the_night_tells_the_time_before_the_first() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    salon.book(booking(LATER, version=2))
    salon.until(at("2 23:10"))
    salon.book(booking(LATER + timedelta(hours=1), version=3))
    salon.until(at("3 12:00"))
    assert salon.said()[2:] == [("3 08:00", "moved")]
    assert "now Thu 17:30, not Thu 14:30" in salon.texts.sent[-1][1]


def test_cancelled_and_booked_again_in_the_night_is_nothing() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    salon.book(booking(version=2, status=Status.CANCELLED))
    salon.until(at("2 23:10"))
    salon.book(booking(version=3))
    salon.until(at("3 12:00"))
    assert salon.said() == [("1 10:00", "booked"), ("2 17:00", "reminder")]


def test_cancelled_and_booked_again_later_in_the_night_is_a_move() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    salon.book(booking(version=2, status=Status.CANCELLED))
    salon.until(at("2 23:10"))
    salon.book(booking(LATER, version=3))
    salon.until(at("3 12:00"))
    assert salon.said()[2:] == [("3 08:00", "moved")]
    assert "now Thu 16:30, not Thu 14:30" in salon.texts.sent[-1][1]


def test_who_heard_of_the_cancelling_is_told_of_the_new_booking() -> None:
    salon = reminded("2 18:00")
    salon.book(booking(version=2, status=Status.CANCELLED))
    salon.until(at("2 19:00"))
    salon.book(booking(version=3))
    assert salon.said()[2:] == [("2 18:00", "cancelled"), ("2 19:00", "booked")]


def test_booked_and_moved_in_the_night_is_one_booking_at_the_new_time() -> None:
    salon = Salon()
    salon.clock.set(at(NIGHT_OF_THE_DAY_BEFORE))
    salon.book(booking())
    salon.until(at("2 23:10"))
    salon.book(booking(LATER, version=2))
    salon.until(at("3 12:00"))
    assert salon.said() == [("3 08:00", "booked")]
    assert "16:30" in salon.texts.sent[0][1]


def test_booked_and_cancelled_in_the_night_is_nothing() -> None:
    salon = Salon()
    salon.clock.set(at(NIGHT_OF_THE_DAY_BEFORE))
    salon.book(booking(tool_tells_cancel=False))
    salon.until(at("2 23:10"))
    salon.book(booking(version=2, status=Status.CANCELLED, tool_tells_cancel=False))
    salon.until(at("3 12:00"))
    assert salon.said() == []


def test_what_is_taken_back_is_suppressed_by_the_same_write() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    (ticket,) = salon.book(booking(LATER, version=2))
    held = Notices(salon.documents).load(ticket.promise.pending[-1].notice_id)
    assert held
    assert held.state is NoticeState.HELD
    salon.bookings["b1"] = booking(version=3)
    follow_booking(salon.services, salon.bookings["b1"], salon.now)
    after = Notices(salon.documents).load(held.notice_id)
    assert after
    assert (after.state, after.reason) == (NoticeState.SUPPRESSED, "overtaken_by_later_news")
    assert salon.ticket(ticket.ticket_id).promise.start == START


def test_what_went_out_a_moment_before_is_corrected() -> None:
    salon = reminded(NIGHT_OF_THE_DAY_BEFORE)
    salon.book(booking(LATER, version=2))
    salon.until(at("3 08:00"))
    salon.book(booking(version=3))
    assert salon.said()[2:] == [("3 08:00", "moved"), ("3 08:00", "moved")]
    assert "now Thu 14:30, not Thu 16:30" in salon.texts.sent[-1][1]


def test_what_is_pending_comes_back_from_the_document_and_older_ones_have_none() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("2 22:10"))
    salon.book(booking(LATER, version=2))
    moved = salon.ticket(ticket.ticket_id)
    assert [one.kind for one in moved.promise.pending] == ["moved"]
    document = to_document(moved)
    assert from_document(document).promise == moved.promise
    del document["promise"]["pending"]
    assert from_document(document).promise.pending == ()


class RefusingTexts:
    """Texts that a carrier refuses to some numbers."""

    def __init__(self, salon: Salon, *numbers: str) -> None:
        self.sent, self.numbers = salon.texts, numbers

    def send(self, text: Text) -> Handover:
        if text.to in self.numbers:
            raise Refused(text.to)
        return self.sent.send(text)


def refusing(*numbers: str) -> Salon:
    salon = Salon()
    texts = RefusingTexts(salon, *numbers)
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, texts, salon.mail, salon.topic)
    return salon


def test_what_the_carrier_refuses_is_told_by_the_next_channel() -> None:
    assert ADA.phone
    salon = refusing(ADA.phone)
    salon.book(booking())
    salon.until(at("2 18:00"))
    assert salon.texts.sent == []
    assert [to for to, _, _ in salon.mail.sent] == ["ada@example.com"] * 2
    assert salon.said() == [("1 10:00", "booked"), ("2 17:00", "reminder")]


def test_who_cannot_be_reached_at_all_is_tried_once_and_told_all_at_the_corrected_number() -> None:
    wrong, right = "+12025550190", "+12025550191"
    salon = refusing(wrong)
    ada = Customer("ada example", "Ada Example", phone=wrong)
    salon.book(booking(START, ada))
    salon.until(at("2 12:00"))
    assert (salon.said(), len(salon.notices())) == ([], 2)
    salon.book(booking(START, replace(ada, phone=right), version=2))
    assert [(to, "14:30" in text) for to, text in salon.texts.sent] == [(right, True)]


@pytest.mark.parametrize("first", ["+12025550190", "call me", None, "12"])
def test_the_link_goes_to_the_corrected_number(first: str | None) -> None:
    salon = Salon()
    salon.book(booking(START, replace(ADA, phone=first)))
    salon.until(at("1 12:00"))
    (ticket,) = salon.book(booking(START, replace(ADA, phone="+12025550191"), version=2))
    assert [to for to, _ in salon.texts.sent][-1] == "+12025550191"
    assert ticket.token in salon.texts.sent[-1][1]
    salon.until(at("3 12:00"))
    assert salon.said()[-2:] == [("1 12:00", "booked"), ("2 17:00", "reminder")]


@pytest.mark.parametrize("same", ["+12025550123", "+1 (202) 555-0123", "202-555-0123", None])
def test_the_same_number_otherwise_written_or_left_out_is_no_news(same: str | None) -> None:
    salon = Salon()
    salon.book(booking())
    salon.until(at("1 12:00"))
    salon.book(booking(START, replace(ADA, phone=same), version=2))
    salon.until(at("1 13:00"))
    assert salon.said() == [("1 10:00", "booked")]


def test_a_number_corrected_in_the_night_gets_what_the_wrong_one_would_have_got() -> None:
    salon = Salon()
    salon.clock.set(at(NIGHT_OF_THE_DAY_BEFORE))
    salon.book(booking())
    salon.until(at("2 23:00"))
    salon.book(booking(START, replace(ADA, phone="+12025550191"), version=2))
    salon.until(at("3 12:00"))
    assert [to for to, _ in salon.texts.sent] == ["+12025550191"]


def test_who_was_only_booked_hears_of_the_cancelling_where_the_tool_tells_nobody() -> None:
    for tells, said in ((True, 1), (False, 2)):
        salon = Salon()
        salon.book(booking(tool_tells_cancel=tells))
        salon.until(at("1 12:00"))
        salon.book(booking(version=2, status=Status.CANCELLED, tool_tells_cancel=tells))
        salon.until(at("1 13:00"))
        assert len(salon.said()) == said


class AwayTexts:
    """Texts whose service is away until a moment."""

    def __init__(self, salon: Salon, until: datetime) -> None:
        self.salon, self.until_ = salon, until

    def send(self, text: Text) -> Handover:
        if self.salon.now < self.until_:
            raise Unavailable("away")
        return self.salon.texts.send(text)


def test_a_time_to_leave_that_never_went_out_is_no_time_to_correct() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:39"))
    texts = AwayTexts(salon, at("3 13:50"))
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, texts, salon.mail, salon.topic)
    salon.until(at("3 13:42"))
    salon.town.cancelled = {"14:00"}
    salon.town.live = True
    check_ticket(salon.services, ticket.ticket_id, salon.now)
    salon.until(at("3 14:00"))
    last = [one for one in salon.notices() if one.sent_at][-1]
    assert "not 13:55" not in last.text


def test_the_business_hears_how_late_they_will_be_as_it_changes() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:41"))
    salon.town.live = True
    told = []
    for late_min in (14, 16, 22, 26, 27):  # of the bus of 14:00, which arrives at 14:25 when it is in time
        salon.town.late_min = {"14:00": late_min}
        salon.town.cancelled = {"14:15", "14:30", "14:45"}
        check_ticket(salon.services, ticket.ticket_id, salon.now)
        salon.work()
        told.append([n.text for n in salon.notices() if n.audience == "business" and n.sent_at][-1:])
    assert [text and text[0].rpartition(", ")[2] for text in told] == [
        "9 min late.", "9 min late.", "17 min late.", "17 min late.", "22 min late.",
    ]  # a table, read by rows # fmt: skip


def test_another_way_that_is_late_is_told_as_late_and_with_the_phone() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:41"))
    salon.town.live, salon.town.cancelled = True, {"14:00", "14:15"}
    check_ticket(salon.services, ticket.ticket_id, salon.now)
    salon.work()
    last = [n for n in salon.notices() if n.audience == "customer" and n.sent_at][-1]
    assert last.kind == "late"
    assert "14:55" in last.text
    assert "+12025550199" in last.text


def test_a_booking_in_twenty_minutes_says_to_set_out_and_whom_to_call() -> None:
    salon = Salon()
    salon.clock.set(at("3 14:10"))
    salon.book(booking())
    ((_, text),) = salon.texts.sent
    assert "set out now" in text
    assert "+12025550199" in text


def test_a_number_that_was_another_while_it_was_cancelled_hears_of_it_when_it_is_theirs_again() -> None:
    salon = Salon()
    ada = Customer("ada example", "Ada Example", phone="+12025550123")
    elsewhere = replace(ada, phone="+12025550191")
    salon.book(booking(START, ada, tool_tells_cancel=False))
    salon.until(at("1 12:00"))
    cancelled = {"status": Status.CANCELLED, "tool_tells_cancel": False}
    salon.book(booking(START, elsewhere, version=2, **cancelled))
    salon.until(at("1 13:00"))
    salon.book(booking(START, ada, version=3, **cancelled))
    salon.until(at("1 14:00"))
    assert [(to, "is cancelled" in text) for to, text in salon.texts.sent] == [(ada.phone, False), (ada.phone, True)]
    (key,) = salon.documents.tables["tickets"]
    stored = salon.ticket(key)
    assert stored.told_elsewhere
    assert from_document(to_document(stored)).told_elsewhere == stored.told_elsewhere


def test_a_number_that_is_theirs_again_is_told_nothing_twice() -> None:
    salon = Salon()
    salon.book(booking())
    for number, version in (("+12025550191", 2), (ADA.phone, 3), ("+12025550191", 4)):
        salon.until(salon.now + timedelta(hours=1))
        salon.book(booking(START, replace(ADA, phone=number), version=version))
    assert [to for to, _ in salon.texts.sent] == [ADA.phone, "+12025550191"]
