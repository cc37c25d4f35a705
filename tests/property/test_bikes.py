"""What is found by bike is the fastest of all there is, as trying each pair of stations shows."""

from __future__ import annotations

import math
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.foundation.distance import DETOUR, EARTH_M
from chalicelib.transit.bikes.file import dump_bikes, parse_bikes
from chalicelib.transit.bikes.search import (
    GIVE_BACK_S,
    METRES_PER_S,
    RIDE_MAX_S,
    SPARE,
    TAKE_S,
    WALK_TO_BIKE_MAX_M,
    Fleet,
    Point,
    Station,
    best_by_bike,
)
from chalicelib.transit.data.walking import CROW_FLY


class Spot(NamedTuple):
    """Somewhere one can take a bike or give it back."""

    at: Point
    range_m: float = math.inf


few = st.integers(0, 4)
near = st.integers(-60, 60)  # ten-thousandths of a degree: up to some 700 m
far = st.integers(-1000, 1000)


class Town(NamedTuple):
    """A question, and the fleets there are."""

    origin: Point
    destination: Point
    fleets: list[Fleet]


def moved(point: Point, north: int, east: int) -> Point:
    return Point(point.lat + north / 10_000, point.lon + east / 10_000)


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """A handful of stations and bikes, most of them near one of the ends."""
    origin = Point(48.2, 16.3)
    destination = moved(origin, draw(far), draw(far))

    def spots(most: int) -> list[Point]:
        ends = st.sampled_from([origin, destination])
        return draw(st.lists(st.builds(moved, ends, near, near), max_size=most))

    def fleet() -> Fleet:
        stations = tuple(Station(f"s{n}", "", *spot, draw(few), draw(few)) for n, spot in enumerate(spots(8)))
        standing = tuple((*spot, draw(st.sampled_from([300.0, 2000.0, 10.0**6]))) for spot in spots(5))
        return Fleet(draw(st.sampled_from("AB")), "bike", 5, stations, standing, may_be_left=draw(st.booleans()))

    return Town(origin, destination, [fleet() for _ in range(draw(st.integers(0, 3)))])


def crow_m(a: Point, b: Point) -> float:
    """The haversine formula, unlike the product's own."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))


def on_foot_s(a: Point, b: Point) -> float:
    return crow_m(a, b) * CROW_FLY.detour / CROW_FLY.metres_per_s


def tried(fleet: Fleet, origin: Point, destination: Point) -> float:
    """Seconds from door to door with this fleet, by trying all; infinity: none."""
    starts = [Spot(Point(s.lat, s.lon)) for s in fleet.stations if s.vehicles >= SPARE]
    starts += [Spot(Point(lat, lon), range_m) for lat, lon, range_m in fleet.standing]
    ends = [Point(s.lat, s.lon) for s in fleet.stations if s.docks >= SPARE]
    ends += [Point(lat, lon) for lat, lon, _ in fleet.standing] if fleet.may_be_left else []
    best = math.inf
    for start in starts:
        for end in ends:
            walks = on_foot_s(origin, start.at), on_foot_s(end, destination)
            way_m = crow_m(start.at, end) * DETOUR
            far = max(walks) * CROW_FLY.metres_per_s > WALK_TO_BIKE_MAX_M
            if not far and 1.3 <= way_m <= start.range_m and way_m / METRES_PER_S <= RIDE_MAX_S:
                best = min(best, sum(walks) + way_m / METRES_PER_S + TAKE_S + GIVE_BACK_S)
    return best


@given(towns())
def test_the_way_found_is_the_fastest_there_is(town: Town) -> None:
    origin, destination, drawn = town
    best = min((tried(fleet, origin, destination) for fleet in drawn), default=math.inf)
    walk_s = on_foot_s(origin, destination) if crow_m(origin, destination) * CROW_FLY.detour <= 4500 else math.inf
    found = best_by_bike(drawn, origin, destination)
    if found is None:  # seconds are rounded up at three places, metres are a flat earth's
        assert best > min(walk_s, 10**7) - 8 or math.isinf(best) or _on_the_edge(drawn, origin, destination)
    else:
        assert found.total_s >= best - 3 or _on_the_edge(drawn, origin, destination)
        assert found.total_s <= best + 8 or _on_the_edge(drawn, origin, destination)
        assert found.total_s < walk_s + 8


def _on_the_edge(drawn: list[Fleet], origin: Point, destination: Point) -> bool:
    """Some station lies so near a limit that rounding decides."""
    spots = [Spot(Point(s.lat, s.lon)) for fleet in drawn for s in fleet.stations]
    spots += [Spot(Point(lat, lon), range_m) for fleet in drawn for lat, lon, range_m in fleet.standing]
    walks = [on_foot_s(end, spot.at) * CROW_FLY.metres_per_s for end in (origin, destination) for spot in spots]
    rides = [(crow_m(a.at, b.at) * DETOUR, min(a.range_m, RIDE_MAX_S * METRES_PER_S)) for a in spots for b in spots]
    on_foot_m = crow_m(origin, destination) * CROW_FLY.detour
    return (
        any(abs(walk - WALK_TO_BIKE_MAX_M) < 3 for walk in walks)
        or any(abs(ride - limit) < 12 for ride, limit in rides)
        or abs(on_foot_m - 4500) < 5
    )


@given(towns())
def test_a_published_fleet_is_read_as_it_was_written(town: Town) -> None:
    origin, destination, drawn = town
    read, meta = parse_bikes(dump_bikes(drawn, {"feed_id": "town"}))
    assert read == tuple(drawn)
    assert meta == {"feed_id": "town"}
    assert best_by_bike(read, origin, destination) == best_by_bike(drawn, origin, destination)
