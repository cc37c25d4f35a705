# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The kernel's first part: a day's calls become connections, sorted for a scan (types: connections.pxd).

The kernel is plain Python that Cython compiles; interpreted it gives the same answers. What its functions take are
named structures of arrays, made once and passed whole: arrays are int32 and contiguous unless said otherwise.

Rules
- A *connection* is one hop of one run, a row of int32: departs, arrives, slot, board node, alight node, stop_time.
- Everything is written for travel forward in time: connections ascend by arrival, so the first arrival that
  a scan sees at a node is the earliest one. Travel backward (arrive by) is the same scan over the mirrored rows:
  departs = -arrives, arrives = -departs, board node ↔ alight node; times are seconds from the day's origin.
- A *slot* is one vehicle with everybody aboard: the runs that continue each other (block_id) share it.
- A *node* is a stop, or that part of its calls to which a trip- or route-specific transfer rule applies. The last
  node is nowhere: who may not board or alight boards and alights there.
- Between two rides lies exactly one row of the change table: from an alight node to a board node, in seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]


class Calls:
    """The calls of a day: those of run r are `first[r]:first[r + 1]`. `flags` (uint8) as in the timetable.

    `board` and `alight` are the nodes where one does so; `nowhere` is the last node.
    """

    def __init__(
        self, first: Ints, departs: Ints, arrives: Ints, flags: Ints, board: Ints, alight: Ints, nowhere: int
    ) -> None:
        self.first = first
        self.departs = departs
        self.arrives = arrives
        self.flags = flags
        self.board = board
        self.alight = alight
        self.nowhere = nowhere


class Changes:
    """A change table: node n leads to `to[first[n]:first[n + 1]]` in `seconds`."""

    def __init__(self, first: Ints, to: Ints, seconds: Ints) -> None:
        self.first = first
        self.to = to
        self.seconds = seconds


class Connections:
    """One direction of travel in time: the sorted rows, and the changes between rides."""

    def __init__(self, rows: Ints, changes: Changes) -> None:
        self.rows = rows
        self.changes = changes


class Sorting:
    """Where `sort` writes connections: `rows` [hops, 8], and by arrival `starts`, all 0 at first.

    `starts` has an entry more than there are seconds from `low` to the last arrival, and one for luck; afterwards
    `starts[t - low]` is the first row that arrives at t or later.
    """

    def __init__(self, rows: Ints, starts: Ints, low: int, backward: int) -> None:
        self.rows = rows
        self.starts = starts
        self.low = low
        self.backward = backward


def chain_runs(calls: Calls, following: Ints, gone: Ints, chain: Ints, counts: Ints) -> None:
    """Lists the runs so that those which continue each other are neighbours in one slot.

    `chain` [2 * runs, 2] becomes (run, slot); `counts` its length and the number of slots. A link counts only if
    both runs run and the second starts no earlier than the first ends. A run that continues several others is
    listed once for each. `gone` (a byte per run): 1 cancelled; bits 2 and 4 are this function's own marks.
    """
    runs = len(following)
    for run in range(runs):
        after = following[run]
        if after >= 0 and continues(calls, gone, run, after):
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
            run = after if after >= 0 and continues(calls, gone, run, after) else -1
        slots += 1
    counts[0] = at
    counts[1] = slots


def continues(calls: Calls, gone: Ints, run: int, after: int) -> bool:
    """Whether one can stay seated from `run` into `after`: both run, in this order."""
    if gone[run] & 1 or gone[after] & 1:
        return False
    if calls.first[run] == calls.first[run + 1] or calls.first[after] == calls.first[after + 1]:
        return False
    begins = calls.departs[calls.first[after]]
    if calls.arrives[calls.first[run + 1] - 1] > begins:
        return False
    earlier = calls.departs[calls.first[run]]
    return earlier < begins or (earlier == begins and run < after)


def sort(calls: Calls, chain: Ints, into: Sorting) -> None:
    """Writes the connections of all chained runs into `into`, sorted (stable counting sort) by arrival.

    Columns 6 and 7 of a row are left to `batch_rides.link`.
    """
    first, departs, arrives, flags = calls.first, calls.departs, calls.arrives, calls.flags
    board, alight, nowhere = calls.board, calls.alight, calls.nowhere
    rows, starts, low, backward = into.rows, into.starts, into.low, into.backward
    listed = len(chain)
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
