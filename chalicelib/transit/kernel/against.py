# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel that finds each ticket's rides where `lanes` has just scanned (types: against.pxd).

The way is followed *against* the scan: from the ticket's goal to the start of its lane, only by rows of which the lane
knows that they still get there in time. Those are few, so that no second scan is needed. They are read from
two lists that lie in memory as they are followed: of each node its departures, of each slot its hops. Times run
against the scan's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]


def link(rows: Ints, node_first: Ints, departures: Ints, slot_first: Ints, hops: Ints) -> None:
    """Lists the rows by slot, and by the node that they reach, each list in the order of the rows.

    `hops` are (-departs, board node, call); `departures` are (-arrives, slot, place in `hops`), and column 7 of a row
    becomes its place there. `node_first` [nodes + 2] and `slot_first` [slots + 2], all 0, become where each's begin.
    """
    for row in range(len(rows)):
        node_first[rows[row, 4] + 2] += 1
        slot_first[rows[row, 2] + 2] += 1
    for node in range(2, len(node_first)):
        node_first[node] += node_first[node - 1]
    for slot in range(2, len(slot_first)):
        slot_first[slot] += slot_first[slot - 1]
    for row in range(len(rows)):
        slot = rows[row, 2]
        to = slot_first[slot + 1]
        slot_first[slot + 1] = to + 1
        hops[to, 0] = -rows[row, 0]
        hops[to, 1] = rows[row, 3]
        hops[to, 2] = rows[row, 5]
        place = node_first[rows[row, 4] + 1]
        node_first[rows[row, 4] + 1] = place + 1
        departures[place, 0] = -rows[row, 1]
        departures[place, 1] = slot
        departures[place, 2] = to
        rows[row, 7] = place


def rides_against(
    node_first: Ints,
    departures: Ints,
    hops: Ints,
    slot_first: Ints,
    first: Ints,
    to: Ints,
    seconds: Ints,
    seeds: Ints,
    seed_first: Ints,
    board: Ints,
    reached: Ints,
    arrival: Ints,
    hop: Ints,
    goal_first: Ints,
    goals: Ints,
    tickets: Ints,
    ticket: int,
    tickets_end: int,
    leaders: Ints,
    latest: Ints,
    reach: Ints,
    ready_at: Ints,
    boarded: Ints,
    frontier: Ints,
    entries: Ints,
    touched: Ints,
    found: Ints,
    rides: Ints,
) -> None:
    """The rides of tickets whose first number `lanes_to_goals` has just found; times run against those of the scan.

    The ticket leaves its goals at minus its answer, along the changes (`first`, `to`, `seconds`) of the other
    direction, for the seeds of its leader. `found[i]` becomes (arrival there, number of rides); 2**30 when there is
    none by `latest[i]`; rides -1 when the room (`frontier`, `entries`) was too small. `rides[i]` are pairs of hops,
    last first.
    """
    for one in range(ticket, tickets_end):
        lane = tickets[one, 0]
        leader = leaders[one]
        for entry in range(seed_first[leader], seed_first[leader + 1]):
            reach[seeds[entry, 0]] = seeds[entry, 1]
        if tickets[one, 1] < 1 << 30 and -tickets[one, 1] <= latest[one]:
            ride_against(
                node_first,
                departures,
                hops,
                slot_first,
                first,
                to,
                seconds,
                board,
                reached,
                arrival,
                hop,
                goal_first[one],
                goal_first[one + 1],
                goals,
                lane,
                -tickets[one, 1],
                reach,
                ready_at,
                boarded,
                frontier,
                entries,
                touched,
                one,
                found,
                rides,
            )
        for entry in range(seed_first[leader], seed_first[leader + 1]):
            reach[seeds[entry, 0]] = -1


def ride_against(  # noqa: C901, PLR0912, PLR0915 - one hot loop, as above
    node_first: Ints,
    departures: Ints,
    hops: Ints,
    slot_first: Ints,
    first: Ints,
    to: Ints,
    seconds: Ints,
    board: Ints,
    reached: Ints,
    arrival: Ints,
    hop: Ints,
    begin: int,
    end: int,
    goals: Ints,
    lane: int,
    leave: int,
    reach: Ints,
    ready_at: Ints,
    boarded: Ints,
    frontier: Ints,
    entries: Ints,
    touched: Ints,
    one: int,
    found: Ints,
    rides: Ints,
) -> None:
    """One ticket of `rides_against`: round by round of rides; what is reached later with more rides is not followed."""
    nodes = slots = made = queued = 0
    best = 1 << 30
    winner = -1
    full = 0
    for entry in range(begin, end):
        node = goals[entry, 0]
        ready = leave + goals[entry, 1]
        if reached[node] >> lane & 1 and ready <= -arrival[node, lane] and ready < ready_at[node]:
            if ready_at[node] == 1 << 30:
                touched[0, nodes] = node
                nodes += 1
            ready_at[node] = ready
            frontier[queued, 0] = node
            frontier[queued, 1] = ready
            frontier[queued, 2] = -1
            queued += 1
    place = 0
    while place < queued and not full:
        node = frontier[place, 0]
        ready = frontier[place, 1]
        parent = frontier[place, 2]
        place += 1
        departure = hop[node, lane]
        last = node_first[node + 1]
        while departure < last and departures[departure, 0] >= ready and not full:
            slot = departures[departure, 1]
            boards = departures[departure, 2]
            departure += 1
            if boards > boarded[slot]:
                known = boarded[slot]
                if known < slot_first[slot]:
                    touched[1, slots] = slot
                    slots += 1
                boarded[slot] = boards
                ride = boards
                while ride > known:
                    now = hops[ride, 0]
                    if now >= best:
                        break
                    alights = hops[ride, 1]
                    if board[alights, lane] <= -now:
                        own = -1
                        if made + 2 >= len(entries) or queued + first[alights + 1] - first[alights] >= len(frontier):
                            full = 1
                            break
                        if reach[alights] >= 0 and now + reach[alights] < best:
                            best = now + reach[alights]
                            own = made
                            winner = made
                        for entry in range(first[alights], first[alights + 1]):
                            other = to[entry]
                            later = now + seconds[entry]
                            if (
                                later < ready_at[other]
                                and reached[other] >> lane & 1
                                and later <= -arrival[other, lane]
                            ):
                                if ready_at[other] == 1 << 30:
                                    touched[0, nodes] = other
                                    nodes += 1
                                ready_at[other] = later
                                own = made
                                frontier[queued, 0] = other
                                frontier[queued, 1] = later
                                frontier[queued, 2] = made
                                queued += 1
                        if own >= 0:
                            entries[made, 0] = boards
                            entries[made, 1] = ride
                            entries[made, 2] = parent
                            made += 1
                    ride -= 1
    n = 0
    while winner >= 0 and n < rides.shape[1]:
        rides[one, n, 0] = entries[winner, 0]
        rides[one, n, 1] = entries[winner, 1]
        winner = entries[winner, 2]
        n += 1
    found[one, 0] = best
    found[one, 1] = -1 if full else n
    for entry in range(nodes):
        ready_at[touched[0, entry]] = 1 << 30
    for entry in range(slots):
        boarded[touched[1, entry]] = slot_first[touched[1, entry]] - 1
