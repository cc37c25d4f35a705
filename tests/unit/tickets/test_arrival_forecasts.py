"""Chances in the hub: from the prior, from what was learned, from what is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from chalicelib.bookings.business import Business
from chalicelib.tickets.promised_itinerary import boardings_of
from chalicelib.tickets.replanning.arrival_forecasts import rides_before_long_walks
from chalicelib.tickets.replanning.followed_itinerary import FollowedItinerary
from chalicelib.tickets.replanning.recheck import CallFinder
from chalicelib.transit.data.sightings import Sighting
from chalicelib.transit.itinerary import Itinerary, Leg, Place, Request, Ride
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.feed_forecasts import delays_key
from chalicelib.transit.reliability.itinerary_rating import RatedItinerary
from tests.fakes.networks import network
from tests.fakes.one_day import DAY, Traffic, clock, town_at

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast

LINES = """
    bus:    A 08:00, B 08:20
    tram:   B 08:23, C 08:40
    coach:  A 07:55, C 08:35
    earlier: A 07:30, B 07:50
    first:  B 08:05, C 08:22
"""
A, C = Place("A", 50.0, 10.0), Place("C", 50.2, 10.0, "C")
SALON = Business("salon", "Salon", "UTC", 50.2, 10.0, "town", early_min=0)
RIDE = Ride("bus", "R", "R", "", clock("08:07"), clock("08:20"))
NOW, DEADLINE = clock("07:00"), clock("08:45")
TO_C = Request(A, C, arrive_by=DEADLINE)


def town(*, seen: bool = True) -> Traffic:
    return Traffic(network(LINES), seen=seen)


def likely(of: Traffic, now: datetime = NOW, business: Business = SALON, question: Request = TO_C) -> list[Itinerary]:
    return [chance.itinerary for chance in of.travel.likeliest(question, now, town_at(now, business))]


def likeliest(of: Traffic, now: datetime = NOW) -> Itinerary:
    return likely(of, now)[0]


def arrival_forecast(of: Traffic, itinerary: Itinerary, now: datetime = NOW) -> ArrivalForecast | None:
    return of.travel.arrival_forecast(FollowedItinerary(itinerary, None, C, DEADLINE), town_at(now))


def chance(of: Traffic, itinerary: Itinerary, now: datetime = NOW) -> float:
    found = arrival_forecast(of, itinerary, now)
    assert found is not None
    return found.probability


def test_where_nobody_sees_the_vehicles_no_chance_is_told() -> None:
    static = town(seen=False)
    assert likely(static) == []
    assert arrival_forecast(static, likeliest(town())) is None


def test_without_history_the_prior_prefers_the_robust_itinerary_and_says_how_sure_it_is() -> None:
    seen = town()
    found = likeliest(seen)
    assert "tram" not in [trip for trip, _ in boardings_of(found)], "three minutes to change would be missed too often"
    assert 0.8 < chance(seen, found) <= 1.0
    tight = Traffic(network(LINES.replace("coach:  A 07:55, C 08:35", "")))
    hasty = tight.travel.plan(TO_C, town_at(NOW)).itineraries[0]
    assert [trip for trip, _ in boardings_of(hasty)] == ["bus", "tram"]
    assert chance(seen, hasty) < chance(seen, found)


def test_spare_minutes_at_the_stop_are_waited_there_not_walked() -> None:
    found = likeliest(town())
    walk, ride = found.legs[0], next(leg for leg in found.legs if leg.ride)
    assert found.leave_at == walk.departs
    assert walk.arrives - walk.departs < timedelta(minutes=2)
    assert walk.arrives <= ride.departs


def test_an_itinerary_expected_later_has_time_to_spare_before_its_last_walk() -> None:
    walk = Leg("walk", A, C, clock("08:00"), clock("08:05"))
    bus = replace(walk, mode="bus", departs=clock("08:07"), arrives=clock("08:20"), ride=RIDE)
    home = replace(walk, departs=clock("08:20"), arrives=clock("08:25"))
    planned = Itinerary(clock("08:00"), clock("08:25"), 0, (walk, bus, home))
    later = planned.arriving_at(clock("08:31"))
    assert later.legs[:2] == (walk, bus)
    assert (later.legs[2].departs, later.legs[2].arrives, later.arrive_at) == (
        clock("08:26"),
        clock("08:31"),
        clock("08:31"),
    )
    sooner = planned.arriving_at(clock("08:23"))
    assert (sooner.legs[1].arrives, sooner.legs[2].departs, sooner.arrive_at) == (
        clock("08:18"),
        clock("08:18"),
        clock("08:23"),
    )
    assert sooner.legs[1].ride == RIDE, "what is timetabled stays"
    assert planned.arriving_at(clock("08:25")) == planned


def learned(early_min: int) -> bytes:
    """A week in which the coach left this much before its time, each day."""
    delays = Delays()
    for day in range(40):
        at = int((clock("07:55") - timedelta(days=day + 1)).timestamp()) - 60 * early_min
        delays.learn([Sighting(f"coach|{day}|-1", "route coach", "A", True, -60 * early_min, at, 7)])
    return delays.dump()


def test_a_line_that_was_learned_to_leave_early_is_waited_for_earlier() -> None:
    without, easy = LINES.partition("    earlier")[0], replace(SALON, on_time_target=0.6)
    plain, wary = Traffic(network(without), seen=True), Traffic(network(without), seen=True)
    wary.bucket.put(delays_key("town"), learned(early_min=6))
    usual, sooner = (
        next(one for one in likely(of, business=easy) if boardings_of(one)[0][0] == "coach") for of in (plain, wary)
    )
    assert sooner.leave_at <= usual.leave_at - timedelta(minutes=2)


@pytest.mark.parametrize("blob", [b"no archive", b"PK\x03\x04 half"])
def test_where_what_was_learned_cannot_be_read_the_timetable_is_followed(blob: bytes) -> None:
    broken = town()
    broken.bucket.put(delays_key("town"), blob)
    assert likely(broken) == []
    assert arrival_forecast(broken, likeliest(town())) is None


def test_live_data_move_the_chance() -> None:
    seen = town()
    told, now = likeliest(seen), clock("08:05")
    assert arrival_forecast(seen, told, now) is None, "few vehicles are seen: that this one was not means nothing"
    seen.now_is(coach=0)
    before = chance(seen, told, now)
    seen.now_is(coach=25)
    assert chance(seen, told, now) < before / 2
    seen.now_is(coach=0)
    assert chance(seen, told, now) > 0.9


def test_a_itinerary_that_is_foretold_to_be_late_is_not_robust_whatever_its_history() -> None:
    seen = town()
    assert boardings_of(likeliest(seen))[0][0] == "coach"
    seen.now_is(coach=35)
    assert seen.live.found
    nobody, coach = np.empty((0, 4), np.int32), seen.live.found.live
    seen.live.found = replace(seen.live.found, passed=nobody, predicted=coach)  # nobody has seen it yet
    found = likeliest(seen)
    assert boardings_of(found)[0][0] != "coach"
    assert found.arrive_at <= DEADLINE


@pytest.mark.parametrize(("away_m", "mode"), [(800, "walk"), (2500, "bus")])
def test_who_can_ride_with_a_good_chance_is_not_sent_on_a_long_walk(away_m: int, mode: str) -> None:
    near = Traffic(network("bus: A 08:00, B 08:05\nbus2: A 08:15, B 08:20\nbus3: A 08:25, B 08:30"), seen=True)
    origin = Place("Home", 50.1 - away_m / 111_195, 10.0)
    near.timetable.arrays["stop_lat"][0] = origin.lat  # the stop at the door
    question = Request(origin, Place("B", 50.1, 10.0), arrive_by=DEADLINE)
    found = likely(near, question=question)
    assert mode in [leg.mode for leg in found[0].legs]
    assert ("bus" in [leg.mode for leg in found[0].legs]) is (mode == "bus")


def test_a_ride_that_hardly_ever_works_is_not_put_before_a_walk_that_is_in_time() -> None:
    ride, walk = (
        Leg("bus", A, C, clock("08:07"), clock("08:20"), RIDE),
        Leg("walk", A, C, clock("08:00"), clock("08:40")),
    )

    def rated(name: str, leg: Leg, probability: float) -> RatedItinerary:
        return RatedItinerary(Itinerary(leg.departs, leg.arrives, 0, (leg,)), probability, clock(name))

    on_foot, poor, good = rated("08:40", walk, 1.0), rated("08:50", ride, 0.1), rated("08:20", ride, 0.85)
    assert rides_before_long_walks((on_foot, poor, good)) == (good, on_foot, poor)
    assert rides_before_long_walks((on_foot, poor)) == (on_foot, poor)
    assert rides_before_long_walks((poor, on_foot, good)) == (poor, good, on_foot)
    assert rides_before_long_walks((good, poor)) == (good, poor)


@pytest.mark.parametrize("target", [0.5, 0.9, 0.99])
def test_who_can_still_walk_in_time_is_not_sent_to_a_bus_that_is_late(target: float) -> None:
    """It is too late to be there ten minutes early on foot, as the business wishes, and not too late to be in time."""
    near = Traffic(network("bus: A 08:41, B 08:48\nlater: A 08:55, B 09:02"), seen=True)
    origin = Place("Home", 50.1 - 1500 / 111_195, 10.0)
    near.timetable.arrays["stop_lat"][0] = origin.lat
    business = replace(SALON, early_min=10, on_time_target=target)
    question = Request(origin, Place("B", 50.1, 10.0), arrive_by=DEADLINE)
    found = likely(near, clock("08:17"), business, question)
    assert [leg.mode for leg in found[0].legs] == ["walk"]
    assert found[0].leave_at == clock("08:17")
    assert found[0].arrive_at <= DEADLINE


def test_added_trips_and_through_vehicles_have_no_chance_told() -> None:
    through = Traffic(network("one: A 08:00, B 08:20\ntwo: B 08:20, C 08:40", follows="one two"), seen=True)
    itinerary = through.travel.plan(TO_C, town_at(NOW)).itineraries[0]
    assert arrival_forecast(through, itinerary) is None


def test_another_days_itinerary_has_no_chance_told() -> None:
    seen = town()
    other = likeliest(seen)
    moved = Itinerary(other.leave_at, other.arrive_at + timedelta(days=9), 0, other.legs)
    assert arrival_forecast(seen, moved) is None


def test_a_trip_is_found_by_its_times_where_it_runs_twice_a_day() -> None:
    timetable = network("again: A 08:00, B 08:10\nagain: A 09:00, B 09:10")
    traffic = Traffic(timetable)
    calls = CallFinder(timetable)
    for at in ("08:15", "09:15"):
        question = Request(A, Place("B", 50.1, 10.0, "B"), arrive_by=clock(at))
        leg = next(leg for leg in traffic.travel.plan(question, town_at(DAY)).itineraries[0].legs if leg.ride)
        found = calls.of(leg)
        assert found
        assert found[0] == (0 if at < "09" else 1)
