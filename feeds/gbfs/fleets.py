"""From the files of one GBFS system to its fleets: what can be taken where, and given back where. Pure.

Rules
- Only bicycles and cargo bicycles are bikes; only what its publisher calls a scooter is one; cars and mopeds are
  left out. Without vehicle_types all vehicles are bicycles (gbfs.md, "Files").
- A station that rents has the vehicles of our kind that it lists; where it lists no types and the system has several
  kinds, nobody knows, and none is counted. What must come back to where it was taken from takes nobody anywhere.
- A station without a number of docks never fills up (gbfs.md, num_docks_available), unless it says how large it is.
- A station that has not reported for `STATION_SILENT_S` before its file was written is not relied on.
- Vehicles that stand at a station of the system are counted there, by its status, not a second time.
- A vehicle by itself may be left if its type says so; if nothing is said, if the system has no stations.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalicelib.transit.bikes.search import FAR_M, UNLIMITED_DOCKS, VEHICLE_MODES, Fleet, Station
from feeds.gbfs.rows import StationInformation, StationStatus, SystemInformation, Vehicle, VehicleType, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from feeds.gbfs.reading import GbfsFile

FORM_FACTORS = {
    "bicycle": "bike",
    "cargo_bicycle": "bike",
    "scooter": "scooter",
    "scooter_standing": "scooter",
    "scooter_seated": "scooter",
}
LEFT, ROUND_TRIP = frozenset({"free_floating", "hybrid"}), "roundtrip_station"
STATION_SILENT_S = 24 * 3600  # a station that nobody uses may say nothing for hours; after a day it is out of order
ASSUMED = "\x00"  # the type of vehicles that say none, where there is no list of types
DEGREE_DIGITS = 6  # a hand's breadth


@dataclass
class FleetReport:
    """What an operator sees of a system: how much there is, and what was left out and why."""

    stations: int = 0
    vehicles: int = 0  # that stand by themselves and are free
    rejected: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        counts = {name: dict(sorted(getattr(self, name).items())) for name in ("rejected", "ignored")}
        return {"stations": self.stations, "vehicles": self.vehicles} | counts


@dataclass(frozen=True, slots=True)
class VehicleTypes:
    """The types of one mode, and those of them that may be left anywhere."""

    ids: frozenset[str]
    left: frozenset[str]
    unsaid: frozenset[str]  # nothing is said about how they are returned


def fleets_of(
    files: Mapping[str, GbfsFile], observed: Mapping[str, int], system_name: str
) -> tuple[list[Fleet], FleetReport]:
    """The fleets of a system. `observed`: when stations' and vehicles' status were counted, POSIX s on our clock.

    `system_name` is what a system without a name is called.
    """
    report = FleetReport()
    if not observed:
        return [], report
    types = _types(files.get("vehicle_types"), report)
    places = _by_id(_rows(StationInformation, files, "station_information", "stations", report), report)
    status = _by_id(_rows(StationStatus, files, "station_status", "stations", report), report)
    stations = [(place, status[key]) for key, place in places.items() if key in status]
    report.ignored["station without status"] += len(places) - len(stations)
    report.ignored["status of an unknown station"] += len(status.keys() - places.keys())
    stations = [pair for pair in stations if _is_heard_of(pair[1], files["station_status"], report)]
    vehicles = _free(files.get("vehicle_status"), places.keys(), types, report)
    report.stations, report.vehicles = len(stations), len(vehicles)
    report.ignored = +report.ignored
    plain = _plain_fleet(files.get("system_information"), system_name, min(observed.values()))
    only = next(iter(types)) if len(types) == 1 else None
    fleets = []
    for mode in VEHICLE_MODES:
        if mode in types:
            of_mode = [one for one in vehicles if _among(one, types[mode].ids)]
            made = tuple(_station(place, one, types[mode], alone=only == mode) for place, one in stations)
            fleets += _fleets(replace(plain, mode=mode, stations=made), of_mode, types[mode])
    return [fleet for fleet in fleets if fleet.stations or fleet.standing], report


def _rows(kind: Any, files: Mapping[str, GbfsFile], name: str, key: str, report: FleetReport) -> Iterable[Any]:
    return read_rows(kind, files[name].data.get(key), report.rejected) if name in files else ()


def _by_id(rows: Iterable[Any], report: FleetReport) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        if row.station_id in found:
            report.rejected[f"{type(row).__name__}: station_id twice"] += 1
        found.setdefault(row.station_id, row)
    return found


def _types(file: GbfsFile | None, report: FleetReport) -> dict[str, VehicleTypes]:
    """The system's types by mode; what is of no mode of ours is under no key."""
    if file is None:
        return {"bike": VehicleTypes(frozenset({ASSUMED}), frozenset(), frozenset({ASSUMED}))}
    known = list(read_rows(VehicleType, file.data.get("vehicle_types"), report.rejected))
    found = {}
    for mode in dict.fromkeys(FORM_FACTORS.get(one.form_factor, "") for one in known):
        ours = [one for one in known if FORM_FACTORS.get(one.form_factor, "") == mode]
        one_way = {one.vehicle_type_id: one.return_constraint for one in ours if one.return_constraint != ROUND_TRIP}
        left = frozenset(key for key, constraint in one_way.items() if constraint in LEFT)
        unsaid = frozenset(key for key, constraint in one_way.items() if constraint is None)
        found[mode] = VehicleTypes(frozenset(one_way), left, unsaid)
    return found


def _is_heard_of(status: StationStatus, file: GbfsFile, report: FleetReport) -> bool:
    if not status.is_installed:
        report.ignored["station not installed"] += 1
        return False
    silent = 0 < status.last_reported < file.last_updated - STATION_SILENT_S
    report.ignored["station silent for a day"] += silent
    return not silent


def _station(place: StationInformation, status: StationStatus, types: VehicleTypes, *, alone: bool) -> Station:
    vehicles = _vehicles(status, types, alone=alone) if status.is_renting else 0
    docks = _docks(place, status, types) if status.is_returning else 0
    lat, lon = round(place.lat, DEGREE_DIGITS), round(place.lon, DEGREE_DIGITS)
    return Station(place.station_id, place.name or place.station_id, lat, lon, vehicles, docks)


def _vehicles(status: StationStatus, types: VehicleTypes, *, alone: bool) -> int:
    if status.by_type is None:
        return status.vehicles if alone or ASSUMED in types.ids else 0
    if ASSUMED in types.ids:  # types are named, yet never described
        return status.vehicles
    return min(status.vehicles, sum(one.count for one in status.by_type if one.vehicle_type_id in types.ids))


def _docks(place: StationInformation, status: StationStatus, types: VehicleTypes) -> int:
    docks = status.docks
    if docks is None:
        used = status.vehicles + (status.disabled or 0)
        docks = UNLIMITED_DOCKS if place.capacity is None else max(0, place.capacity - used)
    if status.docks_by_type is None or ASSUMED in types.ids:
        return docks
    fitting = (one.count for one in status.docks_by_type if types.ids & set(one.vehicle_type_ids))
    return min(docks, sum(fitting))


def _free(
    file: GbfsFile | None, stations: Iterable[str], types: Mapping[str, VehicleTypes], report: FleetReport
) -> list[Vehicle]:
    """The vehicles that stand by themselves, can be ridden and are of a mode of ours."""
    if file is None:
        return []
    rows = file.data.get("vehicles", file.data.get("bikes"))
    counted, ours = set(stations), frozenset(key for mode in VEHICLE_MODES if mode in types for key in types[mode].ids)
    if isinstance(rows, list):
        alone = [raw for raw in rows if not (isinstance(raw, dict) and str(raw.get("station_id")) in counted)]
        report.ignored["vehicle at a station"] += len(rows) - len(alone)
        rows = alone
    found: dict[str, Vehicle] = {}
    for one in read_rows(Vehicle, rows, report.rejected):
        why = _why_not(one, found, ours)
        report.ignored[why] += bool(why)
        if not why:
            found[one.vehicle_id] = one
    return list(found.values())


def _why_not(one: Vehicle, found: Mapping[str, Vehicle], ours: frozenset[str]) -> str:
    if one.vehicle_id in found:
        return "vehicle_id twice"
    if one.is_disabled or one.is_reserved:
        return "vehicle reserved or disabled"
    return "" if _among(one, ours) else "vehicle of another kind"


def _among(one: Vehicle, types: frozenset[str]) -> bool:
    return ASSUMED in types or one.vehicle_type_id in types


def _plain_fleet(file: GbfsFile | None, system_name: str, observed_at: int) -> Fleet:
    """What all fleets of a system have in common: name and page of the operator, and when they were counted."""
    found = next(read_rows(SystemInformation, [file.data], Counter()), None) if file else None
    name, url = (found.name, found.url) if found else ("", "")
    return Fleet(name or system_name, VEHICLE_MODES[0], observed_at, url=url if url.startswith("https://") else "")


def _fleets(fleet: Fleet, vehicles: Sequence[Vehicle], types: VehicleTypes) -> list[Fleet]:
    """A mode's fleet with its vehicles; those that may be left where one likes are a second one; docks serve both."""
    left = types.left if fleet.stations else types.left | types.unsaid
    if types.ids <= left:
        return [replace(fleet, standing=_standing(vehicles), may_be_left=True)]
    bound = [one for one in vehicles if not _among(one, left)]
    free = [one for one in vehicles if _among(one, left)]
    made = [replace(fleet, standing=_standing(bound))]
    if free:  # which of those at a station may be left anywhere is not said
        docks = tuple(replace(station, vehicles=0) for station in fleet.stations)
        made.append(replace(fleet, stations=docks, standing=_standing(free), may_be_left=True))
    return made


def _standing(vehicles: Iterable[Vehicle]) -> tuple[tuple[float, float, float], ...]:
    known = ((one.lat, one.lon, FAR_M if one.range_m is None else one.range_m) for one in vehicles)
    return tuple((round(lat, DEGREE_DIGITS), round(lon, DEGREE_DIGITS), round(range_m)) for lat, lon, range_m in known)
