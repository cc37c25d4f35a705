# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel: one pass over the day's connections, in plain Python that Cython compiles (types: scan.pxd).

Rules
- A *connection* is one hop of one run, a row of int32: departs, arrives, slot, board node, alight node, stop_time.
- Everything is written for travel forward in time: connections ascend by arrival, so the first arrival that
  a scan sees at a node is the earliest one. Travel backward (arrive by) is the same scan over the mirrored rows:
  departs = -arrives, arrives = -departs, board node ↔ alight node; times are seconds from the day's origin.
- A *slot* is one vehicle with everybody aboard: the runs that continue each other (block_id) share it.
- A *node* is a stop, or that part of its calls to which a trip- or route-specific transfer rule applies. The last
  node is nowhere: who may not board or alight boards and alights there.
- Between two rides lies exactly one row of the change table: from an alight node to a board node, in seconds.
- Labels hold, per board node, the earliest time one can stand there after at most j rides, j < RIDES; the last
  lane means "after any number". Hops that take no time at all may have to be seen twice: see `again`.
The algorithm is the Connection Scan of Dibbelt, Pajor, Strasser and Wagner (2013), with a lane per number of rides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]


def chains(first: Ints, departs: Ints, arrives: Ints, following: Ints, gone: Ints, chain: Ints, counts: Ints) -> None:
    """Lists the runs so that those which continue each other are neighbours in one slot.

    `chain` [2 * runs, 2] becomes (run, slot); `counts` its length and the number of slots. A link counts only if
    both runs run and the second starts no earlier than the first ends. A run that continues several others is
    listed once for each. `gone` (a byte per run): 1 cancelled; bits 2 and 4 are this function's own marks.
    """
    runs = len(following)
    for run in range(runs):
        after = following[run]
        if after >= 0 and continues(first, departs, arrives, gone, run, after):
            gone[after] |= 2
    at = slots = clones = 0
    for head in range(runs):
        if gone[head] & 3:
            continue
        run = head
        while run >= 0:
            if gone[run] & 4:
                clones += 1
                if clones > runs:
                    break
            gone[run] |= 4
            chain[at, 0] = run
            chain[at, 1] = slots
            at += 1
            after = following[run]
            run = after if after >= 0 and continues(first, departs, arrives, gone, run, after) else -1
        slots += 1
    counts[0] = at
    counts[1] = slots


def continues(first: Ints, departs: Ints, arrives: Ints, gone: Ints, run: int, after: int) -> bool:
    """Whether one can stay seated from `run` into `after`: both run, in this order."""
    if gone[run] & 1 or gone[after] & 1 or first[run] == first[run + 1] or first[after] == first[after + 1]:
        return False
    begins = departs[first[after]]
    if arrives[first[run + 1] - 1] > begins:
        return False
    earlier = departs[first[run]]
    return earlier < begins or (earlier == begins and run < after)


def order(
    chain: Ints,
    listed: int,
    first: Ints,
    departs: Ints,
    arrives: Ints,
    board: Ints,
    alight: Ints,
    flags: Ints,
    nowhere: int,
    backward: int,
    low: int,
    starts: Ints,
    rows: Ints,
) -> None:
    """Writes the connections of all listed runs into `rows`, sorted (stable counting sort) by arrival.

    `starts` is zero at first, an entry more than there are seconds from `low`, and one for luck; afterwards
    `starts[t - low]` is the first row that arrives at t or later. Columns 6 and 7 of a row are left to `against.link`.
    """
    for place in range(listed):
        run = chain[place, 0]
        for call in range(first[run], first[run + 1] - 1):
            key = -departs[call] if backward else arrives[call + 1]
            starts[key - low + 2] += 1
    for place in range(1, len(starts)):
        starts[place] += starts[place - 1]
    for place in range(listed):
        at = listed - 1 - place if backward else place
        run = chain[at, 0]
        slot = chain[at, 1]
        begin = first[run]
        length = first[run + 1] - 1 - begin
        for hop in range(length):
            call = begin + (length - 1 - hop if backward else hop)
            boards = board[call] if flags[call] & 1 else nowhere
            alights = alight[call + 1] if flags[call + 1] & 2 else nowhere
            key = -departs[call] if backward else arrives[call + 1]
            to = starts[key - low + 1]
            starts[key - low + 1] = to + 1
            rows[to, 0] = -arrives[call + 1] if backward else departs[call]
            rows[to, 1] = key
            rows[to, 2] = slot
            rows[to, 3] = alights if backward else boards
            rows[to, 4] = boards if backward else alights
            rows[to, 5] = call


def seed(seeds: Ints, begin: int, end: int, label: Ints, touched: Ints, counts: Ints) -> None:
    """Puts the traveller at each (node, time) of `seeds[begin:end]` before any ride."""
    rides = label.shape[1]
    for at in range(begin, end):
        node = seeds[at, 0]
        if label[node, rides - 1, 0] == 1 << 30:
            touched[0, counts[0]] = node
            counts[0] += 1
        for lane in range(rides):
            if seeds[at, 1] < label[node, lane, 0]:
                label[node, lane, 0] = seeds[at, 1]
                label[node, lane, 1] = -1


def rides_to_goal(  # noqa: C901, PLR0912, PLR0915 - one hot loop: a call in it would cost more than its work
    rows: Ints,
    at: int,
    first: Ints,
    to: Ints,
    seconds: Ints,
    label: Ints,
    best: Ints,
    via: Ints,
    aboard: Ints,
    reach: Ints,
    goal: Ints,
    touched: Ints,
    counts: Ints,
    latest: int,
    slack: int,
) -> int:
    """Earliest arrivals with at most 1, 2, … rides, from the labels that `seed` made; returns the rows seen.

    `reach[node]` is the walk from there to the goal (-1: none); `goal[k]` becomes (arrival, alight node * 16 + rides).
    The scan ends at `latest`, or `slack` after the earliest arrival (0: only that one and its fewest rides).
    `aboard[slot]` is (rides, boarded at row) and the same as it was before this group of equal arrivals, which is put
    back before the group is seen again. Rides: lanes + 1 never aboard, lanes + 2 aboard only in what was put back.
    """
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


def trace(rows: Ints, label: Ints, via: Ints, goal: Ints, lane: int, out: Ints, place: int) -> int:
    """Writes the rides that lead to `goal[lane]`, last first, as rows (boarded at row, left at row) from `place` on.

    Returns how many. There are no cycles: every label was made from one that is earlier or was made before.
    """
    at = goal[lane, 1]
    rides = 0
    while at >= 0 and place + rides < len(out):
        node = at >> 4
        ridden = at & 15
        boarded = via[node, ridden, 0]
        out[place + rides, 0] = boarded
        out[place + rides, 1] = via[node, ridden, 1]
        rides += 1
        if boarded < 0:
            break
        node = rows[boarded, 3]
        lane = 0
        while label[node, lane, 0] > rows[boarded, 0]:
            lane += 1
        at = label[node, lane, 1]
    return rides


def clear(label: Ints, best: Ints, aboard: Ints, goal: Ints, touched: Ints, counts: Ints) -> None:
    """Puts everything that a scan touched back to "never" (cheaper than new arrays: a scan touches little)."""
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
