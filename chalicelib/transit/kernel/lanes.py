# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel for many tickets: 16 searches side by side. Read `scan` first (types: lanes.pxd).

Rules
- A lane is one start (a destination and its deadline, or an origin and its departure); tickets of it are its goals.
- A lane whose tickets are all settled takes no further part. `arrival[node, lane]` is the time of
  the first row that reaches a node, `hop[node, lane]` that row's place among the node's departures (`against.link`).
- What the lanes leave behind is what `against` finds the rides of each ticket with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]


def begin_lanes(
    seeds: Ints,
    begin: int,
    end: int,
    board: Ints,
    soonest: Ints,
    reached: Ints,
    aboard: Ints,
    lane_of: Ints,
    bits: Ints,
) -> None:
    """Empties the working arrays and puts lane l at each (node, time, l) of `seeds[begin:end]`."""
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
    for entry in range(begin, end):
        node = seeds[entry, 0]
        lane = seeds[entry, 2]
        board[node, lane] = min(board[node, lane], seeds[entry, 1])
        soonest[node] = min(soonest[node], seeds[entry, 1])


def lanes_to_goals(  # noqa: C901, PLR0912, PLR0915 - one hot loop: a call in it would cost more than its work
    rows: Ints,
    at: int,
    first: Ints,
    to: Ints,
    seconds: Ints,
    board: Ints,
    soonest: Ints,
    reached: Ints,
    aboard: Ints,
    lane_of: Ints,
    bits: Ints,
    picked: Ints,
    arrival: Ints,
    hop: Ints,
    goal_first: Ints,
    goals: Ints,
    tickets: Ints,
    ticket: int,
    tickets_end: int,
) -> int:
    """Runs what `begin_lanes` began until every ticket is settled; returns the rows seen.

    `tickets[ticket:tickets_end]` are (lane, answer, settled, not needed after): the answer becomes the earliest arrival
    over the ticket's goals, rows (node, walk) of `goals` from `goal_first[ticket]` on. Every 256 rows it is asked
    which are settled: those whose answer no later row can equal. `board` holds 16 labels per node, `soonest` their
    least, `reached` the lanes that arrived; `aboard[slot]` the lanes aboard, the same before this group of equal
    arrivals, and which group.
    """
    start = at
    group = at
    now = -(1 << 30)
    again = 0
    instant = 0
    look = at
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
            if at >= look:
                look = at + 256
                active = unsettled(reached, arrival, goal_first, goals, tickets, ticket, tickets_end, now)
                if active == 0:
                    return at - start
        departs = rows[at, 0]
        slot = rows[at, 2]
        node = rows[at, 3]
        lanes = aboard[slot, 0]
        if active & ~lanes and soonest[node] <= departs:
            boarding = 0
            for lane in range(width):
                boarding |= bits[lane] & ((board[node, lane] - departs - 1) >> 31)
            boarding &= active & ~lanes
            if boarding:
                if aboard[slot, 2] != group:
                    aboard[slot, 1] = lanes
                    aboard[slot, 2] = group
                lanes |= boarding
                aboard[slot, 0] = lanes
        node = rows[at, 4]
        fresh = lanes & active & ~reached[node]
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
    unsettled(reached, arrival, goal_first, goals, tickets, ticket, tickets_end, 1 << 30)
    return at - start


def unsettled(
    reached: Ints,
    arrival: Ints,
    goal_first: Ints,
    goals: Ints,
    tickets: Ints,
    begin: int,
    end: int,
    now: int,
) -> int:
    """Writes the best answers so far; returns the lanes in which a row that arrives at `now` or later may matter."""
    active = 0
    for ticket in range(begin, end):
        if tickets[ticket, 2]:
            continue
        lane = tickets[ticket, 0]
        best = 1 << 30
        walk = 1 << 30
        for entry in range(goal_first[ticket], goal_first[ticket + 1]):
            node = goals[entry, 0]
            if reached[node] >> lane & 1:
                best = min(best, arrival[node, lane] + goals[entry, 1])
            else:
                walk = min(walk, goals[entry, 1])
        tickets[ticket, 1] = best
        if now == 1 << 30 or walk == 1 << 30 or min(best, tickets[ticket, 3]) < now + walk:
            tickets[ticket, 2] = 1
        else:
            active |= 1 << lane
    return active
