"""The clock that several processes share, and instants as text."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from chalicelib.foundation.instants import (
    FileClock,
    RealClock,
    VirtualClock,
    clock_from,
    find_zone,
    microseconds_text,
    optional_instant,
    optional_text,
    seconds_text,
    virtual_clock,
)

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2017, 2, 14, 6, 0, tzinfo=UTC)


def test_without_a_setting_the_clock_is_the_real_one() -> None:
    clock = clock_from({})
    assert isinstance(clock, RealClock)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.now().tzinfo is UTC


def test_a_virtual_clock_shows_its_start_at_its_epoch_and_runs_at_its_rate() -> None:
    begun = time.time() - 10
    now = VirtualClock(START, 60, begun).now()
    assert timedelta(minutes=10) <= now - START < timedelta(minutes=70)


def test_a_clock_that_stands_stands() -> None:
    assert VirtualClock(START, 0, 0).now() == START


def test_two_processes_with_the_same_text_show_the_same_time() -> None:
    clock = VirtualClock(START, 30.5, 1_750_000_000.25)
    assert clock_from({"HUB_CLOCK": clock.as_text()}) == clock
    assert virtual_clock("2017-02-14T07:00:00+01:00@0@0").now() == START


@pytest.mark.parametrize(
    "text", ["now", "2017-02-14T07:00:00+01:00", "2017-02-14T07:00:00@1@0", "2017-02-14T07:00:00Z@-1@0", "x@1@0", "@@"]
)
def test_a_clock_that_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="HUB_CLOCK"):
        virtual_clock(text)


def test_a_clock_in_a_file_stands_where_it_was_set_for_all_who_read_it(tmp_path: Path) -> None:
    clock = clock_from({"HUB_CLOCK": f"file:{tmp_path / 'now'}"})
    assert isinstance(clock, FileClock)
    clock.set(START)
    assert clock.now() == START
    clock.set(START + timedelta(minutes=1))
    assert FileClock(tmp_path / "now").now() == START + timedelta(minutes=1)
    assert clock.now().tzinfo is UTC


def test_an_instant_is_text_that_sorts_and_comes_back() -> None:
    instant = datetime(2026, 1, 31, 6, 0, 0, 250, tzinfo=ZoneInfo("Europe/Vienna"))
    assert seconds_text(instant) == "2026-01-31T05:00:00Z"
    assert microseconds_text(instant) == "2026-01-31T05:00:00.000250Z"
    assert optional_instant(optional_text(instant)) == instant
    assert optional_text(instant) == "2026-01-31T06:00:00.000250+01:00"
    assert (optional_text(None), optional_instant(None)) == (None, None)


def test_what_no_zone_is_called_is_none() -> None:
    assert find_zone("Europe/Vilnius") == ZoneInfo("Europe/Vilnius")
    assert [find_zone(name) for name in ("", "Mars/Olympus", "../etc/passwd", "a" * 300)] == [None] * 4
