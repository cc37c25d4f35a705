# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel's last part: each ticket's rides where `batch` has just scanned (types: batch_rides.pxd).

The path is followed *against* the scan: from the ticket's goal to the start of its lane, only by rows of which the lane
knows that they still get there in time. Those are few, so that no second scan is needed. They are read from
two lists that lie in memory as they are followed: of each node its departures, of each slot its hops. Times run
against the scan's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.kernel.batch import Lanes, Tickets
    from chalicelib.transit.kernel.connections import Changes

    Ints = NDArray[Any]


class Lists:
    """The rows by slot, and by the node that they reach, as `link` writes them; and the changes against the scan.

    `hops` are (-departs, board node, call), those of slot s from `slot_first[s]` on; `departures` are (-arrives, slot,
    place in `hops`), those of node n from `node_first[n]` on: each list in the order of the rows. `slot_first`
    [slots + 2] and `node_first` [nodes + 2] are all 0 at first.
    """

    def __init__(self, node_first: Ints, departures: Ints, slot_first: Ints, hops: Ints, changes: Changes) -> None:
        self.node_first = node_first
        self.departures = departures
        self.slot_first = slot_first
        self.hops = hops
        self.changes = changes


class Answers:
    """What is asked for each ticket, in the order of `batch.Tickets`, and what is found.

    The seeds (node, walk) of ticket i are those of its lane's leader, rows of `seeds` from `seed_first[leaders[i]]` on.
    `found[i]` becomes (arrival there, number of rides): 2**30 when there is none by `latest[i]`; rides -1 when the room
    was too small. `rides[i]` are pairs of hops, last first.
    """

    def __init__(self, seed_first: Ints, seeds: Ints, leaders: Ints, latest: Ints, found: Ints, rides: Ints) -> None:
        self.seed_first = seed_first
        self.seeds = seeds
        self.leaders = leaders
        self.latest = latest
        self.found = found
        self.rides = rides


class Room:
    """What one ticket's search works in, and leaves as it found it.

    `reach[node]` is the walk from there to the start of the lane, -1: none; `ready_at[node]` when one stands there,
    2**30: never; `boarded[slot]` the last hop that is known, its first one - 1: none; `frontier` [room, 3] the nodes
    still to be followed (node, ready, entry), `entries` [room, 3] the rides that led there (hops boarded and left,
    entry before), `touched` [2, …] the nodes and slots to be put back.
    """

    def __init__(
        self, reach: Ints, ready_at: Ints, boarded: Ints, frontier: Ints, entries: Ints, touched: Ints
    ) -> None:
        self.reach = reach
        self.ready_at = ready_at
        self.boarded = boarded
        self.frontier = frontier
        self.entries = entries
        self.touched = touched


def link(rows: Ints, lists: Lists) -> None:
    """Lists the rows. Column 7 of a row becomes its place in `departures`."""
    node_first, departures = lists.node_first, lists.departures
    slot_first, hops = lists.slot_first, lists.hops
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


def find_rides(lists: Lists, lanes: Lanes, tickets: Tickets, answers: Answers, room: Room) -> None:
    """The rides of the tickets asked for, whose first number `batch.lanes_to_goals` has just found.

    The ticket leaves its goals at minus its answer, along the changes, for the seeds of its
    leader; times run against those of the scan.
    """
    state, reach = tickets.state, room.reach
    seed_first, seeds = answers.seed_first, answers.seeds
    for one in range(tickets.begin, tickets.end):
        leader = answers.leaders[one]
        for entry in range(seed_first[leader], seed_first[leader + 1]):
            reach[seeds[entry, 0]] = seeds[entry, 1]
        if state[one, 1] < 1 << 30 and -state[one, 1] <= answers.latest[one]:
            find_ride(lists, lanes, tickets, answers, room, one)
        for entry in range(seed_first[leader], seed_first[leader + 1]):
            reach[seeds[entry, 0]] = -1


def find_ride(  # noqa: C901, PLR0912, PLR0915 - one hot loop: a call in it would cost more than its work
    lists: Lists, lanes: Lanes, tickets: Tickets, answers: Answers, room: Room, one: int
) -> None:
    """One ticket of `find_rides`: round by round of rides; what is reached later with more rides is not followed."""
    changes = lists.changes
    # what is used most is taken out of its structure; to do so costs a little for each ticket
    departures, hops, board, reached = lists.departures, lists.hops, lanes.board, lanes.reached
    arrival, hop, ready_at, boarded = lanes.arrival, lanes.hop, room.ready_at, room.boarded
    frontier, entries = room.frontier, room.entries
    lane = tickets.state[one, 0]
    leave = -tickets.state[one, 1]
    nodes = slots = made = queued = 0
    best = 1 << 30
    winner = -1
    full = 0
    for entry in range(tickets.goal_first[one], tickets.goal_first[one + 1]):
        node = tickets.goals[entry, 0]
        ready = leave + tickets.goals[entry, 1]
        if reached[node] >> lane & 1 and ready <= -arrival[node, lane] and ready < ready_at[node]:
            if ready_at[node] == 1 << 30:
                room.touched[0, nodes] = node
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
        last = lists.node_first[node + 1]
        while departure < last and departures[departure, 0] >= ready and not full:
            slot = departures[departure, 1]
            boards = departures[departure, 2]
            departure += 1
            if boards > boarded[slot]:
                known = boarded[slot]
                if known < lists.slot_first[slot]:
                    room.touched[1, slots] = slot
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
                        if made + 2 >= len(entries) or queued + changes.first[alights + 1] - changes.first[
                            alights
                        ] >= len(frontier):
                            full = 1
                            break
                        if room.reach[alights] >= 0 and now + room.reach[alights] < best:
                            best = now + room.reach[alights]
                            own = made
                            winner = made
                        for entry in range(changes.first[alights], changes.first[alights + 1]):
                            other = changes.to[entry]
                            later = now + changes.seconds[entry]
                            if (
                                later < ready_at[other]
                                and reached[other] >> lane & 1
                                and later <= -arrival[other, lane]
                            ):
                                if ready_at[other] == 1 << 30:
                                    room.touched[0, nodes] = other
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
    while winner >= 0 and n < answers.rides.shape[1]:
        answers.rides[one, n, 0] = entries[winner, 0]
        answers.rides[one, n, 1] = entries[winner, 1]
        winner = entries[winner, 2]
        n += 1
    answers.found[one, 0] = best
    answers.found[one, 1] = -1 if full else n
    for entry in range(nodes):
        ready_at[room.touched[0, entry]] = 1 << 30
    for entry in range(slots):
        boarded[room.touched[1, entry]] = lists.slot_first[room.touched[1, entry]] - 1
