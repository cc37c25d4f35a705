"""What carriers report: any order, any number of times, the same end; AWS's events as its documentation shows them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.entrypoints.messages import read_command
from chalicelib.foundation.commands import MailEvent, TextEvent
from chalicelib.notices.delivery.aws_reports import report_of_mail, report_of_text
from chalicelib.notices.delivery.reports import is_awaited, plain_words, with_report
from chalicelib.notices.documents import from_document, to_document
from chalicelib.notices.notice import Delivery, DeliveryState
from chalicelib.notices.notice_json import to_json
from tests.fakes.salon import Salon, booking

if TYPE_CHECKING:
    from chalicelib.notices.notice import Notice

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
S = DeliveryState


def a_notice(channel: str = "sms") -> Notice:
    salon = Salon()
    salon.book(booking())
    (notice,) = salon.notices()
    return replace(notice, channel=channel)


def at(state: DeliveryState, minutes: int, why: str = "") -> Delivery:
    return Delivery(state, NOW + timedelta(minutes=minutes), why)


SAID = [at(S.ON_THE_WAY, 1), at(S.FAILED, 2, "busy"), at(S.DELIVERED, 3), at(S.DELIVERED, 4), at(S.UNKNOWN, 5)]


@pytest.mark.parametrize(("channel", "end"), [("sms", SAID[2]), ("mail", SAID[1])])
def test_reports_in_any_order_and_twice_end_the_same(channel: str, end: Delivery) -> None:
    for order in itertools.permutations(SAID):
        notice = a_notice(channel) if order == tuple(SAID) else replace(BASE, channel=channel)
        for said in (*order, *order):
            notice = with_report(notice, said)
        assert notice.delivery == end


BASE = a_notice()


def test_what_says_nothing_new_changes_nothing() -> None:
    known = with_report(BASE, SAID[2])
    assert with_report(known, SAID[0]) is known
    assert with_report(known, SAID[2]) is known


def test_delivery_is_stored_and_shown() -> None:
    known = replace(with_report(BASE, replace(SAID[1], for_good=True)), carrier="ses", sender="hub@example.org")
    assert from_document(to_document(known)) == known
    assert to_json(known)["delivery"] == {"state": "failed", "at": SAID[1].at.isoformat(), "why": "busy"}
    assert to_json(BASE)["delivery"] is None


def test_a_report_is_waited_for_until_the_news_is_out_of_date() -> None:
    waiting = with_report(BASE, at(S.ACCEPTED, 0))
    assert is_awaited(waiting, BASE.expires_at)
    assert not is_awaited(waiting, BASE.expires_at + timedelta(seconds=1))
    assert not is_awaited(with_report(waiting, at(S.DELIVERED, 1)), NOW)
    assert not is_awaited(BASE, NOW)


def test_a_carriers_words_name_nobody() -> None:
    assert plain_words("no  route to +12025550123\n(12025550123)", "+12025550123") == "no route to … (…)"


TEXT = {
    "eventType": "TEXT_SUCCESSFUL", "eventVersion": "1.0", "eventTimestamp": 1686975103470, "isFinal": True,
    "originationPhoneNumber": "+12065550152", "destinationPhoneNumber": "+14255550156", "isInternationalSend": False,
    "mcc": "310", "mnc": "800", "messageId": "862a8790", "messageRequestTimestamp": 1686975103170,
    "messageEncoding": "GSM", "messageType": "TRANSACTIONAL", "messageStatus": "SUCCESSFUL",
    "messageStatusDescription": "Message has been accepted by phone carrier", "context": {"notice": "t1-1-booked-sms"},
    "totalMessageParts": 1, "totalMessagePrice": 0.09582, "totalCarrierFee": 0.0,
}  # a table, read by rows # fmt: skip


@pytest.mark.parametrize(
    ("event", "final", "state", "for_good"),
    [
        ("TEXT_SUCCESSFUL", True, S.DELIVERED, False),
        ("TEXT_SUCCESSFUL", False, S.ON_THE_WAY, False),
        ("TEXT_DELIVERED", True, S.DELIVERED, False),
        ("TEXT_QUEUED", False, S.ON_THE_WAY, False),
        ("TEXT_TTL_EXPIRED", True, S.FAILED, False),
        ("TEXT_UNREACHABLE", True, S.FAILED, False),
        ("TEXT_INVALID", True, S.FAILED, True),
        ("TEXT_BLOCKED", True, S.FAILED, True),
        ("TEXT_UNKNOWN", True, S.UNKNOWN, False),
    ],
)
def test_an_event_of_end_user_messaging(event: str, state: S, *, final: bool, for_good: bool) -> None:
    command = read_command(TEXT | {"eventType": event, "isFinal": final})
    assert isinstance(command, TextEvent)
    report = report_of_text(command, NOW)
    assert report
    assert (report.carrier, report.notice_id, report.message_id) == ("sms-voice", "t1-1-booked-sms", "862a8790")
    assert (report.delivery.state, report.delivery.for_good) == (state, for_good)
    assert report.delivery.at == datetime(2023, 6, 17, 4, 11, 43, 470000, tzinfo=UTC)


def test_events_about_something_else_are_no_reports() -> None:
    assert report_of_text(TextEvent("VOICE_COMPLETED", "m"), NOW) is None
    assert report_of_mail(MailEvent("Open", {}), NOW) is None


MAIL: dict[str, Any] = {
    "timestamp": "2026-03-02T09:59:00.000Z", "messageId": "0100-ses", "destination": ["ada@example.com"],
    "tags": {"ses:configuration-set": ["hub"], "notice": ["t1-1-booked-mail"]},
}  # a table, read by rows # fmt: skip
BOUNCE = {
    "bounceType": "Permanent", "bounceSubType": "General", "timestamp": "2026-03-02T10:00:00.000Z", "feedbackId": "f",
    "bouncedRecipients": [
        {"emailAddress": "ada@example.com", "action": "failed", "status": "5.1.1",
         "diagnosticCode": "smtp; 550 5.1.1 <ada@example.com>: user unknown"}
    ],
}  # a table, read by rows # fmt: skip


@pytest.mark.parametrize(
    ("more", "state", "for_good", "why"),
    [
        ({"eventType": "Bounce", "bounce": BOUNCE}, S.FAILED, True,
         "Permanent: General: smtp; 550 5.1.1 <…>: user unknown"),
        ({"eventType": "Bounce", "bounce": BOUNCE | {"bounceType": "Transient", "bounceSubType": "MailboxFull"}},
         S.FAILED, False, "Transient: MailboxFull: smtp; 550 5.1.1 <…>: user unknown"),
        ({"eventType": "Delivery", "delivery": {"timestamp": "2026-03-02T10:00:00.000Z"}}, S.DELIVERED, False, ""),
        ({"eventType": "Complaint", "complaint": {}}, S.DELIVERED, False, "the receiver marked it as spam"),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, S.FAILED, False, "Bad content"),
        ({"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "MailboxFull"}}, S.ON_THE_WAY, False,
         "MailboxFull"),
    ],
)  # a table, read by rows # fmt: skip
def test_an_event_of_ses(more: dict[str, Any], state: S, why: str, *, for_good: bool) -> None:
    command = read_command({"mail": MAIL} | more)
    assert isinstance(command, MailEvent)
    report = report_of_mail(command, NOW)
    assert report
    assert (report.carrier, report.notice_id, report.message_id) == ("ses", "t1-1-booked-mail", "0100-ses")
    assert (report.delivery.state, report.delivery.for_good, report.delivery.why) == (state, for_good, why)


@pytest.mark.parametrize("mail", [{}, {"tags": 5}, {"tags": {"notice": "x"}}, {"destination": {}}, {"timestamp": 7}])
def test_events_of_odd_shapes_break_nothing(mail: dict[str, Any]) -> None:
    report = report_of_mail(MailEvent("Bounce", mail, bounce={"bouncedRecipients": [5]}), NOW)
    assert report
    assert report.delivery.at == NOW
