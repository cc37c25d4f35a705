"""Which tickets share which lane of which scan; and running those scans.

Tickets with the same destination and deadline (or the same origin and start) share a lane. 16 lanes share a scan,
which goes on until the last of them is settled. So those share one that begin and are settled at about the same row:
lanes are sorted into classes by how far their farthest ticket has to go (each up to CLASS times as far as the one
before: few go far, and those of all hours share scans), in a class by time, then by how far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data import walking
from chalicelib.transit.search import access
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import NEVER
from chalicelib.transit.search.nodes import FROM, TO
from chalicelib.transit.search.paths import RIDES_MAX, EndWalks, scan_backward, scan_forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.itinerary import Place, Request
    from chalicelib.transit.search.network import Network, Side

    Ints = NDArray[Any]

LANES = 16
CLASS_RATIO = 3
ROOM = 1 << 20  # places reached while the rides of one ticket are looked for


class PackedRows(NamedTuple):
    """Rows (node, seconds); those of entry i begin at `first[i]`."""

    first: Ints
    rows: Ints


class WalkCache:
    """The walks of a network, each looked up once."""

    def __init__(self, network: Network, walking: walking.Walking) -> None:
        self._network, self._walking = network, walking
        self._known: dict[tuple[Place, bool], Reach] = {}

    def reach(self, place: Place, *, outward: bool) -> Reach:
        """As `access.reach`."""
        if (place, outward) not in self._known:
            self._known[place, outward] = access.reach(self._network, place, self._walking, outward=outward)
        return self._known[place, outward]

    def all_the_way(self, request: Request) -> int:
        """As `access.walk_all_the_way`; NEVER: too far."""
        walk_s = access.walk_all_the_way(self._network, request.origin, request.destination, self._walking)
        return NEVER if walk_s is None else walk_s


class TicketQuestions:
    """The tickets that ask in one way, arrays in their order; times are negative for arrive-by (see `scan`)."""

    def __init__(self, network: Network, requests: Sequence[Request], index: list[int], walks: WalkCache) -> None:
        self.index = np.array(index, np.int64)
        self.backward = bool(index) and requests[index[0]].arrive_by is not None
        teller = ItineraryBuilder(network)
        asked = [requests[i] for i in index]
        starts = [r.destination if self.backward else r.origin for r in asked]
        ends = [r.origin if self.backward else r.destination for r in asked]
        seconds = [teller.seconds(r.arrive_by or r.depart_at) for r in asked]  # type: ignore[arg-type]  # it has one
        self.time = np.array([-s if self.backward else s for s in seconds], np.int64)
        self.start_places = starts
        self.starts = [walks.reach(place, outward=not self.backward) for place in starts]
        self.ends = [walks.reach(place, outward=self.backward) for place in ends]
        lat_a, lon_a, lat_b, lon_b = np.array(
            [(r.origin.lat, r.origin.lon, r.destination.lat, r.destination.lon) for r in asked]
        ).T
        self.far = walking.metres(lat_a, lon_a, lat_b, lon_b)  # until answers tell: in seconds
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


class Lanes:
    """Which tickets share which lane of which scan, and how they are asked."""

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
        self.lane32 = self.lane.astype(np.int32)
        time, walk_s = asked.time[self.order], asked.walk_s[self.order]
        self.on_foot = np.where(walk_s < NEVER, time + walk_s, NEVER)
        self.latest = (-asked.time[self.order]).astype(np.int32)
        self.scans = np.searchsorted(self.lane, np.arange(0, count + LANES, LANES))
        self._seed_rows = self._with_lanes()
        spans = [self._seeds_of(scan) for scan in range(len(self.scans) - 1)]
        rows = self._seed_rows[:, 1]
        self._seeded = [(begin, end, int(rows[begin:end].min()) if begin < end else NEVER) for begin, end in spans]

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
        first, second, count, calls = self._scan_lanes(network)
        time, walking = self.asked.time[self.order], self.on_foot
        # a walk that is as good in the first number wins only if it is as good in the second
        walks = (walking < NEVER) & ((walking < first) | ((walking == first) & (-time <= second)))
        first, second = np.where(walks, walking, first), np.where(walks, -time, second)
        calls[walks] = 0
        found = first < NEVER
        numbers = np.full((n, 3), NEVER, np.int64)
        leave, arrive = (-first, second) if self.asked.backward else (-second, first)
        numbers[found] = np.stack([leave, arrive, np.where(walks, 0, count)], axis=1)[found]
        back = np.empty(n, np.int64)
        back[self.order] = np.arange(n)
        return numbers[back], calls[back]

    def _scan_lanes(self, network: Network) -> tuple[Ints, Ints, Ints, Ints]:
        """By riding: the first numbers, the second ones, how many rides, and their calls; in lane order."""
        backward = self.asked.backward
        side, other = network.backward if backward else network.forward, network.change_table(backward=not backward)
        room = _Room(network, side)
        tickets = np.zeros((len(self.order), 4), np.int32)
        tickets[:, 0], tickets[:, 3] = self.lane % LANES, self.on_foot
        found = np.full((len(self.order), 2), (NEVER, 0), np.int32)
        traced = np.zeros((len(self.order), RIDES_MAX, 2), np.int32)
        lanes, against = network.kernel.lanes, network.kernel.against
        for scan, (begin, end, soonest) in enumerate(self._seeded):
            some = int(self.scans[scan]), int(self.scans[scan + 1])
            if begin == end:
                tickets[some[0] : some[1], 1] = NEVER
                continue
            at = side.row_at(soonest)
            lanes.begin_lanes(self._seed_rows, begin, end, *room.labels, room.lane_of, room.bits)
            lanes.lanes_to_goals(
                side.rows,
                at,
                *side.changes,
                *room.labels,
                room.lane_of,
                room.bits,
                room.picked,
                room.arrival,
                room.hop,
                *self.goals,
                tickets,
                *some,
            )
            against.rides_against(
                room.node_first,
                room.departures,
                room.hops,
                room.slot_first,
                *other,
                self.seeds.rows,
                self.seeds.first,
                room.board,
                room.reached,
                room.arrival,
                room.hop,
                *self.goals,
                tickets,
                *some,
                self.lane32,
                self.latest,
                network.labels.reach,
                room.ready_at,
                room.boarded,
                room.frontier,
                room.entries,
                room.touched,
                found,
                traced,
            )
        calls = self._in_calls(room.hops, found[:, 1], traced)
        answers = tickets[:, 1].astype(np.int64)
        for ticket in np.flatnonzero(found[:, 1] < 0).tolist():
            calls = self._scan_alone(network, ticket, int(answers[ticket]), found, calls)
        return answers, found[:, 0].astype(np.int64), found[:, 1], calls

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

    def _seeds_of(self, scan: int) -> tuple[int, int]:
        leader = scan * LANES
        return int(self.seeds.first[leader]), int(self.seeds.first[min(leader + LANES, len(self.leader_time))])

    def _in_calls(self, hops: Ints, count: Ints, traced: Ints) -> Ints:
        """Rides as pairs of hops, last first in the direction against the scan, as calls in the order of travel."""
        wide = int(count.max(initial=1))
        traced = traced[:, :wide]
        real = np.arange(wide)[None, :] < count[:, None]
        ends = hops[np.where(real[:, :, None], traced, 0), 2] if len(hops) else np.zeros_like(traced)
        if self.asked.backward:  # against it is forward: turn the order round
            turn = np.where(real, count[:, None] - 1 - np.arange(wide)[None, :], 0)
            ends = np.take_along_axis(ends, turn[:, :, None], axis=1)
            calls = np.stack([ends[:, :, 0], ends[:, :, 1] + 1], axis=2)
        else:
            calls = np.stack([ends[:, :, 1], ends[:, :, 0] + 1], axis=2)
        calls[~real] = 0
        return calls.astype(np.int32)


class _Room:
    """What `lanes` and `against` work in."""

    def __init__(self, network: Network, side: Side) -> None:
        nodes, slots = network.nodes + 1, network.slots
        self.board, self.arrival, self.hop = (np.empty((nodes, LANES), np.int32) for _ in range(3))
        self.soonest, self.reached = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
        self.aboard = np.empty((slots, 4), np.int32)
        self.labels = self.board, self.soonest, self.reached, self.aboard
        self.lane_of, self.bits, self.picked = (np.zeros(size, np.int32) for size in (37, LANES, LANES))
        self.ready_at = np.full(nodes, NEVER, np.int32)
        self.frontier, self.entries = np.empty((ROOM, 3), np.int32), np.empty((ROOM, 3), np.int32)
        self.touched = np.empty((2, max(nodes, slots)), np.int32)
        self.node_first, self.departures = np.zeros(nodes + 2, np.int32), np.empty((len(side.rows), 3), np.int32)
        self.slot_first, self.hops = np.zeros(slots + 2, np.int32), np.empty((len(side.rows), 3), np.int32)
        network.kernel.against.link(side.rows, self.node_first, self.departures, self.slot_first, self.hops)
        self.boarded = self.slot_first - 1


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
