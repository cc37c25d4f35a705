"""The compiled network of one service day: flat arrays in one file, opened by mmap in milliseconds.

Rules of the file
- One file holds one service day of one network (one or more GTFS feeds): `day-YYYY-MM-DD.tt`.
- Layout: 8 magic bytes, the header's length (uint32), a JSON header {"meta": {...}, "arrays": {name: [dtype,
  shape, offset]}}, then the arrays, each at a multiple of 64 bytes. Written aside, then renamed: never half there.
- All times are int32 seconds from `origin_epoch`: local noon minus 12 h of the service day (GTFS reference,
  "Time"), which is not midnight on the days when clocks change.
- A *run* is one trip on one service date (and, from frequencies.txt, one start time). The day's file holds every
  run with an event in [FROM_S, UPTO_S): yesterday's tail and the head of tomorrow included, with times already
  shifted to this day's origin.
- Text (ids, names) is one UTF-8 blob and its offsets: `text_blob`, and `<name>_text` arrays of int32 pairs.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

TIMETABLE_MAGIC = b"LTHTT\x00\x00\x01"
ALIGN_BYTES = 64
FROM_S = -6 * 3600
UPTO_S = 30 * 3600  # as far as trips of the day usually run: GTFS times go past 24:00
ENTRANCE = 2  # in `stop_kind`
NOT_POSSIBLE = -2  # in the seconds of changes: there is none (transfers.txt, transfer_type 3)

# bits of `st_flags`; INTERPOLATED: the feed left the times empty or calls them approximate (timepoint 0)
CAN_BOARD, CAN_ALIGHT, INTERPOLATED, ON_REQUEST, BOARD_BY_PHONE, ALIGHT_BY_PHONE = 1, 2, 4, 8, 16, 32

TIMETABLE_FIELDS: Mapping[str, str] = {
    # stops: every row of stops.txt, in file order; those without usable coordinates are at 0, 0 and nobody walks there
    "stop_id_text": "i4",  # [n_stops, 2] offset and length in text_blob
    "stop_name_text": "i4",
    "stop_lat": "f8",
    "stop_lon": "f8",
    "stop_parent": "i4",  # index of the parent station, -1: none
    "stop_kind": "i1",  # location_type: 0 platform or stop, 1 station, 2 entrance, 3 node, 4 boarding area
    # least time to change at this stop from transfers.txt; -1: the caller's default; NOT_POSSIBLE: none
    "stop_change_s": "i4",
    # routes
    "route_id_text": "i4",
    "route_name_text": "i4",  # route_short_name, else route_long_name
    "route_type": "i2",  # as in routes.txt, extended types kept
    # runs, ordered by nothing in particular
    "run_trip_id_text": "i4",
    "run_headsign_text": "i4",
    "run_route": "i4",
    "run_day": "i1",  # service date relative to the file's: -1, 0, 1 (less only where a trip lasts longer than that)
    "run_start_s": "i4",  # start time of a frequency run as seconds of its own service date, else -1
    "run_next": "i4",  # the run that continues this one in the same vehicle (block_id, transfers type 4), else -1
    "run_first": "i4",  # [n_runs + 1] into the stop_times below
    # stop_times of the runs, in order of stop_sequence
    "st_stop": "i4",
    "st_arrives": "i4",
    "st_departs": "i4",
    "st_sequence": "i4",  # stop_sequence as in the feed
    "st_flags": "u1",
    # footpaths between different stops as compressed rows: stop s leads to path_to[path_first[s]:path_first[s+1]]
    "path_first": "i4",  # [n_stops + 1]
    "path_to": "i4",
    "path_s": "i4",  # seconds; already holds what transfers.txt says, which wins over computed walks
    "path_m": "i4",  # metres walked, 0 where only transfers.txt knows
    # transfers.txt rows that name trips or routes; -1 means any
    "exception_stops": "i4",  # [n, 2] from_stop, to_stop
    "exception_routes": "i4",  # [n, 2]
    "exception_runs": "i4",  # [n, 2]
    "exception_s": "i4",  # least seconds, or NOT_POSSIBLE; most specific row wins
    "text_blob": "u1",
}
MORE_FIELDS: Mapping[str, str] = {
    # what the compiler adds and a timetable made by hand may leave out
    "run_direction": "i1",  # direction_id, -1: not given
    "route_phone_text": "i4",  # whom to phone where a ride has to be ordered: the booking rule's, else the agency's
}


class BadTimetable(ValueError):
    """The file is not a timetable of this version; compile the feed again."""


@dataclass(frozen=True)
class Timetable:
    """One service day. `meta`: feed_version (hash), service_date (YYYY-MM-DD), timezone, origin_epoch, feeds."""

    meta: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def __getattr__(self, name: str) -> NDArray[Any]:
        try:
            return self.arrays[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def n_stops(self) -> int:
        """Number of stops."""
        return len(self.arrays["stop_lat"])

    @property
    def n_runs(self) -> int:
        """Number of runs."""
        return len(self.arrays["run_route"])

    def text(self, field: str, index: int) -> str:
        """One entry of the array `<field>_text`, decoded."""
        at, length = self.arrays[field + "_text"][index]
        return bytes(self.arrays["text_blob"][at : at + length]).decode()


def save_timetable(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes a timetable so that no reader ever sees half of it."""
    if arrays.keys() - MORE_FIELDS.keys() != TIMETABLE_FIELDS.keys():
        raise ValueError(f"fields differ: {sorted((arrays.keys() - MORE_FIELDS.keys()) ^ TIMETABLE_FIELDS.keys())}")
    types = {**TIMETABLE_FIELDS, **MORE_FIELDS}
    flat = {name: np.ascontiguousarray(arrays[name], dtype=types[name]) for name in types if name in arrays}
    write_arrays(path, TIMETABLE_MAGIC, meta, flat)


def write_arrays(path: Path, magic: bytes, meta: Mapping[str, Any], flat: Mapping[str, NDArray[Any]]) -> None:
    """Writes contiguous arrays in the layout above, aside first, then renamed."""
    table: dict[str, tuple[str, list[int], int]] = {}
    offset = 0
    for name, array in flat.items():
        table[name] = (array.dtype.str, list(array.shape), offset)
        offset += -(-array.nbytes // ALIGN_BYTES) * ALIGN_BYTES
    header = json.dumps({"meta": dict(meta), "arrays": table}).encode()
    start = -(-(len(magic) + 4 + len(header)) // ALIGN_BYTES) * ALIGN_BYTES
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(magic + struct.pack("<I", len(header)) + header)
        for name, array in flat.items():
            file.seek(start + table[name][2])
            file.write(array.data)
        file.truncate(start + offset)
    aside.replace(path)


def load_timetable(path: Path) -> Timetable:
    """Opens a timetable without reading it: the arrays are read-only views of a map of the file.

    Raises `BadTimetable`, `FileNotFoundError`.
    """
    return Timetable(*map_arrays(path, TIMETABLE_MAGIC))


def map_arrays(path: Path, magic: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Meta and arrays of a file that `write_arrays` wrote. Raises `BadTimetable`, `FileNotFoundError`."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < len(magic) + 4:
            raise BadTimetable(f"{path.name} is cut short")
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if view[: len(magic)] != magic:
        raise BadTimetable(f"{path.name} is no file of this kind and version")
    try:
        return _arrays_of(view, len(magic))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, SyntaxError, struct.error) as reason:
        raise BadTimetable(f"{path.name} is cut short, or no file of this version") from reason


def _arrays_of(view: mmap.mmap, at: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    (length,) = struct.unpack_from("<I", view, at)
    header = json.loads(view[at + 4 : at + 4 + length])
    start = -(-(at + 4 + length) // ALIGN_BYTES) * ALIGN_BYTES
    arrays = {
        name: np.frombuffer(view, dtype, count=math.prod(map(int, shape)), offset=start + offset).reshape(shape)
        for name, (dtype, shape, offset) in header["arrays"].items()
    }
    return dict(header["meta"]), arrays
