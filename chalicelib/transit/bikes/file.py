"""The shared vehicles near a feed as one small blob: zlib over JSON, replaced whole at every publication.

{"format": 1, "meta": {"feed_id", "sequence", "published_at"}, "fleets": [{"system", "mode", "observed_at",
"may_be_left", "url", "stations": [[station_id, name, lat, lon, vehicles, docks]…], "standing": [[lat, lon, range_m]…]}
…]}. Instants are POSIX s on our clock.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from chalicelib.transit.bikes.search import Fleet, Station

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BIKES_FORMAT = 1
PLAIN_BYTES_MAX = 32 << 20  # unpacked; no city comes near


class BadBikes(ValueError):
    """The blob is no bikes file of this version; the next publication will be."""


def bikes_blob_key(feed_id: str) -> str:
    """Where the vehicles near a feed are published; always the newest."""
    return f"bikes/{feed_id}/now.bikes"


def dump_bikes(fleets: Sequence[Fleet], meta: Mapping[str, Any]) -> bytes:
    """The blob. `meta` is any JSON object."""
    return zlib.compress(plain_bikes(fleets, meta))


def plain_bikes(fleets: Sequence[Fleet], meta: Mapping[str, Any]) -> bytes:
    """The blob's content; a reader takes at most `PLAIN_BYTES_MAX` of it."""
    content = {"format": BIKES_FORMAT, "meta": dict(meta), "fleets": [_row_of(fleet) for fleet in fleets]}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def parse_bikes(data: bytes) -> tuple[tuple[Fleet, ...], dict[str, Any]]:
    """The fleets and the meta. Raises `BadBikes`."""
    try:
        content = json.loads(zlib.decompressobj().decompress(data, PLAIN_BYTES_MAX))
        if content["format"] != BIKES_FORMAT:
            raise BadBikes(f"a bikes file of format {content['format']!r}, not {BIKES_FORMAT}")
        meta: dict[str, Any] = dict(content["meta"])
        return tuple(_fleet_of(raw) for raw in content["fleets"]), meta
    except (zlib.error, KeyError, TypeError, ValueError, RecursionError) as reason:
        raise BadBikes("no bikes file of this version") from reason


def _row_of(fleet: Fleet) -> dict[str, Any]:
    return {
        "system": fleet.system,
        "mode": fleet.mode,
        "observed_at": fleet.observed_at,
        "may_be_left": fleet.may_be_left,
        "url": fleet.url,
        "stations": [(s.station_id, s.name, s.lat, s.lon, s.vehicles, s.docks) for s in fleet.stations],
        "standing": fleet.standing,
    }


def _fleet_of(raw: dict[str, Any]) -> Fleet:
    return Fleet(
        raw["system"],
        raw["mode"],
        raw["observed_at"],
        tuple(Station(*row) for row in raw["stations"]),
        tuple((lat, lon, range_m) for lat, lon, range_m in raw["standing"]),
        may_be_left=raw["may_be_left"],
        url=raw["url"],
    )
