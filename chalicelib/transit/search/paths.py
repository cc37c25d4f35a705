"""Paths through a network in bare numbers: what scans find, before it is put in places and dates.

Arrive by: latest departure; of those the earliest arrival; of those the fewest rides. Depart at: earliest arrival;
of those the latest departure; of those the fewest rides. Each takes two scans: one finds the first number, one from
there, in the other direction, the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.search.network import NEVER, RIDE_LANES
from chalicelib.transit.search.nodes import FROM, TO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.search.network import Network, Side

    Ints = NDArray[Any]

RIDES_MAX = 64  # of one path, as traced: room, nobody rides so often


class Path(NamedTuple):
    """Seconds from the day's origin, and per ride the calls at which one boards and alights. No rides: walking."""

    leave: int
    arrive: int
    rides: tuple[tuple[int, int], ...]

    def latest_first(self) -> tuple[int, int, int]:
        """For sorting: the best answer to arrive-by is the least."""
        return -self.leave, self.arrive, len(self.rides)

    def earliest_first(self) -> tuple[int, int, int]:
        """For sorting: the best answer to depart-at is the least."""
        return self.arrive, -self.leave, len(self.rides)


class EndWalks(NamedTuple):
    """The walks of one question; `walk_s` is the walk all the way, None where that is too far."""

    origin: Reach
    destination: Reach
    walk_s: int | None


class ScanResult(NamedTuple):
    """What a scan found with at most `rides` rides: the time at its goal and the calls, in order of travel."""

    time: int
    rides: int
    calls: tuple[tuple[int, int], ...]


class _Limits(NamedTuple):
    """When a scan begins, after when nothing matters, and for how long after the best fewer rides do; seconds."""

    begin: int
    latest: int
    slack: int


def paths_arriving_by(network: Network, ends: EndWalks, deadline: int, *, slack: int = 0) -> list[Path]:
    """Paths that arrive by the deadline: with fewer rides (within `slack` s) first, the latest departure last."""
    return paths_arriving_by_each(network, ends, (deadline,), slack=slack)


def paths_arriving_by_each(network: Network, ends: EndWalks, deadlines: Iterable[int], *, slack: int = 0) -> list[Path]:
    """The paths by each of these deadlines, the latest deadline first; an earlier one adds those it has of its own.

    Where all paths of a deadline arrive by the next one too, they are all that this one has: nothing is asked. What
    leaves at the same time with as few rides is the same path while it arrives in time.
    """
    known: dict[tuple[int, int], Path] = {}
    paths, last = list[Path](), None
    for deadline in deadlines:
        if last is not None and all(path.arrive <= deadline for path in last):
            continue
        last = []
        for latest in scan_backward(network, ends, deadline, slack=slack):
            path = known.get(latest[:2])
            if path is None or path.arrive > deadline:
                path = known[latest[:2]] = _soonest_with(network, ends, latest, deadline, slack)
                paths.append(path)
            last.append(path)
    return paths


def _soonest_with(network: Network, ends: EndWalks, latest: ScanResult, deadline: int, slack: int) -> Path:
    """Of the paths that leave as late as this one, with no more rides, the one that arrives soonest."""
    onward = scan_forward(network, ends, latest.time, latest=deadline, slack=slack and NEVER)
    best = _with_as_few(onward, latest.rides)
    return Path(latest.time, best.time, best.calls)


def paths_departing_at(network: Network, ends: EndWalks, earliest: int, *, slack: int = 0) -> list[Path]:
    """Paths that depart at this time or later: with fewer rides (within `slack` s) first, the earliest arrival last."""
    paths = []
    for soonest in scan_forward(network, ends, earliest, slack=slack):
        back = scan_backward(network, ends, soonest.time, earliest=earliest, slack=slack and NEVER)
        best = _with_as_few(back, soonest.rides)
        paths.append(Path(best.time, soonest.time, best.calls))
    return paths


def _with_as_few(found: list[ScanResult], rides: int) -> ScanResult:
    """The best in time that needs no more rides (beyond the lanes of a scan their number is not the fewest)."""
    return next((each for each in reversed(found) if each.rides <= rides), found[-1])


def scan_forward(
    network: Network, ends: EndWalks, leave: int, *, latest: int = NEVER, slack: int = 0
) -> list[ScanResult]:
    """Earliest arrivals when one leaves then, by number of rides: the last is the earliest, the only one at slack 0."""
    return _scan(network, network.forward, ends.origin, ends.destination, _Limits(leave, latest, slack))


def scan_backward(
    network: Network, ends: EndWalks, arrive: int, *, earliest: int = -NEVER, slack: int = 0
) -> list[ScanResult]:
    """Latest departures when one is to arrive by then: as `scan_forward`, mirrored."""
    limits = _Limits(-arrive, -earliest, slack)
    found = _scan(network, network.backward, ends.destination, ends.origin, limits)
    return [ScanResult(-each.time, each.rides, each.calls) for each in found]


def scan_from_ride(network: Network, call: int, goals: Reach, *, slack: int = 0) -> list[ScanResult]:
    """Earliest arrivals of somebody who is aboard when the run leaves this call, by number of rides (this one too)."""
    side, labels = network.forward, network.labels
    run = network.run_of(call)
    slot = int(network.slot_of_run[run])
    if slot < 0 or call + 1 >= int(network.running.first[run + 1]) or not len(goals.stops):
        return []
    row = side.row_at(int(network.running.arrives[call + 1]))
    row += int(np.flatnonzero((side.rows[row:, 5] == call) & (side.rows[row:, 2] == slot))[0])
    labels.aboard[slot] = 1, -1, RIDE_LANES + 2, -1
    labels.touched[1, 0], labels.counts[1] = slot, 1
    found = _scan_to_goals(network, side, goals, row, _Limits(int(network.running.departs[call]), NEVER, slack))
    aboard = [(each, ((call, each.calls[0][1]), *each.calls[1:])) for each in found]
    return [ScanResult(each.time, each.rides, calls) for each, calls in aboard]


def _scan(network: Network, side: Side, starts: Reach, goals: Reach, limits: _Limits) -> list[ScanResult]:
    if not len(starts.stops) or not len(goals.stops):
        return []
    boarding, walks = network.nodes_of(FROM if side.backward else TO, starts)
    seeds = np.stack([boarding, walks + limits.begin], axis=1, dtype=np.int32)
    network.kernel.single.seed(network.labels.structure, seeds)
    return _scan_to_goals(network, side, goals, side.row_at(int(seeds[:, 1].min())), limits)


def _scan_to_goals(network: Network, side: Side, goals: Reach, row: int, limits: _Limits) -> list[ScanResult]:
    """Scans from a row on with the labels as they are, and puts them back."""
    kernel, labels = network.kernel.single, network.labels
    targets, walks = network.nodes_of(TO if side.backward else FROM, goals)
    labels.reach[targets] = walks
    slack = min(limits.slack, NEVER - 1)
    kernel.rides_to_goal(side.connections, labels.structure, row, limits.latest, slack)
    found = _trace(network, side, limits.latest)[0 if limits.slack else -1 :]
    kernel.clear(labels.structure)
    labels.reach[targets] = -1
    return found


def _trace(network: Network, side: Side, latest: int) -> list[ScanResult]:
    """The lanes that are earlier than all with fewer rides, traced to calls."""
    labels, rows, trace = network.labels, side.rows, network.kernel.single.trace
    found: list[ScanResult] = []
    out = np.empty((RIDES_MAX, 2), np.int32)
    soonest = min(latest + 1, NEVER)
    for lane in range(1, RIDE_LANES + 1):
        time = int(labels.goal[lane, 0])
        if time < soonest:
            soonest = time
            n = trace(side.connections, labels.structure, lane, out)
            pairs = [(int(rows[begin, 5]), int(rows[end, 5])) for begin, end in out[:n].tolist()]
            calls = [(end, begin + 1) for begin, end in pairs]
            if not side.backward:
                calls = [(begin, end + 1) for begin, end in pairs[::-1]]
            found.append(ScanResult(time, n, tuple(calls)))
    return found
