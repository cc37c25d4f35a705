"""What a feed is, told before it is compiled: with gtfs-kit, yet no bad cell stops it."""

from __future__ import annotations

import datetime as dt
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from feeds.__main__ import main
from feeds.compile.describe import DAYS_COUNTED_MAX, DailyTrips, describe_feed
from feeds.compile.findings import Unusable
from feeds.compile.network import read_network
from feeds.compile.stop_map import NAMED_MAX, stop_map
from infra.local.town import write_town
from tests.fakes.gtfs_text import feed_zip

if TYPE_CHECKING:
    from feeds.compile.describe import FeedDescription

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
BAD_FEEDS = sorted((DATA / "badfeeds").glob("*.zip"))
RIDES = """
    early: A 08:00, B 08:10, C 08:20
    late:  A 09:00, B 09:10
"""
WEEK = "service_id, monday, tuesday, wednesday, thursday, friday, saturday, sunday, start_date, end_date"
TODAY = dt.date(2024, 5, 15)


def described(tmp_path: Path, date: dt.date | None = None, **tables: Any) -> FeedDescription:
    given = {"rides": RIDES, "routes": "route_id, route_short_name, route_type\n R, 1, 0\n N, N1, 3"} | tables
    return describe_feed(feed_zip(tmp_path / "f.zip", **given), TODAY, date)


def notes(found: FeedDescription) -> list[str]:
    """What is noted about the feed as a whole."""
    return [finding.what for finding in found.findings if not finding.file]


def test_the_town(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town.zip", dt.date(2024, 5, 1), dt.date(2024, 5, 31))
    found = describe_feed(town, TODAY).to_json()
    places = found["stops"].pop("bounds")
    assert found == {
        "feed": "town.zip",
        "agencies": [{"name": "Lindenauer Verkehrsbetriebe", "timezone": "Europe/Vienna"}],
        "service": {"first": "2024-05-01", "last": "2024-05-31", "days": 31, "gaps": []},
        "trips_a_day": {
            "usual": 642,
            "busiest": {"date": "2024-05-01", "trips": 642},
            "by_weekday": dict.fromkeys(
                ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 642
            ),
        },
        "day": {"date": "2024-05-01", "trips": 642, "routes": 5, "stops": 28},
        "trips": 642,
        "routes": {"count": 5, "by_mode": {"tram": 2, "bus": 2, "rail": 1}},
        "stops": {"stops": 28, "stations": 1, "without_place": 0},
        "shapes": 0,
        "usable": True,
        "refusal": "",
        "findings": [],
    }
    south, west, north, east = places
    assert south < 48.27 < north
    assert west < 14.86 < east


def test_days_without_service_are_gaps_and_unusual_ones_are_noted(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        calendar=f"{WEEK}\n daily, 1, 1, 1, 1, 1, 0, 0, 20240506, 20240531",
        calendar_dates="""
            service_id, date, exception_type
            daily, 20240509, 2
            daily, 20240510, 2
            daily, 20240512, 1
        """,
    )
    assert found.daily.span == (dt.date(2024, 5, 6), dt.date(2024, 5, 31))
    assert found.daily.gaps == [
        (dt.date(2024, 5, 9), dt.date(2024, 5, 11)),
        (dt.date(2024, 5, 18), dt.date(2024, 5, 19)),
        (dt.date(2024, 5, 25), dt.date(2024, 5, 26)),
    ]
    assert found.daily.by_weekday == {
        "monday": 2,
        "tuesday": 2,
        "wednesday": 2,
        "thursday": 2,
        "friday": 2,
        "saturday": 0,
        "sunday": 0,
    }
    assert notes(found) == ["no service on 2 days: 2024-05-09, 2024-05-10"]


@pytest.mark.parametrize(
    ("first", "last", "note"),
    [
        ("20240101", "20240430", ["service ended on 2024-04-30"]),
        ("20240601", "20240630", ["service begins on 2024-06-01"]),
        ("20240101", "20240630", []),
    ],
)
def test_a_feed_that_is_over_or_not_yet_due_is_noted(tmp_path: Path, first: str, last: str, note: list[str]) -> None:
    assert notes(described(tmp_path, calendar=f"{WEEK}\n daily, 1, 1, 1, 1, 1, 1, 1, {first}, {last}")) == note


def test_a_calendar_for_ever_is_counted_from_today_on(tmp_path: Path) -> None:
    found = described(tmp_path, calendar=f"{WEEK}\n daily, 1, 1, 1, 1, 1, 1, 1, 19000101, 99991231")
    assert found.daily.span == (TODAY, TODAY + dt.timedelta(days=DAYS_COUNTED_MAX - 1))
    assert notes(found) == ["the calendar reaches from 1970-01-02 to 2199-12-30"]
    assert described(tmp_path, dt.date(2100, 1, 1)).day is not None


def test_the_busiest_day_is_looked_at_or_the_day_asked_for(tmp_path: Path) -> None:
    tables: dict[str, Any] = {
        "trips": "route_id, service_id, trip_id\n R, daily, early\n N, once, late",
        "calendar": f"{WEEK}\n daily, 1, 1, 1, 1, 1, 1, 1, 20240506, 20240531",
        "calendar_dates": "service_id, date, exception_type\n once, 20240517, 1",
    }
    busiest, asked = described(tmp_path, **tables).day, described(tmp_path, dt.date(2024, 5, 18), **tables).day
    assert busiest
    assert asked
    assert (busiest.date, busiest.trips, busiest.routes, busiest.stops) == ("2024-05-17", 2, 2, 3)
    assert (asked.date, asked.trips, asked.routes, asked.stops) == ("2024-05-18", 1, 1, 3)


def test_departures_of_frequencies_are_trips(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        frequencies="trip_id, start_time, end_time, headway_secs\n early, 06:00:00, 07:00:00, 600\n late, x, y, 0",
    )
    assert found.daily.usual == 6 + 1


@pytest.mark.parametrize(
    ("table", "text", "file"),
    [
        ("routes", "route_id, route_type\n R, https://example.com\n N, 3", "routes.txt"),
        ("frequencies", "trip_id, start_time, end_time, headway_secs\n early, 06:00, 07:00, 999999", "frequencies.txt"),
        ("calendar_dates", "service_id, date, exception_type\n daily, 2024-05-09, 2", "calendar_dates.txt"),
        ("stops", "stop_id, stop_lat, stop_lon\n A, north, 10\n B, 50, 10\n C, 50, 11", "stops.txt"),
    ],
)
def test_one_bad_cell_spoils_nothing_and_is_named(tmp_path: Path, table: str, text: str, file: str) -> None:
    more: dict[str, Any] = {"calendar": f"{WEEK}\n daily, 1, 1, 1, 1, 1, 1, 1, 20240506, 20240531"}
    found = described(tmp_path, **(more | {table: text}))
    assert found.daily.usual == 2
    assert sum(found.routes_by_mode.values()) == 2
    assert file in {finding.file for finding in found.findings}
    assert found.refusal == ""


def test_a_stop_without_a_place_is_counted_and_not_on_the_map(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        stops="stop_id, stop_name, stop_lat, stop_lon, location_type\n A, A, 0, 0,\n B, B, 50, 10,\n C, C, 51, 11,\n"
        "S, S, 50, 10, 1\n n, n, , , 3",
    )
    assert (found.stops.stops, found.stops.stations, found.stops.without_place) == (3, 1, 1)
    assert found.stops.bounds == (50.0, 10.0, 51.0, 11.0)
    assert [feature["properties"]["stop_id"] for feature in found.places["features"]] == ["B", "C", "S"]


@pytest.mark.parametrize("missing", ["agency", "routes", "stops", "trips", "stop_times", "calendar"])
def test_what_can_be_read_is_described_and_what_the_hub_lacks_is_said(tmp_path: Path, missing: str) -> None:
    tables: dict[str, Any] = {missing: None}
    if missing == "stop_times":
        tables |= {"rides": "", "trips": "route_id, service_id, trip_id\n R, daily, t", "stops": "stop_id\n A"}
    found = described(tmp_path, **tables)
    assert found.refusal.startswith((missing, "no usable line in calendar.txt"))
    assert "the publisher has to" in found.refusal
    assert found.to_json()["usable"] is False


def test_a_feed_is_usable_exactly_if_it_can_be_compiled(tmp_path: Path) -> None:
    found = described(tmp_path, trips="route_id, service_id, trip_id\n R, never, early")
    assert found.daily == DailyTrips()
    assert notes(found) == ["no trip runs on any day"]
    with pytest.raises(Unusable, match="no trip can be used"):
        read_network([tmp_path / "f.zip"])
    assert "no trip can be used" in found.refusal


@pytest.mark.recordings
@pytest.mark.parametrize("path", BAD_FEEDS, ids=lambda path: path.stem)
def test_a_broken_feed_is_described_or_refused_with_a_sentence(path: Path) -> None:
    try:
        found = describe_feed(path, TODAY)
    except Unusable as refusal:
        assert "publisher has to" in str(refusal)  # noqa: PT017 - most are described
        return
    assert json.loads(json.dumps(found.to_json()))["feed"] == path.name
    try:
        read_network([path])
    except Unusable as refusal:
        assert found.refusal == str(refusal)  # noqa: PT017 - the same verdict, or none
    else:
        assert found.refusal == ""


def run(tmp_path: Path, *args: str) -> int:
    return main(["describe", str(feed_zip(tmp_path / "f.zip", rides=RIDES)), *args])


def test_the_command_prints_lines_for_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--date", "2024-05-15") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "f.zip: Test Transit (Europe/Berlin)"
    assert "service: 2024-01-01 to 2026-12-31, on 1096 days" in lines
    assert "trips a day: usually 2, at most 2 (2024-01-01)" in lines
    assert "on 2024-05-15: 2 trips on 1 route, at 3 stops" in lines
    assert "routes: 1 (1 bus)" in lines
    assert "stops: 3, 0 stations" in lines
    assert "shapes: no" in lines
    assert lines[-1] == "the hub can use it"


def test_the_command_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["trips_a_day"]["usual"] == 2


def test_the_map_is_a_page_or_geojson(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, geojson = tmp_path / "map.html", tmp_path / "map.geojson"
    assert run(tmp_path, "--map", str(page)) == 0
    assert run(tmp_path, "--map", str(geojson)) == 0
    capsys.readouterr()
    assert page.read_text().count("<circle") == 3
    assert "<title>Stop A</title>" in page.read_text()
    assert "http" not in page.read_text()
    features = json.loads(geojson.read_text())["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [10.0, 50.0]}
    assert len(features) == 3


def test_names_on_the_map_are_text_and_north_is_up() -> None:
    places = [("<b>", 10.0, 50.0), ("north", 10.0, 51.0)]
    page = stop_map("<i>", _collection(places))
    assert "&lt;b&gt;" in page
    assert "<h1>&lt;i&gt;" in page
    south, north = (float(y) for y in re.findall(r'cy="([\d.]+)"', page))
    assert north < south


def test_many_stops_are_one_light_path_and_none_is_an_empty_map() -> None:
    page = stop_map("many", _collection([("x", 10 + n / 1e4, 50.0) for n in range(NAMED_MAX + 1)]))
    assert "<circle" not in page
    assert len(page) < 20 * NAMED_MAX
    assert "0 stops" in stop_map("none", _collection([]))


def _collection(places: list[tuple[str, float, float]]) -> dict[str, Any]:
    features = [
        {"geometry": {"coordinates": [lon, lat]}, "properties": {"stop_id": name, "stop_name": name}}
        for name, lon, lat in places
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.mark.parametrize(
    ("feed", "more", "sentence"),
    [
        ("nothing.zip", [], "no such file; check the path"),
        ("bad.zip", [], "no readable zip archive"),
        ("other.zip", [], "the zip is no GTFS feed"),
        ("empty.zip", [], "has a readable line; the publisher has to fix the feed"),
        ("f.zip", ["--date", "15.5.2024"], "write YYYY-MM-DD"),
        ("f.zip", ["--map", "map.png"], "the name ends in .html or .geojson"),
        ("f.zip", ["--map", "/nowhere/map.html"], "cannot write to"),
        ("http://127.0.0.1:9/f.zip", [], "private address"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], feed: str, more: list[str], sentence: str
) -> None:
    feed_zip(tmp_path / "f.zip", rides=RIDES)
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    for name, files in (("other", ["readme.md"]), ("empty", ["stops.txt", "trips.txt"])):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as zipped:
            for file in files:
                zipped.writestr(file, "<html>no</html>")
    source = feed if feed.startswith("http") else str(tmp_path / feed)
    assert main(["describe", source, *more]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("feeds describe: ")
    assert sentence in err
