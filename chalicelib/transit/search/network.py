"""A timetable made ready for searching: sorted connections in both directions, and the changes between them.

A `Network` is made once per timetable and default change time; `under(conditions)` gives one that shares all that
does not change. It is not to be used by two threads at once (the scans work in one set of arrays).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data.timetable import ALIGHT_BY_PHONE, BOARD_BY_PHONE, ENTRANCE
from chalicelib.transit.data.walking import StopPositions, UnknownStop
from chalicelib.transit.itinerary import Place
from chalicelib.transit.kernel.parts import BUILT
from chalicelib.transit.search import changes
from chalicelib.transit.search.nodes import FROM, TO, Nodes
from chalicelib.transit.search.prices import CHANGE_S
from chalicelib.transit.search.running import apply, as_timetabled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.kernel.parts import Kernel
    from chalicelib.transit.search.running import Running

    Ints = NDArray[Any]

RIDE_LANES = 8  # lanes of a scan: answers with exactly 1 … 7 rides, and with any number
NEVER = 1 << 30


class Side(NamedTuple):
    """One direction of travel in time: `kernel.connections.Connections`, their rows, where those of a time begin."""

    connections: Any
    rows: Ints
    starts: Ints
    low: int
    backward: bool

    def row_at(self, time_s: int) -> int:
        """The first row that arrives at this time or later."""
        return int(self.starts[min(max(time_s - self.low, 0), len(self.starts) - 1)])


class Labels:
    """The arrays that scans write, and `structure`, which hands them to the kernel whole (`kernel.single.Labels`)."""

    def __init__(self, kernel: Kernel, nodes: int, slots: int) -> None:
        label = np.full((nodes + 1, RIDE_LANES, 2), NEVER, np.int32)
        label[:, :, 1] = -1
        best = np.full(nodes + 1, RIDE_LANES + 1, np.int32)
        best[nodes] = 0  # nobody alights nowhere
        via = np.zeros((nodes + 1, RIDE_LANES + 1, 2), np.int32)
        self.aboard = np.full((slots, 4), RIDE_LANES + 1, np.int32)
        self.reach = np.full(nodes + 1, -1, np.int32)
        self.goal = np.full((RIDE_LANES + 1, 2), -1, np.int32)
        self.goal[:, 0] = NEVER
        self.touched = np.zeros((2, max(2 * nodes + 2, slots)), np.int32)
        self.counts = np.zeros(2, np.int32)
        self.structure = kernel.single.Labels(
            label, best, via, self.aboard, self.reach, self.goal, self.touched, self.counts
        )


class Network:
    """A timetable, the least time to change where transfers.txt says nothing, and what is different now."""

    def __init__(self, timetable: Timetable, change_s: int = CHANGE_S, *, kernel: Kernel = BUILT) -> None:
        self.timetable = timetable
        self.change_s = change_s
        self.kernel = kernel
        self._nodes = Nodes(timetable)
        self._prepared_for = -1  # nodes for which the change table was made
        self._run(as_timetabled(timetable))

    def under(self, conditions: Conditions | None) -> Network:
        """The same network when the conditions are these. Raises `running.OtherTimetable`."""
        if conditions is None:
            return self
        other = object.__new__(Network)
        other.__dict__.update(self.__dict__)
        other._run(apply(self.timetable, conditions))
        return other

    def _run(self, running: Running) -> None:
        self.running = running
        self._node_of = self._nodes.of_calls(running)
        if self._prepared_for != self._nodes.count:
            self._prepare_changes()
        self._calls = self.kernel.connections.Calls(
            running.first,
            running.departs,
            running.arrives,
            running.flags,
            self._node_of[TO],
            self._node_of[FROM],
            self.nodes,
        )
        runs = len(running.following)
        chain, counts = np.empty((2 * runs + 1, 2), np.int32), np.zeros(2, np.int32)
        self.kernel.connections.chain_runs(self._calls, running.following, running.gone.copy(), chain, counts)
        self.chain, self.slots = chain[: counts[0]], int(counts[1])
        for cached in ("forward", "backward", "labels", "slot_of_run", "served"):
            self.__dict__.pop(cached, None)

    def _prepare_changes(self) -> None:
        links = self._nodes.links(changes.between_stops(self.timetable, self.change_s))
        self.nodes = self._prepared_for = self._nodes.count
        self._changes = tuple(changes.rows(links, self.nodes, mirrored=mirrored) for mirrored in (False, True))
        self._kernel_changes = tuple(self.kernel.connections.Changes(*table) for table in self._changes)

    @cached_property
    def forward(self) -> Side:
        """Sorted for travel forward in time; made when it is first asked for, as is `backward`."""
        return self._side(backward=False)

    @cached_property
    def backward(self) -> Side:
        """The mirrored connections."""
        return self._side(backward=True)

    def kernel_changes(self, *, backward: bool) -> Any:
        """The change table of one direction (`kernel.connections.Changes`); its `Side` need not be sorted for it."""
        return self._kernel_changes[backward]

    @cached_property
    def labels(self) -> Labels:
        """What scans of this network work in."""
        return Labels(self.kernel, self.nodes, self.slots)

    def _side(self, *, backward: bool) -> Side:
        running, kernel = self.running, self.kernel.connections
        hops = int(np.maximum(np.diff(running.first)[self.chain[:, 0]] - 1, 0).sum())
        key = -running.departs if backward else running.arrives
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        starts = np.zeros(high - low + 3, np.int32)
        rows = np.empty((hops, 8), np.int32)
        kernel.sort(self._calls, self.chain, kernel.Sorting(rows, starts, low, int(backward)))
        return Side(kernel.Connections(rows, self._kernel_changes[backward]), rows, starts, low, backward)

    @cached_property
    def slot_of_run(self) -> Ints:
        """The slot of each run, -1: it does not run."""
        slots = np.full(len(self.running.following), -1, np.int32)
        slots[self.chain[:, 0]] = self.chain[:, 1]
        return slots

    @cached_property
    def served(self) -> StopPositions:
        """The stops at which anything calls, as timetabled or added now."""
        timetable = self.timetable
        calls = np.bincount(self.running.stop, minlength=timetable.n_stops)
        return StopPositions(np.flatnonzero(calls), timetable.stop_lat, timetable.stop_lon)

    @cached_property
    def everywhere(self) -> StopPositions:
        """All stops of the feed."""
        return StopPositions(np.arange(self.timetable.n_stops), self.timetable.stop_lat, self.timetable.stop_lon)

    @cached_property
    def entrances(self) -> StopPositions:
        """The entrances of stations from which, or to which, there is a walk inside."""
        timetable = self.timetable
        kind = timetable.stop_kind == ENTRANCE
        inside = np.diff(timetable.path_first) > 0
        inside[timetable.path_to] = True
        return StopPositions(np.flatnonzero(kind & inside), timetable.stop_lat, timetable.stop_lon)

    @cached_property
    def stop_of(self) -> dict[str, int]:
        """Indices of the stops by id."""
        blob = bytes(self.timetable.text_blob)
        return {
            blob[at : at + size].decode(): stop for stop, (at, size) in enumerate(self.timetable.stop_id_text.tolist())
        }

    def platforms(self, stop_id: str) -> Ints:
        """The stop, or all that belongs to it when it is a station. Raises `UnknownStop`."""
        if stop_id not in self.stop_of:
            raise UnknownStop(f"the feed has no stop {stop_id!r}: use an id of its stops.txt")
        inside = np.array([self.stop_of[stop_id]], np.int32)
        while True:
            children = np.flatnonzero(np.isin(self.timetable.stop_parent, inside))
            children = np.setdiff1d(children, inside)
            if not len(children):
                return inside
            inside = np.concatenate([inside, children]).astype(np.int32)

    def place(self, stop_id: str) -> Place:
        """A stop as an end of a question. Raises `UnknownStop`."""
        stop, timetable = int(self.platforms(stop_id)[0]), self.timetable
        lat, lon = float(timetable.stop_lat[stop]), float(timetable.stop_lon[stop])
        return Place(timetable.text("stop_name", stop), lat, lon, stop_id)

    def footpaths(self, *, outward: bool) -> changes.ChangeTable:
        """The footpaths by where they begin (outward) or end, as walked: no time for changing in them."""
        return self._paths[outward]

    @cached_property
    def _paths(self) -> tuple[changes.ChangeTable, changes.ChangeTable]:
        walks = changes.footpaths(self.timetable)
        inward, outward = (changes.rows(walks, self.timetable.n_stops, mirrored=mirrored) for mirrored in (True, False))
        return inward, outward

    def nodes_of(self, side: int, reach: Reach) -> tuple[Ints, Ints]:
        """Stops as the nodes at which one alights (side FROM) or boards (TO), and their seconds."""
        return self._nodes.all_at(side, reach, self.nodes)

    def run_of(self, call: int) -> int:
        """The run that a call belongs to."""
        return int(np.searchsorted(self.running.first, call, "right")) - 1

    def call_of(self, trip_id: str, sequence: int, start_s: int | None = None) -> int | None:
        """The call of a trip of this service day, by its stop_sequence; None: there is none (or it is cancelled)."""
        timetable = self.timetable
        for run in self._runs_of.get(trip_id, ()):
            if start_s in (None, int(timetable.run_start_s[run])):
                first, end = timetable.run_first[run], timetable.run_first[run + 1]
                calls = np.flatnonzero(timetable.st_sequence[first:end] == sequence)
                return int(first + calls[0]) if len(calls) and not self.running.gone[run] else None
        return None

    @cached_property
    def _runs_of(self) -> dict[str, list[int]]:
        """The runs of each trip, those of this service date first."""
        runs: dict[str, list[int]] = {}
        for run in np.argsort(np.abs(self.timetable.run_day), kind="stable").tolist():
            runs.setdefault(self.timetable.text("run_trip_id", run), []).append(run)
        return runs

    def is_ordered(self, board: int, alight: int) -> bool:
        """Whether one has to phone before to be taken from there, or to there."""
        flags = self.running.flags
        return bool(flags[board] & BOARD_BY_PHONE or flags[alight] & ALIGHT_BY_PHONE)

    def least_s(self, alight: int, board: int) -> int:
        """The least seconds that a change between two calls takes."""
        table = self._changes[False]
        origin, destination = int(self._node_of[FROM][alight]), int(self._node_of[TO][board])
        begin, end = table.first[origin], table.first[origin + 1]
        return int(table.seconds[begin:end][table.to[begin:end] == destination][0])

    def walk_s(self, alight: int, board: int) -> int:
        """The part of that which is a walk to another stop."""
        origin, destination = int(self.running.stop[alight]), int(self.running.stop[board])
        if origin == destination:
            return 0
        paths = self.footpaths(outward=True)
        begin, end = paths.first[origin], paths.first[origin + 1]
        known = paths.seconds[begin:end][paths.to[begin:end] == destination]
        least = self.least_s(alight, board)
        return min(least, int(known[0])) if len(known) else least

    def spare_s(self, alight: int, board: int) -> int:
        """The seconds that a change between two calls has beyond the least that it takes."""
        return int(self.running.departs[board] - self.running.arrives[alight]) - self.least_s(alight, board)
