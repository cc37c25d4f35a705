"""What did not arrive was not told: the next channel tries, and late, doubled or unknown reports do no harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.commands import DeliveryReported
from chalicelib.foundation.ports import Doubtful, Handover, OptedOut, Text, Throttled
from chalicelib.notices.delivery.opt_out import is_opted_out
from chalicelib.notices.notice import DeliveryState, NoticeState
from chalicelib.tickets.documents import from_document, to_document
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.sending.report import AGAIN_S, take_report
from tests.fakes.memory import SentTexts
from tests.fakes.salon import ADA, START, Salon, at, booking

if TYPE_CHECKING:
    from chalicelib.notices.notice import Notice


def reporting(*, email: str | None = "ada@example.com") -> Salon:
    """A salon whose texts are reported on, and whose customer has been told of the booking."""
    salon = Salon()
    salon.texts = SentTexts(will_report=True)
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, salon.texts, salon.mail, salon.topic)
    salon.book(booking(customers=(replace(ADA, email=email),)))
    return salon


def report(salon: Salon, notice: Notice, state: str, *, tries: int = 0, **more: Any) -> None:
    """The carrier says so of a notice, and all that follows happens."""
    said = DeliveryReported("memory", state, salon.now.isoformat(), "why", notice.notice_id, **more)
    take_report(salon.documents, salon.queues, replace(said, tries=tries), salon.now)
    salon.work()


def channels(salon: Salon) -> list[tuple[str, str, str]]:
    return [(n.kind, n.channel, n.delivery.state.value if n.delivery else "") for n in salon.notices()]


def test_what_did_not_arrive_is_told_by_the_next_channel() -> None:
    salon = reporting()
    (text,) = salon.notices()
    assert text.delivery
    assert (text.state, text.delivery.state) == (NoticeState.SENT, DeliveryState.ACCEPTED)
    report(salon, text, "failed")
    assert channels(salon) == [("booked", "sms", "failed"), ("booked", "mail", "")]
    assert salon.notices()[0].state is NoticeState.SENT  # what we did stays what we did
    assert salon.mail.sent[0][0] == "ada@example.com"


def test_the_same_report_again_and_later_ones_tell_nothing_more() -> None:
    salon = reporting()
    (text,) = salon.notices()
    for state in ("failed", "failed", "on_the_way", "delivered", "failed"):
        report(salon, text, state)
    assert len(salon.notices()) == 2
    assert channels(salon)[0] == ("booked", "sms", "delivered")


def test_after_a_report_of_arrival_a_failure_is_late_news() -> None:
    salon = reporting()
    (text,) = salon.notices()
    report(salon, text, "delivered")
    report(salon, text, "failed")
    assert channels(salon) == [("booked", "sms", "delivered")]


def test_a_failure_that_comes_after_other_checks_still_takes_back() -> None:
    salon = reporting()
    (text,) = salon.notices()
    salon.until(at("1 12:00"))
    (ticket,) = follow_booking(salon.services, salon.bookings["b1"], salon.now)
    salon.clock.advance(hours=1)
    report(salon, text, "failed")
    assert channels(salon)[-1] == ("booked", "mail", "")
    assert salon.ticket(ticket.ticket_id).promise.refused == ("?sms:+12025550123",)


def test_without_another_channel_the_next_news_is_tried_again_and_the_lost_one_is_not() -> None:
    salon = reporting(email=None)
    (text,) = salon.notices()
    report(salon, text, "failed")
    assert channels(salon) == [("booked", "sms", "failed")]
    salon.book(booking(START + timedelta(hours=2), replace(ADA, email=None), version=2))
    assert channels(salon)[-1] == ("moved", "sms", "accepted")


def test_a_number_that_takes_no_texts_for_good_is_said_to_be_out_of_reach() -> None:
    salon = reporting(email=None)
    (text,) = salon.notices()
    report(salon, text, "failed", for_good=True)
    last = salon.notices()[-1]
    assert (last.channel, last.state, last.reason) == ("none", NoticeState.SUPPRESSED, "refused_by_carrier")


def test_who_got_a_later_text_needs_no_earlier_one() -> None:
    salon = reporting()
    (first,) = salon.notices()
    salon.clock.advance(hours=1)
    salon.book(booking(START + timedelta(hours=2), version=2))
    second = salon.notices()[-1]
    report(salon, first, "failed")
    assert len(salon.notices()) == 2  # the later one may have arrived: wait
    report(salon, second, "delivered")
    assert channels(salon) == [("booked", "sms", "failed"), ("moved", "sms", "delivered")]


def test_if_neither_arrived_what_is_true_now_is_told_once() -> None:
    salon = reporting()
    (first,) = salon.notices()
    salon.clock.advance(hours=1)
    salon.book(booking(START + timedelta(hours=2), version=2))
    second = salon.notices()[-1]
    report(salon, first, "failed")
    report(salon, second, "failed")
    assert [(kind, channel) for kind, channel, _ in channels(salon)][2:] == [("booked", "mail")]
    assert "16:30" in salon.mail.sent[0][2]


def test_a_mail_that_comes_back_after_it_was_taken_was_not_told() -> None:
    salon = reporting()
    (text,) = salon.notices()
    report(salon, text, "failed", for_good=True)
    mail = salon.notices()[-1]
    report(salon, mail, "delivered")
    report(salon, mail, "failed")
    assert salon.notices()[1].delivery
    assert channels(salon)[1] == ("booked", "mail", "failed")


def test_unconfirmed_notices_are_stored_and_read() -> None:
    salon = reporting()
    (ticket,) = follow_booking(salon.services, booking(version=2), salon.now)
    stored = salon.ticket(ticket.ticket_id)
    assert [one.kind for one in stored.promise.unconfirmed] == ["booked"]
    assert from_document(to_document(stored)) == stored


def test_a_report_before_the_sending_is_recorded_is_put_back() -> None:
    salon = Salon()
    salon.bookings["b1"] = booking()
    follow_booking(salon.services, salon.bookings["b1"], salon.now)
    (notice,) = salon.notices()
    salon.queues.take("notices")
    said = DeliveryReported("memory", "delivered", salon.now.isoformat(), "", notice.notice_id)
    take_report(salon.documents, salon.queues, said, salon.now)
    (again,) = salon.queues.take("notices")
    assert (again["command"], again["tries"]) == ("delivery_reported", 1)


@pytest.mark.parametrize(("carrier", "notice_id"), [("memory", "nothing"), ("gateway:of-another", "")])
def test_reports_of_unknown_messages_end_after_some_tries(carrier: str, notice_id: str) -> None:
    salon = reporting()
    before = salon.notices()
    said = DeliveryReported(carrier, "failed", salon.now.isoformat(), "", notice_id or before[0].notice_id)
    for tries in range(len(AGAIN_S)):
        take_report(salon.documents, salon.queues, replace(said, tries=tries), salon.now)
        assert len(salon.queues.take("notices")) == 1
    take_report(salon.documents, salon.queues, replace(said, tries=len(AGAIN_S)), salon.now)
    assert (salon.queues.take("notices"), salon.notices()) == ([], before)


class Says:
    """A `Texts` that takes messages by its own id, or raises once."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.sent = list(errors), list[Text]()

    def send(self, text: Text) -> Handover:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(text)
        return Handover("id-1", "memory", will_report=True, by_id=True, sender="SALON")


def with_texts(texts: Says) -> Salon:
    salon = Salon()
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, texts, salon.mail, salon.topic)
    salon.book(booking())
    return salon


def test_a_carrier_that_knows_only_its_own_id_is_understood() -> None:
    salon = with_texts(Says())
    said = DeliveryReported("memory", "delivered", salon.now.isoformat(), message_id="id-1")
    take_report(salon.documents, salon.queues, said, salon.now)
    (notice,) = salon.notices()
    assert (notice.carrier, notice.sender, notice.message_id) == ("memory", "SALON", "id-1")
    assert channels(salon) == [("booked", "sms", "delivered")]


def test_what_is_handed_over_says_how_long_it_is_good_and_what_it_is() -> None:
    texts = Says()
    salon = with_texts(texts)
    (notice,) = salon.notices()
    (text,) = texts.sent
    assert (text.reference, text.business_id, text.expires_at) == (notice.notice_id, "salon", notice.expires_at)


def test_too_many_at_once_comes_again_in_seconds_and_uses_up_no_try() -> None:
    texts = Says(*[Throttled("too many")] * 20)
    salon = with_texts(texts)
    for _ in range(20):
        (notice,) = salon.notices()
        assert (notice.state, notice.reason, notice.attempts) == (NoticeState.DUE, "carrier_is_busy", 0)
        assert 2 <= (notice.send_at - salon.now).total_seconds() <= 6
        salon.clock.set(notice.send_at)
        salon.outbox.deliver(notice.notice_id, salon.now)
    assert salon.notices()[0].state is NoticeState.SENT


def test_a_doubtful_text_that_was_reported_as_lost_is_told_otherwise() -> None:
    salon = with_texts(Says(Doubtful("no answer from +12025550123")))
    (notice,) = salon.notices()
    assert notice.delivery
    assert (notice.state, notice.delivery.why) == (NoticeState.DOUBTFUL, "no answer from …")
    report(salon, notice, "failed")
    assert channels(salon)[-1] == ("booked", "mail", "")


def test_whom_the_carrier_knows_to_want_nothing_is_remembered() -> None:
    salon = with_texts(Says(OptedOut("on the list")))
    (notice,) = salon.notices()
    assert (notice.state, notice.reason) == (NoticeState.SUPPRESSED, "opted_out")
    assert is_opted_out(salon.documents, "+12025550123")


def test_reminders_go_out_over_an_hour_and_the_same_one_always_at_the_same_instant() -> None:
    sent = set()
    for number in range(12):
        salon = Salon()
        services = salon.services_with(salon.documents, salon.queues, salon.town)
        salon.services = replace(services, reminders_within=timedelta(hours=1))
        salon.book(booking(booking_id=f"b{number}"))
        salon.until(at("2 18:05"))
        (reminder,) = [one for one in salon.notices() if one.kind == "reminder"]
        assert reminder.sent_at
        assert at("2 17:00") <= reminder.sent_at <= at("2 18:01")
        sent.add(reminder.sent_at)
    assert len(sent) > 6
