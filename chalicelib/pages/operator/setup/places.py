"""A point from what people paste: a map's link, coordinates, or (asked of a geocoder) an address. Pure but for that.

What is read: OpenStreetMap, Google Maps, Apple Maps, Bing, HERE and geo: links, and coordinates as decimals (also with
decimal commas) or in degrees, minutes and seconds. Short links hold no point: opening them would ask somebody else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, NotPublic, UnknownHost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.foundation.public_hosts.check import AllowedHosts

NUMBER = r"(-?\d{1,3}(?:\.\d+)?)"
PIN = re.compile(rf"!3d{NUMBER}!4d{NUMBER}")  # Google: the place itself, before where the map stands
NAMED = re.compile(rf"[?&#](?:m?lat)={NUMBER}&(?:m?lon|lng)={NUMBER}")
PAIR = re.compile(rf"[?&#/](?:q|ll|sll|query|destination|daddr|center|cp|coordinate)=(?:loc:)?{NUMBER}[,~\s]+{NUMBER}")
MAP = re.compile(rf"(?:#map=\d+(?:\.\d+)?/|@|geo:|/){NUMBER}[,/]{NUMBER}(?=[,/?;&#]|$)")
PLAIN = re.compile(rf"^\s*\(?\s*{NUMBER}\s*[°]?\s*(?:[,;\s]\s*)\s*{NUMBER}\s*[°]?\s*\)?\s*$")
COMMAS = re.compile(r"^\s*(-?\d{1,3}),(\d{3,})\s*[;,\s]\s*(-?\d{1,3}),(\d{3,})\s*$")
SEXAGESIMAL = re.compile(
    r"(\d{1,3})\s*[°º]\s*(?:(\d{1,2})\s*['\u2032\u2019]\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*[\"\u2033\u201d]\s*)?([NSEWO])",
    re.IGNORECASE,
)
SHORT = ("maps.app.goo.gl", "goo.gl/maps", "maps.apple/p", "osm.org/go", "openstreetmap.org/go")
SIGN = {"N": 1, "E": 1, "O": 1, "S": -1, "W": -1}
ADDRESS_MAX = 300  # characters
ANSWER_BYTES_MAX = 1 << 20
ANSWERS_WITHIN_S = 8.0
OK = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A point, and the words that the geocoder has for it ("" from a link)."""

    lat: float
    lon: float
    words: str = ""


def read_point(text: str) -> Found | None:
    """The point that a link or coordinates name; None: it holds none."""
    text = unquote(text.strip())
    if found := COMMAS.match(text):
        return _point(f"{found[1]}.{found[2]}", f"{found[3]}.{found[4]}")
    for pattern in (PLAIN, PIN, NAMED, PAIR, MAP):
        if found := pattern.search(text):
            return _point(found[1], found[2])
    parts = SEXAGESIMAL.findall(text)
    if len(parts) != len(("latitude", "longitude")):
        return None
    values = [
        SIGN[side.upper()] * (int(degrees) + int(minutes or 0) / 60 + float(seconds or 0) / 3600)
        for degrees, minutes, seconds, side in parts
    ]
    return _point(*values)


def is_short_link(text: str) -> bool:
    """Whether it is a link that holds no point itself."""
    return any(host in text for host in SHORT)


def is_link(text: str) -> bool:
    """Whether it is an address on the web, which a geocoder would not know."""
    return re.match(r"\s*(https?://|www\.|geo:)", text) is not None


def _point(lat: str | float, lon: str | float) -> Found | None:
    found = Found(round(float(lat), 6), round(float(lon), 6))
    return found if abs(found.lat) <= 90 and abs(found.lon) <= 180 else None  # noqa: PLR2004 - degrees


@dataclass(frozen=True, slots=True)
class Geocoder:
    """The one that HUB_GEOCODER names: a URL with {q}, of a Nominatim, Photon or Pelias; "": none is configured."""

    url: str = ""
    allowed_hosts: AllowedHosts = PUBLIC_ONLY

    @property
    def is_there(self) -> bool:
        """Whether addresses can be looked up at all."""
        return "{q}" in self.url

    def find(self, address: str) -> Found | None:
        """The best answer; None: it knows no such place. Raises `Unavailable`."""
        import httpx  # noqa: PLC0415 - only looking up an address pays for it

        from chalicelib.foundation.public_hosts.transport import PublicHosts  # noqa: PLC0415 - the same

        url = self.url.replace("{q}", quote(address[:ADDRESS_MAX], safe=""))
        try:
            with httpx.Client(
                transport=PublicHosts(self.allowed_hosts), trust_env=False, timeout=ANSWERS_WITHIN_S
            ) as client:
                answer = client.get(url, headers={"User-Agent": "live-ticket-hub", "Accept": "application/json"})
        except (httpx.HTTPError, NotPublic, UnknownHost) as error:
            raise Unavailable(f"the geocoder does not answer ({type(error).__name__}): paste a map's link") from None
        if answer.status_code != OK or len(answer.content) > ANSWER_BYTES_MAX:
            raise Unavailable(f"the geocoder answered {answer.status_code}: paste a map's link instead")
        try:
            return best_of(json.loads(answer.content))
        except (ValueError, TypeError, KeyError, IndexError):
            raise Unavailable("the geocoder's answer cannot be read: paste a map's link instead") from None


def best_of(answer: Any) -> Found | None:
    """The first place in an answer: a list of {lat, lon, display_name}, or GeoJSON's features."""
    if isinstance(answer, dict):
        first = _first(answer["features"])
        if first is None:
            return None
        lon, lat = first["geometry"]["coordinates"][:2]
        known = first.get("properties", {})
        parts = (known.get(name) for name in ("name", "street", "housenumber", "postcode", "city", "country"))
        return Found(float(lat), float(lon), known.get("label") or ", ".join(str(part) for part in parts if part))
    first = _first(answer)
    return Found(float(first["lat"]), float(first["lon"]), str(first.get("display_name", ""))) if first else None


def _first(found: Iterable[Any]) -> Any:
    return next(iter(found), None)
