"""agency.txt, routes.txt, trips.txt and frequencies.txt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from feeds.compile.findings import Unusable
from feeds.compile.tables.part import Frequencies, Routes, Trips
from feeds.compile.tables.stops import unique_rows
from feeds.compile.tables.table import rows_where
from feeds.compile.tables.times import DAY_S, NOT_READABLE, one_of, seconds, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.findings import Findings
    from feeds.compile.tables.table import Table

NIGHT_S = 12 * 3600  # a longer window that ends before it begins is a mistake
ROUTE_TYPE_MAX = 1800  # extended route types end at 1702


def read_zones(table: Table | None, findings: Findings) -> tuple[list[str], dict[str, int]]:
    """The feed's time zones, the one in which its days are counted first, and which of them each agency's times are in.

    Raises `Unusable` when there is none or nobody knows the first.
    """
    zones = [zone for zone in dict.fromkeys(table["agency_timezone"].texts()) if zone] if table else []
    if not zones:
        raise Unusable(
            "agency.txt names no agency_timezone, so no time of the feed means anything; the publisher has to add it"
        )
    if len(zones) > 1:
        findings.add(
            "agency.txt", 0, f"names several time zones: {', '.join(zones)}", "GTFS allows one: each agency has its own"
        )
    known = _zone_name(str(zones[0]))
    if known is None:
        raise Unusable(
            f"agency.txt: {zones[0]!r} is no time zone of the IANA database; the publisher has to correct it"
        )
    names = list(dict.fromkeys([known, *(name for zone in zones if (name := _zone_name(str(zone))))]))
    number = {zone: names.index(_zone_name(str(zone)) or known) for zone in zones}
    rows = zip(table["agency_id"].texts(), table["agency_timezone"].texts(), strict=True) if table else ()
    return names, {agency: number.get(zone, 0) for agency, zone in rows}


def zones_of_trips(routes: Table | None, trips: Trips, route_ids: list[str], zone_of: dict[str, int]) -> NDArray[Any]:
    """Which zone the times of each trip are in: that of its route's agency."""
    agencies = zip(routes["route_id"].texts(), routes["agency_id"].texts(), strict=True) if routes else ()
    of = {route: zone_of.get(agency, 0) for route, agency in reversed(list(agencies))}
    by_route = np.array([of.get(route, 0) for route in route_ids], np.int32)
    found: NDArray[Any] = by_route[trips.route]
    return found


def _zone_name(zone: str) -> str | None:
    """The database's spelling of a zone (some systems do not mind "europe/berlin", ours does), or None."""
    try:
        return ZoneInfo(zone).key
    except (KeyError, ValueError, OSError):
        return next((known for known in available_timezones() if known.lower() == zone.lower()), None)


def read_routes(table: Table | None, agency: Table | None, findings: Findings) -> Routes:
    """All routes with an id. Raises `Unusable` when there are none."""
    if table is None or "route_id" not in table or not table.rows:
        raise Unusable("routes.txt is missing or empty; the publisher has to add it")
    table = unique_rows(table, "route_id", findings)
    kind = table["route_type"].numbers(one_of(range(ROUTE_TYPE_MAX)))
    for row in rows_where(~np.isfinite(kind)):
        what = f"route_type {table['route_type'].at(row)!r} of route {table['route_id'].at(row)!r}"
        findings.add(table.file, row + 2, what, "no route type: kept as a ride of unknown kind")
    ids = list(table["route_id"].texts())
    parts = zip(table["route_short_name"].texts(), table["route_long_name"].texts(), ids, strict=True)
    names = [short or long or route for short, long, route in parts]
    phones = dict(zip(agency["agency_id"].texts(), agency["agency_phone"].texts(), strict=True)) if agency else {}
    only = next(iter(phones.values())) if len(phones) == 1 else ""  # the one agency need not be named
    known = [phones.get(each, only) for each in table["agency_id"].texts()]
    return Routes(ids, names, _or(kind, -1).astype(np.int16), known)


def ordering_phones(rules: Table | None, stop_times: Table | None, trips: Trips, routes: Routes) -> list[str]:
    """Whom to phone for each route: the number of the first booking rule that a call of it names, else the agency's."""
    named = ("trip_id", "pickup_booking_rule_id")
    if rules is None or stop_times is None or any(name not in stop_times for name in named):
        return routes.phones
    phone_of = dict(zip(rules["booking_rule_id"].texts(), rules["phone_number"].texts(), strict=True))
    route_of, found = dict(zip(trips.ids, trips.route.tolist(), strict=True)), dict[int, str]()
    for trip, rule in zip(*(stop_times[name].texts() for name in named), strict=True):
        if rule and trip in route_of and phone_of.get(rule):
            found.setdefault(route_of[trip], phone_of[rule])
    return [found.get(route, phone) for route, phone in enumerate(routes.phones)]


def _or(values: NDArray[Any], default: float) -> NDArray[Any]:
    return np.where(np.isfinite(values), values, default)


def read_trips(table: Table | None, routes: Routes, service_of: dict[str, int], findings: Findings) -> Trips:
    """The trips whose route and service exist. Raises `Unusable` when trips.txt is missing."""
    if table is None or "trip_id" not in table:
        raise Unusable("trips.txt is missing or empty; the publisher has to add it")
    table = unique_rows(table, "trip_id", findings)
    route_of = {route_id: row for row, route_id in enumerate(routes.ids)}
    route, service = table["route_id"].indices(route_of), table["service_id"].indices(service_of)
    for column, index in (("route_id", route), ("service_id", service)):
        for row in rows_where(index < 0):
            what = f"trip {table['trip_id'].at(row)!r} has the {column} {table[column].at(row)!r}, which does not exist"
            findings.add(table.file, row + 2, what, "this trip never runs", kind=column)
    good = (route >= 0) & (service >= 0)
    kept = table.select(good)
    block = kept["block_id"].indices({text: i for i, text in enumerate(kept["block_id"].values)})
    return Trips(
        list(kept["trip_id"].texts()),
        list(kept["trip_headsign"].texts()),
        route[good],
        service[good],
        np.where(block < 0, -1, block).astype(np.int32),
        _or(kept["direction_id"].numbers(one_of(range(2))), -1).astype(np.int8),
    )


def read_frequencies(table: Table | None, trip_of: dict[str, int], findings: Findings) -> Frequencies:
    """Rows with a known trip, readable times and a headway above 0; end_time = start_time means no departure."""
    if table is None:
        none = np.empty(0, np.int32)
        return Frequencies(none, none, none, none, np.empty(0, bool))
    trip = table["trip_id"].indices(trip_of)
    start, end = table["start_time"].numbers(seconds), table["end_time"].numbers(seconds)
    headway, exact = table["headway_secs"].numbers(whole), table["exact_times"].numbers(one_of(range(2)))
    good = (trip >= 0) & np.isfinite(start) & np.isfinite(end) & np.isfinite(headway) & (headway > 0)
    for row in rows_where(~good):
        what = ", ".join(
            f"{name} {table[name].at(row)!r}" for name in ("trip_id", "start_time", "end_time", "headway_secs")
        )
        findings.add(table.file, row + 2, what, "not usable: its departures are left out")
    end = _over_midnight(table, start, end, good, findings)
    for row in (row for row in rows_where(good) if end[row] - start[row] < headway[row]):
        findings.add(table.file, row + 2, "ends before a second departure", "at most one departure comes of it")
    for row in rows_where(exact == NOT_READABLE):
        findings.add(
            table.file, row + 2, f"exact_times {table['exact_times'].at(row)!r}", "neither 0 nor 1: taken as 0"
        )
    begins, ends, every = (values[good].astype(np.int32) for values in (start, end, headway))
    return Frequencies(trip[good], begins, ends, every, exact[good] == 1)


def _over_midnight(
    table: Table, start: NDArray[Any], end: NDArray[Any], good: NDArray[Any], findings: Findings
) -> NDArray[Any]:
    """The ends of windows; one that ends before it begins ends on the next day, if it is no longer than a night."""
    over = good & (end < start) & (end + DAY_S <= start + NIGHT_S)
    for row in rows_where(over):
        what = f"from {table['start_time'].at(row)} to {table['end_time'].at(row)}"
        findings.add(table.file, row + 2, what, "ends before it begins: taken for a window over midnight")
    return np.where(over, end + DAY_S, end)
