"""A schedule rings by the clock, whatever that does: once when it was missed, never twice, never silent for long."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from infra.local.pump import NoRings, Pump
from infra.local.queue_ends import SqsEnds
from infra.local.schedules import Schedule

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)


class Kept(NoRings):
    """Remembers when schedules rang."""

    def __init__(self, last: datetime | None) -> None:
        self.rang = last

    def last(self, name: str) -> datetime | None:  # noqa: ARG002 - there is one
        return self.rang

    def note(self, name: str, at: datetime) -> None:  # noqa: ARG002 - the same
        self.rang = at


def rings(last: datetime | None, *clock: datetime) -> list[str]:
    """The times at which a schedule of a minute rings, where the clock shows these one after another."""
    stop, shown, heard = threading.Event(), iter(clock), list[str]()

    def now() -> datetime:
        at = next(shown, None)
        if at is None:
            stop.set()
            return clock[-1]
        return at

    schedule = Schedule("minute", "rate(1 minute)", lambda event, _: heard.append(str(event["time"])[11:19]))
    Pump([], [schedule], SqsEnds({}, None), Kept(last), rest_s=0).run(stop, now)
    return heard


def minutes(*after: float) -> list[datetime]:
    return [NOON + timedelta(minutes=one) for one in after]


def test_what_was_missed_rings_once_at_the_start() -> None:
    assert rings(None, *minutes(0, 0.2)) == ["12:00:00"]
    assert rings(NOON - timedelta(hours=5), *minutes(0, 0.2)) == ["12:00:00"]
    assert rings(NOON - timedelta(seconds=10), *minutes(0, 0.2)) == []


def test_each_minute_rings_once() -> None:
    assert rings(NOON, *minutes(0.1, 0.4, 0.5, 0.6, 1.5, 1.6)) == ["12:01:00", "12:02:00"]


def test_a_clock_that_jumps_an_hour_ahead_rings_once_and_goes_on() -> None:
    assert rings(NOON, *minutes(0.5, 60.5, 60.6, 61.5)) == ["12:01:00", "13:01:00", "13:02:00"]


def test_a_clock_that_is_set_back_an_hour_rings_from_its_next_minute() -> None:
    assert rings(NOON, *minutes(0.5, -59.9, -59.4, -58.5)) == ["12:01:00", "11:01:00", "11:02:00"]


def test_a_start_after_the_clock_was_set_back_does_not_wait_for_the_old_time() -> None:
    assert rings(NOON + timedelta(hours=1), *minutes(0, 0.5)) == ["12:01:00"]
