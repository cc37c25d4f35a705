"""Itineraries by shared bikes, on a street 4 km long with docks along it; positions are metres east of its begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.foundation.distance import DETOUR
from chalicelib.transit.bikes.recheck import recount, rental_leg
from chalicelib.transit.bikes.search import (
    GIVE_BACK_S,
    METRES_PER_S,
    TAKE_S,
    Fleet,
    Point,
    Station,
    best_by_bike,
)
from chalicelib.transit.data.walking import CROW_FLY, CrowFly
from chalicelib.transit.itinerary import Itinerary, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONE = ZoneInfo("Europe/Vienna")
NOON = datetime(2026, 9, 3, 12, 0, tzinfo=ZONE)
M_PER_DEGREE = 111_195.08  # along the equator
HOME, VENUE = Place("", 0.0, 0.0), Place("Salon", 0.0, 4000 / M_PER_DEGREE)


def point(east_m: float) -> Point:
    return Point(0.0, east_m / M_PER_DEGREE)


def dock(east_m: float, bikes: int = 5, docks: int = 5, name: str = "") -> Station:
    return Station(name or f"at {east_m:.0f}", name or f"at {east_m:.0f}", *point(east_m), bikes, docks)


def fleet(*stations: Station, standing: Sequence[float] = (), **changed: Any) -> Fleet:
    stood = tuple((*point(east_m), 10**6) for east_m in standing)
    return replace(Fleet("Velo", "bike", int(NOON.timestamp()) - 60, stations, stood), **changed)


def ends(*fleets: Fleet, origin: float = 0, destination: float = 4000) -> tuple[int, int] | None:
    """Where the bike is taken and given back, in metres east; None: nobody can go by bike."""
    found = best_by_bike(fleets, point(origin), point(destination))
    if found is None:
        return None
    return (round(found.start.point.lon * M_PER_DEGREE), round(found.end.point.lon * M_PER_DEGREE))


def test_it_walks_rides_and_walks_at_the_documented_speeds() -> None:
    found = best_by_bike([fleet(dock(200), dock(3900))], point(0), point(4000))
    assert found is not None
    assert found.start.walk_s == pytest.approx(200 * 1.3 / 1.25, abs=1)
    assert found.end.walk_s == pytest.approx(100 * 1.3 / 1.25, abs=1)
    assert found.ride_s == pytest.approx(3700 * DETOUR / METRES_PER_S + TAKE_S + GIVE_BACK_S, abs=1)
    assert found.total_s == found.start.walk_s + found.ride_s + found.end.walk_s


@pytest.mark.parametrize(
    ("stations", "found"),
    [
        ([dock(100), dock(3900)], (100, 3900)),
        ([dock(100, bikes=1), dock(300), dock(3900)], (300, 3900)),
        ([dock(100, bikes=0), dock(3900)], None),
        ([dock(100), dock(3900, docks=1), dock(3700)], (100, 3700)),
        ([dock(100), dock(3900, docks=0)], None),
        ([dock(465), dock(3900)], None),  # 604 m on foot
        ([dock(460), dock(3900)], (460, 3900)),
        ([dock(100)], None),
        ([dock(3900)], None),
        ([], None),
    ],
)
def test_a_bike_needs_a_spare_one_near_and_two_docks_at_the_end(
    stations: list[Station], found: tuple[int, int] | None
) -> None:
    assert ends(fleet(*stations)) == found


def test_nobody_rides_longer_than_three_quarters_of_an_hour() -> None:
    for ride_m, reachable in ((8300, True), (8320, False)):
        assert bool(ends(fleet(dock(0), dock(ride_m)), destination=ride_m)) == reachable


def test_where_it_is_as_fast_on_foot_nobody_goes_by_bike() -> None:
    assert ends(fleet(dock(0), dock(50)), destination=50) is None
    assert ends(fleet(dock(450), dock(550)), destination=1000) is None
    assert ends(fleet(dock(10), dock(490)), destination=500) is not None


def test_a_bike_of_one_operator_is_not_given_back_to_another() -> None:
    assert ends(fleet(dock(100)), fleet(dock(3900))) is None
    assert ends(fleet(dock(100)), fleet(dock(400), dock(3900))) == (400, 3900)


def test_what_stands_somewhere_is_taken_alone_and_left_where_others_stand() -> None:
    assert ends(fleet(standing=(50, 3950), may_be_left=True)) == (50, 3950)
    assert ends(fleet(standing=(50,), may_be_left=True)) is None, "nobody knows where it may be left"
    assert ends(fleet(standing=(50, 3950))) is None, "it has to go to a station"
    assert ends(fleet(dock(3800), standing=(50, 3950))) == (50, 3800)


def test_a_bike_has_to_go_as_far_as_it_is_ridden() -> None:
    near, far = (*point(50), 100.0), (*point(3950), 10**6)
    weak = fleet(may_be_left=True)
    assert best_by_bike([replace(weak, standing=(near, far))], point(0), point(4000)) is None
    assert best_by_bike([replace(weak, standing=((*point(50), 5100.0), far))], point(0), point(4000)) is not None


def test_of_equally_fast_ones_that_with_more_bikes_is_taken() -> None:
    found = best_by_bike([fleet(dock(100, 3, name="a"), dock(100, 9, name="b"), dock(3900))], point(0), point(4000))
    assert found is not None
    assert found.start.station_id == "b"


def test_a_scooter_is_taken_only_where_no_bike_is() -> None:
    scooters = fleet(dock(10), dock(3990), mode="scooter")
    assert ends(scooters, fleet(dock(400), dock(3600))) == (400, 3600)
    assert ends(scooters, fleet(dock(400))) == (10, 3990)


def promised(*fleets: Fleet) -> Itinerary:
    found = best_by_bike(fleets, point(0), point(4000))
    assert found is not None
    return found.itinerary(HOME, VENUE, NOON)


def test_it_leads_from_door_to_door_with_the_names_and_numbers_of_its_stations() -> None:
    itinerary = promised(fleet(dock(100, 7, 1, "Park"), dock(3900, 1, 9, "Port")))
    walk, ride, last = itinerary.legs
    assert [leg.mode for leg in itinerary.legs] == ["walk", "bike", "walk"]
    assert (walk.origin, ride.origin.name, ride.destination.name, last.destination) == (HOME, "Park", "Port", VENUE)
    assert (itinerary.leave_at, itinerary.arrive_at, itinerary.changes) == (walk.departs, last.arrives, 0)
    assert (walk.arrives, ride.arrives) == (ride.departs, last.departs)
    assert ride.rental is not None
    assert (ride.rental.system, ride.rental.vehicles, ride.rental.docks) == ("Velo", 7, 9)
    assert ride.rental.observed_at == NOON - timedelta(seconds=60)
    assert ride.origin.stop_id is None, "a bike station is no GTFS stop"
    assert Itinerary.from_json(itinerary.to_json()) == itinerary


def test_whoever_names_a_stop_walks_to_it_before_they_walk_to_the_bike() -> None:
    itinerary = promised(fleet(dock(300), dock(3700)))
    best = best_by_bike([fleet(dock(300), dock(3700))], point(0), point(4000))
    assert best is not None
    near = best.itinerary(Place("Mill", *point(0), "mill", walk_min=4), Place("Shop", *point(4000)), NOON)
    assert near.arrive_at == itinerary.arrive_at + timedelta(minutes=4)
    assert (near.leave_at, near.legs[0].origin.name, near.legs[0].origin.stop_id) == (NOON, "", None)


def test_on_the_night_the_clocks_go_back_a_ride_takes_no_hour_longer() -> None:
    found = best_by_bike([fleet(dock(100), dock(3900))], point(0), point(4000))
    assert found is not None
    itinerary = found.itinerary(HOME, VENUE, datetime(2026, 10, 25, 2, 50, tzinfo=ZONE))
    assert (itinerary.arrive_at.timestamp() - itinerary.leave_at.timestamp()) == found.total_s


def test_longer_walks_along_streets_rule_a_station_out() -> None:
    slow = CrowFly(detour=3.0)
    assert best_by_bike([fleet(dock(300), dock(3900))], point(0), point(4000), slow) is None
    assert best_by_bike([fleet(dock(190), dock(3900))], point(0), point(4000), slow) is not None


class TestPromisedItinerary:
    """A promised itinerary is kept to its last bike and its last dock."""

    START, END = dock(100, 5, 5, "Park"), dock(3900, 5, 5, "Port")

    def again(self, start: Station, *others: Station, after_min: int = 0) -> tuple[Itinerary, bool]:
        now = NOON + timedelta(minutes=after_min)
        now_counted = fleet(start, *others, observed_at=int(now.timestamp()))
        return recount(promised(fleet(self.START, self.END)), [now_counted], NOON, now, CROW_FLY)

    def test_while_one_bike_and_one_dock_are_left_it_holds_with_the_numbers_of_now(self) -> None:
        itinerary, holds = self.again(replace(self.START, vehicles=1), replace(self.END, docks=1))
        leg = rental_leg(itinerary)
        assert holds
        assert leg is not None
        assert leg.rental is not None
        assert (leg.rental.vehicles, leg.rental.docks, leg.rental.observed_at) == (1, 1, NOON)
        assert itinerary.arrive_at == promised(fleet(self.START, self.END)).arrive_at

    def test_without_a_bike_it_is_broken_until_the_bike_was_taken(self) -> None:
        empty = replace(self.START, vehicles=0)
        assert not self.again(empty, self.END)[1]
        assert self.again(empty, self.END, after_min=5)[1]

    def test_a_station_that_is_gone_is_an_empty_one(self) -> None:
        assert not self.again(self.END)[1]

    def test_where_its_docks_are_taken_it_leads_to_the_next_ones(self) -> None:
        full = replace(self.END, docks=0)
        itinerary, holds = self.again(self.START, full, dock(3700, name="Pier"))
        leg = rental_leg(itinerary)
        assert holds
        assert leg is not None
        assert leg.rental is not None
        assert (leg.destination.name, leg.rental.given_back_at) == ("Pier", "Pier")
        assert itinerary.legs[-1].origin.name == "Pier"
        assert itinerary.legs[-1].departs == leg.arrives
        assert itinerary.arrive_at == itinerary.legs[-1].arrives > NOON
        assert not self.again(self.START, full)[1]
        assert self.again(self.START, full, after_min=5)[1], "who rides already cannot go back"

    def test_somebody_who_leaves_later_arrives_later(self) -> None:
        itinerary = promised(fleet(self.START, self.END))
        later, _ = recount(itinerary, [fleet(self.START, self.END)], NOON + timedelta(minutes=7), NOON)
        assert later.arrive_at - itinerary.arrive_at == timedelta(minutes=7)
        assert later.leave_at == NOON + timedelta(minutes=7)

    def test_one_that_stands_by_itself_is_there_or_gone(self) -> None:
        standing = fleet(standing=(50, 3950), may_be_left=True)
        itinerary = promised(standing)
        assert recount(itinerary, [standing], NOON, NOON)[1]
        assert recount(itinerary, [fleet(standing=(60, 3000), may_be_left=True)], NOON, NOON)[1], "it wavers"
        assert not recount(itinerary, [fleet(standing=(90, 3950), may_be_left=True)], NOON, NOON)[1]
