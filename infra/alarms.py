"""Alarms on what no error of a function shows: answers of 500, lost notices, a minute that did not run, old data. Pure.

Each alarm's text ends with the part of `runbook.md` that says what to look at and do. Those on the hub's own numbers
watch what `foundation/logs.py` writes; the thresholds are judgements, with their reasons beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.foundation.keys import TABLES
from chalicelib.foundation.logs import DELIVERIES, FAILED_MESSAGES, FEED_AGE, MINUTES, NAMESPACE, NOTICES

if TYPE_CHECKING:
    from infra.template import Template

MINUTES_WATCHED_S = 300


class Watched(NamedTuple):
    """A metric as an alarm sees it: the `statistic` of `period_s`, by `dimensions`."""

    namespace: str
    metric: str
    statistic: str
    period_s: int
    dimensions: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def above(self, threshold: Any, text: str, periods: int = 1) -> Template:
        """The alarm that rings when it is above the threshold; silence is good news."""
        return self._alarm("GreaterThanThreshold", threshold, text, "notBreaching", periods)

    def missing(self, text: str) -> Template:
        """The alarm that rings when nothing was counted."""
        return self._alarm("LessThanThreshold", 1, text, "breaching", 1)

    def _alarm(self, comparison: str, threshold: Any, text: str, silence: str, periods: int) -> Template:
        properties = {
            "AlarmDescription": text,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions.items()],
            "Statistic": self.statistic,
            "Period": self.period_s,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": comparison,
            "TreatMissingData": silence,
            "AlarmActions": [{"Ref": "AlarmsTopic"}],
        }
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def alarms(api_name: str) -> Template:
    """All alarms of this module by their resource's name; `api_name` is that of the REST API in CloudWatch."""
    answers = Watched("AWS/ApiGateway", "5XXError", "Sum", MINUTES_WATCHED_S, {"ApiName": api_name})
    answers_http = Watched("AWS/ApiGateway", "5xx", "Sum", MINUTES_WATCHED_S, {"ApiId": {"Ref": "HttpApi"}})
    failed = Watched(NAMESPACE, FAILED_MESSAGES.name, "Sum", MINUTES_WATCHED_S)
    age = Watched(NAMESPACE, FEED_AGE.name, "Maximum", MINUTES_WATCHED_S)
    throttles = Watched("AWS/Lambda", "Throttles", "Sum", MINUTES_WATCHED_S)  # of all functions of the account
    spent = Watched("AWS/SNS", "SMSMonthToDateSpentUSD", "Maximum", 3600)
    live = minute("live") | {"Condition": "HasFeedsImage"}
    return {
        # tools call again after a 5xx, so two may be a deployment; a third is a pattern
        "AnswersAlarm": answers.above(
            2, "The API answered 5xx: webhooks may be lost, pages stay empty. See runbook, Answers of 500."
        ),
        "HttpAnswersAlarm": answers_http.above(
            2, "The HTTP API answered 5xx: webhooks may be lost, pages stay empty. See runbook, Answers of 500."
        ),
        # a row that is written twice at once fails once and is delivered again: a handful is usual under load
        "FailedMessagesAlarm": failed.above(
            20, "Work from the queues fails and is delivered again; the logs say why. See runbook, Work fails."
        ),
        # a wrong number fails by itself; many at once are a carrier, a limit or a sender that is not allowed
        "NoticesFailedAlarm": notices("failed").above(
            5, "Carriers refuse notices for good: these customers hear nothing. See runbook, Notices do not arrive."
        ),
        # phones are off now and then; many at once are a carrier that blocks us, or a sender that a country refuses
        "DeliveriesFailedAlarm": Watched(NAMESPACE, DELIVERIES.name, "Sum", 900, {"state": "failed"}).above(
            20, "Texts or mails that were sent did not arrive: carriers say why. See runbook, Notices do not arrive."
        ),
        "DeliveriesUnknownAlarm": Watched(NAMESPACE, DELIVERIES.name, "Sum", 900, {"state": "unknown_message"}).above(
            20, "Carriers report on messages that the hub does not know. See runbook, Notices do not arrive."
        ),
        "NoticesDoubtfulAlarm": notices("doubtful").above(
            0, "A notice was perhaps sent, perhaps not, and is not sent again. See runbook, Notices do not arrive."
        ),
        "NoticesExpiredAlarm": notices("expired").above(
            5, "Notices were too late to be sent: the hub is behind. See runbook, Notices do not arrive."
        ),
        "MinuteAlarm": minute("minute"),
        "BookingToolsMinuteAlarm": minute("booking_tools"),
        "LiveMinuteAlarm": live,
        # twice what is shown as live (`STALE_AFTER_S`): an operator's hiccup ends by itself
        "FeedAgeAlarm": age.above(
            1200,
            "A live feed is older than 20 minutes; tickets go by the timetable. See runbook, Live data is old.",
            2,
        )
        | {"Condition": "HasFeedsImage"},
        "FunctionsThrottledAlarm": throttles.above(
            0, "Lambda refused to run functions of this account: work waits. See runbook, AWS slows us down."
        ),
        "TextSpendAlarm": spent.above(
            {"Ref": "TextSpendAlarmUsd"},
            "Texts of this month cost nearly what AWS allows; then none are sent. See runbook, Spending on texts.",
        ),
        **{f"{table.capitalize()}{kind}sThrottledAlarm": throttled(table, kind) for table in TABLES for kind in KINDS},
    }


KINDS = ("Read", "Write")


def notices(state: str) -> Watched:
    """How many notices came to this state in a quarter of an hour, of all kinds."""
    return Watched(NAMESPACE, NOTICES.name, "Sum", 900, {"state": state})


def minute(work: str) -> Template:
    """The alarm on a minute's work that did not come to its end for five minutes: failed, late or never begun."""
    done = Watched(NAMESPACE, MINUTES.name, "Sum", MINUTES_WATCHED_S, {"work": work})
    return done.missing(f'The minute\'s work "{work}" was not done for 5 minutes. See runbook, The minute did not run.')


def throttled(table: str, kind: str) -> Template:
    """The alarm on a table that refuses reads or writes; single refusals are retried and nobody waits."""
    name = {"TableName": {"Ref": f"{table.capitalize()}Table"}}
    refused = Watched("AWS/DynamoDB", f"{kind}ThrottleEvents", "Sum", MINUTES_WATCHED_S, name)
    return refused.above(
        100, f"DynamoDB refuses {kind.lower()}s of the table {table}: work waits. See runbook, AWS slows us down."
    )
