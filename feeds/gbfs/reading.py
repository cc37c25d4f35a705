"""One GBFS file from its bytes: the envelope that all files share, and the list of files in gbfs.json.

What comes is not trusted: gzipped unasked, a gzip bomb, cut short, an HTML page with status 200, JSON of another kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from pydantic_core import from_json

from chalicelib.transit.data.feed import URL_MAX
from feeds.gbfs.rows import posix_of
from feeds.realtime.decode import Rejected, unpack

TTL_S = 60  # where a file does not say: as often as the schedule rings
TTL_MAX_S = 86_400  # a file that is good for longer is asked for once a day all the same

NEEDED_FILES = ("system_information", "vehicle_types", "station_information", "station_status", "vehicle_status")
OLDER_NAMES = {"free_bike_status": "vehicle_status"}  # up to 2.3


@dataclass(frozen=True, slots=True)
class GbfsFile:
    """What a GBFS file says. `last_updated`: POSIX s by the publisher's clock, 0: not said."""

    data: dict[str, Any]
    last_updated: int
    ttl_s: int
    version: str


def read_file(body: bytes) -> GbfsFile:
    """The envelope: {"last_updated", "ttl", "version", "data"}. Raises `Rejected`, saying whose fault it is."""
    plain = unpack(body)
    try:
        content = from_json(plain)
    except ValueError as reason:
        what = "an HTML page" if plain.lstrip()[:1] == b"<" else "something that is no JSON"
        raise Rejected("not_json", f"the bikes' server sent {what}; check the URL, then ask its publisher") from reason
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise Rejected("not_gbfs", "the bikes' server sent JSON that is no GBFS (no data); check the URL")
    ttl = content.get("ttl")
    ttl_s = min(max(int(ttl), 0), TTL_MAX_S) if isinstance(ttl, int | float) and ttl == ttl else TTL_S  # noqa: PLR0124 - not NaN
    return GbfsFile(data, posix_of(content.get("last_updated")), ttl_s, str(content.get("version", ""))[:20])


def files_of(discovery: GbfsFile, url: str) -> dict[str, str]:
    """The URLs of the files that we need, by their name in 3.0, from a gbfs.json that was read from `url`.

    Up to 2.3 it lists them per language: the first one counts, as the system's own. Raises `Rejected`.
    """
    found: dict[str, str] = {}
    for one in _first_list(discovery.data):
        name, target = (one.get("name"), one.get("url")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(target, str) or len(target) > URL_MAX:
            continue
        known = OLDER_NAMES.get(name, name)
        if known in NEEDED_FILES:
            found.setdefault(known, urljoin(url, target.strip()))
    if not found.keys() & {"station_status", "vehicle_status"}:
        why = "this gbfs.json names neither station_status nor vehicle_status; check the URL, then ask its publisher"
        if "datasets" in discovery.data or "versions" in discovery.data:
            why = "this URL lists several systems or versions; configure the gbfs.json of one of them"
        raise Rejected("no_files", why)
    return found


def _first_list(data: dict[str, Any]) -> list[Any]:
    """The first list of files there is."""
    for group in (data, *data.values()):
        feeds = group.get("feeds") if isinstance(group, dict) else None
        if isinstance(feeds, list) and feeds:
            return feeds
    return []
