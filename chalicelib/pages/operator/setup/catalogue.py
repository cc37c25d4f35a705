"""The timetables to pick from: a file with the columns of the Mobility Database, which an operator can replace.

The one that is shipped names some sixty cities (facts of the Mobility Database, mobilitydatabase.org). HUB_CATALOGUE
names another file: the whole list as that database publishes it, for instance, or a region's own.
Columns read: mdb_source_id, provider, location.country_code, location.municipality, location.subdivision_name,
urls.latest or urls.direct_download, urls.license, location.bounding_box.{minimum,maximum}_{latitude,longitude}.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.foundation.distance import distance_outside_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.distance import Bounds

SHIPPED = Path(__file__).with_name("catalogue.csv")
NEAR_M = 2_000  # a venue so far outside a timetable's area may still be walked to from it
AROUND_MAX = 12  # for one place
BOX = "location.bounding_box."


@dataclass(frozen=True, slots=True)
class Listed:
    """One timetable of the catalogue; `bounds`: south, west, north, east."""

    source_id: str
    name: str
    place: str
    url: str
    licence: str
    bounds: Bounds

    @property
    def area(self) -> float:
        """Square degrees: the smaller, the more it is of this very place."""
        south, west, north, east = self.bounds
        return (north - south) * (east - west)


def around(listed: tuple[Listed, ...], lat: float, lon: float) -> tuple[Listed, ...]:
    """Those whose area holds the point, the most local first."""
    near = [one for one in listed if distance_outside_m(lat, lon, one.bounds) <= NEAR_M]
    return tuple(sorted(near, key=lambda one: one.area)[:AROUND_MAX])


@cache
def read_catalogue(file: str = "") -> tuple[Listed, ...]:
    """All rows that can be used; of a file that cannot be read, none."""
    try:
        with Path(file or SHIPPED).open(encoding="utf-8-sig", newline="") as rows:
            return tuple(one for row in csv.DictReader(rows) if (one := _listed(row)) is not None)
    except (OSError, ValueError, csv.Error):
        return ()


def _listed(row: Mapping[str, str]) -> Listed | None:
    url = row.get("urls.latest") or row.get("urls.direct_download") or ""
    try:
        south, north = (float(row[f"{BOX}{side}_latitude"]) for side in ("minimum", "maximum"))
        west, east = (float(row[f"{BOX}{side}_longitude"]) for side in ("minimum", "maximum"))
    except (KeyError, TypeError, ValueError):
        return None
    if row.get("data_type", "gtfs") != "gtfs" or not url.startswith(("http://", "https://")):
        return None
    parts = (row.get("location.municipality"), row.get("location.subdivision_name"), row.get("location.country_code"))
    return Listed(
        row.get("mdb_source_id") or url,
        (row.get("provider") or url).strip(),
        ", ".join(part.strip() for part in parts if part and part.strip()),
        url,
        row.get("urls.license") or "",
        (south, west, north, east),
    )
