"""Damaging what tools send, by chance that can be repeated: bytes, lines and JSON."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

SIZE_MAX = 64 * 1024  # of a damaged input; what is huge is tried as it is
ODD_BYTES = (
    b"\x00", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n ", b"\\",
    b'"', b"{", b"[", b"]}", b":", b";", b",", b"%", b"&", b"=", b"\x1f\x8b", b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n",
    b"BEGIN:VTIMEZONE\r\n", b"RRULE:FREQ=HOURLY\r\n",
    b"TZID=", b"99999999T999999Z", b"20260105T100000Z", b"-", b"1e999",
    b"9" * 400, b"\\ud800", b"null", b"true", b"--b\r\n", b"Content-Type: text/calendar; method=CANCEL\r\n",
)  # a table, read by rows # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**18, 10**400, 1e308, "", " ", "x" * 3000, "\ud800", "\x00", "\u202e", "2026-01-05T10:00:00Z",
    "2026-01-05", "9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59", "24:00", "Europe/Vilnius",
    "../../etc/passwd", "CON", [], {}, [[]], {"value": {}}, [None] * 600, {"a": {"a": {"a": {"a": {}}}}},
)  # a table, read by rows # fmt: skip


def damaged(data: bytes, others: list[bytes], chance: Random) -> bytes:
    """The input with one to four things wrong."""
    for _ in range(chance.randint(1, 4)):
        wound = chance.choice(_WOUNDS)
        data = wound(data, others, chance)[:SIZE_MAX]
    return data


def _cut(data: bytes, _others: list[bytes], chance: Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.choice((1, 1, 2, 8, 64, 10_000)) :]


def _inserted(data: bytes, _others: list[bytes], chance: Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(ODD_BYTES) * chance.choice((1, 1, 1, 3, 50)) + data[at:]


def _flipped(data: bytes, _others: list[bytes], chance: Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _repeated(data: bytes, _others: list[bytes], chance: Random) -> bytes:
    first, last = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:last] + data[first:last] * chance.choice((1, 1, 5, 40)) + data[last:]


def _spliced(data: bytes, others: list[bytes], chance: Random) -> bytes:
    other = chance.choice(others)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _lines(data: bytes, others: list[bytes], chance: Random) -> bytes:
    """Lines swapped, doubled, dropped, or taken from elsewhere."""
    lines, foreign = data.split(b"\n"), chance.choice(others).split(b"\n")
    for _ in range(chance.randint(1, 3)):
        here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
        what = chance.randrange(4)
        if what == 0:
            lines[here], lines[there] = lines[there], lines[here]
        elif what == 1:
            lines.insert(here, lines[there])
        elif what == 2:
            lines.insert(here, chance.choice(foreign))
        elif len(lines) > 1:
            del lines[here]
    return b"\n".join(lines)


def _json(data: bytes, others: list[bytes], chance: Random) -> bytes:
    """One place of the JSON odd or gone; what is no JSON is cut."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _cut(data, others, chance)
    return json.dumps(damaged_value(value, chance)).encode("utf-8", "surrogatepass")


def damaged_value(value: Any, chance: Random) -> Any:
    """The JSON with one place odd or gone."""
    value = copy.deepcopy(value)
    path = chance.choice(places(value))
    if not path:
        return chance.choice(ODD_VALUES)
    parent = value
    for step in path[:-1]:
        parent = parent[step]
    if chance.random() < 0.75:
        parent[path[-1]] = chance.choice(ODD_VALUES)
    else:
        del parent[path[-1]]
    return value


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything in a JSON value, itself first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in places(one, (*at, key)))]


_WOUNDS = (_cut, _inserted, _flipped, _repeated, _spliced, _lines, _json, _json, _json)
