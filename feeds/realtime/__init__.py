"""GTFS-Realtime → conditions. `read_conditions` is for files; `poll` watches URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable


def read_conditions(paths: Sequence[Path], timetable: Timetable, now: int | None = None) -> Conditions:
    """What GTFS-Realtime files say about this timetable; later files and younger updates win.

    `now` (POSIX s) stands in for headers without a time. Raises `feeds.realtime.decode.Rejected` for a file that is
    no usable message, `FileNotFoundError`.
    """
    from feeds.realtime.decode import decode  # noqa: PLC0415 - protobuf is slow to import
    from feeds.realtime.reading import conditions_of  # noqa: PLC0415 - the same

    return conditions_of([decode(path.read_bytes()) for path in paths], timetable, now)[0]
