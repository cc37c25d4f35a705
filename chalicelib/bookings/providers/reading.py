"""Reading what tools send: every reader either answers with clean, bounded plain data or parks, naming the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Customer
from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.instants import find_zone, microseconds_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from chalicelib.bookings.providers.contract import Context

TEXT_MAX = 300  # characters kept of any one text
UID_MAX = 1000  # characters of a tool's own id
YEARS = (1970, 2100)  # an appointment outside is a mistake; inside, no arithmetic on times can overflow
AHEAD_MAX = timedelta(days=365)  # of a tool's time before ours: clocks are hours off, made-up payloads months
PAGE_ADDRESS_MAX = 500  # characters of a page's address
SHOWN_MAX = 60  # characters of a wrong value that a reason repeats


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def json_body(body: bytes) -> Any:
    """The JSON that a body holds. Parks on anything else, also on nesting without end."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_no_constants)
    except RecursionError:
        raise Parked("the body is nested too deeply") from None
    except ValueError as error:
        position = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise Parked(f"the body is not JSON{position}") from None


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds."""
    value = json_body(body)
    if not isinstance(value, dict):
        raise Parked("the body is JSON but not an object")
    return value


def at(value: Any, path: str) -> Any:
    """What is at a dotted path ("payload.attendees.0.email"), or None."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def clean(value: Any, limit: int = TEXT_MAX) -> str | None:
    """A text or number as a printable, bounded text without blanks around it; None for anything else or nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)[: limit * 4].encode("utf-8", "replace").decode()
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text[:limit] or None


def text(value: Any, path: str) -> str | None:
    """The text at a path, or None."""
    return clean(at(value, path))


def web_page(value: Any, path: str) -> str | None:
    """The address of a page (https) at a path; None for anything else, which is left out."""
    given = at(value, path)
    found = given.strip() if isinstance(given, str) else ""
    is_plain = found.startswith("https://") and found.isprintable() and " " not in found
    return found if is_plain and len(found) <= PAGE_ADDRESS_MAX else None


def require_text(value: Any, path: str) -> str:
    """The text at a path. Parks when there is none."""
    found = text(value, path)
    if found is None:
        raise Parked(f"{path} is missing")
    return found


def identifier(value: Any, path: str) -> str:
    """An id at a path, whole. Parks when there is none or it is absurdly long."""
    found = at(value, path)
    whole = clean(found, UID_MAX + 1)
    if whole is None:
        raise Parked(f"{path} is missing")
    if len(whole) > UID_MAX:
        raise Parked(f"{path} is longer than {UID_MAX} characters")
    return whole


def optional_identifier(value: Any, path: str) -> str | None:
    """An id at a path, or None."""
    return identifier(value, path) if clean(at(value, path)) else None


def instant_of(value: Any, name: str) -> datetime:
    """An instant from ISO 8601 with an offset, in UTC. Parks on anything else, naming the field."""
    if not isinstance(value, str) or not value.strip():
        raise Parked(f"{name} is missing")
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        raise Parked(f"{name} is not a time: {clean(value, SHOWN_MAX)}") from None
    if parsed.tzinfo is None:
        raise Parked(f"{name} has no UTC offset: {clean(value, SHOWN_MAX)}")
    return in_years(parsed, name).astimezone(UTC)


def in_years(when: datetime, name: str) -> datetime:
    """The same time, or parks when its year cannot be an appointment's."""
    if not YEARS[0] <= when.year < YEARS[1]:
        raise Parked(f"{name} is in the year {when.year}")
    return when


def instant(value: Any, path: str) -> datetime:
    """The instant at a path."""
    return instant_of(at(value, path), path)


def start_in(value: Any, path: str, first: datetime, last: datetime) -> datetime | None:
    """The instant at a path where it is one in [first, last]; else None."""
    try:
        found = instant(value, path)
    except Parked:
        return None
    return found if first <= found <= last else None


def known_zone(value: Any) -> str | None:
    """An IANA zone's name; None without one that is known: it changes nothing about an instant."""
    found = clean(value)
    return found if found is not None and find_zone(found) is not None else None


def zone_of(value: Any, named: Mapping[str, str] | None) -> ZoneInfo | None:
    """The zone that a local time is in; `named`: what the operator says that other names stand for."""
    found = clean(value)
    return find_zone((named or {}).get(found, found)) if found is not None else None


def unknown_zone(name: str, value: str, context: Context) -> str:
    """What is wrong with a zone that a local time needs, and what would do: zones are never guessed."""
    shown = value[:SHOWN_MAX]
    remedy = f'set the connection\'s zones to {{"{shown}": "{context.business.timezone}"}}, if that is what it means'
    return f"{name} is an unknown time zone: {shown} ({remedy})"


def customer(
    name: str | None,
    email: str | None = None,
    phone: str | None = None,
    locale: str | None = None,
    timezone: str | None = None,
) -> Customer:
    """A customer with the key that distinguishes attendees. Parks when nothing names one."""
    key = email or phone or name
    if key is None:
        raise Parked("the customer has neither name, mail address nor phone")
    return Customer(key.casefold(), name or "", email, phone, locale, timezone)


def span(start: datetime, end: datetime, name: str) -> tuple[datetime, datetime]:
    """Start and end. Parks when the end is before the start."""
    if end < start:
        raise Parked(f"{name} is before the start")
    return start, end


def stamp(when: datetime) -> str:
    """An instant as the order of a report: "2024-01-01T10:00:00.000000Z"."""
    return microseconds_text(when)


def change_stamp(when: datetime, known_at: datetime) -> str:
    """The tool's own time of a change as the order of a report that was known by `known_at`.

    A time far ahead of ours would outrank every change to come: then it changed when we heard of it.
    """
    return stamp(when if when <= known_at + AHEAD_MAX else known_at)
