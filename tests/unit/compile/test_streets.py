"""Walks along the streets of an OpenStreetMap extract instead of as the crow flies."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.transit.data.service_days import open_day, open_streets
from chalicelib.transit.data.streets import SNAP_MORE_M, STREET_FIELDS, Graph, Streets
from chalicelib.transit.search.network import Network as Prepared
from feeds.__main__ import main
from feeds.compile.findings import Unusable
from feeds.compile.network import read_network
from feeds.compile.walking.distance import metres
from feeds.compile.walking.osm import read_ways, walkable
from feeds.compile.walking.streets import ISLAND_MAX
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.osm_text import osm_file
from tests.fakes.timetable_text import footpaths

if TYPE_CHECKING:
    from feeds.compile.network import FeedNetwork

DAY = dt.date(2024, 5, 15)
RIDES = "one: A 08:00, B 08:10\n two: C 08:30, D 08:40"
# north and south of a river; B and C face each other, 222 m apart; the bridge is 717 m to the east
STOPS = """
    stop_id, stop_lat, stop_lon
    A,       50.100,   10.000
    B,       50.002,   10.000
    C,       50.000,   10.000
    D,       49.900,   10.000
"""
SHORES = {"a": (50.002, 10.0), "b": (50.002, 10.01), "c": (50.0, 10.01), "d": (50.0, 10.0), "far": (50.0, 9.97)}
RIVER = "north: a b | highway=residential\n bridge: b c | highway=primary\n south: c d far | highway=footway"


def network(tmp_path: Path, ways: str = RIVER, stops: str = STOPS, **points: tuple[float, float]) -> FeedNetwork:
    feed = feed_zip(tmp_path / "f.zip", rides=RIDES, stops=stops)
    return read_network([feed], extract=osm_file(tmp_path / "town.osm", ways, **SHORES, **points))


def streets_of(compiled: FeedNetwork) -> Streets:
    return Streets(Graph(_typed(compiled)))


def _typed(compiled: FeedNetwork) -> dict[str, Any]:
    assert compiled.streets is not None
    return {name: compiled.streets[name].astype(kind) for name, kind in STREET_FIELDS.items()}


def seconds_between(compiled: FeedNetwork, a: tuple[float, float], b: tuple[float, float]) -> int | None:
    return streets_of(compiled).all_the_way(*a, *b)


def test_a_river_between_two_stops_is_no_walk_of_four_minutes(tmp_path: Path) -> None:
    feed = feed_zip(tmp_path / "f.zip", rides=RIDES, stops=STOPS)
    assert footpaths(read_network([feed]).day(DAY)) == {"B→C": 232, "C→B": 232}
    assert footpaths(network(tmp_path).day(DAY)) == {}


def test_a_bridge_where_they_are_is_one(tmp_path: Path) -> None:
    found = footpaths(network(tmp_path, f"{RIVER}\n here: a d | highway=steps").day(DAY))
    assert found == {"B→C": 178, "C→B": 178}  # 222 m along the bridge, no detour


def test_the_way_over_the_bridge_is_as_long_as_its_streets(tmp_path: Path) -> None:
    seconds = seconds_between(network(tmp_path), SHORES["a"], SHORES["d"])
    assert seconds is not None
    assert abs(seconds * 1.25 - (715 + 222 + 715)) < 5


def test_bends_count(tmp_path: Path) -> None:
    compiled = network(
        tmp_path,
        f"{RIVER}\n bend: a n1 n2 d | highway=path",
        n1=(50.002, 9.9965),  # 250 m to the west, down, and back
        n2=(50.000, 9.9965),
    )
    seconds = seconds_between(compiled, SHORES["a"], SHORES["d"])
    assert seconds is not None
    assert abs(seconds * 1.25 - (250 + 222 + 250)) < 5


def test_a_place_in_the_middle_of_a_long_street_walks_both_ways_from_there(tmp_path: Path) -> None:
    compiled = network(tmp_path)
    middle = (50.0021, 10.005)
    to_a, to_b = seconds_between(compiled, middle, SHORES["a"]), seconds_between(compiled, middle, SHORES["b"])
    assert to_a is not None
    assert to_b is not None
    assert abs(to_a - to_b) < 20
    assert abs(to_a * 1.25 - 357) < 25


@pytest.mark.parametrize(
    ("tags", "may"),
    [
        ("highway=footway", True),
        ("highway=residential", True),
        ("highway=steps", True),
        ("highway=cycleway", True),
        ("highway=cycleway foot=no", False),
        ("highway=service access=private", False),
        ("highway=service access=private foot=yes", True),
        ("highway=track access=forestry foot=designated", True),
        ("highway=primary foot=use_sidepath", False),
        ("highway=motorway", False),
        ("highway=trunk", False),
        ("highway=trunk sidewalk=both", True),
        ("highway=trunk foot=yes", True),
        ("highway=construction", False),
        ("highway=proposed", False),
        ("railway=platform", True),
        ("public_transport=platform", True),
        ("railway=rail", False),
        ("waterway=river", False),
    ],
)
def test_where_one_may_walk(tags: str, may: bool) -> None:  # noqa: FBT001 - a column of the table
    assert walkable(dict(tag.split("=") for tag in tags.split())) is may


def test_points_that_the_extract_cut_off_are_left_out(tmp_path: Path) -> None:
    ways = read_ways(osm_file(tmp_path / "t.osm", "w: a b gone c | highway=path", **SHORES))
    assert ways.first.tolist() == [0, 3]


def test_a_stop_far_from_every_street_is_linked_as_the_crow_flies(tmp_path: Path) -> None:
    stops = STOPS.replace("50.100,   10.000", "50.200,   10.000").replace("49.900,   10.000", "50.201,   10.000")
    assert footpaths(network(tmp_path, stops=stops).day(DAY)) == {"A→D": 116, "D→A": 116}


def test_a_piece_of_street_that_leads_nowhere_holds_no_stop(tmp_path: Path) -> None:
    compiled = network(tmp_path, f"{RIVER}\n yard: y1 y2 | highway=service", y1=(50.1, 10.0), y2=(50.1001, 10.0))
    assert compiled.streets is not None
    assert compiled.streets["hanging"].tolist() == [False, True, True, False]
    assert ISLAND_MAX == 20


def test_transfers_win_over_streets(tmp_path: Path) -> None:
    transfers = "from_stop_id, to_stop_id, transfer_type, min_transfer_time\nB, C, 2, 300"
    feed = feed_zip(tmp_path / "f.zip", rides=RIDES, stops=STOPS, transfers=transfers)
    compiled = read_network([feed], extract=osm_file(tmp_path / "town.osm", RIVER, **SHORES))
    assert footpaths(compiled.day(DAY)) == {"B→C": 300}


def test_access_follows_the_streets_too(tmp_path: Path) -> None:
    compiled = network(tmp_path)
    served = Prepared(compiled.day(DAY), 60).served
    reach = streets_of(compiled).to_stops(50.002, 10.0001, served)
    seconds = dict(zip(reach.stops.tolist(), reach.seconds.tolist(), strict=True))
    assert seconds[1] < 20, "at B's door"
    assert 2 not in seconds, "C is across the river: 1.6 km to the bridge and back"


def test_a_place_outside_the_extract_is_walked_to_as_the_crow_flies(tmp_path: Path) -> None:
    compiled = network(tmp_path)
    served = Prepared(compiled.day(DAY), 60).served
    reach = streets_of(compiled).to_stops(50.101, 10.0, served)
    assert dict(zip(reach.stops.tolist(), reach.seconds.tolist(), strict=True)) == {0: 116}
    assert seconds_between(compiled, (50.101, 10.0), (50.1, 10.0)) == 116
    assert seconds_between(compiled, (50.101, 10.0), (51.1, 10.0)) is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no extract at all", "no readable OpenStreetMap"),
        ('<osm version="0.6"></osm>', "no street that one may walk on"),
    ],
)
def test_an_extract_that_is_none_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "t.osm"
    path.write_text(content)
    with pytest.raises(Unusable, match=sentence):
        read_ways(path)
    with pytest.raises(Unusable, match="no readable OpenStreetMap"):
        read_ways(tmp_path / "missing.osm.pbf")


def test_an_extract_of_another_region_is_refused(tmp_path: Path) -> None:
    feed = feed_zip(tmp_path / "f.zip", rides=RIDES)
    elsewhere = osm_file(tmp_path / "town.osm", "w: x y | highway=path", x=(10.0, 100.0), y=(10.001, 100.0))
    with pytest.raises(Unusable, match="of another region"):
        read_network([feed], extract=elsewhere)


def test_the_command_line_compiles_and_opens_streets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed, out = feed_zip(tmp_path / "f.zip", rides=RIDES, stops=STOPS), tmp_path / "out"
    town = osm_file(tmp_path / "town.osm", RIVER, **SHORES)
    arguments = ["compile", str(feed), "--date", "2024-05-15", "--out", str(out)]
    assert main(arguments) == 0
    assert open_streets(out) is None
    plain = json.loads((out / "current.json").read_text())["feed_version"]
    assert main([*arguments, "--streets", str(town)]) == 0
    assert json.loads((out / "current.json").read_text())["feed_version"] != plain
    assert footpaths(open_day(out, "2024-05-15")) == {}
    assert isinstance(open_streets(out), Streets)
    assert main([*arguments, "--streets", str(tmp_path / "none.pbf")]) == 2
    assert "no readable OpenStreetMap" in capsys.readouterr().err


EDGES = st.lists(st.tuples(st.integers(0, 24), st.sampled_from(["right", "down"])), min_size=1, max_size=40)
PLACES = st.tuples(st.floats(49.9995, 50.0045), st.floats(9.9995, 10.0065))


@settings(deadline=None, max_examples=60)
@given(EDGES, PLACES, PLACES)
def test_the_guided_search_finds_what_the_full_search_finds(
    edges: list[tuple[int, str]], a: tuple[float, float], b: tuple[float, float]
) -> None:
    points = {f"p{k}": (50 + k // 5 * 0.001, 10 + k % 5 * 0.0015) for k in range(25)}
    steps = [(k, k + 1 if walk_m == "right" else k + 5) for k, walk_m in edges]
    ways = "\n".join(f"w: p{x} p{y} | highway=path" for x, y in steps if y < 25 and (y - x == 5 or y % 5))
    with TemporaryDirectory() as folder:
        stops = "stop_id, stop_lat, stop_lon\nA, 50, 10\nB, 50.004, 10.006\nC, 50.002, 10.003\nD, 50, 10.006"
        feed = feed_zip(Path(folder) / "f.zip", rides=RIDES, stops=stops)
        try:
            extract = osm_file(Path(folder) / "t.osm", ways + "\n w: p0 p1 p2 | highway=path", **points)
            compiled = read_network([feed], extract=extract)
        except Unusable:
            return
    graph = Graph(_typed(compiled))
    starts, goals = graph.nearest(*a), dict(graph.nearest(*b))
    everywhere = graph.nodes_within(starts, 4500.0)
    full = min((everywhere[node] + more for node, more in goals.items() if node in everywhere), default=None)
    guided = graph.between(starts, goals, lambda _: 0.0, 4500.0)
    assert (guided is None) == (full is None)
    if guided is not None and full is not None:
        assert abs(guided - full) < 0.01
        seconds = Streets(graph).all_the_way(*a, *b)
        near = metres(*a, *b) <= SNAP_MORE_M + 1  # so near that one does not follow the streets
        assert near or (seconds is not None and abs(seconds - full / 1.25) <= 1.01)
