"""Whether a promised itinerary still works, by the vehicles as they run now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.tickets.replanning.recheck import VEHICLE_CANCELLED, VEHICLE_MISSED, VEHICLE_UNKNOWN
from chalicelib.transit.itinerary import Itinerary, Place, Request
from tests.fakes.networks import network
from tests.fakes.one_day import Traffic, clock, town_at

if TYPE_CHECKING:
    from chalicelib.tickets.replanning.recheck import CheckedItinerary

LINES = """
    bus:  A 08:00, B 08:20
    tram: B 08:25, C 08:40
    slow: B 08:45, C 09:00
"""
A, C = Place("A", 50.0, 10.0, "A"), Place("C", 50.2, 10.0, "C")
NOW = clock("07:30")


def told(town: Traffic) -> Itinerary:
    """By bus and tram: leave 08:00, there 08:40."""
    itinerary = town.travel.plan(Request(A, C, arrive_by=clock("08:45")), town_at(NOW)).itineraries[0]
    assert [leg.ride.trip_id for leg in itinerary.legs if leg.ride] == ["bus", "tram"]
    return itinerary


def checked(cancelled: tuple[str, ...] = (), lines: str = LINES, **late_min: int) -> CheckedItinerary:
    town = Traffic(network(LINES))
    itinerary = told(town)
    town = Traffic(network(lines))
    town.now_is(cancelled=cancelled, **late_min)
    found = town.travel.recheck(itinerary, itinerary.leave_at, town_at(NOW))
    assert found
    return found


def test_as_timetabled_it_holds_as_told() -> None:
    found = checked()
    assert found.holds
    assert (found.itinerary.leave_at, found.itinerary.arrive_at) == (clock("08:00"), clock("08:40"))


@pytest.mark.parametrize(("bus", "tram", "there"), [(3, 0, "08:40"), (4, 0, "08:40"), (0, 7, "08:47"), (5, 5, "08:45")])
def test_delays_that_leave_time_to_change_only_move_the_arrival(bus: int, tram: int, there: str) -> None:
    found = checked(bus=bus, tram=tram)
    assert (found.broken, found.itinerary.arrive_at) == ("", clock(there))
    assert found.itinerary.legs[0].departs == clock("08:00") + timedelta(minutes=bus)
    assert found.itinerary.leave_at == clock("08:00"), "whoever was told a time leaves at that time"


@pytest.mark.parametrize(
    ("cancelled", "late_min", "broken", "at"),
    [
        ((), {"bus": 5}, VEHICLE_MISSED, 1),  # 08:25 there, a minute to change, the tram leaves at 08:25
        ((), {"tram": -5}, VEHICLE_MISSED, 1),
        ((), {"bus": -3}, VEHICLE_MISSED, 0),  # it leaves before the customer is there
        (("bus",), {}, VEHICLE_CANCELLED, 0),
        (("tram",), {"bus": 2}, VEHICLE_CANCELLED, 1),
    ],
)
def test_where_it_breaks_and_why(cancelled: tuple[str, ...], late_min: dict[str, Any], broken: str, at: int) -> None:
    found = checked(cancelled, **late_min)
    assert (found.broken, found.broken_leg, found.holds) == (broken, at, False)


def test_what_was_before_the_break_is_as_it_is_now() -> None:
    assert checked(("tram",), bus=2).itinerary.legs[0].arrives == clock("08:22")


@pytest.mark.parametrize(
    "lines",
    [
        "other: A 08:00, B 08:20\ntram: B 08:25, C 08:40",
        "bus: A 08:01, B 08:20\ntram: B 08:25, C 08:40",
        "bus: A 08:00, D 08:20\ntram: B 08:25, C 08:40",
        "bus: A 08:00, B 08:21\ntram: B 08:25, C 08:40",
    ],
)
def test_a_vehicle_that_a_new_timetable_does_not_know_breaks_the_itinerary(lines: str) -> None:
    found = checked(lines=lines)
    assert (found.broken, found.broken_leg) == (VEHICLE_UNKNOWN, 0)


def test_a_day_without_a_timetable_says_nothing() -> None:
    town = Traffic(network(LINES))
    itinerary = told(town)
    other_day = Itinerary(
        itinerary.leave_at, itinerary.arrive_at + timedelta(days=3), itinerary.changes, itinerary.legs
    )
    assert town.travel.recheck(other_day, itinerary.leave_at, town_at(NOW)) is None
    assert Traffic(network(LINES), known=False).travel.recheck(itinerary, itinerary.leave_at, town_at(NOW)) is None
