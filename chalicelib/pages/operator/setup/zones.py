"""Which time zone is proposed for a point: that of a timetable that is there, else the nearest city's.

A proposal, to be looked at: near a border the nearest city may be the neighbour's. zone1970.tab is part of the IANA
database that Python reads its zones from.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import TZPATH

from chalicelib.foundation.distance import distance_m, distance_outside_m
from chalicelib.foundation.instants import find_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.transit.data.feed import Feed

SIGNED = re.compile(r"([+-])(\d{2,3})(\d{2})(\d{2})?(?=[+-]|$)")
OTHERWISE = "UTC"


@cache
def cities() -> tuple[tuple[float, float, str], ...]:
    """(lat, lon, zone) of each zone's best known city; () where the machine has no such table."""
    rows = (line.split("\t") for line in _table().splitlines() if line and not line.startswith("#"))
    found = [(*_degrees(row[1]), row[2]) for row in rows]
    return tuple((lat, lon, zone) for lat, lon, zone in found if find_zone(zone) is not None)


def propose_zone(lat: float, lon: float, feeds: Iterable[Feed] = ()) -> str:
    """The zone of a compiled feed whose area holds the point, else of the nearest city."""
    for feed in feeds:
        if feed.bounds and feed.timezone and distance_outside_m(lat, lon, feed.bounds) <= 0:
            return feed.timezone
    nearest = min(cities(), key=lambda city: distance_m(lat, lon, city[0], city[1]), default=None)
    return nearest[2] if nearest else OTHERWISE


def zones() -> tuple[str, ...]:
    """All zones that one may choose, by name."""
    return tuple(sorted({zone for _, _, zone in cities()} | {OTHERWISE}))


def _table() -> str:
    for folder in TZPATH:
        file = Path(folder) / "zone1970.tab"
        if file.exists():
            return file.read_text(encoding="utf-8")
    try:
        return (resources.files("tzdata.zoneinfo") / "zone1970.tab").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""


def _degrees(text: str) -> tuple[float, float]:
    """ISO 6709 without a point: ±DDMM[SS]±DDDMM[SS]."""
    lat, lon = (
        (-1 if sign == "-" else 1) * (int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600)
        for sign, degrees, minutes, seconds in SIGNED.findall(text)
    )
    return lat, lon
