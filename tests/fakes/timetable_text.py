"""A timetable as a person would read it, to compare with what a test expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.transit.data.timetable import CAN_ALIGHT, CAN_BOARD, INTERPOLATED, ON_REQUEST

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable


def clock(seconds: int) -> str:
    """HH:MM, with :SS only if there are seconds; a minus for times before the day's origin."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02}"


def _call(timetable: Timetable, at: int) -> str:
    arrives, departs = clock(timetable.st_arrives[at]), clock(timetable.st_departs[at])
    flags = int(timetable.st_flags[at])
    marks = ("" if flags & CAN_BOARD else " no-board") + ("" if flags & CAN_ALIGHT else " no-alight")
    marks += (" about" if flags & INTERPOLATED else "") + (" on-request" if flags & ON_REQUEST else "")
    times = arrives if arrives == departs else f"{arrives} {departs}"
    return f"{timetable.text('stop_id', timetable.st_stop[at])} {times}{marks}"


def run_name(timetable: Timetable, run: int) -> str:
    """The trip, then @start for a frequency run, then -1 or +1 for another service date."""
    name, start, day = timetable.text("run_trip_id", run), int(timetable.run_start_s[run]), int(timetable.run_day[run])
    return name + (f"@{clock(start)}" if start >= 0 else "") + (f"{day:+d}" if day else "")


def rides(timetable: Timetable) -> dict[str, str]:
    """Run → its calls, as the shorthand of `gtfs_text` writes them."""
    first = timetable.run_first
    return {
        run_name(timetable, run): ", ".join(_call(timetable, at) for at in range(first[run], first[run + 1]))
        for run in range(timetable.n_runs)
    }


def today(timetable: Timetable) -> dict[str, str]:
    """The rides of the day's own service date."""
    return {name: calls for name, calls in rides(timetable).items() if name[-2:] not in {"-1", "+1"}}


def footpaths(timetable: Timetable) -> dict[str, int]:
    """Every footpath "A→B" and its seconds."""
    ids = [timetable.text("stop_id", stop) for stop in range(timetable.n_stops)]
    first = timetable.path_first
    return {
        f"{ids[stop]}→{ids[timetable.path_to[at]]}": int(timetable.path_s[at])
        for stop in range(timetable.n_stops)
        for at in range(first[stop], first[stop + 1])
    }


def changes(timetable: Timetable) -> dict[str, int]:
    """Least times to change at one stop, where transfers.txt says something."""
    found = {timetable.text("stop_id", stop): int(s) for stop, s in enumerate(timetable.stop_change_s)}
    return {stop: s for stop, s in found.items() if s != -1}


def continuations(timetable: Timetable) -> dict[str, str]:
    """Run → the run that continues it."""
    pairs = enumerate(timetable.run_next)
    return {run_name(timetable, run): run_name(timetable, after) for run, after in pairs if after >= 0}


def exceptions(timetable: Timetable) -> set[tuple[str, str, str, str, int]]:
    """Rows of transfers.txt for trips or routes: stops, before, after ("*": any; a route in brackets), seconds."""

    def named(row: int, end: int) -> str:
        route, run = timetable.exception_routes[row, end], timetable.exception_runs[row, end]
        if run >= 0:
            return run_name(timetable, run)
        return f"[{timetable.text('route_id', route)}]" if route >= 0 else "*"

    stops = timetable.exception_stops
    return {
        (
            timetable.text("stop_id", stops[row, 0]), timetable.text("stop_id", stops[row, 1]),
            named(row, 0), named(row, 1), int(timetable.exception_s[row]),
        )
        for row in range(len(stops))
    }  # a table, read by rows # fmt: skip
