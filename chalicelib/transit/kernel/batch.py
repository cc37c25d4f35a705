# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel's scan for many tickets: 16 searches side by side. Read `single` first (types: batch.pxd).

Rules
- A lane is one start (a destination and its deadline, or an origin and its departure); tickets of it are its goals.
- A lane whose tickets are all settled takes no further part.
- What the lanes leave behind is what `batch_rides` finds the rides of each ticket with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.kernel.connections import Connections

    Ints = NDArray[Any]


class Lanes:
    """The arrays that the lanes work in, an entry per node (and per lane, where it says [node, lane]).

    `board` [node, lane] is the earliest time to stand there, `soonest` the least of a node's, `reached` the lanes that
    arrived (bits), `arrival` [node, lane] the time of the first row that did, `hop` [node, lane] that row's place among
    the node's departures (`batch_rides.link`). `aboard[slot]` is (lanes aboard, the same before this group of equal
    arrivals, which group, unused). `bits` [16], `lane_of` [37] (a bit's lane at its remainder) and `picked` [16] are
    working room.
    """

    def __init__(
        self,
        board: Ints,
        soonest: Ints,
        reached: Ints,
        aboard: Ints,
        arrival: Ints,
        hop: Ints,
        lane_of: Ints,
        bits: Ints,
        picked: Ints,
    ) -> None:
        self.board = board
        self.soonest = soonest
        self.reached = reached
        self.aboard = aboard
        self.arrival = arrival
        self.hop = hop
        self.lane_of = lane_of
        self.bits = bits
        self.picked = picked


class Tickets:
    """The tickets of a batch in the order of their lanes; `ask` says which of them are meant.

    `state` is (lane, answer, settled, not needed after): the answer becomes the earliest arrival over the ticket's
    goals, rows (node, walk) of `goals` from `goal_first[ticket]` on.
    """

    def __init__(self, goal_first: Ints, goals: Ints, state: Ints) -> None:
        self.goal_first = goal_first
        self.goals = goals
        self.state = state
        self.begin = 0
        self.end = 0

    def ask(self, begin: int, end: int) -> None:
        """From now on tickets `begin` … `end` - 1 are meant."""
        self.begin = begin
        self.end = end


def begin(lanes: Lanes, seeds: Ints, first: int, end: int) -> None:
    """Empties the working arrays and puts lane l at each (node, time, l) of `seeds[first:end]`."""
    board, soonest, reached, aboard = lanes.board, lanes.soonest, lanes.reached, lanes.aboard
    lane_of, bits = lanes.lane_of, lanes.bits
    for node in range(len(soonest)):
        soonest[node] = 1 << 30
        reached[node] = 0
        for lane in range(16):
            board[node, lane] = 1 << 30
    reached[len(soonest) - 1] = (1 << 16) - 1  # nobody alights nowhere
    for slot in range(len(aboard)):
        aboard[slot, 0] = 0
        aboard[slot, 2] = -1
    for lane in range(16):
        lane_of[(1 << lane) % 37] = lane
        bits[lane] = 1 << lane
    for entry in range(first, end):
        node = seeds[entry, 0]
        lane = seeds[entry, 2]
        board[node, lane] = min(board[node, lane], seeds[entry, 1])
        soonest[node] = min(soonest[node], seeds[entry, 1])


def lanes_to_goals(  # noqa: C901, PLR0912, PLR0915 - one hot loop: a call in it would cost more than its work
    connections: Connections, lanes: Lanes, tickets: Tickets, at: int
) -> int:
    """Runs from row `at` on what `begin` began, until every ticket asked for is settled; returns the rows seen.

    Every 256 rows it is asked which are settled: those whose answer no later row can equal.
    """
    rows, changes = connections.rows, connections.changes
    first, to, seconds = changes.first, changes.to, changes.seconds
    board, soonest, reached, aboard = lanes.board, lanes.soonest, lanes.reached, lanes.aboard
    lane_of, bits, picked = lanes.lane_of, lanes.bits, lanes.picked
    arrival, hop = lanes.arrival, lanes.hop
    start = at
    group = at
    now = -(1 << 30)
    again = 0
    instant = 0
    check = at
    last = len(rows)
    active = (1 << 16) - 1
    width = len(bits)  # 16, but if the compiler knew it would not use vector instructions
    while True:
        if at == last or rows[at, 1] != now:
            if again:
                for row in range(group, at):
                    slot = rows[row, 2]
                    if aboard[slot, 2] == group:
                        aboard[slot, 0] = aboard[slot, 1]
                at = group
                again = 0
                continue
            if at == last:
                break
            now = rows[at, 1]
            group = at
            instant = 0
            if at >= check:
                check = at + 256
                active = unsettled(lanes, tickets, now)
                if active == 0:
                    return at - start
        departs = rows[at, 0]
        slot = rows[at, 2]
        node = rows[at, 3]
        riding = aboard[slot, 0]
        if active & ~riding and soonest[node] <= departs:
            boarding = 0
            for lane in range(width):
                boarding |= bits[lane] & ((board[node, lane] - departs - 1) >> 31)
            boarding &= active & ~riding
            if boarding:
                if aboard[slot, 2] != group:
                    aboard[slot, 1] = riding
                    aboard[slot, 2] = group
                riding |= boarding
                aboard[slot, 0] = riding
        node = rows[at, 4]
        fresh = riding & active & ~reached[node]
        if fresh:
            reached[node] |= fresh
            n = 0
            while fresh:
                lane = lane_of[(fresh & -fresh) % 37]
                fresh &= fresh - 1
                arrival[node, lane] = now
                hop[node, lane] = rows[at, 7]
                picked[n] = lane
                n += 1
            for entry in range(first[node], first[node + 1]):
                other = to[entry]
                ready = now + seconds[entry]
                soonest[other] = min(soonest[other], ready)
                if instant and ready == now:
                    again = 1
                for pick in range(n):
                    board[other, picked[pick]] = min(board[other, picked[pick]], ready)
        if departs == now:
            instant = 1
        at += 1
    unsettled(lanes, tickets, 1 << 30)
    return at - start


def unsettled(lanes: Lanes, tickets: Tickets, now: int) -> int:
    """Writes the best answers so far; returns the lanes in which a row that arrives at `now` or later may matter."""
    active = 0
    for ticket in range(tickets.begin, tickets.end):
        if tickets.state[ticket, 2]:
            continue
        lane = tickets.state[ticket, 0]
        best = 1 << 30
        walk = 1 << 30
        for entry in range(tickets.goal_first[ticket], tickets.goal_first[ticket + 1]):
            node = tickets.goals[entry, 0]
            if lanes.reached[node] >> lane & 1:
                best = min(best, lanes.arrival[node, lane] + tickets.goals[entry, 1])
            else:
                walk = min(walk, tickets.goals[entry, 1])
        tickets.state[ticket, 1] = best
        if now == 1 << 30 or walk == 1 << 30 or min(best, tickets.state[ticket, 3]) < now + walk:
            tickets.state[ticket, 2] = 1
        else:
            active |= 1 << lane
    return active
