"""Runs that the timetable lacks: ADDED and NEW, the new half of a REPLACEMENT, and DUPLICATED trips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.conditions import AddedRun
from chalicelib.transit.data.timetable import CAN_ALIGHT, CAN_BOARD, FROM_S, UPTO_S
from feeds.compile.tables.times import DAY_S
from feeds.realtime.matching.calls import SKIPPED
from feeds.realtime.matching.expand import KnownDelays, expected_times
from feeds.realtime.matching.match import OtherDay, RejectedEntity, clean_text, clock_s, day_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from feeds.realtime.matching.calls import Call
    from feeds.realtime.matching.index import TimetableIndex
    from feeds.realtime.matching.match import WantedRun
    from feeds.realtime.matching.placing import Placement

CALLS_MIN = 2  # fewer take nobody anywhere
LONGEST_S = 3 * DAY_S  # from the first call to the last: a train through a continent; more is a mistake in a time
ADDED_AHEAD_S = 60 * DAY_S  # from the service day: trips are added weeks ahead, not years
TRIP_ID_MAX = 256  # characters
HEADSIGN_MAX = 120  # a line on a telephone


@dataclass(frozen=True, slots=True)
class AddedTrip:
    """An added run as first said, and what later updates under its own id say. `at`: POSIX s of the update.

    It is `PlannedCalls` of one run, so that updates find their calls in it as in a timetable.
    """

    key: str  # its trip_id, and its start where it is one of many
    at: int
    run: AddedRun
    sequence: tuple[int, ...]
    stop_of: Mapping[str, int]
    stations: Sequence[int]
    origin_epoch: int

    @property
    def first(self) -> tuple[int, int]:
        """The one run is run 0."""
        return 0, len(self.run.stop)

    @property
    def stop(self) -> list[int]:
        """Of each call."""
        return [int(stop) for stop in self.run.stop]

    @property
    def arrives(self) -> list[int]:
        """S from origin."""
        return [int(time) for time in self.run.arrives]

    @property
    def departs(self) -> list[int]:
        """S from origin."""
        return [int(time) for time in self.run.departs]

    @property
    def flags(self) -> list[int]:
        """As `st_flags`."""
        return [int(flags) for flags in self.run.flags]

    @property
    def station(self) -> Sequence[int]:
        """Parent station of each stop of the timetable."""
        return self.stations

    def expected(self, at: int, placed: Placement) -> AddedTrip:
        """The trip when an update of `at` says these calls."""
        if not placed.calls and not placed.moved:
            return self
        known = KnownDelays()
        for call in placed.calls:
            known.add(*call)
        stops = self.run.stop.copy()
        stops[list(placed.moved)] = list(placed.moved.values())
        planned = np.stack([self.run.arrives, self.run.departs], axis=1).ravel().astype("i8")
        index = np.arange(len(self.run.stop))
        times = expected_times(planned, index, np.zeros(len(index), "i8"), known)
        flags = self.run.flags.copy()
        flags[known.skipped] = 0
        arrives, departs = times[0::2].astype("i4"), times[1::2].astype("i4")
        return replace(self, at=at, run=replace(self.run, stop=stops, arrives=arrives, departs=departs, flags=flags))


def new_run(
    want: WantedRun, headsign: str, calls: Sequence[Call], index: TimetableIndex, ignored: Counter[str]
) -> AddedTrip:
    """A run made of nothing but its updates: each call needs a known stop and a time; two of them make a run.

    Raises `RejectedEntity` with added_without_times, impossible_time and bad_trip_id, `OtherDay` for one outside this
    timetable's hours.
    """
    stops, arrives, departs, sequence = [], [], [], []
    for call in calls:
        stop = index.stop_of.get(call.stop_id)
        time = call.arrival.time if call.arrival.time is not None else call.departure.time
        if stop is None or time is None or call.kind == SKIPPED:
            ignored["added_call_unusable"] += 1
            continue
        stops.append(stop)
        sequence.append(-1 if call.sequence is None else call.sequence)
        arrives.append(time - index.origin_epoch)
        departs.append((call.departure.time if call.departure.time is not None else time) - index.origin_epoch)
    if len(stops) < CALLS_MIN:
        raise RejectedEntity("added_without_times")
    route = index.route_of.get(want.route_id, -1)
    trip_id, times = _trip_id(want.trip_id), _times(arrives, departs)
    run = AddedRun(trip_id, route, headsign[:HEADSIGN_MAX], np.array(stops, "i4"), *times)
    return AddedTrip(trip_id, 0, run, tuple(sequence), index.stop_of, index.station, index.origin_epoch)


def copy_run(update: Any, original: int, index: TimetableIndex) -> AddedTrip:
    """A DUPLICATED trip: the original's calls at the new start. Raises `RejectedEntity`, `OtherDay`."""
    properties = update.trip_properties
    trip_id, start_time, start_date = (
        clean_text(properties.trip_id),
        clean_text(properties.start_time),
        clean_text(properties.start_date),
    )
    if not (trip_id and start_time and start_date):
        raise RejectedEntity("duplicated_without_properties")
    start_s = clock_s(start_time) + day_of(start_date, index) * DAY_S
    headsign = clean_text(properties.trip_headsign) or index.timetable.text("run_headsign", original)
    return shifted_run(original, start_s, index, trip_id, headsign)


def shifted_run(original: int, start_s: int, index: TimetableIndex, trip_id: str, headsign: str) -> AddedTrip:
    """The original's calls when it starts at `start_s` (from origin). Raises `RejectedEntity`, `OtherDay`."""
    first, end = index.first[original], index.first[original + 1]
    shift_s = start_s - index.departs[first]
    arrives = np.array(index.arrives[first:end], "i8") + shift_s
    departs = np.array(index.departs[first:end], "i8") + shift_s
    route = int(index.timetable.run_route[original])
    stops = np.array(index.stop[first:end], "i4")
    run = AddedRun(_trip_id(trip_id), route, headsign[:HEADSIGN_MAX], stops, *_times(arrives, departs))
    return AddedTrip(
        trip_id, 0, run, tuple(index.sequence[first:end]), index.stop_of, index.station, index.origin_epoch
    )


def _trip_id(written: str) -> str:
    if len(written) > TRIP_ID_MAX:
        raise RejectedEntity("bad_trip_id")
    return written


def _times(arrives: Any, departs: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Arrivals, departures and flags of a run.

    Times that run backwards are pushed on; the first call is for boarding only, the last for alighting. Raises
    `RejectedEntity` where one lies days from the others or years away, `OtherDay` for a run outside the timetable's
    hours.
    """
    earliest, latest = min(*arrives, *departs), max(*arrives, *departs)
    if latest - earliest > LONGEST_S or max(abs(earliest), abs(latest)) > ADDED_AHEAD_S:
        raise RejectedEntity("impossible_time")
    if latest < FROM_S or earliest >= UPTO_S:
        raise OtherDay
    times = np.maximum.accumulate(np.stack([arrives, departs], axis=1).ravel())
    if times[-1] < FROM_S or times[0] >= UPTO_S:
        raise OtherDay
    flags = np.full(len(arrives), CAN_BOARD | CAN_ALIGHT, "u1")
    flags[0], flags[-1] = CAN_BOARD, CAN_ALIGHT
    return times[0::2].astype("i4"), times[1::2].astype("i4"), flags
