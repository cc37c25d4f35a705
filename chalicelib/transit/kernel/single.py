# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel's scan for one question, one pass over the connections. Read `connections` first (types: single.pxd).

Labels hold, per board node, the earliest time one can stand there after at most j rides, j < RIDES; the last lane
means "after any number". Hops that take no time at all may have to be seen twice: see `again`.

The algorithm is the Connection Scan of Dibbelt, Pajor, Strasser and Wagner (2013), with a lane per number of rides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.kernel.connections import Connections

    Ints = NDArray[Any]


class Labels:
    """The arrays that a scan writes and `clear` puts back: nodes + 1 rows each; `aboard` has a row per slot.

    `label` [node, lane] is (time, node * 16 + rides by which it was reached, -1: at the start); `best[node]` the fewest
    rides that have arrived; `via` [node, rides] the rows (boarded, left) of the last one; `aboard[slot]` who is aboard;
    `reach[node]` the walk to the goal, -1: none; `goal` [rides] is (arrival, node * 16 + rides); `touched` lists nodes
    and slots, as many as `counts` says.
    """

    def __init__(
        self,
        label: Ints,
        best: Ints,
        via: Ints,
        aboard: Ints,
        reach: Ints,
        goal: Ints,
        touched: Ints,
        counts: Ints,
    ) -> None:
        self.label = label
        self.best = best
        self.via = via
        self.aboard = aboard
        self.reach = reach
        self.goal = goal
        self.touched = touched
        self.counts = counts


def seed(labels: Labels, seeds: Ints) -> None:
    """Puts the traveller at each (node, time) of `seeds` before any ride."""
    label, touched, counts = labels.label, labels.touched, labels.counts
    rides = label.shape[1]
    for at in range(len(seeds)):
        node = seeds[at, 0]
        if label[node, rides - 1, 0] == 1 << 30:
            touched[0, counts[0]] = node
            counts[0] += 1
        for lane in range(rides):
            if seeds[at, 1] < label[node, lane, 0]:
                label[node, lane, 0] = seeds[at, 1]
                label[node, lane, 1] = -1


def rides_to_goal(  # noqa: C901, PLR0912, PLR0915 - one hot loop: a call in it would cost more than its work
    connections: Connections, labels: Labels, at: int, latest: int, slack: int
) -> int:
    """Earliest arrivals with at most 1, 2, … rides, from row `at` on and the labels that `seed` made.

    `goal[k]` becomes (arrival, alight node * 16 + rides). The scan ends at `latest`, or `slack` after the earliest
    arrival (0: only that one and its fewest rides); returns how many rows were seen.
    `aboard[slot]` is (rides, boarded at row) and the same as it was before this group of equal arrivals, which is put
    back before the group is seen again. Rides: lanes + 1 never aboard, lanes + 2 aboard only in what was put back.
    """
    rows, changes = connections.rows, connections.changes
    first, to, seconds = changes.first, changes.to, changes.seconds
    label, best, via, aboard = labels.label, labels.best, labels.via, labels.aboard
    reach, goal, touched, counts = labels.reach, labels.goal, labels.touched, labels.counts
    lanes = label.shape[1]
    end = len(rows)
    begin = at
    group = at
    now = -(1 << 30)
    again = 0
    instant = 0  # a hop without duration has been seen in this group of equal arrivals
    while True:
        if at == end or rows[at, 1] != now:
            if again:
                for row in range(group, at):
                    slot = rows[row, 2]
                    if aboard[slot, 0] <= lanes and aboard[slot, 1] >= group:
                        aboard[slot, 0] = aboard[slot, 2]
                        aboard[slot, 1] = aboard[slot, 3]
                at = group
                again = 0
                continue
            if at == end:
                break
            now = rows[at, 1]
            if now > latest or now > goal[1, 0] or now > goal[lanes, 0] + slack:
                break
            group = at
            instant = 0
        departs = rows[at, 0]
        slot = rows[at, 2]
        node = rows[at, 3]
        ridden = aboard[slot, 0]
        if ridden > 1 and label[node, lanes - 1, 0] <= departs:
            lane = 0
            while label[node, lane, 0] > departs:
                lane += 1
            if lane + 1 < ridden:
                if ridden == lanes + 1:
                    touched[1, counts[1]] = slot
                    counts[1] += 1
                if ridden > lanes or aboard[slot, 1] < group:
                    aboard[slot, 2] = ridden if ridden <= lanes else lanes + 2
                    aboard[slot, 3] = aboard[slot, 1]
                ridden = lane + 1
                aboard[slot, 0] = ridden
                aboard[slot, 1] = at
        node = rows[at, 4]
        if ridden < best[node]:
            if best[node] > lanes:
                touched[0, counts[0]] = node
                counts[0] += 1
            best[node] = ridden
            via[node, ridden, 0] = aboard[slot, 1]
            via[node, ridden, 1] = at
            if reach[node] >= 0:
                for lane in range(ridden, lanes + 1):
                    if now + reach[node] < goal[lane, 0]:
                        goal[lane, 0] = now + reach[node]
                        goal[lane, 1] = node * 16 + ridden
            for entry in range(first[node], first[node + 1]):
                other = to[entry]
                ready = now + seconds[entry]
                if label[other, lanes - 1, 0] == 1 << 30:
                    touched[0, counts[0]] = other
                    counts[0] += 1
                for lane in range(ridden if ridden < lanes else lanes - 1, lanes):
                    if ready < label[other, lane, 0]:
                        label[other, lane, 0] = ready
                        label[other, lane, 1] = node * 16 + ridden
                        if instant and ready == now:
                            again = 1
        if departs == now:
            instant = 1
        at += 1
    return at - begin


def trace(connections: Connections, labels: Labels, lane: int, out: Ints) -> int:
    """Writes the rides that lead to `goal[lane]`, last first, as rows (boarded at row, left at row) into `out`.

    Returns how many. There are no cycles: every label was made from one that is earlier or was made before.
    """
    rows, label, via, goal = connections.rows, labels.label, labels.via, labels.goal
    at = goal[lane, 1]
    rides = 0
    while at >= 0 and rides < len(out):
        node = at >> 4
        ridden = at & 15
        boarded = via[node, ridden, 0]
        out[rides, 0] = boarded
        out[rides, 1] = via[node, ridden, 1]
        rides += 1
        if boarded < 0:
            break
        node = rows[boarded, 3]
        lane = 0
        while label[node, lane, 0] > rows[boarded, 0]:
            lane += 1
        at = label[node, lane, 1]
    return rides


def clear(labels: Labels) -> None:
    """Puts everything that a scan touched back to "never" (cheaper than new arrays: a scan touches little)."""
    label, best, aboard = labels.label, labels.best, labels.aboard
    goal, touched, counts = labels.goal, labels.touched, labels.counts
    lanes = label.shape[1]
    for at in range(counts[0]):
        node = touched[0, at]
        if best[node] > 0:
            best[node] = lanes + 1
        for lane in range(lanes):
            label[node, lane, 0] = 1 << 30
            label[node, lane, 1] = -1
    for at in range(counts[1]):
        aboard[touched[1, at], 0] = lanes + 1
    for lane in range(lanes + 1):
        goal[lane, 0] = 1 << 30
        goal[lane, 1] = -1
    counts[0] = 0
    counts[1] = 0
