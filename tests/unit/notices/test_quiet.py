"""Quiet hours, 21:00 to 08:00 where the recipient is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.notices.policy.quiet import quiet_until, send_time, zone_of
from tests.fakes.salon import ZONE, at


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2 08:00", None), ("2 20:59", None), ("2 21:00", "3 08:00"), ("2 23:59", "3 08:00"),
        ("3 00:00", "3 08:00"), ("3 07:59", "3 08:00"),
    ],
)  # a table, read by rows # fmt: skip
def test_when_it_is_quiet_and_until_when(now: str, until: str | None) -> None:
    assert quiet_until(at(now), ZONE) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("now", "act_by", "sent"),
    [
        ("2 12:00", "3 09:00", "2 12:00"),
        ("2 22:00", "3 14:00", "3 08:00"),
        ("2 22:00", "3 08:30", "3 08:00"),
        ("2 22:00", "3 08:20", "2 22:00"),  # at 08:00 there would be no time left to act
        ("3 05:40", "3 05:55", "3 05:40"),  # the action itself falls into the night
    ],
)
def test_what_can_wait_for_the_morning_waits(now: str, act_by: str, sent: str) -> None:
    assert send_time(at(now), at(act_by), ZONE) == at(sent)


def test_the_recipients_zone_counts() -> None:
    evening_in_vienna = at("2 20:00")
    tokyo = zone_of("Asia/Tokyo", "Europe/Vienna")
    assert send_time(evening_in_vienna, at("3 20:00"), tokyo) == datetime(2026, 9, 3, 8, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "a" * 300])
def test_an_unknown_zone_is_the_venues(name: str | None) -> None:
    assert zone_of(name, "Europe/Vienna") == ZONE


def test_the_night_of_the_clock_change_ends_at_eight_too() -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert send_time(night, night + timedelta(days=1), ZONE) == datetime(2026, 10, 25, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("phone", "now", "act_by", "sent"),
    [
        ("Asia/Tokyo", "2 20:00", "3 20:00", "3 08:00"),  # 03:00 in Tokyo; when its night ends, Vienna's has begun
        ("Asia/Tokyo", "2 22:00", "3 14:00", "3 08:00"),  # at 01:00 the night of Tokyo ends, not Vienna's
        ("America/New_York", "3 04:30", "3 20:00", "3 14:00"),  # 22:30 in New York, until 08:00 there
        ("America/New_York", "3 04:30", "3 10:00", "3 08:00"),  # no moment suits both: the action is in Vienna
        ("America/New_York", "3 04:30", "3 05:00", "3 04:30"),  # the action itself falls into the night
    ],
)
def test_it_is_quiet_where_the_phone_is_and_where_the_venue_is(phone: str, now: str, act_by: str, sent: str) -> None:
    assert send_time(at(now), at(act_by), ZoneInfo(phone), ZONE) == at(sent)
