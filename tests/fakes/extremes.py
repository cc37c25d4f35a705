"""Numbers, dates, sizes and kinds at the edges, and what is made when each place of an input holds each of them.

The one list of extremes that all parsers are tried with (`extreme_parsers`). A place is a leaf or a branch of a JSON
value, a cell of a table, a field of a protobuf message, a property of a calendar.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Place = tuple[Any, ...]


def nested(depth: int, *, lists: bool = True) -> Any:
    """A value so many levels deep."""
    value: Any = 1
    for _ in range(depth):
        value = [value] if lists else {"a": value}
    return value


NUMBERS: dict[str, int | float] = {
    "0": 0, "-1": -1, "1.5": 1.5, "2^31-1": 2**31 - 1, "2^31": 2**31, "2^31+1": 2**31 + 1, "-2^31-1": -(2**31) - 1,
    "2^32": 2**32, "2^53+1": 2**53 + 1, "2^63-1": 2**63 - 1, "2^63": 2**63, "2^64": 2**64, "-2^63-1": -(2**63) - 1,
    "10^308": 10**308, "10^400": 10**400, "1e308": 1e308, "-1e308": -1e308, "1e-308": 1e-308, "nan": float("nan"),
    "inf": float("inf"), "-inf": float("-inf"), "253402300800": 253402300800, "-62135596801": -62135596801,
}  # a table, read by rows # fmt: skip
DATES: dict[str, str] = {
    "year 1": "0001-01-01T00:00:00Z", "before year 1": "0001-01-01T00:00:00+14:00", "year 1, no zone": "0001-01-01",
    "year 9999": "9999-12-31T23:59:59Z", "after year 9999": "9999-12-31T23:59:59.999999-14:00",
    "year 9999, no zone": "9999-12-31T23:59:59", "year 2099": "2099-12-31T23:59:59Z", "30 February": "2026-02-30",
    "basic, year 1": "00010101T000000Z", "basic, year 9999": "99991231T235959Z", "basic days": "00010101",
    "24 o'clock": "2025-12-30T24:00:00Z", "second 60": "2026-12-31T23:59:60Z", "year 10000": "10000-01-01T00:00:00Z",
    "offset of a day": "2025-12-30T10:00:00+23:59:59", "hour 999": "999:59:59", "hour -1": "-1:00:00",
}  # a table, read by rows # fmt: skip
TEXTS: dict[str, str] = {
    "empty": "", "blank": " ", "NUL": "\0", "lone surrogate": "\ud800", "half a pair in words": "Ada\udfff",
    "100,000 letters": "x" * 100_000, "5,000 digits": "9" * 5_000, "1e999": "1e999", "nan as text": "nan",
    "inf as text": "-inf", "-1 as text": "-1", "2^63 as text": str(2**63), "Arabic digit": "٣", "superscript": "²",
    "path": "../../etc/passwd", "a zone that is a path": "../../../etc/passwd", "a zone that is a folder": "Europe",
    "no address": "http://[", "percent": "%", "newline": "a\r\nb: c", "million years": "P999999999D", "line": "-",
    "RTL": "\u202e",
}  # a table, read by rows # fmt: skip
DIGITS = "5,000 digits, as a number"  # more than Python reads as one
KINDS: dict[str, Any] = {
    DIGITS: DIGITS, "null": None, "true": True, "false": False, "[]": [], "{}": {}, "[[]]": [[]], "[null]": [None],
    "{a: {}}": {"a": {}}, "500 lists deep": nested(500), "500 objects deep": nested(500, lists=False),
    "3,000 nulls": [None] * 3_000,
}  # a table, read by rows # fmt: skip
EXTREMES: dict[str, Any] = {**NUMBERS, **DATES, **TEXTS, **KINDS}
MANY = 3_000  # of a list's own first value


def replaced(value: Any, place: Place, other: Any) -> Any:
    """The value with another one in that place; what is not on the way there is shared, not copied."""
    if not place:
        return other
    copied = value.copy()
    copied[place[0]] = replaced(value[place[0]], place[1:], other)
    return copied


def without(value: Any, place: Place) -> Any:
    """The value without that place."""
    copied = value.copy()
    if len(place) == 1:
        del copied[place[0]]
    else:
        copied[place[0]] = without(value[place[0]], place[1:])
    return copied


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Everything in a JSON value with its path, itself first."""
    yield at, value
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*at, key))


def spoilers(value: Any) -> Iterator[tuple[str, Place, Callable[[Any], Any]]]:
    """What spoils such a JSON value: each place in turn gone, an extreme, or (a list) alone or one of thousands.

    Each as (what it is, the place, what is done to a value that has the place).
    """
    for place, held in places(value):
        where = ".".join(map(str, place)) or "all of it"
        if place:
            yield f"{where} is gone", place, partial(without, place=place)
        if isinstance(held, list) and held:
            yield f"{where} holds one", place, partial(replaced, place=place, other=held[:1])
            yield f"{where} holds {MANY} alike", place, partial(replaced, place=place, other=held[:1] * MANY)
        for name, extreme in EXTREMES.items():
            yield f"{where} is {name}", place, partial(replaced, place=place, other=extreme)


def spoilings(value: Any) -> Iterator[tuple[str, Any]]:
    """The value so spoiled: (what it is, the value)."""
    return ((name, spoil(value)) for name, _, spoil in spoilers(value))


def as_bytes(value: Any) -> bytes:
    """JSON as bytes: NaN and infinity are written as most tools would, halves of characters as escapes."""
    return json.dumps(value).encode().replace(f'"{DIGITS}"'.encode(), b"9" * 5_000)


def cells() -> Iterator[tuple[str, str]]:
    """The extremes that are no lists, as cells of a table or values of a property."""
    for name, extreme in EXTREMES.items():
        if isinstance(extreme, str | int | float) and not isinstance(extreme, bool):
            yield name, str(extreme)


def picked(found: Iterator[Any], every: int, first: int) -> Iterator[Any]:
    """One of `every` so many, from the one with number `first` on: a sample that meets all places and all extremes."""
    return (one for number, one in enumerate(found) if number % every == first % every)
