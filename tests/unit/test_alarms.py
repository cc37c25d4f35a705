"""Alarms ring for what goes wrong most, on numbers that are written, and say what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.entrypoints import messages, schedules
from chalicelib.foundation import logs
from chalicelib.foundation.keys import TABLES, live_key
from chalicelib.foundation.ports import Unavailable, Write
from chalicelib.notices.notice import NoticeState
from feeds.live import measure_age
from infra.functions import overlay
from tests.fakes.lindenau import Lindenau
from tests.fakes.log_lines import log_lines

RESOURCES: dict[str, Any] = overlay(app)["Resources"]
ALARMS = {name: one["Properties"] for name, one in RESOURCES.items() if one.get("Type") == "AWS::CloudWatch::Alarm"}
OURS = {name: one for name, one in ALARMS.items() if one["Namespace"] == logs.NAMESPACE}
HEADINGS = set(re.findall(r"^## (.+)$", (Path(__file__).parents[2] / "infra" / "runbook.md").read_text(), re.MULTILINE))
NOW = datetime(2026, 9, 3, 6, 0, tzinfo=UTC)


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def runbook_of(alarm: dict[str, Any]) -> str:
    found = re.search(r" See runbook, ([^.]+)\.$", alarm["AlarmDescription"])
    return found[1] if found else ""


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_reaches_somebody_and_says_what_to_do(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "AlarmsTopic"}]
    assert runbook_of(ALARMS[name]) in HEADINGS


def test_the_runbook_has_nothing_that_no_alarm_leads_to() -> None:
    assert {runbook_of(alarm) for alarm in ALARMS.values()} == HEADINGS


def test_the_commonest_faults_are_watched() -> None:
    watched = {(one["Namespace"], one["MetricName"]) for one in ALARMS.values()}
    assert {
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SNS", "SMSMonthToDateSpentUSD"),
    } <= watched
    states = {dimensions(one)["state"] for one in OURS.values() if one["MetricName"] == logs.NOTICES.name}
    assert states == {NoticeState.FAILED, NoticeState.DOUBTFUL, NoticeState.EXPIRED}
    throttles = [one for one in ALARMS.values() if one["MetricName"].endswith("ThrottleEvents")]
    refused = {dimensions(one)["TableName"]["Ref"] for one in throttles}
    assert refused == {f"{name.capitalize()}Table" for name in TABLES}


def test_every_queue_s_oldest_message_is_watched() -> None:
    ages = [one for one in ALARMS.values() if one["MetricName"] == "ApproximateAgeOfOldestMessage"]
    queues = {one["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for one in ages}
    assert queues == {"InboxQueue", "TicketsQueue", "UpdatesQueue", "NoticesQueue", "FeedsQueue"}


def test_a_minute_that_was_not_done_is_missed_and_all_other_silence_is_good_news() -> None:
    missed = {name for name, one in ALARMS.items() if one["TreatMissingData"] == "breaching"}
    assert missed == {"MinuteAlarm", "BookingToolsMinuteAlarm", "LiveMinuteAlarm"}
    assert {one["TreatMissingData"] for one in ALARMS.values()} == {"breaching", "notBreaching"}


@pytest.mark.parametrize("name", OURS)
def test_an_alarm_on_our_numbers_watches_a_metric_by_dimensions_that_it_is_written_with(name: str) -> None:
    """CloudWatch finds nothing under dimensions that no line has, and such an alarm is silent for ever."""
    written: dict[str, set[tuple[str, ...]]] = {
        logs.NOTICES.name: set(logs.NOTICES.also_by) | {("kind", "state")},
        logs.MINUTES.name: {("work",)},
        logs.FAILED_MESSAGES.name: {()},
        logs.FEED_AGE.name: {()},
        logs.DELIVERIES.name: set(logs.DELIVERIES.also_by) | {("carrier", "state")},
    }
    assert tuple(sorted(dimensions(OURS[name]))) in written[OURS[name]["MetricName"]]


def test_a_minute_is_counted_when_all_of_it_was_done() -> None:
    def away(_: object) -> None:
        raise Unavailable("the tables rest")

    with log_lines() as lines:
        schedules.run_minute("minute", [lambda _: None], NOW)
        with pytest.raises(ExceptionGroup):
            schedules.run_minute("booking_tools", [lambda _: None, away], NOW)
    assert [(line["work"], line["Minutes"]) for line in lines.parsed() if "_aws" in line] == [("minute", 1)]


def test_messages_that_failed_are_counted_although_the_function_ended_well(tmp_path: Path) -> None:
    class Record:
        body = '{"command": "nobody_knows_it", "v": 1}'

        def to_dict(self) -> dict[str, str]:
            return {"messageId": "m1"}

    town = Lindenau.founded(tmp_path)
    with log_lines() as lines:
        answer = messages.handle_batch([Record(), Record()], town.hub, town.clock.now)
    assert len(answer["batchItemFailures"]) == 2
    assert [line["FailedMessages"] for line in lines.parsed() if "_aws" in line] == [2]


def test_the_age_of_a_live_feed_is_said_as_long_as_nothing_newer_comes(tmp_path: Path) -> None:
    town = Lindenau.founded(tmp_path)
    now = int(town.clock.now().timestamp())
    sources = [{"url": "https://example.org/a", "changed_at": now - 45}, {"url": "https://example.org/b"}]
    town.hub.documents.write(Write("config", {"config_id": live_key("town"), "version": 1, "sources": sources}, None))
    with log_lines() as lines:
        measure_age(town.hub, "town")
        town.clock.advance(minutes=10)
        measure_age(town.hub, "town")
        measure_age(town.hub, "a-feed-that-was-never-polled")
    assert [(line["feed_id"], line["FeedAge"]) for line in lines.parsed()] == [("town", 45), ("town", 645)]
