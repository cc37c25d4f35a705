"""One GTFS zip becomes one `FeedPart`: every table read, checked and numbered. Refused only if it cannot be used."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from feeds.compile.archive import unpack
from feeds.compile.findings import Unusable
from feeds.compile.tables import checks, table
from feeds.compile.tables.part import FeedPart, RowNumbers
from feeds.compile.tables.services import read_services, split_by_zone
from feeds.compile.tables.stop_times import read_calls
from feeds.compile.tables.stops import read_stops
from feeds.compile.tables.transfers import read_pathways, read_transfers
from feeds.compile.tables.trips import (
    ordering_phones,
    read_frequencies,
    read_routes,
    read_trips,
    read_zones,
    zones_of_trips,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.compile.findings import Findings
    from feeds.compile.tables.part import Calls, Stops, Trips
    from feeds.compile.tables.table import Table


def read_part(path: Path, findings: Findings, limits: unpack.Limits = unpack.LIMITS) -> FeedPart:
    """Reads a feed. Raises `Unusable` with a sentence that says who has to do what."""
    with tempfile.TemporaryDirectory(prefix="gtfs-") as folder:
        unpack.unpack(path, Path(folder), findings, limits)
        return part_of(lambda name: read_checked(Path(folder), name, findings), findings)


def read_checked(folder: Path, name: str, findings: Findings) -> Table | None:
    """One table of an unpacked feed, its header checked; None when the file is missing or has no header."""
    checks.check_header(name, table.header(folder, name), findings)
    return table.read_table(folder, name, findings)


def part_of(read: Callable[[str], Table | None], findings: Findings) -> FeedPart:
    """The feed whose tables `read` answers by name. Raises `Unusable`."""
    agency, route_table = read("agency"), read("routes")
    zones, zone_of = read_zones(agency, findings)
    stops, routes = read_stops(read("stops"), findings), read_routes(route_table, agency, findings)
    checks.check_agencies(agency, route_table, findings)
    services, service_of = read_services(read("calendar"), read("calendar_dates"), findings)
    if not service_of:
        raise Unusable(
            "no usable line in calendar.txt or calendar_dates.txt: no day has service; the publisher has to fix it"
        )
    checks.check_services(services, service_of, findings)
    trips = read_trips(read("trips"), routes, service_of, findings)
    if len(zones) > 1:
        of_trips = zones_of_trips(route_table, trips, routes.ids, zone_of)
        services, service = split_by_zone(services, trips.service, of_trips)
        trips = replace(trips, service=service)
    stop_times = read("stop_times")
    routes = replace(routes, phones=ordering_phones(read("booking_rules"), stop_times, trips, routes))
    numbers = RowNumbers.of(stops, routes, trips)
    calls = _calls(stop_times, trips, stops, numbers, findings)
    if (shapes := read("shapes")) is not None:
        checks.check_distances(shapes, "shape_id", "shape_pt_sequence", findings)
    part = FeedPart(
        zones,
        stops,
        routes,
        trips,
        calls,
        services,
        read_frequencies(read("frequencies"), numbers.trips, findings),
        read_transfers(read("transfers"), numbers, findings),
        read_pathways(read("pathways"), numbers.stops, findings),
    )
    checks.check_unused_stops(part, findings)
    return part


def _calls(table: Table | None, trips: Trips, stops: Stops, numbers: RowNumbers, findings: Findings) -> Calls:
    if table is None or not {"trip_id", "stop_id"} <= table.columns.keys():
        raise Unusable(
            "stop_times.txt is missing or lacks trip_id or stop_id: nothing runs; the publisher has to fix it"
        )
    checks.check_distances(table, "trip_id", "stop_sequence", findings)
    calls = read_calls(table, numbers, stops, findings)
    idle = np.flatnonzero(np.diff(calls.first) == 0)
    named = set(table["trip_id"].values)
    for trip in idle:
        if trips.ids[trip] not in named:
            findings.add("trips.txt", 0, f"trip {trips.ids[trip]!r} has no stop_times", "this trip is left out")
    return calls
