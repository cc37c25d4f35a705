"""Compiled days on disk: DIR/<feed_version>/day-YYYY-MM-DD.tt, and DIR/current.json, replaced last and whole."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from chalicelib.transit.data.streets import save_streets
from chalicelib.transit.data.timetable import save_timetable

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from feeds.compile.network import FeedNetwork

GRACE_S = 3600  # a replaced version stays this long for readers that know it


def write_day(folder: Path, network: FeedNetwork, day: dt.date) -> str:
    """Writes one day and answers its path relative to `folder`. Raises `OutsideCalendar`, `OSError`."""
    timetable = network.day(day)
    relative = f"{network.feed_version}/day-{day.isoformat()}.tt"
    (folder / network.feed_version).mkdir(parents=True, exist_ok=True)
    save_timetable(folder / relative, timetable.meta, timetable.arrays)
    return relative


def write_streets(folder: Path, network: FeedNetwork) -> str:
    """Writes the street graph, if there is one, and answers its path relative to `folder` or "". Raises `OSError`."""
    if network.streets is None:
        return ""
    relative = f"{network.feed_version}/streets.st"
    save_streets(folder / relative, {"feed_version": network.feed_version}, network.streets)
    return relative


def publish(folder: Path, network: FeedNetwork, days: dict[str, str]) -> None:
    """Makes the days current; days of the same version that were there stay. Old versions go after `GRACE_S`."""
    days = dict(sorted((_days_on_disk(folder, network.feed_version) | days).items()))
    document = network_summary(network) | {"streets": write_streets(folder, network), "days": days}
    aside = folder / f".current.json.{os.getpid()}"
    aside.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(folder / "current.json")
    _remove_old(folder, network.feed_version, time.time())


def network_summary(network: FeedNetwork) -> dict[str, Any]:
    """What is known about a network without its days."""
    part = network.part
    return {
        "feed_version": network.feed_version,
        "timezone": network.timezone,
        "feeds": network.feeds,
        "bounds": network.bounds(),
        "calendar": [day.isoformat() for day in network.span],
        "stops": len(part.stops.ids),
        "routes": len(part.routes.ids),
        "trips": len(part.trips.ids),
        "stop_times": len(part.calls.stop),
        "footpaths": len(network.footpaths.to),
        "findings": [finding.to_json() for finding in network.findings],
    }


def _days_on_disk(folder: Path, feed_version: str) -> dict[str, str]:
    try:
        current = json.loads((folder / "current.json").read_bytes())
        if current["feed_version"] != feed_version:
            return {}
        return {date: path for date, path in current["days"].items() if (folder / path).exists()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _remove_old(folder: Path, feed_version: str, now: float) -> None:
    for path in folder.iterdir():
        ours = path.is_dir() and any(path.glob("day-*.tt"))
        if ours and path.name != feed_version and now - path.stat().st_mtime > GRACE_S:
            shutil.rmtree(path, ignore_errors=True)
