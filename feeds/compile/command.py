"""`python -m feeds compile FEED.zip … --date YYYY-MM-DD [--days N] --out DIR`."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts, private_hosts_from
from feeds import EXIT_UNUSABLE
from feeds.compile.findings import FINDINGS_SHOWN, OutsideCalendar, Unusable
from feeds.compile.network import read_network
from feeds.compile.output import network_summary, publish, write_day

if TYPE_CHECKING:
    import argparse

    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from feeds.compile.network import FeedNetwork

DAYS_MAX = 400  # of one call: a year and a month, more than any feed is right about


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("feed", nargs="+", help="a GTFS zip: a file or an http(s) URL; several become one network")
    parser.add_argument("--date", required=True, help="first service day, YYYY-MM-DD")
    parser.add_argument("--days", type=int, default=1, help="how many days from there on (default 1)")
    parser.add_argument("--out", required=True, type=Path, help="folder for the timetables")
    parser.add_argument("--streets", type=Path, help="an OpenStreetMap extract (.osm.pbf) for walks along streets")
    parser.add_argument("--allow-private", action="store_true", help="URLs may name this machine")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(args: argparse.Namespace) -> int:
    """Compiles; 0, or 2 with one line on standard error that says what to do."""
    try:
        first = dt.date.fromisoformat(args.date)
    except ValueError:
        return _refuse(f"--date {args.date!r} is no date; write YYYY-MM-DD")
    if not 1 <= args.days <= DAYS_MAX:
        return _refuse(f"--days {args.days}: between 1 and {DAYS_MAX}, please")
    try:
        allowed = allowed_hosts(this_machine=args.allow_private)
    except ValueError as error:
        return _refuse(str(error))
    try:
        with tempfile.TemporaryDirectory(prefix="feeds-") as folder:
            paths = [local_copy(source, Path(folder), allowed) for source in args.feed]
            network = read_network(paths, extract=args.streets)
        days = _compile_days(network, first, args.days, args.out)
    except (Unusable, OutsideCalendar) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"cannot write to {args.out}: {error.strerror or error}")
    _report(network, days, as_json=args.json)
    return 0


def allowed_hosts(*, this_machine: bool) -> AllowedHosts:
    """The private hosts that URLs may lead to: this machine, or those of the environment. Raises `ValueError`."""
    return parse_allowed_hosts(THIS_MACHINE) if this_machine else private_hosts_from(os.environ)


def local_copy(source: str, folder: Path, allowed: AllowedHosts) -> Path:
    """The file of a source; a URL is fetched into `folder`. Raises `Unusable`."""
    if not source.lower().startswith(("http://", "https://")):
        return Path(source)
    from feeds.compile.archive.download import Downloader  # noqa: PLC0415 - only URLs need an HTTP client

    path = folder / f"{Path(source.partition('?')[0]).stem or 'feed'}-{len(list(folder.iterdir()))}.zip"
    Downloader(allowed).fetch(source, path)
    return path


def _compile_days(network: FeedNetwork, first: dt.date, count: int, out: Path) -> dict[str, str]:
    """The first day must be inside the calendar; of the others those that are."""
    out.mkdir(parents=True, exist_ok=True)
    days = {first.isoformat(): write_day(out, network, first)}
    for day in (first + dt.timedelta(days=k) for k in range(1, count)):
        if day <= network.last_day:
            days[day.isoformat()] = write_day(out, network, day)
    publish(out, network, days)
    return days


def _report(network: FeedNetwork, days: dict[str, str], *, as_json: bool) -> None:
    summary = network_summary(network)
    if as_json:
        print(json.dumps(summary | {"days": days}, ensure_ascii=False))
        return
    print(f"feed version {summary['feed_version']}, {summary['timezone']}, service {' to '.join(summary['calendar'])}")
    print(" · ".join(f"{summary[name]} {name}" for name in ("stops", "routes", "trips", "stop_times", "footpaths")))
    for day, path in days.items():
        print(f"{day}  {path}")
    for finding in network.findings[:FINDINGS_SHOWN]:
        print(f"! {finding}")
    if len(network.findings) > FINDINGS_SHOWN:
        print(f"! … and {len(network.findings) - FINDINGS_SHOWN} more findings in current.json")


def _refuse(message: str) -> int:
    print(f"feeds compile: {' '.join(message.split())}", file=sys.stderr)
    return EXIT_UNUSABLE
