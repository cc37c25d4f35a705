"""Where the customer comes from, as their phone or the form sends it: read, checked, made a Place."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from chalicelib.foundation.distance import distance_outside_m
from chalicelib.tickets.origin import MINUTES_TO_STOP, MINUTES_TO_STOP_MAX, at_stop
from chalicelib.transit.itinerary import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.foundation.distance import Bounds

ORIGIN_BYTES_MAX = 4096  # of a body
STOP_ID_MAX = 256  # characters
DIGITS_OF_MINUTES_MAX = 3  # characters that are read as a number at all
FORGET_WORDS = frozenset({"yes", "true"})  # what a form may say
COORDINATE_DIGITS = 5  # of a coordinate that we keep: about a metre
REACH_M = 20_000  # around the network; beyond, no plan could use it, so it is not stored either


class BadOrigin(ValueError):
    """A starting point that cannot be used. `code` names the case, `sentence` what the page says of it."""

    def __init__(self, code: str, message: str, *, sentence: str = "bad_origin") -> None:
        super().__init__(message)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True, slots=True)
class PointWish:
    """A place on earth, WGS 84 degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class StopWish:
    """A stop of the timetable, and how many minutes on foot it is away."""

    stop_id: str
    minutes: int = MINUTES_TO_STOP


@dataclass(frozen=True, slots=True)
class ForgetWish:
    """The starting point is to be deleted."""


OriginWish = PointWish | StopWish | ForgetWish


@dataclass(frozen=True, slots=True)
class OriginSearch:
    """What somebody searched in the form for the starting point, and what came of it.

    `found` are the stops for `query` (None: nothing was searched). `trouble` is the `sentence` of a `BadOrigin`.
    """

    query: str = ""
    found: Sequence[Place] | None = None
    trouble: str = ""


def media_type_of(headers: Mapping[str, str], body: bytes) -> str:
    """The body's media type: as stated, but a JSON object under a form's type (as `curl -d` sends it) is JSON."""
    stated = headers.get("content-type", "application/json")
    return "application/json" if is_form(stated) and body.lstrip().startswith(b"{") else stated


def is_form(content_type: str) -> bool:
    """Whether a page without JavaScript sent this (the answer then is a page again, not JSON)."""
    return content_type.split(";", maxsplit=1)[0].strip().lower() == "application/x-www-form-urlencoded"


def read_origin(content_type: str, body: bytes) -> OriginWish:
    """What a POST to …/origin asks for: {"lat","lon"}, {"stop_id","minutes"?} or {"forget": true}.

    Raises `BadOrigin`.
    """
    if len(body) > ORIGIN_BYTES_MAX:
        raise BadOrigin("too_large", f"The body is larger than {ORIGIN_BYTES_MAX} bytes.")
    given = _fields(content_type, body)
    if given.get("forget"):
        if given["forget"] is not True and not (is_form(content_type) and given["forget"] in FORGET_WORDS):
            raise BadOrigin("bad_origin", '"forget" must be true.')
        return ForgetWish()
    stop_id = given.get("stop_id")
    has_point = given.get("lat") is not None or given.get("lon") is not None
    if (stop_id is not None) == has_point:
        raise BadOrigin("bad_origin", 'Send either "lat" and "lon" or "stop_id".')
    if has_point and "minutes" in given:
        raise BadOrigin("bad_origin", '"minutes" is how far a stop is: send it with "stop_id" only.')
    if has_point:
        return PointWish(_degrees(given, "lat", 90), _degrees(given, "lon", 180))
    if not isinstance(stop_id, str) or not 0 < len(stop_id) <= STOP_ID_MAX or not stop_id.isprintable():
        raise BadOrigin("bad_origin", f'"stop_id" must be a text of 1 to {STOP_ID_MAX} printable characters.')
    return StopWish(stop_id, _minutes(given))


def place_of(wish: PointWish | StopWish, find: Callable[[str], Place | None], bounds: Bounds | None) -> Place:
    """The place that is meant; `bounds` is the network's box (None: not known yet). Raises `BadOrigin`."""
    if isinstance(wish, StopWish):
        place = find(wish.stop_id)
        if place is None:
            message = f"The timetable has no stop {wish.stop_id!r}. Search with …/places?q= and send what it gives."
            raise BadOrigin("unknown_stop", message, sentence="unknown_stop")
        return at_stop(place, wish.minutes)
    if bounds and distance_outside_m(wish.lat, wish.lon, bounds) > REACH_M:
        message = f"That is more than {REACH_M // 1000} km from the public transport that is known here."
        raise BadOrigin("outside_area", message, sentence="outside_area")
    return Place("", round(wish.lat, COORDINATE_DIGITS), round(wish.lon, COORDINATE_DIGITS))


def only_same_site(headers: Mapping[str, str]) -> None:
    """Lets a POST pass that comes from our own page or from no page at all. `headers` has lower-case names.

    The token in the address is what gives the right; this keeps another site that learnt it from using it behind
    the customer's back. Our Referrer-Policy makes browsers without Sec-Fetch-Site send "Origin: null", so that passes.
    Raises `BadOrigin`.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin", "null")
    ours = origin == "null" or origin.lower().partition("://")[2] == headers.get("host", "").lower()
    if not (ours if site is None else site in {"same-origin", "none"}):
        raise BadOrigin("other_site", "This was sent from another site.", sentence="other_site")


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    if is_form(content_type):
        return _form(body)
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise BadOrigin("invalid_json", "The body is no valid JSON.") from None
    if not isinstance(given, dict):
        raise BadOrigin("invalid_json", "The body must be a JSON object.")
    return given


def _form(body: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10))
    except ValueError:
        raise BadOrigin("bad_origin", "The form has too many fields.") from None


def _minutes(given: dict[str, Any]) -> int:
    raw = given.get("minutes", MINUTES_TO_STOP)
    text = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_OF_MINUTES_MAX else -1
    if not 0 <= minutes <= MINUTES_TO_STOP_MAX:
        message = f'"minutes" to the stop must be a whole number from 0 to {MINUTES_TO_STOP_MAX}, not {raw!r:.20}.'
        raise BadOrigin("bad_origin", message)
    return minutes


def _degrees(given: dict[str, Any], name: str, limit: int) -> float:
    raw = given.get(name)
    try:
        value = float(raw) if isinstance(raw, int | float | str) and not isinstance(raw, bool) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not -limit <= value <= limit:
        raise BadOrigin("bad_coordinates", f'"{name}" must be a number of degrees from -{limit} to {limit}.')
    return value
