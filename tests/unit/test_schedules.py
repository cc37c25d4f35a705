"""When a schedule fires, on one machine as in EventBridge."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.local.schedules import Schedule, last_firing


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "until", "fires"),
    [
        ("rate(1 minute)", "02T08:00:00", "02T08:00:59", None),
        ("rate(1 minute)", "02T08:00:30", "02T08:01:00", "02T08:01:00"),
        ("rate(1 minute)", "02T08:00:00", "02T09:07:30", "02T09:07:00"),
        ("rate(5 minutes)", "02T08:01:00", "02T08:04:59", None),
        ("rate(5 minutes)", "02T08:01:00", "02T08:12:00", "02T08:10:00"),
        ("rate(1 hour)", "02T08:59:59", "02T09:00:00", "02T09:00:00"),
        ("rate(1 day)", "01T23:59:00", "02T00:00:01", "02T00:00:00"),
        ("cron(10 1 * * ? *)", "02T01:09:59", "02T01:10:00", "02T01:10:00"),
        ("cron(10 1 * * ? *)", "02T01:10:00", "03T01:09:00", None),
        ("cron(10 1 * * ? *)", "02T01:10:00", "05T00:00:00", "04T01:10:00"),
        ("cron(0/20 * * * ? *)", "02T08:01:00", "02T08:59:00", "02T08:40:00"),
        ("cron(0 6,18 * * ? *)", "02T07:00:00", "02T20:00:00", "02T18:00:00"),
    ],
)
def test_a_schedule_fires_at_the_last_of_its_times(expression: str, after: str, until: str, fires: str | None) -> None:
    assert last_firing(expression, at(after), at(until)) == (at(fires) if fires else None)


@pytest.mark.parametrize(
    "expression", ["rate(0 minutes)", "rate(1 week)", "every minute", "cron(0 1 1 * ? *)", "cron(0 1)", ""]
)
def test_what_cannot_be_read_is_said(expression: str) -> None:
    with pytest.raises(ValueError, match=r"rate|cron"):
        last_firing(expression, at("02T08:00:00"), at("02T09:00:00"))


def test_a_schedule_missed_for_weeks_fires_once() -> None:
    daily = Schedule("daily", "cron(10 1 * * ? *)", lambda *_: None)
    assert daily.fires_in(at("01T00:00:00"), at("29T12:00:00")) == at("29T01:10:00")
