"""Sending once, or knowing why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.foundation.ports import Doubtful, Handover, Refused, Unavailable
from chalicelib.notices.delivery.opt_out import record_wish
from chalicelib.notices.documents import from_document, notice_write, to_document
from chalicelib.notices.notice import NoticeState
from chalicelib.workflows.booking_changed import follow_booking
from tests.fakes.salon import ADA, BEN, SALON, START, Salon, at, booking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.ports import Document, Text
    from chalicelib.notices.notice import Notice


def decided(salon: Salon | None = None, **changes: Any) -> tuple[Salon, Notice]:
    """A salon with one decided notice that has not been sent."""
    salon = salon or Salon()
    booked = booking(**changes)
    salon.bookings[booked.booking_id] = booked
    follow_booking(salon.services, booked, salon.now)
    (notice,) = salon.notices()
    return salon, notice


def delivered(salon: Salon) -> Notice:
    (notice,) = salon.notices()
    salon.outbox.deliver(notice.notice_id, salon.now)
    (notice,) = salon.notices()
    return notice


def test_a_notice_comes_back_from_its_document() -> None:
    _, notice = decided()
    assert from_document(to_document(notice)) == notice


def test_a_notice_is_sent_published_and_recorded() -> None:
    salon, _ = decided()
    notice = delivered(salon)
    assert (notice.state, notice.message_id, notice.sent_at) == (NoticeState.SENT, "text-1", salon.now)
    ((message, attributes),) = salon.topic.published
    assert message["text"] == notice.text
    assert attributes == {
        "kind": "booked", "business_id": "salon", "channel": "sms", "audience": "customer", "locale": "en",
    }  # a table, read by rows # fmt: skip


def test_delivering_again_sends_nothing_more() -> None:
    salon, _ = decided()
    for _ in range(3):
        delivered(salon)
    assert (len(salon.texts.sent), len(salon.topic.published)) == (1, 1)


def test_without_a_phone_it_is_mailed() -> None:
    salon, _ = decided(customers=(replace(ADA, phone=None),))
    delivered(salon)
    ((to, subject, text),) = salon.mail.sent
    assert (to, subject) == ("ada@example.com", "Salon Lind, Thu 14:30")
    assert "https://hub.example.com/t/" in text


def test_who_cannot_be_reached_has_a_visible_notice_that_says_why() -> None:
    salon, notice = decided(customers=(replace(ADA, phone="call me", email=None),))
    assert (notice.state, notice.reason, notice.channel) == (NoticeState.SUPPRESSED, "not_a_phone_number", "none")
    assert delivered(salon).state is NoticeState.SUPPRESSED


def test_an_unknown_notice_is_nothing() -> None:
    assert Salon().outbox.deliver("nothing-1-booked-sms", at("10:00")) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": Status.CANCELLED}, "booking_cancelled"),
        ({"status": Status.REJECTED}, "booking_rejected"),
        ({"status": Status.NO_SHOW}, "marked_as_no_show"),
        ({"status": Status.REQUESTED}, "booking_not_confirmed"),
        ({"start": START + timedelta(hours=1)}, "booking_moved"),
        ({"customers": (BEN,)}, "customer_no_longer_part_of_it"),
    ],
)
def test_the_booking_is_read_again_before_sending(changes: dict[str, Any], reason: str) -> None:
    salon, _ = decided()
    salon.bookings["b1"] = booking(version=2, **changes)
    notice = delivered(salon)
    assert (notice.state, notice.reason, salon.texts.sent) == (NoticeState.SUPPRESSED, reason, [])


def test_a_booking_that_is_gone_is_told_nothing() -> None:
    salon, _ = decided()
    del salon.bookings["b1"]
    assert delivered(salon).reason == "booking_gone"


def test_a_ticket_that_is_gone_is_told_nothing() -> None:
    salon, notice = decided()
    assert notice.ticket_id
    salon.documents.delete("tickets", notice.ticket_id)
    assert delivered(salon).state is NoticeState.DUE, "its ticket may be about to be written"
    salon.clock.advance(minutes=10)
    assert delivered(salon).reason == "ticket_gone"


def test_stop_is_respected_at_the_moment_of_sending_and_start_too() -> None:
    salon, _ = decided()
    record_wish(salon.documents, "+12025550123", salon.now, stopped=True)
    assert delivered(salon).reason == "opted_out"
    again, _ = decided()
    record_wish(again.documents, "+12025550123", again.now, stopped=True)
    record_wish(again.documents, "+12025550123", again.now, stopped=False)
    assert delivered(again).state is NoticeState.SENT


def test_late_news_is_no_news() -> None:
    salon, _ = decided()
    salon.clock.set(START + timedelta(seconds=1))
    notice = delivered(salon)
    assert (notice.state, notice.reason) == (NoticeState.EXPIRED, "too_late_to_act_on")


@dataclass
class Carrier:
    """A `Texts` that fails with each of `errors` in turn and then works."""

    errors: list[Exception]
    sent: int = 0

    def send(self, text: Text) -> Handover:  # noqa: ARG002 - only counted
        if self.errors:
            raise self.errors.pop(0)
        self.sent += 1
        return Handover("carrier-1")


def with_carrier(*errors: Exception) -> tuple[Salon, Carrier]:
    salon, _ = decided()
    carrier = Carrier(list(errors))
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, carrier, salon.mail, salon.topic)
    salon.queues.take("notices")
    return salon, carrier


def test_a_service_that_cannot_be_reached_is_tried_again_with_growing_patience() -> None:
    salon, carrier = with_carrier(Unavailable("no"), Unavailable("no"), Unavailable("no"))
    waits = []
    while carrier.sent == 0:
        notice = delivered(salon)
        waits.append((notice.send_at - salon.now).total_seconds())
        salon.clock.set(notice.send_at)
    assert waits == [30, 60, 120, 0]
    assert salon.notices()[0].state is NoticeState.SENT


def test_a_refusal_is_final() -> None:
    salon, carrier = with_carrier(Refused("no such number"))
    assert (delivered(salon).state, delivered(salon).reason) == (NoticeState.FAILED, "refused_by_carrier")
    assert carrier.sent == 0


def test_where_the_carrier_does_not_say_whether_it_sent_nobody_sends_again() -> None:
    salon, carrier = with_carrier(Doubtful("lost the answer"))
    assert delivered(salon).state is NoticeState.DOUBTFUL
    salon.until(at("1 12:00"))
    assert carrier.sent == 0


def test_a_sender_that_crashed_leaves_a_doubtful_notice_that_is_never_sent() -> None:
    salon, notice = decided()
    claimed = replace(notice, state=NoticeState.SENDING, send_at=salon.now + timedelta(minutes=10), version=2)
    salon.documents.write(notice_write(claimed, 1))
    salon.queues.take("notices")
    salon.until(at("1 10:09"))
    assert salon.notices()[0].state is NoticeState.SENDING
    salon.until(at("1 10:11"))
    assert (salon.notices()[0].state, salon.notices()[0].reason) == (NoticeState.DOUBTFUL, "crashed_while_sending")
    assert salon.texts.sent == []


def test_the_sweep_finds_what_no_message_speaks_of() -> None:
    salon, _ = decided()
    salon.queues.take("notices")  # lost
    assert salon.outbox.sweep(salon.now) == 0, "it has just been queued"
    salon.clock.advance(minutes=2)
    assert salon.outbox.sweep(salon.now) == 1
    salon.work()
    assert len(salon.texts.sent) == 1
    assert salon.outbox.sweep(salon.now) == 0


@dataclass
class Topic:
    """A `Topic` that is away for the first `away` calls."""

    away: int
    published: int = 0

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:  # noqa: ARG002 - only counted
        self.away -= 1
        if self.away >= 0:
            raise Unavailable("no")
        self.published += 1
        return "topic-1"


def test_if_only_the_topic_is_away_only_the_topic_is_repeated() -> None:
    salon, _ = decided()
    topic = Topic(2)
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, salon.texts, salon.mail, topic)
    salon.until(at("1 10:05"))
    assert (len(salon.texts.sent), topic.published) == (1, 1)


def test_an_unknown_error_of_the_topic_spoils_no_sent_texts_record() -> None:
    class Broken(Topic):
        def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
            if self.away == 1:
                self.away = 0
                raise RuntimeError("an error that nobody knows")
            return super().publish(message, attributes)

    salon, _ = decided()
    topic = Broken(1)
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, salon.texts, salon.mail, topic)
    assert delivered(salon).state is NoticeState.SENT
    salon.until(at("1 10:05"))
    assert (len(salon.texts.sent), topic.published) == (1, 1)


def test_what_is_held_over_night_is_not_sent_before_the_morning() -> None:
    salon = Salon()
    salon.clock.set(at("1 22:00"))
    _, notice = decided(salon)
    assert (notice.state, notice.reason, notice.send_at) == (NoticeState.HELD, "quiet_hours", at("2 08:00"))
    assert delivered(salon).state is NoticeState.HELD
    salon.until(at("2 08:01"))
    assert salon.said() == [("2 08:00", "booked")]


def test_a_senders_name_is_passed_on() -> None:
    senders: list[str | None] = []

    class Named(Carrier):
        def send(self, text: Text) -> Handover:
            senders.append(text.sender)
            return super().send(text)

    salon = Salon(business=replace(SALON, sender="SALON"))
    decided(salon)
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, Named([]), salon.mail, salon.topic)
    delivered(salon)
    assert senders == ["SALON"]
