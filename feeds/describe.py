"""`python -m feeds describe FEED.zip [--date YYYY-MM-DD] [--json] [--map FILE.html|FILE.geojson]`: what a feed is."""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from feeds import EXIT_UNUSABLE
from feeds.compile.findings import FINDINGS_SHOWN, Unusable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from feeds.compile.describe import DailyTrips, FeedDescription


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("feed", help="a GTFS zip: a file or an http(s) URL")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the day to describe more closely (default: the busiest)")
    parser.add_argument("--map", type=Path, metavar="FILE", help="where to draw the stops: FILE.html or FILE.geojson")
    parser.add_argument("--allow-private", action="store_true", help="a URL may name this machine")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Describes; 0, or 2 with one line on standard error that says whose fault it is and what to do.

    A feed that can be described but not compiled is described; why it cannot be compiled is part of that.
    """
    from feeds.compile.command import allowed_hosts, local_copy  # noqa: PLC0415 - gtfs-kit takes a second to import
    from feeds.compile.describe import describe_feed  # noqa: PLC0415 - the same

    if args.map and args.map.suffix not in {".html", ".geojson"}:
        return _refuse(f"--map {args.map}: the name ends in .html or .geojson, please")
    try:
        date = dt.date.fromisoformat(args.date) if args.date else None
    except ValueError:
        return _refuse(f"--date {args.date!r} is no date; write YYYY-MM-DD")
    try:
        allowed = allowed_hosts(this_machine=args.allow_private)
    except ValueError as error:
        return _refuse(str(error))
    try:
        with tempfile.TemporaryDirectory(prefix="feeds-") as folder:
            path = local_copy(args.feed, Path(folder), allowed)
            found = describe_feed(path, dt.datetime.now(dt.UTC).date(), date)
    except Unusable as error:
        return _refuse(str(error))
    try:
        if args.map:
            _write_map(args.map, found)
    except OSError as error:
        return _refuse(f"cannot write to {args.map}: {error.strerror or error}")
    print(json.dumps(found.to_json(), ensure_ascii=False) if args.json else "\n".join(_lines(found)))
    return 0


def _write_map(path: Path, found: FeedDescription) -> None:
    from feeds.compile.stop_map import stop_map  # noqa: PLC0415 - only for a map

    text = json.dumps(found.places) if path.suffix == ".geojson" else stop_map(found.name, found.places)
    path.write_text(text, encoding="utf-8")


def _lines(found: FeedDescription) -> Iterator[str]:
    """The description as lines for a person."""
    agencies = ", ".join(f"{agency.name or 'unnamed'} ({agency.timezone or 'no zone'})" for agency in found.agencies)
    yield f"{found.name}: {agencies or 'no agency'}"
    yield from _service_lines(found.daily)
    if day := found.day:
        yield f"on {day.date}: {_n(day.trips, 'trip')} on {_n(day.routes, 'route')}, at {_n(day.stops, 'stop')}"
    modes = ", ".join(f"{count} {mode}" for mode, count in found.routes_by_mode.items())
    yield f"routes: {sum(found.routes_by_mode.values())}{f' ({modes})' if modes else ''}"
    stops = found.stops
    without = f"; {stops.without_place} without coordinates" if stops.without_place else ""
    yield f"stops: {stops.stops}, {_n(stops.stations, 'station')}{without}"
    if stops.bounds:
        south, west, north, east = stops.bounds
        yield f"bounds: {south:.4f}, {west:.4f} to {north:.4f}, {east:.4f}"
    yield f"shapes: {found.shapes or 'no'}"
    yield from (f"! {finding}" for finding in found.findings[:FINDINGS_SHOWN])
    if len(found.findings) > FINDINGS_SHOWN:
        yield f"! … and {len(found.findings) - FINDINGS_SHOWN} more findings with --json"
    yield f"the hub cannot use it: {found.refusal}" if found.refusal else "the hub can use it"


def _service_lines(daily: DailyTrips) -> Iterator[str]:
    if daily.span is None or daily.busiest is None:
        yield "service: none on any day"
        return
    idle = sum(trips == 0 for trips in daily.counts.values())
    without = f"; none on {_n(idle, 'day')} between" if idle else ""
    yield f"service: {daily.span[0]} to {daily.span[1]}, on {_n(len(daily.counts) - idle, 'day')}{without}"
    yield f"trips a day: usually {daily.usual}, at most {daily.counts[daily.busiest]} ({daily.busiest})"
    yield "  " + ", ".join(f"{name} {trips}" for name, trips in daily.by_weekday.items())


def _n(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _refuse(message: str) -> int:
    print(f"feeds describe: {' '.join(message.split())}", file=sys.stderr)
    return EXIT_UNUSABLE
