"""Flaws that change nothing in the timetable but that the publisher should hear of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.compile.tables.services import SERVICE_ADDED
from feeds.compile.tables.stops import PLATFORM
from feeds.compile.tables.table import rows_where, usable_columns
from feeds.compile.tables.times import decimal, whole

if TYPE_CHECKING:
    from feeds.compile.findings import Findings
    from feeds.compile.tables.part import FeedPart
    from feeds.compile.tables.services import Services
    from feeds.compile.tables.table import Table

# official columns that the compiler has no use for; https://gtfs.org/documentation/schedule/reference/
OTHER_COLUMNS = {
    "agency": {"cemv_support"},
    "stops": {"tts_stop_name", "stop_access"},
    "routes": {"route_sort_order", "continuous_pickup", "continuous_drop_off", "network_id", "cemv_support"},
    "trips": {"cars_allowed", "safe_duration_factor", "safe_duration_offset"},
    "stop_times": {
        "start_pickup_drop_off_window",
        "end_pickup_drop_off_window",
        "drop_off_booking_rule_id",
    },
}
CHECKED = {"agency", "stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies", "transfers"}


def check_header(name: str, header: list[str], findings: Findings) -> None:
    """Columns that GTFS does not know may be misspelt ones that it does."""
    strange = [column for column in header if column not in {*usable_columns(name), *OTHER_COLUMNS.get(name, ())}]
    if strange and name in CHECKED:
        findings.add(f"{name}.txt", 1, f"unknown columns: {', '.join(map(repr, strange))}", "not read")


def check_agencies(agency: Table | None, routes: Table | None, findings: Findings) -> None:
    """Each of several agencies needs an id, and routes name one that exists."""
    if agency is None or routes is None:
        return
    ids = agency["agency_id"]
    if agency.rows > 1:
        for row in rows_where(ids.texts() == ""):
            findings.add(agency.file, row + 2, "one of several agencies has no agency_id", "no route can name it")
    known = {text: i for i, text in enumerate(ids.values)}
    for row in rows_where(routes["agency_id"].indices(known) == -1):
        what = f"route {routes['route_id'].at(row)!r} has the agency_id {routes['agency_id'].at(row)!r}"
        findings.add(routes.file, row + 2, what, "not in agency.txt; kept, its times count in the feed's zone")


def check_services(services: Services, service_of: dict[str, int], findings: Findings) -> None:
    """Lines of calendar.txt that never apply by themselves."""
    names = list(service_of)
    added = set(services.exc_service[services.exc_type == SERVICE_ADDED].tolist())
    for row in rows_where(~services.row_days.any(1)):
        service = int(services.row_service[row])
        why = "runs on its exceptions only" if service in added else "never runs"
        findings.add("calendar.txt", 0, f"service {names[service]!r} has no weekday", why)
    for row in rows_where(services.row_first > services.row_last):
        what = f"service {names[int(services.row_service[row])]!r} ends before it begins"
        findings.add("calendar.txt", 0, what, "this line never applies")
    for row in rows_where(services.row_first == services.row_last):
        what = f"service {names[int(services.row_service[row])]!r} covers a single day"
        findings.add("calendar.txt", 0, what, "used; such a day belongs into calendar_dates.txt")


def check_unused_stops(part: FeedPart, findings: Findings) -> None:
    """Stops at which nothing ever calls."""
    idle = part.stops.kind == PLATFORM
    idle[part.calls.stop] = False
    for stop in rows_where(idle):
        findings.add("stops.txt", 0, f"nothing calls at stop {part.stops.ids[stop]!r}", "found by name; no ride")


def check_distances(table: Table, group: str, sequence: str, findings: Findings) -> None:
    """Rows of shapes.txt or stop_times.txt whose distance goes back, or whose sequence number is there twice."""
    if "shape_dist_traveled" not in table and table.name == "stop_times":
        return
    order = np.lexsort((table[sequence].numbers(whole), table[group].codes))
    ids, at = table[group].codes[order], table[sequence].numbers(whole)[order]
    distance = table["shape_dist_traveled"].numbers(decimal)[order]
    same = ids[1:] == ids[:-1]
    if table.name == "shapes":
        _note(table, group, order[1:][same & (at[1:] == at[:-1])], f"has a {sequence} twice", findings)
    _note(table, group, order[1:][same & (distance[1:] < distance[:-1])], "goes back in shape_dist_traveled", findings)


def _note(table: Table, group: str, rows: Any, what: str, findings: Findings) -> None:
    for row in sorted(map(int, rows)):
        findings.add(
            table.file, row + 2, f"{group} {table[group].at(row)!r} {what}", "not used as a distance", kind=what
        )
