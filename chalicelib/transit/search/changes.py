"""The change table: from where one alights to where one boards, and the least seconds between.

Rules
- At one stop: what transfers.txt says about it, else the caller's default; "not possible" has no row.
- Between two stops: one footpath. Where transfers.txt gives the seconds (path_m = 0) its word stands as it is;
  where they come from a computed walk (path_m > 0) a change never takes less than the caller's default.
- Two footpaths are never joined; the table is what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data.timetable import NOT_POSSIBLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.timetable import Timetable

    Ints = NDArray[Any]


class ChangeTable(NamedTuple):
    """Compressed rows: node n leads to `to[first[n]:first[n + 1]]` in `seconds`. The last node leads nowhere."""

    first: Ints
    to: Ints
    seconds: Ints


class ChangeLinks(NamedTuple):
    """The same as unordered triples."""

    origin: Ints
    to: Ints
    seconds: Ints


def between_stops(timetable: Timetable, change_s: int) -> ChangeLinks:
    """Every change that does not depend on the runs. Node = stop."""
    same = np.flatnonzero(timetable.stop_change_s != NOT_POSSIBLE)
    least = timetable.stop_change_s[same]
    path_s = timetable.path_s
    walked = np.where(timetable.path_m > 0, np.maximum(path_s, change_s), path_s)
    return ChangeLinks(
        np.concatenate([same, np.repeat(np.arange(timetable.n_stops), np.diff(timetable.path_first))]),
        np.concatenate([same, timetable.path_to]),
        np.concatenate([np.where(least < 0, change_s, least), walked]),
    )


def footpaths(timetable: Timetable) -> ChangeLinks:
    """The footpaths alone, with the seconds of the walk itself."""
    begins = np.repeat(np.arange(timetable.n_stops), np.diff(timetable.path_first))
    return ChangeLinks(begins, timetable.path_to, timetable.path_s)


def rows(links: ChangeLinks, nodes: int, *, mirrored: bool) -> ChangeTable:
    """The links as rows by where they begin; mirrored: by where they end."""
    begin, end = (links.to, links.origin) if mirrored else (links.origin, links.to)
    narrow = begin.astype(np.uint16) if nodes < 1 << 16 else begin  # two bytes sort by radix
    sort = np.argsort(narrow, kind="stable")
    first = np.zeros(nodes + 2, np.int32)
    np.cumsum(np.bincount(begin, minlength=nodes + 1), out=first[1:])
    return ChangeTable(first, end[sort].astype(np.int32), links.seconds[sort].astype(np.int32))
