"""What somebody says on their page, as the form or a program sends it: read, checked, made a Wish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.pages.customer.origin import BadOrigin, is_form
from chalicelib.tickets.said.wish import BY, BY_MIN_MAX, CHANNELS, LATE_MIN_MAX, What, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAY_BYTES_MAX = 4096  # of a body
VALUE_MAX = 400  # characters: the rides of an itinerary
PLAIN = (What.HERE, What.COMING, What.CANNOT_COME, What.ANOTHER_TIME, What.STOP, What.START, What.FORGET)
SAID_ON_PAGE = (*PLAIN, What.LATE, What.CHOOSE, What.BY, What.LANGUAGE, What.CHANNEL, What.REMINDER_ONLY)


class BadWish(BadOrigin):
    """A wish that cannot be understood."""

    def __init__(self, message: str, code: str = "bad_wish") -> None:
        super().__init__(code, message, sentence="bad_wish")


def read_wish(content_type: str, body: bytes) -> Wish:
    """{"what": …, "minutes"?, "value"?}. Raises `BadWish`."""
    if len(body) > SAY_BYTES_MAX:
        raise BadWish(f"The body is larger than {SAY_BYTES_MAX} bytes.", "too_large")
    given = _fields(content_type, body)
    what = next((one for one in SAID_ON_PAGE if one == given.get("what")), None)
    if what is None:
        raise BadWish(f'"what" must be one of {", ".join(SAID_ON_PAGE)}.')
    if what is What.LATE:
        return Wish(what, _minutes(given, LATE_MIN_MAX))
    if what is What.BY:
        return Wish(what, _minutes(given, BY_MIN_MAX), _one_of(given, BY))
    if what is What.LANGUAGE:
        return Wish(what, value=_one_of(given, LANGUAGES))
    if what is What.CHANNEL:
        return Wish(what, value=_one_of(given, CHANNELS))
    if what is What.CHOOSE:
        rides = given.get("value")
        if not isinstance(rides, str) or not 0 < len(rides) <= VALUE_MAX:
            raise BadWish('"value" must name the rides of an itinerary, as the ticket\'s options do.')
        return Wish(what, value=rides)
    return Wish(what)


def _fields(content_type: str, body: bytes) -> Mapping[str, Any]:
    try:
        if is_form(content_type):
            return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=10))
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise BadWish("The body is no valid JSON, and no form of ours.", "invalid_json") from None
    if not isinstance(given, dict):
        raise BadWish("The body must be a JSON object.", "invalid_json")
    return given


def _minutes(given: Mapping[str, Any], limit: int) -> int:
    raw = given.get("minutes")
    text = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(limit)) else 0
    if not 0 < minutes <= limit:
        raise BadWish(f'"minutes" must be a whole number from 1 to {limit}, not {raw!r:.20}.')
    return minutes


def _one_of(given: Mapping[str, Any], known: Sequence[str]) -> str:
    value = given.get("value")
    if value not in known:
        raise BadWish(f'"value" must be one of {", ".join(known)}, not {value!r:.20}.')
    return str(value)
