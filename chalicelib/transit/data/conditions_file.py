"""Conditions as one small blob, in the manner of a timetable: a JSON header, then arrays at multiples of 64 bytes.

Rules of the blob
- Layout: 8 magic bytes, the header's length (uint32), the header {"meta": {...}, "arrays": {name: [dtype, length,
  offset]}, "added": [[trip_id, route, headsign, calls], …]}, the arrays.
- "moved" may be missing: blobs of before had none.
- It names the timetable it belongs to (`feed_version`, `service_date`): a reader with another one must not use it.
- `meta` says who published it when: feed_id, sequence, published_at, changed_at (POSIX s, our clock), alerts.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.conditions import AddedRun, Conditions
from chalicelib.transit.data.timetable import ALIGN_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

CONDITIONS_MAGIC = b"LTHLC\x00\x00\x02"
# name in the blob → attribute of `Conditions`, type
ARRAYS = {
    "at": ("at", "i4"),
    "arrives": ("arrives", "i4"),
    "departs": ("departs", "i4"),
    "skipped": ("skipped", "?"),
    "cancelled": ("cancelled", "i4"),
    "live": ("live", "i4"),
    "foretold": ("predicted", "i4"),
}
CALLS = {"stop": "i4", "arrives": "i4", "departs": "i4", "flags": "u1"}


KINDS = {
    **{name: kind for name, (_, kind) in ARRAYS.items()},
    **{f"added_{name}": kind for name, kind in CALLS.items()},
    "passed": "i4",
    "moved": "i4",
}  # of each array, as it is written


class BadConditions(ValueError):
    """The blob is no conditions file of this version; the next publication will be."""


def dump_conditions(conditions: Conditions, meta: Mapping[str, Any]) -> bytes:
    """The blob. `meta` is any JSON object."""
    arrays = {
        name: np.ascontiguousarray(getattr(conditions, attribute), kind) for name, (attribute, kind) in ARRAYS.items()
    }
    arrays["passed"] = np.ascontiguousarray(conditions.passed, "i4").ravel()
    arrays["moved"] = np.ascontiguousarray(conditions.moved, "i4").ravel()
    for name, kind in CALLS.items():
        parts = [np.empty(0, kind), *(np.asarray(getattr(run, name), kind) for run in conditions.added)]
        arrays["added_" + name] = np.concatenate(parts)
    table, body = {}, bytearray()
    for name, array in arrays.items():
        body += bytes(-len(body) % ALIGN_BYTES)
        table[name] = (array.dtype.str, len(array), len(body))
        body += array.tobytes()
    header = {
        "meta": dict(meta),
        "feed_version": conditions.feed_version,
        "service_date": conditions.service_date,
        "observed_at": conditions.observed_at,
        "arrays": table,
        "added": [(run.trip_id, run.route, run.headsign, len(run.stop)) for run in conditions.added],
    }
    text = json.dumps(header).encode()
    head = CONDITIONS_MAGIC + struct.pack("<I", len(text)) + text
    return head + bytes(-len(head) % ALIGN_BYTES) + bytes(body)


def parse_conditions(data: bytes) -> tuple[Conditions, dict[str, Any]]:
    """The conditions (read-only views of `data`) and the meta. Raises `BadConditions`."""
    try:
        return _parse(data)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, struct.error) as reason:
        raise BadConditions("no conditions file of this version") from reason


def _parse(data: bytes) -> tuple[Conditions, dict[str, Any]]:
    if data[: len(CONDITIONS_MAGIC)] != CONDITIONS_MAGIC:
        raise BadConditions("no conditions file of this version")
    (length,) = struct.unpack_from("<I", data, len(CONDITIONS_MAGIC))
    end = len(CONDITIONS_MAGIC) + 4 + length
    header = json.loads(data[len(CONDITIONS_MAGIC) + 4 : end])
    start = end + -end % ALIGN_BYTES
    arrays = {
        name: np.frombuffer(data, KINDS[name], count, start + offset)
        for name, (kind, count, offset) in header["arrays"].items()
        if name in KINDS and kind == np.dtype(KINDS[name]).str
    }
    if len({len(arrays[name]) for name in ("at", "arrives", "departs", "skipped")}) > 1:
        raise BadConditions("what is said of calls is not of one length")
    added, at = [], 0
    for trip_id, route, headsign, calls in header["added"]:
        own = {name: arrays["added_" + name][at : at + calls] for name in CALLS}
        if any(len(one) != calls for one in own.values()):
            raise BadConditions("an added run is cut short")
        added.append(AddedRun(str(trip_id), int(route), str(headsign), **own))
        at += calls
    conditions = Conditions(
        header["feed_version"],
        header["service_date"],
        header["observed_at"],
        added=tuple(added),
        passed=arrays["passed"].reshape(-1, 4),
        moved=arrays["moved"].reshape(-1, 2) if "moved" in arrays else np.empty((0, 2), "i4"),
        **{attribute: arrays[name] for name, (attribute, _) in ARRAYS.items()},
    )
    meta = header["meta"]
    publication_order(meta)
    return conditions, meta


def publication_order(meta: Mapping[str, Any]) -> tuple[int, int]:
    """What sorts publications of one blob by their age: they can overtake each other."""
    return int(meta.get("published_at", 0)), int(meta.get("sequence", 0))
