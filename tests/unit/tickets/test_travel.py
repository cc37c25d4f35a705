"""The real planner behind a ticket: reasons, live data, and stop ids that a new timetable does not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.tickets.travel import PublicTransport
from chalicelib.transit.conditions import Conditions
from chalicelib.transit.feed import Feed
from chalicelib.transit.shelf import NoTimetable
from chalicelib.transit.values import Place, Request
from tests.fakes.networks import DATE, network

if TYPE_CHECKING:
    from chalicelib.transit.timetable import Timetable

DAY = datetime.fromisoformat(DATE).replace(tzinfo=UTC)
NINE = DAY.replace(hour=9)


@dataclass
class OneDay:
    """A shelf with one day of one feed."""

    timetable: Timetable
    known: bool = True

    def feed(self, feed_id: str) -> Feed | None:
        return Feed(feed_id, (), timezone="UTC") if self.known else None

    def day(self, feed_id: str, date: str) -> Timetable:
        if date != DATE:
            raise NoTimetable("outside_calendar", f"{feed_id} does not know {date}")
        return self.timetable


@dataclass
class Live:
    """Live data of one moment."""

    found: Conditions | None
    age_s: int | None

    def conditions(self, *_: Any, **__: Any) -> tuple[Conditions | None, int | None]:
        return self.found, self.age_s


def travel(live: Live | None = None, **shelf: bool) -> PublicTransport:
    timetable = network("early: A 08:00, B 08:20\nlate: A 08:30, B 08:50")
    return PublicTransport(OneDay(timetable, **shelf), live)  # type: ignore[arg-type] # what it needs of both is there


def to_b(arrive_by: datetime = NINE, origin: str = "A") -> Request:
    return Request(Place(origin, 50.0, 10.0, origin), Place("B", 50.0, 10.1, "B"), arrive_by=arrive_by)


def test_it_answers_with_the_timetables_version_and_no_age_without_live_data() -> None:
    answer = travel().plan("town", to_b(), 60, NINE)
    assert answer.options[0].leave_at == DAY.replace(hour=8, minute=30)
    assert (answer.note, answer.observed_at) == ("", None)


def test_a_day_that_the_feed_does_not_know_is_a_note_not_an_error() -> None:
    assert travel().plan("town", to_b(NINE + timedelta(days=9)), 60, NINE).note == "outside_calendar"


def test_a_feed_that_is_not_configured_is_a_note() -> None:
    assert travel(known=False).plan("town", to_b(), 60, NINE).note == "unknown_feed"


FAR = Place("far", -60.0, 0.0)
A, B = Place("A", 50.0, 10.0, "A"), Place("B", 50.0, 10.1, "B")


@pytest.mark.parametrize(
    ("origin", "destination", "note"),
    [(FAR, B, "outside_area"), (A, FAR, "venue_outside_area"), (B, A, "no_way")],
)
def test_where_there_is_no_way_it_says_why(origin: Place, destination: Place, note: str) -> None:
    request = Request(origin, destination, arrive_by=NINE)
    assert travel().plan("town", request, 60, NINE).note == note


def test_live_data_change_the_plan_and_their_age_is_told() -> None:
    timetable = network("early: A 08:00, B 08:20\nlate: A 08:30, B 08:50")
    cancelled = Conditions(timetable.meta["feed_version"], DATE, observed_at=1, cancelled=_ints(1))
    answer = travel(Live(cancelled, 40)).plan("town", to_b(), 60, NINE)
    assert answer.options[0].leave_at == DAY.replace(hour=8)
    assert answer.observed_at == NINE - timedelta(seconds=40)


def test_live_data_too_old_to_use_are_not_used_but_their_age_is_told() -> None:
    answer = travel(Live(None, 4000)).plan("town", to_b(), 60, NINE)
    assert answer.options[0].leave_at == DAY.replace(hour=8, minute=30)
    assert answer.observed_at == NINE - timedelta(seconds=4000)


def test_a_stop_that_the_timetable_no_longer_knows_counts_as_the_place_where_it_was() -> None:
    request = Request(Place("was here", -60.0, 0.0, "gone"), B, arrive_by=NINE)
    assert travel().plan("town", request, 60, NINE).note == "outside_area"


def _ints(*values: int) -> Any:
    import numpy as np  # noqa: PLC0415 - one line of one test

    return np.array(values, np.int32)
