"""Why a notice was sent: its facts are stored with it, told in one paragraph, and forgotten with the texts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.business import Connection
from chalicelib.bookings.connections.silence import Silence
from chalicelib.foundation.logs import log_context
from chalicelib.notices.documents import from_document, to_document
from chalicelib.notices.facts import Facts, PlanFacts, facts_from_json, facts_to_json
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.why import why
from chalicelib.outages.outage import Outage, What
from chalicelib.workflows.connection_silent import silence_notice
from chalicelib.workflows.outage_changed import outage_report
from tests.fakes.salon import ADA, SALON, START, Salon, Town, at, booking

if TYPE_CHECKING:
    from chalicelib.notices.notice import Notice

OLD_DOCUMENT = json.loads("""
{"notice_id": "t1-2-reminder-sms", "version": 3, "expires_at": 1790953200, "due_shard": null, "send_at": null,
 "business_id": "salon", "ticket_id": "t1", "created_at": "2026-09-02T15:00:00Z",
 "notice": {"notice_id": "t1-2-reminder-sms", "ticket_id": "t1", "business_id": "salon", "kind": "reminder",
  "channel": "sms", "to": "+12025550123", "text": "Reminder: Salon Lind Thu 14:30.", "decision": 2,
  "subject": "Salon Lind, Thu 14:30", "reason": null, "message_id": "text-2", "locale": "en", "audience": "customer",
  "attempts": 0, "published": true, "created_at": "2026-09-02T15:00:00+00:00",
  "send_at": "2026-09-02T15:00:00+00:00", "expires_at": "2026-09-03T12:40:00+02:00",
  "sent_at": "2026-09-02T15:00:00+00:00", "state": "sent"}}
""")


def day_of_a_cancelled_bus() -> Salon:
    """Ada's form names the Old Mill; the bus at 14:00 that she was told of does not run."""
    salon = Salon(town=Town(every_min=5, live=True))
    with log_context(correlation_id="cal-77"):
        salon.book(booking(START, replace(ADA, address="Old Mill")))
    salon.until(at("3 13:41"))
    salon.town.cancelled = {"14:00"}
    with log_context(correlation_id=f"conditions:town:{int(salon.now.timestamp())}"):
        salon.queues.send("updates", {"feed_id": "town", "conditions_at": int(salon.now.timestamp())})
        salon.work()
    return salon


def last(salon: Salon, kind: str) -> Notice:
    return [notice for notice in salon.notices() if notice.kind == kind][-1]


def test_what_the_version_before_stored_is_read_and_says_what_it_can() -> None:
    notice = from_document(OLD_DOCUMENT)
    assert (notice.facts, notice.correlation_id, notice.state) == (None, "", NoticeState.SENT)
    assert to_document(notice) == OLD_DOCUMENT
    assert why(notice) == (
        "The rule reminder spoke at 15:00 UTC; what it rested on was not kept then. It was sent by sms at 15:00; the "
        "channel accepted it as text-2."
    )


def test_every_notice_comes_back_from_its_document_with_its_facts() -> None:
    notices = day_of_a_cancelled_bus().notices()
    assert {"booked", "leave_by", "replan"} <= {notice.kind for notice in notices}
    for notice in notices:
        assert notice.facts
        assert notice.facts.because, notice.kind
        assert from_document(json.loads(json.dumps(to_document(notice)))) == notice


def test_a_chance_of_nothing_is_a_fact_too() -> None:
    facts = Facts("late", "plain", "…", "Europe/Vienna", booking_version=0, forecast=PlanFacts(on_time_probability=0.0))
    assert facts_from_json(facts_to_json(facts)) == facts
    assert facts_from_json(facts_to_json(facts) | {"of_a_later_version": 1}) == facts


def test_the_paragraph_says_rule_promise_forecast_ground_cause_and_fate() -> None:
    salon = day_of_a_cancelled_bus()
    assert why(last(salon, "replan"), salon.notices()) == (
        "The rule replan (plain) spoke at 13:41 because the customer has to set out earlier than promised. "
        "The appointment starts at 14:30 (version 1 of the booking); the ticket's status was time_to_leave. "
        "The promise before was: the appointment at 14:30, leave by 13:55, arrive at 14:25, with the itinerary "
        "13:55 walk, 14:00 bus 12 Old Mill - Long Bridge 14:20, 14:20 walk, there at 14:25 (told at 13:40 by sms). "
        "The forecast was: leave by 13:50, arrive at 14:20, with the itinerary "
        "13:50 walk, 13:55 bus 12 Old Mill - Long Bridge 14:15, 14:15 walk, there at 14:20. "
        "It rested on timetable v1 and conditions published 13:41:00 (0 s old). "
        "It was caused by the live data of feed town published at 13:41:00, correlation id conditions:town:1788435660. "
        "It was sent by sms at 13:41; the channel accepted it as text-4."
    )


def test_a_booking_event_is_named_as_the_cause() -> None:
    salon = day_of_a_cancelled_bus()
    said = why(last(salon, "booked"), salon.notices())
    assert "because the booking is new and its form names the origin" in said
    assert "Nothing had been promised before." in said
    assert "caused by booking event cal-77, correlation id cal-77." in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": NoticeState.HELD, "reason": "quiet_hours"}, "It is held until 15:00 (quiet hours)."),
        ({"state": NoticeState.DUE}, "It is to be sent by sms at 15:00."),
        ({"state": NoticeState.SUPPRESSED, "reason": "booking_cancelled"}, "It was not sent (booking cancelled)."),
        ({"state": NoticeState.EXPIRED, "reason": "too_late_to_act_on"}, "not sent: it was good until 2026-09-03"),
        ({"state": NoticeState.FAILED, "reason": "refused_by_carrier"}, "reported that it cannot be sent (refused by"),
        ({"state": NoticeState.DOUBTFUL}, "Nobody knows whether sms sent it."),
        ({"state": NoticeState.SENDING}, "It is being sent by sms."),
    ],
)  # a table, read by rows # fmt: skip
def test_what_became_of_it_is_said_in_words(changes: dict[str, object], said: str) -> None:
    notice = replace(from_document(OLD_DOCUMENT), **changes)  # type: ignore[arg-type] # a case names the fields it changes
    assert said in why(notice)


def test_after_the_visit_only_that_there_was_a_text_remains() -> None:
    salon = day_of_a_cancelled_bus()
    assert "Old Mill" in json.dumps(salon.documents.tables["notices"])
    salon.until(START + timedelta(hours=26))
    for notice in salon.notices():
        assert notice.facts
        assert notice.facts.is_erased
        said = json.dumps(to_document(notice)) + why(notice, salon.notices())
        assert not [place for place in ("Old Mill", "Long Bridge", "leave by 1", "13:55", "14:25") if place in said]
    assert "What says where somebody was has been erased since." in why(last(salon, "replan"), salon.notices())


def test_a_report_of_an_outage_comes_back_from_its_document_though_it_has_no_effect_on_one_visit() -> None:
    outage = Outage("cal-1", "salon", What.BOOKING_TOOL, at("1 11:30"), at("1 12:30"), at("1 14:00"), detected=True)
    report = outage_report(outage, SALON, at("1 12:00"), "begun")
    assert from_document(json.loads(json.dumps(to_document(report)))) == report


def test_what_is_told_of_no_ticket_says_why_as_well() -> None:
    now = at("1 12:00")
    silence = silence_notice(Silence(SALON, Connection("cal", "salon", "calcom", ("a-secret",)), at("1 10:00")), now)
    assert why(silence).startswith(
        "The rule tool_quiet (plain) spoke at 12:00 because nothing came from connection cal."
    )
    outage = Outage("cal-1", "salon", What.BOOKING_TOOL, at("1 11:30"), at("1 12:30"), at("1 14:00"), detected=True)
    assert why(outage_report(outage, SALON, now, "begun")) == (
        "The rule outage_report (begun) spoke at 12:00 because the booking tool does not answer. The outage cal-1 "
        "lasts since 11:30 and was expected to end between 12:30 and 14:00. It was caused by a change of outage "
        "cal-1, correlation id outage:salon:cal-1. It is to be sent by sms at 12:00."
    )
