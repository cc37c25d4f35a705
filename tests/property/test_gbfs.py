"""Whatever a GBFS server sends, reading it ends with fleets that make sense, or with a clear rejection."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.transit.bikes.file import dump_bikes, parse_bikes
from chalicelib.transit.bikes.search import UNLIMITED_DOCKS, Point, best_by_bike
from feeds.gbfs.fleets import fleets_of
from feeds.gbfs.part import SystemPart, take_answer
from feeds.gbfs.reading import NEEDED_FILES, OLDER_NAMES, files_of, read_file
from feeds.gbfs.rows import ROWS_MAX
from feeds.realtime.decode import Rejected
from feeds.realtime.fetch import FeedAnswer
from feeds.realtime.source import Source
from tests.fakes.gbfs_city import BikeCity, Dock

if TYPE_CHECKING:
    from chalicelib.transit.bikes.search import Fleet

NOW = datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
KINDS = [{"vehicle_type_id": "b", "form_factor": "bicycle", "propulsion_type": "human"}]
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([0, -1, 91, 10**400, "0", "", "\ud800", "markt", "b", [], {}, [[]], {"text": "x"}, float("nan")]),
)
anything = st.recursive(
    odd, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a JSON value, itself included."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inside for found in leaves(each, (*path, key)))]


def spoiled(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with another one in one place; a lone key's disappearance is a null."""
    if not path:
        return other
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = other
    return changed


@st.composite
def spoiled_files(draw: st.DrawFn) -> dict[str, bytes]:
    """The files of a small system, some values in them replaced by others of any kind."""
    docks = [Dock("Markt", 48.27, 14.86), Dock("Rathaus", 48.28, 14.87)]
    version = draw(st.sampled_from(["1.1", "2.3", "3.0"]))
    city = BikeCity(lambda: NOW, version, docks, [(48.271, 14.861)], KINDS)
    files = {"gbfs": json.loads(city.body("gbfs") or b"")}
    files |= {OLDER_NAMES.get(name, name): json.loads(city.body(name) or b"") for name in city.files()}
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(files)))
        files[name] = spoiled(files[name], draw(st.sampled_from(leaves(files[name]))), draw(anything))
    return {name: json.dumps(content).encode() for name, content in files.items()}


def makes_sense(fleet: Fleet) -> bool:
    stations = all(
        station.station_id and -90 <= station.lat <= 90 and -180 <= station.lon <= 180
        and station.vehicles >= 0 and 0 <= station.docks <= max(UNLIMITED_DOCKS, 10_000)
        for station in fleet.stations
    )  # a table, read by rows # fmt: skip
    standing = all(-90 <= lat <= 90 and -180 <= lon <= 180 and range_m >= 0 for lat, lon, range_m in fleet.standing)
    return stations and standing and len(fleet.standing) <= ROWS_MAX


@given(spoiled_files())
def test_spoiled_files_give_fleets_that_make_sense(files: dict[str, bytes]) -> None:
    read = {}
    for name, body in files.items():
        part = take_answer(
            SystemPart(name, Source("https://velo.example.org/x")), FeedAnswer(body), int(NOW.timestamp())
        )
        assert (part.file is None) == bool(part.source.trouble) or part.is_live
        assert part.ask_at > NOW.timestamp()
        if part.file:
            read[name] = part.file
    if "gbfs" in read:
        try:
            assert files_of(read["gbfs"], "https://velo.example.org/gbfs.json").keys() <= set(NEEDED_FILES)
        except Rejected as reason:
            assert str(reason)  # noqa: PT017 - either is fine
    fleets, seen = fleets_of(read, {"station_status": 1, "vehicle_status": 1}, "velo.example.org")
    assert all(map(makes_sense, fleets))
    assert json.loads(json.dumps(seen.to_json())) == seen.to_json()
    assert parse_bikes(dump_bikes(fleets, {}))[0] == tuple(fleets)
    best_by_bike(fleets, Point(48.27, 14.86), Point(48.28, 14.87))


@given(st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), anything))
def test_any_bytes_are_read_or_rejected(body: bytes) -> None:
    try:
        file = read_file(body)
    except Rejected as reason:
        assert str(reason)  # noqa: PT017 - either is fine
    else:
        assert file.ttl_s >= 0
        assert file.last_updated >= 0
