"""What a GBFS system says becomes what one can take and give back: versions 1.1, 2.3 and 3.0, dirt in each field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.transit.bikes.search import FAR_M, UNLIMITED_DOCKS
from feeds.gbfs.fleets import fleets_of
from feeds.gbfs.reading import OLDER_NAMES, read_file
from tests.fakes.gbfs_city import BikeCity, Dock

if TYPE_CHECKING:
    from chalicelib.transit.bikes.search import Fleet
    from feeds.gbfs.fleets import FleetReport

NOON = datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
NOW = int(NOON.timestamp())
OBSERVED = {"station_status": NOW, "vehicle_status": NOW - 30}
BICYCLE = {"vehicle_type_id": "b", "form_factor": "bicycle", "propulsion_type": "human"}
SCOOTER = {"vehicle_type_id": "s", "form_factor": "scooter_standing", "propulsion_type": "electric"}
CAR = {"vehicle_type_id": "c", "form_factor": "car", "propulsion_type": "combustion"}


def city(version: str = "2.3", **changed: Any) -> BikeCity:
    return BikeCity(lambda: NOON, version, **({"docks": [Dock("Markt", 48.27, 14.86)]} | changed))


def read(given: BikeCity, **raw: Any) -> tuple[list[Fleet], FleetReport]:
    """`raw` replaces the data of files."""
    bodies = {OLDER_NAMES.get(name, name): given.body(name) for name in given.files()}
    files = {name: read_file(body) for name, body in bodies.items() if body is not None}
    for name, data in raw.items():
        files[name] = read_file(given._said(data))  # noqa: SLF001 - the fake's own envelope
    return fleets_of(files, {name: at for name, at in OBSERVED.items() if name in files}, "velo.example.org")


def the_dock(given: BikeCity) -> tuple[int, int]:
    """Bikes and docks of the only station."""
    (fleet,) = read(given)[0]
    (station,) = fleet.stations
    return station.vehicles, station.docks


@pytest.mark.parametrize("version", ["1.1", "2.3", "3.0"])
def test_every_version_says_the_same(version: str) -> None:
    (fleet,), seen = read(city(version, standing=[(48.271, 14.861)]))
    (station,) = fleet.stations
    assert (fleet.system, fleet.mode, fleet.url) == ("Velo Lindenau", "bike", "https://velo.example.org")
    assert (station.station_id, station.name, station.vehicles, station.docks) == ("markt", "Markt", 5, 5)
    assert list(fleet.standing) == [(48.271, 14.861, FAR_M)]
    assert fleet.observed_at == NOW - 30, "as old as the older of the two"
    assert seen.to_json() == {"stations": 1, "vehicles": 1, "rejected": {}, "ignored": {}}


@pytest.mark.parametrize(
    ("said", "bikes_and_docks"),
    [
        ({"is_renting": False}, (0, 5)),
        ({"is_returning": False}, (5, 0)),
        ({"is_renting": 0, "is_returning": "1"}, (0, 5)),
        ({"num_docks_available": None}, (5, UNLIMITED_DOCKS)),
        ({"num_bikes_available": 0}, (0, 5)),
        ({"num_bikes_available": "3"}, (3, 5)),
        ({"num_bikes_disabled": "many"}, (5, 5)),
        ({"vehicle_types_available": [{"vehicle_type_id": "e-bike", "count": 2}]}, (5, 5)),  # never described
        ({"last_reported": NOW - 3600}, (5, 5)),
        ({"last_reported": "never"}, (5, 5)),
        ({"last_reported": 0}, (5, 5)),
    ],
)
def test_a_station_has_what_can_be_taken_and_given_back(said: dict[str, Any], bikes_and_docks: tuple[int, int]) -> None:
    assert the_dock(city(docks=[Dock("Markt", 48.27, 14.86, said=said)])) == bikes_and_docks


def test_without_a_number_of_docks_the_size_of_a_station_says_how_many_are_free() -> None:
    docks = [Dock("Markt", 48.27, 14.86, 5, said={"num_docks_available": None, "num_bikes_disabled": 1})]
    docks[0].known = {"capacity": 9}
    assert the_dock(city(docks=docks)) == (5, 3)
    docks[0].known = {"capacity": -9}
    assert the_dock(city(docks=docks)) == (5, UNLIMITED_DOCKS), "a size that is none"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"is_renting": None}, "StationStatus: is_renting bool_type"),
        ({"is_returning": "perhaps"}, "StationStatus: is_returning bool_parsing"),
        ({"num_bikes_available": -1}, "StationStatus: num_bikes_available greater_than_equal"),
        ({"num_bikes_available": 2.5}, "StationStatus: num_bikes_available int_from_float"),
        ({"num_docks_available": -4}, "StationStatus: num_docks_available greater_than_equal"),
        ({"num_docks_available": []}, "StationStatus: num_docks_available int_type"),
        ({"vehicle_types_available": "b"}, "StationStatus: vehicle_types_available list_type"),
        ({"station_id": ""}, "StationStatus: station_id string_too_short"),
    ],
)
def test_a_status_that_cannot_be_trusted_is_left_out_and_counted(said: dict[str, Any], reason: str) -> None:
    good, bad = Dock("Rathaus", 48.28, 14.86), Dock("Markt", 48.27, 14.86, said=said)
    (fleet,), seen = read(city(docks=[bad, good]))
    assert [station.name for station in fleet.stations] == ["Rathaus"]
    assert seen.rejected == {reason: 1}


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"lat": 0, "lon": 0}, "StationInformation: row value_error"),
        ({"lat": 91}, "StationInformation: lat less_than_equal"),
        ({"lon": "east"}, "StationInformation: lon float_parsing"),
        ({"lat": None}, "StationInformation: lat float_type"),
        ({"lat": True, "lon": {}}, "StationInformation: lon float_type"),
    ],
)
def test_a_station_that_is_nowhere_is_left_out_and_counted(known: dict[str, Any], reason: str) -> None:
    fleets, seen = read(city(docks=[Dock("Markt", 48.27, 14.86, known=known)]))
    assert not fleets
    assert seen.rejected == {reason: 1}
    assert seen.ignored == {"status of an unknown station": 1}


@pytest.mark.parametrize(
    ("dock", "why"),
    [
        (Dock("Markt", 48.27, 14.86, said={"is_installed": False}), "station not installed"),
        (Dock("Markt", 48.27, 14.86, said={"last_reported": NOW - 2 * 86_400}), "station silent for a day"),
        (Dock("Markt", 48.27, 14.86, said={"station_id": "other"}), "station without status"),
    ],
)
def test_a_station_that_is_not_there_or_silent_is_not_counted_on(dock: Dock, why: str) -> None:
    fleets, seen = read(city(docks=[dock]))
    assert not fleets
    assert seen.ignored[why] == 1


def test_a_name_may_be_missing_or_none() -> None:
    nameless: list[dict[str, Any]] = [{"name": None}, {"name": 7}, {"name": []}, {"name": [{"language": "de"}]}]
    for known in nameless:
        (fleet,), _ = read(city(docks=[Dock("Markt", 48.27, 14.86, known=known)]))
        assert fleet.stations[0].name in {"markt", "7"}


def test_of_two_stations_with_one_id_the_first_counts() -> None:
    (fleet,), seen = read(city(docks=[Dock("Markt", 48.27, 14.86, 3), Dock("Markt", 48.3, 14.9, 4)]))
    assert [(station.lat, station.vehicles) for station in fleet.stations] == [(48.27, 3)]
    assert seen.rejected == {"StationInformation: station_id twice": 1, "StationStatus: station_id twice": 1}


def test_kinds_of_vehicles_are_fleets_of_their_own_and_cars_are_none() -> None:
    by_type = [{"vehicle_type_id": key, "count": count} for key, count in (("b", 2), ("s", 1), ("c", 4))]
    by_dock = [{"vehicle_type_ids": ["b"], "count": 3}, {"vehicle_type_ids": ["s", "c"], "count": 1}]
    said = {"num_bikes_available": 7, "vehicle_types_available": by_type, "vehicle_docks_available": by_dock}
    fleets, _ = read(city(docks=[Dock("Markt", 48.27, 14.86, said=said)], types=[BICYCLE, SCOOTER, CAR]))
    found = {fleet.mode: (fleet.stations[0].vehicles, fleet.stations[0].docks) for fleet in fleets}
    assert found == {"bike": (2, 3), "scooter": (1, 1)}


def test_a_station_that_does_not_say_which_kinds_it_has_has_none_of_several() -> None:
    assert the_dock(city(types=[BICYCLE])) == (5, 5), "there is only one kind"
    fleets, _ = read(city(types=[BICYCLE, SCOOTER]))
    assert {fleet.stations[0].vehicles for fleet in fleets} == {0}


@pytest.mark.parametrize(
    ("constraint", "may_be_left"),
    [("free_floating", True), ("hybrid", True), ("any_station", False), (None, False), ("whatever", False)],
)
def test_a_bike_that_stands_somewhere_is_left_where_its_type_says(constraint: str | None, may_be_left: bool) -> None:  # noqa: FBT001 - a column of the table
    kind = BICYCLE | ({"return_constraint": constraint} if constraint else {})
    (fleet,), _ = read(city(types=[kind], standing=[(48.271, 14.861)]))
    assert fleet.may_be_left is may_be_left


def test_without_stations_bikes_may_be_left_unless_their_type_forbids_it() -> None:
    assert read(city(docks=[], standing=[(48.271, 14.861)]))[0][0].may_be_left
    bound = BICYCLE | {"return_constraint": "any_station"}
    assert not read(city(docks=[], types=[bound], standing=[(48.271, 14.861)]))[0][0].may_be_left


def test_what_has_to_come_back_to_its_station_is_no_way_to_come() -> None:
    fleets, seen = read(
        city(docks=[], types=[BICYCLE | {"return_constraint": "roundtrip_station"}], standing=[(48, 14)])
    )
    assert not fleets
    assert seen.ignored == {"vehicle of another kind": 1}


def test_where_some_may_be_left_and_some_not_those_at_stations_may_not() -> None:
    kinds = [BICYCLE | {"return_constraint": "any_station"}]
    kinds.append(BICYCLE | {"vehicle_type_id": "f", "return_constraint": "free_floating"})
    bikes = [_vehicle(key, vehicle_type_id=key) for key in ("b", "f")]
    bound, free = read(city(types=kinds), vehicle_status={"vehicles": bikes})[0]
    assert (bound.may_be_left, bound.stations[0].vehicles, len(bound.standing)) == (False, 5, 1)
    assert (free.may_be_left, free.stations[0].vehicles, len(free.standing)) == (True, 0, 1)
    assert free.stations[0].docks == 5


def _vehicle(key: Any = "x", **changed: Any) -> dict[str, Any]:
    return {"vehicle_id": key, "lat": 48.2, "lon": 14.8, "is_reserved": False, "is_disabled": False} | changed


@pytest.mark.parametrize(
    ("vehicle", "rejected", "ignored"),
    [
        (_vehicle(), {}, {}),
        (_vehicle(5), {}, {}),
        (_vehicle(current_range_meters="far"), {}, {}),
        (_vehicle(is_reserved=True), {}, {"vehicle reserved or disabled": 1}),
        (_vehicle(is_disabled=1), {}, {"vehicle reserved or disabled": 1}),
        (_vehicle(station_id="markt"), {}, {"vehicle at a station": 1}),
        (_vehicle(station_id="markt", lat=None), {}, {"vehicle at a station": 1}),
        (_vehicle(station_id="nowhere"), {}, {}),
        (_vehicle(lat=None), {"Vehicle: lat float_type": 1}, {}),
        (_vehicle(lat=0.0, lon=0.0), {"Vehicle: row value_error": 1}, {}),
        (_vehicle(is_reserved=None), {"Vehicle: is_reserved bool_type": 1}, {}),
        (_vehicle(None), {"Vehicle: vehicle_id string_type": 1}, {}),
        (None, {"Vehicle: row model_type": 1}, {}),
        (["x"], {"Vehicle: row model_type": 1}, {}),
    ],
)
def test_each_vehicle_is_free_or_it_is_said_why_not(vehicle: Any, rejected: Any, ignored: Any) -> None:
    (fleet,), seen = read(city(), vehicle_status={"vehicles": [vehicle]})
    assert len(fleet.standing) == (0 if rejected or ignored else 1)
    assert (dict(seen.rejected), dict(seen.ignored)) == (rejected, ignored)


def test_a_vehicle_twice_is_one() -> None:
    (fleet,), seen = read(city(), vehicle_status={"vehicles": [_vehicle(), _vehicle()]})
    assert len(fleet.standing) == 1
    assert seen.ignored == {"vehicle_id twice": 1}


@pytest.mark.parametrize("stations", [None, {}, "none", 5, {"a": 1}])
def test_what_is_no_list_has_no_rows(stations: Any) -> None:
    fleets, seen = read(city(), station_status={"stations": stations})
    assert not fleets
    assert seen.rejected == {"StationStatus: no list": 1}


def test_without_any_status_there_is_no_fleet() -> None:
    assert fleets_of({}, {}, "x")[0] == []


def test_a_page_that_is_not_https_is_not_linked_and_a_system_without_name_is_called_by_its_host() -> None:
    for told in ({"url": "javascript:alert(1)"}, {"url": "http://velo.example.org", "name": ""}, {"name": {"a": 1}}):
        (fleet,), _ = read(city(), system_information=told)
        assert (fleet.system, fleet.url) == ("velo.example.org", "")
