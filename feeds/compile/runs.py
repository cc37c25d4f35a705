"""Which trips run within the window of a service day, when, and which of them continues which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.timetable import FROM_S, UPTO_S
from feeds.compile.tables.times import DAY_S, shift_s
from feeds.compile.tables.transfers import IN_SEAT, NOT_IN_SEAT

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from feeds.compile.tables.part import FeedPart


@dataclass(frozen=True, slots=True)
class Runs:
    """Trips on dates. `offset_s` is added to the trip's times to count from the day's origin."""

    trip: NDArray[Any]  # i4
    day: NDArray[Any]  # i1 service date relative to the day compiled
    start_s: NDArray[Any]  # i4 of a frequency run, of its own service date; else -1
    offset_s: NDArray[Any]  # i8
    begins_s: NDArray[Any]  # i8 first departure, from the day's origin
    ends_s: NDArray[Any]  # i8 last arrival

    def select(self, at: NDArray[Any]) -> Runs:
        """Those at a mask or indices."""
        return Runs(*(getattr(self, name)[at] for name in self.__slots__))


def days_around(part: FeedPart) -> range:
    """Relative service dates that can reach into the day: one back (more if trips last longer) to one ahead."""
    longest = int(part.calls.departs.max(initial=0)) + int(part.frequencies.end_s.max(initial=0))
    back = max(1, -(-(longest - FROM_S - DAY_S) // DAY_S))
    return range(-min(back, 100), 2)


def runs_of(part: FeedPart, day: date, days: range) -> Runs:
    """All runs with something inside [FROM_S, UPTO_S) of the day's origin."""
    pieces = []
    for relative in days:
        active = part.services.active(day.toordinal() + relative)
        shifts = np.array([shift_s(day, part.zones[0], relative, zone) for zone in part.zones], np.int64)
        shift = shifts[part.services.zone[part.trips.service]]
        usable = active[part.trips.service] & (np.diff(part.calls.first) > 0)
        pieces += [_timetable_runs(part, usable, shift, relative), _frequency_runs(part, usable, shift, relative)]
    return Runs(*(np.concatenate([getattr(piece, name) for piece in pieces]) for name in Runs.__slots__))


def _run(part: FeedPart, trip: NDArray[Any], relative: int, start: NDArray[Any], offset: NDArray[Any]) -> Runs:
    first, last = part.calls.first[trip], part.calls.first[trip + 1] - 1
    begins, ends = part.calls.departs[first] + offset, part.calls.arrives[last] + offset
    runs = Runs(trip.astype(np.int32), np.full(len(trip), relative, np.int8), start, offset, begins, ends)
    return runs.select((ends >= FROM_S) & (begins < UPTO_S))


def _timetable_runs(part: FeedPart, usable: NDArray[Any], shift: NDArray[Any], relative: int) -> Runs:
    own = usable.copy()
    own[part.frequencies.trip] = False  # its times are only a pattern
    trip = np.flatnonzero(own)
    return _run(part, trip, relative, np.full(len(trip), -1, np.int32), shift[trip])


def _frequency_runs(part: FeedPart, usable: NDArray[Any], shift: NDArray[Any], relative: int) -> Runs:
    """Departures at start + k * headway < end, both kinds of exact_times; a pattern starts at its first departure."""
    rows = part.frequencies
    at = np.flatnonzero(usable[rows.trip] & (rows.end_s > rows.start_s))
    count = -(-(rows.end_s[at] - rows.start_s[at]) // rows.headway_s[at])
    row = np.repeat(at, count)
    k = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    trip, start = rows.trip[row], rows.start_s[row] + k * rows.headway_s[row]
    once = np.unique(trip.astype(np.int64) << 32 | start, return_index=True)[1]
    trip, start = trip[once], start[once].astype(np.int32)
    offset = shift[trip] + start - part.calls.departs[part.calls.first[trip]]
    return _run(part, trip, relative, start, offset)


def continuations(part: FeedPart, runs: Runs) -> NDArray[Any]:
    """For each run the run that continues it in the same vehicle, -1: none.

    Trips of a block follow each other on the same service date when the next one starts where (stop or station) and not
    before the last one ends, and no other could be meant. transfers.txt types 4 and 5 decide otherwise.
    """
    following = np.full(len(runs.trip), -1, np.int32)
    block = part.trips.block[runs.trip].astype(np.int64)
    own = np.flatnonzero((block >= 0) & (runs.start_s < 0))
    order = own[np.lexsort((runs.ends_s[own], runs.begins_s[own], block[own], runs.day[own]))]
    if len(order) > 1:
        _chain(part, runs, order, block, following)
    _apply_in_seat_transfers(part, runs, following)
    return following


def _chain(part: FeedPart, runs: Runs, order: NDArray[Any], block: NDArray[Any], following: NDArray[Any]) -> None:
    here, after = order[:-1], order[1:]
    same = (block[here] == block[after]) & (runs.day[here] == runs.day[after])
    tie = same & (runs.begins_s[here] == runs.begins_s[after])  # two trips of a block at once: either could be meant
    twice = np.append(tie[1:], False)
    place = np.where(part.stops.station >= 0, part.stops.station, np.arange(len(part.stops.ids)))
    ends = place[part.calls.stop[part.calls.first[runs.trip[here] + 1] - 1]]
    starts = place[part.calls.stop[part.calls.first[runs.trip[after]]]]
    good = same & ~tie & ~twice & (ends == starts) & (runs.begins_s[after] >= runs.ends_s[here])
    following[here[good]] = after[good]


def _apply_in_seat_transfers(part: FeedPart, runs: Runs, following: NDArray[Any]) -> None:
    """Rows of transfers.txt types 4 and 5; of several rows for one trip the first counts."""
    rows = part.transfers
    in_seat = np.flatnonzero((rows.type == IN_SEAT) | (rows.type == NOT_IN_SEAT))
    runs_of_trip = runs_by_trip(runs) if len(in_seat) else {}
    for row in in_seat[::-1]:
        before, after = (dict(runs_of_trip.get(int(trip), ())) for trip in rows.trips[row])
        for day, run in before.items():
            other = after.get(day, -1)
            if other >= 0 and rows.type[row] == IN_SEAT and runs.begins_s[other] >= runs.ends_s[run]:
                following[run] = other
            elif other >= 0 and rows.type[row] == NOT_IN_SEAT and following[run] == other:
                following[run] = -1


def runs_by_trip(runs: Runs) -> dict[int, list[tuple[int, int]]]:
    """Trip → its (day, run) without those that frequencies made."""
    found: dict[int, list[tuple[int, int]]] = {}
    for run in np.flatnonzero(runs.start_s < 0):
        found.setdefault(int(runs.trip[run]), []).append((int(runs.day[run]), int(run)))
    return found
