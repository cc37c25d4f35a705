"""One GBFS file from its bytes: the envelope that all files share, and the list of files in gbfs.json.

What comes is not trusted: gzipped unasked, a gzip bomb, cut short, an HTML page with status 200, JSON of another kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from pydantic_core import from_json

from chalicelib.transit.data.feed import URL_MAX
from feeds.gbfs.rows import posix_of
from feeds.realtime.decode import Rejected, unpack

TTL_S = 60  # where a file does not say: as often as the schedule rings
TTL_MAX_S = 86_400  # a file that is good for longer is asked for once a day all the same

VERSION_MAX = 20  # characters
GBFS_BYTES_MAX = 16 << 20  # of one file, unpacked; the largest that we know of has 3 MB
VALUES_MAX = 2_000_000  # in one file: each costs some hundred bytes of memory once it is read

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
    if len(plain) > GBFS_BYTES_MAX or sum(plain.count(mark) for mark in (b",", b"[", b"{")) > VALUES_MAX:
        raise Rejected("too_large", "the bikes' server sent more than any city's file holds; ask its publisher")
    try:
        content = from_json(plain)
    except ValueError as reason:
        what = "an HTML page" if plain.lstrip()[:1] == b"<" else "something that is no JSON"
        raise Rejected("not_json", f"the bikes' server sent {what}; check the URL, then ask its publisher") from reason
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise Rejected("not_gbfs", "the bikes' server sent JSON that is no GBFS (no data); check the URL")
    version = content.get("version", "")
    return GbfsFile(
        data,
        posix_of(content.get("last_updated")),
        _ttl_s(content.get("ttl")),
        version[:VERSION_MAX] if isinstance(version, str) else "",
    )


def _ttl_s(said: Any) -> int:
    """A ttl within bounds: infinity is a number in JSON as some write it, and so is 1e999."""
    if not isinstance(said, int | float) or (isinstance(said, float) and math.isnan(said)):
        return TTL_S
    return int(min(max(said, 0), TTL_MAX_S))


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
