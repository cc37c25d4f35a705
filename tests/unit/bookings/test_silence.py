"""A connection that goes quiet against its own rhythm is reported once; what is quiet by habit is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.connections import rhythm
from chalicelib.bookings.connections.silence import Silences
from chalicelib.foundation.ports import Unavailable
from tests.fakes.calcom import calcom_payload
from tests.fakes.hub import NOW, deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.connections.silence import Silence
    from tests.fakes.hub import BookingsRoom

ZONE = ZoneInfo("Europe/Vilnius")
MONDAY = datetime(2026, 1, 5, tzinfo=ZONE)
Opens = dict[int, range]
SHOP: Opens = {day: range(9, 18) for day in (1, 2, 3, 4, 5)}  # closed on Sundays and Mondays
ALWAYS: Opens = {day: range(24) for day in range(7)}


def calls(opens: Opens, weeks: int = 4, every: int = 2, until: datetime | None = None) -> list[datetime]:
    """Every `every`-th open hour from Monday on; the last before `until`."""
    hours = [MONDAY + timedelta(hours=number) for number in range(weeks * 7 * 24)]
    open_hours = [at for at in hours if at.hour in opens.get(at.weekday(), ())][::every]
    return [at for at in open_hours if until is None or at < until]


def silent_at(heard: list[datetime], now: datetime) -> bool:
    hours: rhythm.Hours = {}
    for at in heard:
        hours = rhythm.with_call(hours, at)
    return rhythm.is_against_rhythm(hours, heard[-1], now, ZONE)


def reported_after(heard: list[datetime]) -> timedelta:
    """How long after its last call the silence is first against the rhythm."""
    return next(
        timedelta(hours=number) for number in range(24 * 60) if silent_at(heard, heard[-1] + timedelta(hours=number))
    )


def test_who_is_closed_on_mondays_is_not_quiet_on_mondays() -> None:
    heard = calls(SHOP)
    assert heard[-1].strftime("%a %H") == "Sat 16"
    tuesday = MONDAY + timedelta(weeks=4, days=1, hours=9)
    assert not silent_at(heard, tuesday)
    assert not silent_at(heard, tuesday + timedelta(hours=14))  # one day may be a holiday
    assert silent_at(heard, tuesday + timedelta(days=1, hours=9))  # two are none


def test_a_busy_tool_is_missed_sooner_than_a_slow_one() -> None:
    assert timedelta(days=1) <= reported_after(calls(ALWAYS, every=2)) <= timedelta(days=2)
    assert timedelta(days=4) < reported_after(calls(ALWAYS, every=30)) < timedelta(days=21)


@pytest.mark.parametrize(
    "heard",
    [
        calls(ALWAYS, weeks=1),  # too short a time
        calls(ALWAYS, weeks=4, every=80),  # too few
        [MONDAY + timedelta(weeks=3, minutes=number) for number in range(50)],  # one burst
        calls(ALWAYS)[:1],
    ],
)
def test_little_is_known_so_nothing_is_said(heard: list[datetime]) -> None:
    assert not any(silent_at(heard, heard[-1] + timedelta(days=days)) for days in (1, 7, 60))


@pytest.mark.parametrize("zone", ["Europe/Vilnius", "America/Los_Angeles", "Australia/Lord_Howe"])
def test_a_change_of_the_clocks_is_no_silence(zone: str) -> None:
    there = ZoneInfo(zone)
    first = datetime(2026, 3, 2, tzinfo=there)
    hours: rhythm.Hours = {}
    last = first
    for number in range(35 * 24):
        at = (first.astimezone(UTC) + timedelta(hours=number)).astimezone(there)
        if at.hour in range(9, 18) and at.weekday() < 5:
            if hours:
                assert not rhythm.is_against_rhythm(hours, last, at, there), at
            hours, last = rhythm.with_call(hours, at), at


@given(st.lists(st.integers(0, 80 * 24 * 60), min_size=1, max_size=300), st.integers(0, 90 * 24))
def test_whatever_was_heard_is_kept_small_and_a_longer_silence_is_no_less_one(minutes: list[int], after: int) -> None:
    heard = [MONDAY + timedelta(minutes=one) for one in sorted(minutes)]
    hours: rhythm.Hours = {}
    for at in heard:
        hours = rhythm.with_call(hours, at)
    assert len(hours) <= rhythm.DAYS_KEPT
    now = heard[-1] + timedelta(hours=after)
    if rhythm.is_against_rhythm(hours, heard[-1], now, ZONE):
        assert rhythm.is_against_rhythm(hours, heard[-1], now + timedelta(days=3), ZONE)


class Reported:
    """Silences that were reported; `away` lets reporting fail that often."""

    def __init__(self, away: int = 0) -> None:
        self.silences: list[tuple[str, datetime]] = []
        self.away = away

    def __call__(self, silence: Silence, _now: datetime) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("the notices' table is away")
        self.silences.append((silence.connection.connection_id, silence.since))


def let_run(room: BookingsRoom, silences: Silences, hours: int, *, heard: Callable[[int], bool]) -> None:
    """An hour at a time: a call where `heard` says so, then the minute's check."""
    for number in range(hours):
        if heard(number):
            now = room.clock.now()
            start, end = (f"{now + timedelta(days=1, minutes=minutes):%FT%TZ}" for minutes in (0, 30))
            deliver(room, calcom_payload(uid=f"{now:%m%d%H}", created_at=f"{now:%FT%TZ}", start=start, end=end))
        silences.report_new(room.clock.now())
        room.clock.advance(hours=1)


def test_a_silence_is_reported_once_and_another_one_again(room: BookingsRoom) -> None:
    reported = Reported()
    silences = Silences(room.documents, room.config, reported)
    let_run(room, silences, 20 * 24, heard=lambda hour: hour % 3 == 0)
    assert reported.silences == []
    let_run(room, silences, 72, heard=lambda _: False)
    ((connection, since),) = reported.silences
    assert (connection, since) == ("cal", NOW + timedelta(hours=20 * 24 - 3))
    seen = room.overview.connection("cal", room.clock.now())
    assert seen is not None
    assert (seen["health"], seen["quiet_for_s"]) == ("quiet", 75 * 3600)
    let_run(room, silences, 24, heard=lambda hour: hour % 3 == 0)
    seen = room.overview.connection("cal", room.clock.now())
    assert seen is not None
    assert (seen["health"], seen["quiet_for_s"]) == ("ok", None)
    let_run(room, silences, 96, heard=lambda _: False)
    assert len(reported.silences) == 2


def test_what_could_not_be_reported_is_reported_an_hour_later(room: BookingsRoom) -> None:
    reported = Reported(away=2)
    silences = Silences(room.documents, room.config, reported)
    let_run(room, silences, 20 * 24, heard=lambda hour: hour % 3 == 0)
    let_run(room, silences, 72, heard=lambda _: False)
    assert (reported.away, len(reported.silences)) == (0, 1)


def test_a_feed_that_is_fetched_may_stay_as_it_is(room: BookingsRoom) -> None:
    reported = Reported()
    silences = Silences(room.documents, room.config, reported)
    room.connect("cal", "calcom", feed_url="https://tool.example.com/salon.ics")
    let_run(room, silences, 20 * 24, heard=lambda hour: hour % 3 == 0)
    let_run(room, silences, 72, heard=lambda _: False)
    assert reported.silences == []


def test_our_own_questions_are_no_sign_of_life(room: BookingsRoom) -> None:
    reported = Reported()
    silences = Silences(room.documents, room.config, reported)
    let_run(room, silences, 20 * 24, heard=lambda hour: hour % 3 == 0)
    for _ in range(72):
        room.inbox.request_read_back("cal", room.clock.now())
        room.drain()
        let_run(room, silences, 1, heard=lambda _: False)
    assert len(reported.silences) == 1


def test_it_checks_once_an_hour_whoever_calls(room: BookingsRoom) -> None:
    checked = []

    class Counting:
        def businesses(self) -> tuple[Business, ...]:
            checked.append(1)
            return ()

    for one in (Silences(room.documents, Counting(), Reported()), Silences(room.documents, Counting(), Reported())):  # type: ignore[arg-type] # all that is asked before there is a business
        for _ in range(61):
            one.report_new(room.clock.now())
            room.clock.advance(minutes=1)
    assert len(checked) == 3
