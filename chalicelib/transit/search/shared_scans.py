"""Which tickets share which lane of which scan; and running those scans.

Tickets with the same destination and deadline (or the same origin and start) share a lane. 16 lanes share a scan,
which goes on until the last of them is settled. So those share one that begin and are settled at about the same row:
lanes are sorted into classes by how far their farthest ticket has to go (each up to CLASS_RATIO times as far as the
one before: few go far, and those of all hours share scans), in a class by time, then by how far.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data import walking
from chalicelib.transit.search import access
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import NEVER
from chalicelib.transit.search.nodes import FROM, TO
from chalicelib.transit.search.paths import RIDES_MAX, EndWalks, scan_backward, scan_forward
from chalicelib.transit.search.prices import EARLY_MAX_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.itinerary import Place, Request
    from chalicelib.transit.search.network import Network, Side

    Ints = NDArray[Any]

LANES = 16  # of a scan: the kernel's bits
CLASS_RATIO = 3  # finer classes fill fewer lanes, coarser ones scan further for all
ROOM = 1 << 20  # places reached while one ticket's rides are searched; one that needs more is scanned alone


class PackedRows(NamedTuple):
    """Rows (node, seconds); those of entry i begin at `first[i]`."""

    first: Ints
    rows: Ints


class WalkCache:
    """The walks of a network, each found once."""

    def __init__(self, network: Network, walking: walking.Walking) -> None:
        self._network, self._walking = network, walking
        self._known: dict[tuple[Place, bool], Reach] = {}

    def reach(self, place: Place, *, outward: bool) -> Reach:
        """As `access.reach`."""
        if (place, outward) not in self._known:
            self._known[place, outward] = access.reach(self._network, place, self._walking, outward=outward)
        return self._known[place, outward]

    def all_the_way(self, request: Request) -> int:
        """Seconds, as `access.walk_all_the_way`; NEVER: too far."""
        walk_s = access.walk_all_the_way(self._network, request.origin, request.destination, self._walking)
        return NEVER if walk_s is None else walk_s


class TicketQuestions:
    """The tickets that all ask arrive-by, or all depart-at; arrays in their order, times negative for arrive-by."""

    def __init__(self, network: Network, requests: Sequence[Request], index: list[int], walks: WalkCache) -> None:
        self.index = np.array(index, np.int64)
        self.backward = bool(index) and requests[index[0]].arrive_by is not None
        builder = ItineraryBuilder(network)
        asked = [requests[i] for i in index]
        starts = [r.destination if self.backward else r.origin for r in asked]
        ends = [r.origin if self.backward else r.destination for r in asked]
        seconds = [builder.seconds(r.instant) for r in asked]
        self.time = np.array([-s if self.backward else s for s in seconds], np.int64)
        self.start_places = starts
        self.starts = [walks.reach(place, outward=not self.backward) for place in starts]
        self.ends = [walks.reach(place, outward=self.backward) for place in ends]
        lat_a, lon_a, lat_b, lon_b = np.array(
            [(r.origin.lat, r.origin.lon, r.destination.lat, r.destination.lon) for r in asked]
        ).T
        self.far = walking.metres(lat_a, lon_a, lat_b, lon_b)  # in metres until `Batch.learn` knows the seconds
        self.walk_s = np.array([walks.all_the_way(r) for r in asked], np.int64)

    def lanes(self) -> Ints:
        """The lane of each ticket."""
        key: dict[tuple[int, Place], int] = {}
        pairs = zip(self.time.tolist(), self.start_places, strict=True)
        lane = np.array([key.setdefault(pair, len(key)) for pair in pairs], np.int64)
        time, far = np.empty(len(key), np.int64), np.ones(len(key))
        time[lane] = self.time
        np.maximum.at(far, lane, self.far)
        place = np.empty(len(key), np.int64)
        place[np.lexsort((far, time, np.log(far) // np.log(CLASS_RATIO)))] = np.arange(len(key))
        lanes: Ints = place[lane]
        return lanes


class _ByRiding(NamedTuple):
    """In the order of the lanes: the number that was asked for, the other one, how many rides, and their calls."""

    first: Ints
    second: Ints
    rides: Ints
    calls: Ints


class SharedScans:
    """Which tickets share which lane of which scan, and how they are asked. Arrays in the order of the lanes."""

    def __init__(self, network: Network, asked: TicketQuestions) -> None:
        self.asked = asked
        lane = asked.lanes()
        count = int(lane.max(initial=-1)) + 1
        self.order = np.argsort(lane, kind="stable")
        self.lane = lane[self.order]
        leaders = self.order[np.searchsorted(self.lane, np.arange(count))]
        self.leader_time = asked.time[leaders]
        side, other = (FROM, TO) if asked.backward else (TO, FROM)
        self.seeds = _pack_rows(network, [asked.starts[i] for i in leaders.tolist()], side)
        self.goals = _pack_rows(network, [asked.ends[i] for i in self.order.tolist()], other)
        self.time, walk_s = asked.time[self.order], asked.walk_s[self.order]
        self.on_foot = np.where(walk_s < NEVER, self.time + walk_s, NEVER)
        self.scans = np.searchsorted(self.lane, np.arange(0, count + LANES, LANES))
        self._seed_rows = self._with_lanes()
        first = self.seeds.first[np.minimum(np.arange(0, count + LANES, LANES), count)].tolist()
        rows = self._seed_rows[:, 1]
        self._seeded = [
            (begin, end, int(rows[begin:end].min()) if begin < end else NEVER) for begin, end in pairwise(first)
        ]

    def _with_lanes(self) -> Ints:
        rows = np.empty((len(self.seeds.rows), 3), np.int32)
        of = np.repeat(np.arange(len(self.leader_time)), np.diff(self.seeds.first))
        rows[:, 0] = self.seeds.rows[:, 0]
        rows[:, 1] = self.seeds.rows[:, 1] + self.leader_time[of]
        rows[:, 2] = of % LANES
        return rows

    def answers(self, network: Network) -> tuple[Ints, Ints]:
        """(leave, arrive, rides) and the rides' calls, in the order of the requests."""
        n = len(self.order)
        found = self._scan_lanes(network)
        first, second, walking = found.first, found.second, self.on_foot
        # a walk that is as good in the first number wins only if it is as good in the second
        walks = (walking < NEVER) & ((walking < first) | ((walking == first) & (-self.time <= second)))
        first, second = np.where(walks, walking, first), np.where(walks, -self.time, second)
        found.calls[walks] = 0
        reached = first < NEVER
        if self.asked.backward:
            reached &= -self.time - second <= EARLY_MAX_S
        found.calls[~reached] = 0
        numbers = np.full((n, 3), NEVER, np.int64)
        leave, arrive = (-first, second) if self.asked.backward else (-second, first)
        numbers[reached] = np.stack([leave, arrive, np.where(walks, 0, found.rides)], axis=1)[reached]
        back = np.empty(n, np.int64)
        back[self.order] = np.arange(n)
        return numbers[back], found.calls[back]

    def _scan_lanes(self, network: Network) -> _ByRiding:
        """What the tickets reach by riding."""
        side = network.backward if self.asked.backward else network.forward
        kernel, room = network.kernel, _Room(network, side)
        state = np.zeros((len(self.order), 4), np.int32)
        state[:, 0], state[:, 3] = self.lane % LANES, self.on_foot
        tickets = kernel.batch.Tickets(self.goals.first, self.goals.rows, state)
        found = np.full((len(self.order), 2), (NEVER, 0), np.int32)
        traced = np.zeros((len(self.order), RIDES_MAX, 2), np.int32)
        leaders, latest = self.lane.astype(np.int32), (-self.time).astype(np.int32)
        answers = kernel.batch_rides.Answers(self.seeds.first, self.seeds.rows, leaders, latest, found, traced)
        for scan, (begin, end, soonest) in enumerate(self._seeded):
            some = int(self.scans[scan]), int(self.scans[scan + 1])
            if begin == end:
                state[some[0] : some[1], 1] = NEVER
                continue
            tickets.ask(*some)
            kernel.batch.begin(room.lanes, self._seed_rows, begin, end)
            kernel.batch.lanes_to_goals(side.connections, room.lanes, tickets, side.row_at(soonest))
            kernel.batch_rides.find_rides(room.lists, room.lanes, tickets, answers, room.search)
        calls = self._in_calls(room.hops, found[:, 1], traced)
        first = state[:, 1].astype(np.int64)
        for ticket in np.flatnonzero(found[:, 1] < 0).tolist():
            calls = self._scan_alone(network, ticket, int(first[ticket]), found, calls)
        return _ByRiding(first, found[:, 0].astype(np.int64), found[:, 1], calls)

    def _scan_alone(self, network: Network, ticket: int, answer: int, found: Ints, calls: Ints) -> Ints:
        """A ticket whose rides did not fit the room (it has hours to spare): by a second scan of its own."""
        index = int(self.order[ticket])
        start, end, time = self.asked.starts[index], self.asked.ends[index], int(self.asked.time[index])
        if self.asked.backward:
            best = scan_forward(network, EndWalks(end, start, None), -answer, latest=-time)[-1]
        else:
            best = scan_backward(network, EndWalks(start, end, None), answer, earliest=time)[-1]
        found[ticket] = best.time if self.asked.backward else -best.time, best.rides
        calls = pad_rides(calls, max(calls.shape[1], best.rides))
        calls[ticket, : best.rides] = best.calls
        return calls

    def _in_calls(self, hops: Ints, count: Ints, traced: Ints) -> Ints:
        """Rides as pairs of hops, last first in the direction against the scan, as calls in the order of travel."""
        wide = int(count.max(initial=1))
        traced = traced[:, :wide]
        real = np.arange(wide)[None, :] < count[:, None]
        ends = hops[np.where(real[:, :, None], traced, 0), 2] if len(hops) else np.zeros_like(traced)
        if self.asked.backward:  # against it is forward: the other way round
            back = np.where(real, count[:, None] - 1 - np.arange(wide)[None, :], 0)
            ends = np.take_along_axis(ends, back[:, :, None], axis=1)
            calls = np.stack([ends[:, :, 0], ends[:, :, 1] + 1], axis=2)
        else:
            calls = np.stack([ends[:, :, 1], ends[:, :, 0] + 1], axis=2)
        calls[~real] = 0
        return calls.astype(np.int32)


class _Room:
    """What `kernel.batch` and `kernel.batch_rides` work in: their structures, and the hops that calls are read from."""

    def __init__(self, network: Network, side: Side) -> None:
        nodes, slots = network.nodes + 1, network.slots
        board, arrival, hop = (np.empty((nodes, LANES), np.int32) for _ in range(3))
        soonest, reached = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
        lane_of, bits, picked = (np.zeros(size, np.int32) for size in (37, LANES, LANES))
        self.lanes = network.kernel.batch.Lanes(
            board, soonest, reached, np.empty((slots, 4), np.int32), arrival, hop, lane_of, bits, picked
        )
        rides, against = network.kernel.batch_rides, network.kernel_changes(backward=not side.backward)
        self.hops, slot_first = np.empty((len(side.rows), 3), np.int32), np.zeros(slots + 2, np.int32)
        node_first, departures = np.zeros(nodes + 2, np.int32), np.empty((len(side.rows), 3), np.int32)
        self.lists = rides.Lists(node_first, departures, slot_first, self.hops, against)
        rides.link(side.rows, self.lists)
        self.search = rides.Room(
            network.labels.reach,
            np.full(nodes, NEVER, np.int32),
            slot_first - 1,
            np.empty((ROOM, 3), np.int32),
            np.empty((ROOM, 3), np.int32),
            np.empty((2, max(nodes, slots)), np.int32),
        )


def _pack_rows(network: Network, reaches: list[Reach], side: int) -> PackedRows:
    pairs = [network.nodes_of(side, each) for each in reaches]
    first = np.cumsum([0, *(len(nodes) for nodes, _ in pairs)]).astype(np.int32)
    rows = np.empty((int(first[-1]), 2), np.int32)
    if len(rows):
        rows[:, 0] = np.concatenate([nodes for nodes, _ in pairs])
        rows[:, 1] = np.concatenate([seconds for _, seconds in pairs])
    return PackedRows(first, rows)


def pad_rides(rides: Ints, wide: int) -> Ints:
    """The rides with room for so many per ticket."""
    return np.pad(rides, ((0, 0), (0, wide - rides.shape[1]), (0, 0)))
