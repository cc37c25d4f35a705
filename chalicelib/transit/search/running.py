"""What runs now: the timetable's calls with the conditions applied, in time linear in their number.

A *call* is one stop_time of one run; indices of calls are the timetable's (`st_…`), those of added runs come after.
What in the conditions cannot be (a call, run, stop or route that is not there, a time days away) is left out; it never
keeps the rest from being applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.conditions import AddedRun, Conditions
    from chalicelib.transit.data.timetable import Timetable

    Ints = NDArray[Any]


EARLY_S = 120  # who is earlier than this at a stop was early before it, too; less is made up between two stops
FARTHEST_S = 5 * 86_400  # nothing that belongs to a service day is farther from its origin


class OtherTimetable(ValueError):
    """The conditions were matched against another timetable; match them again."""


@dataclass(frozen=True)
class Running:
    """Calls as expected now. Arrays as in the timetable; `gone` (uint8) and `live` (bool) have an entry per run."""

    first: Ints
    stop: Ints
    arrives: Ints
    departs: Ints
    flags: Ints
    following: Ints
    gone: Ints
    live: Ints
    added: tuple[AddedRun, ...] = field(default=())


def as_timetabled(timetable: Timetable) -> Running:
    """Everything runs, on time."""
    return Running(
        timetable.run_first,
        timetable.st_stop,
        timetable.st_arrives,
        timetable.st_departs,
        timetable.st_flags,
        timetable.run_next,
        np.zeros(timetable.n_runs, np.uint8),
        np.zeros(timetable.n_runs, bool),
    )


def apply(timetable: Timetable, conditions: Conditions) -> Running:
    """The timetable under the conditions. Raises `OtherTimetable`."""
    meta = timetable.meta
    if (conditions.feed_version, conditions.service_date) != (meta["feed_version"], meta["service_date"]):
        raise OtherTimetable(f"conditions are for {conditions.service_date}, the timetable for {meta['service_date']}")
    arrives, departs, flags = (
        array.copy() for array in (timetable.st_arrives, timetable.st_departs, timetable.st_flags)
    )
    changed = _possible_calls(conditions, len(arrives))
    at = conditions.at[changed]
    arrives[at], departs[at] = conditions.arrives[changed], conditions.departs[changed]
    flags[at[conditions.skipped[changed]]] = 0
    gone, live = np.zeros(timetable.n_runs, np.uint8), np.zeros(timetable.n_runs, bool)
    gone[_below(conditions.cancelled, timetable.n_runs)] = 1
    live[_below(conditions.live, timetable.n_runs)] = True
    first = timetable.run_first
    if len(at):
        _early_vehicles_have_passed(timetable, arrives, departs, at)
        astray = _backwards(first, arrives, departs, at)
        if len(astray):
            _never_backwards(first, arrives, departs, np.unique(np.searchsorted(first, astray, "right") - 1))
        _late_vehicles_go_on_late(timetable, arrives, departs, gone, live)
    added = tuple(run for run in conditions.added if _is_possible(run, timetable))
    stop, following = _stops(timetable, conditions), timetable.run_next
    running = Running(first, stop, arrives, departs, flags, following, gone, live, added)
    return _with_added(running) if added else running


def _early_vehicles_have_passed(timetable: Timetable, arrives: Ints, departs: Ints, at: Ints) -> None:
    """A vehicle that is early at the first call known of it was as early before: nobody boards behind it.

    Few calls are early: only of those it is asked which run they are of, and whether they are its first one.
    """
    later_s, left_later_s = arrives[at] - timetable.st_arrives[at], departs[at] - timetable.st_departs[at]
    early = np.minimum(later_s, left_later_s) < -EARLY_S
    if not early.any():
        return
    changed = np.flatnonzero((later_s != 0) | (left_later_s != 0))  # places in `at`, which ascends
    among = np.flatnonzero(early[changed])
    calls = at[changed[among]]
    before = np.where(among > 0, at[changed[among - 1]], -1)  # the changed call before each, of whichever run
    begins = timetable.run_first[np.searchsorted(timetable.run_first, calls, "right") - 1]
    by_s = -np.minimum(later_s, left_later_s)[changed[among]]
    is_first = before < begins
    passed, each = _spans(begins[is_first], calls[is_first])
    by_s = by_s[is_first][each]
    arrives[passed] -= by_s
    departs[passed] -= by_s


def _stops(timetable: Timetable, conditions: Conditions) -> Ints:
    """The stop of each call: another platform where the conditions say so."""
    call, platform = conditions.moved[:, 0], conditions.moved[:, 1]
    possible = (call >= 0) & (call < len(timetable.st_stop)) & (platform >= 0) & (platform < timetable.n_stops)
    if not possible.any():
        return timetable.st_stop
    stop = timetable.st_stop.copy()
    stop[call[possible]] = platform[possible]
    return stop


def _possible_calls(conditions: Conditions, calls: int) -> Ints:
    """A mask of the changed calls that the timetable has, at times within reach of its day."""
    possible: Ints = (conditions.at >= 0) & (conditions.at < calls)
    for times in (conditions.arrives, conditions.departs):
        possible &= (times >= -FARTHEST_S) & (times <= FARTHEST_S)
    return possible


def _below(numbers: Ints, limit: int) -> Ints:
    return numbers[(numbers >= 0) & (numbers < limit)]


def _is_possible(run: AddedRun, timetable: Timetable) -> bool:
    """Whether what is added fits the timetable: the scans do not check it."""
    times = np.stack([run.arrives, run.departs], axis=1).ravel()
    return bool(
        len(run.stop)
        and run.stop.min() >= 0
        and run.stop.max() < timetable.n_stops
        and -1 <= run.route < len(timetable.route_type)
        and times.min() >= -FARTHEST_S
        and times.max() <= FARTHEST_S
        and (np.diff(times.astype(np.int64)) >= 0).all()
    )


def _backwards(first: Ints, arrives: Ints, departs: Ints, at: Ints) -> Ints:
    """The changed calls whose times contradict each other or the calls before and after."""
    begins = np.zeros(len(arrives) + 1, bool)
    begins[first] = True
    after = np.minimum(at + 1, len(arrives) - 1)
    wrong = (arrives[at] > departs[at]) | (~begins[at + 1] & (departs[at] > arrives[after]))
    wrong |= ~begins[at] & (departs[at - 1] > arrives[at])
    astray: Ints = at[wrong]
    return astray


def _never_backwards(first: Ints, arrives: Ints, departs: Ints, runs: Ints) -> None:
    """Raises times that lie before an earlier time of the same run; predictions are allowed to be that bad."""
    calls, each = _spans(first[runs], first[runs + 1])
    times = np.empty((len(calls), 2), np.int64)
    times[:, 0], times[:, 1] = arrives[calls], departs[calls]
    apart = np.int64(1) << 34  # more than any two times differ by, so that runs do not touch one another
    times += (each * apart)[:, None]
    risen = np.maximum.accumulate(times.ravel()).reshape(-1, 2)
    if (risen != times).any():
        changed = (risen != times).any(axis=1)
        arrives[calls[changed]] += (risen - times)[changed, 0].astype(np.int32)
        departs[calls[changed]] += (risen - times)[changed, 1].astype(np.int32)


def _late_vehicles_go_on_late(timetable: Timetable, arrives: Ints, departs: Ints, gone: Ints, live: Ints) -> None:
    """A run that continues a late one cannot start before its vehicle is there, unless its own times are known."""
    first, following = timetable.run_first, timetable.run_next
    runs = np.flatnonzero((following >= 0) & live & (gone == 0))
    for _ in range(len(first)):  # a vehicle's day is finite; a feed's circle of links may not be
        after = following[runs]
        goes_on = (after >= 0) & (gone[after] == 0) & ~live[after] & (first[after] < first[after + 1])
        runs, after = runs[goes_on], after[goes_on]
        ends, begins = first[runs + 1] - 1, first[after]
        late = arrives[ends] - departs[begins]
        waits = (late > 0) & (timetable.st_departs[begins] >= timetable.st_arrives[ends])
        if not waits.any():
            return
        after, late = after[waits], late[waits]
        runs = np.unique(after)
        latest = np.zeros(len(runs), np.int32)  # a run may continue several
        np.maximum.at(latest, np.searchsorted(runs, after), late)
        calls, each = _spans(first[runs], first[runs + 1])
        arrives[calls] += latest[each]
        departs[calls] += latest[each]


def _spans(begins: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """All calls from each `begins` up to its `ends`, and the place of the span that each is of."""
    lengths = ends - begins
    before = np.cumsum(lengths) - lengths
    return np.repeat(begins - before, lengths) + np.arange(lengths.sum()), np.repeat(np.arange(len(begins)), lengths)


def _with_added(running: Running) -> Running:
    added = running.added
    lengths = [len(run.stop) for run in added]
    n = len(added)

    def longer(array: Ints, more: list[Ints]) -> Ints:
        return np.concatenate([array, *more]).astype(array.dtype, copy=False)

    return Running(
        longer(running.first, [running.first[-1] + np.cumsum(lengths)]),
        longer(running.stop, [run.stop for run in added]),
        longer(running.arrives, [run.arrives for run in added]),
        longer(running.departs, [run.departs for run in added]),
        longer(running.flags, [run.flags for run in added]),
        longer(running.following, [np.full(n, -1)]),
        longer(running.gone, [np.zeros(n)]),
        longer(running.live, [np.ones(n)]),
        added,
    )
