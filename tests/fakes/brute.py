"""A planner that anybody can check by reading: it tries everything, and shares no code with the real one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable

Stop = int
Answer = tuple[int, int, int]  # leave, arrive (s from origin), rides


class Call(NamedTuple):
    """One stop of one run as expected now."""

    run: int
    at: int
    stop: Stop
    arrives: int
    departs: int
    boards: bool
    alights: bool


class Brute:
    """Everything that runs, as lists."""

    def __init__(self, timetable: Timetable, conditions: Conditions | None, change_s: int = 60) -> None:
        self.t, self.change_s = timetable, change_s
        first = timetable.run_first.tolist()
        rows = list(
            zip(
                *(timetable.arrays["st_" + name].tolist() for name in ("stop", "arrives", "departs", "flags")),
                strict=True,
            )
        )
        self.gone, live = set(), set()
        added = []
        if conditions:
            self.gone, live = set(conditions.cancelled.tolist()), set(conditions.live.tolist())
            changed = zip(conditions.at.tolist(), conditions.arrives.tolist(), conditions.departs.tolist(),
                          conditions.skipped.tolist(), strict=True)  # a table, read by rows # fmt: skip
            for at, arrives, departs, skipped in changed:
                rows[at] = (rows[at][0], arrives, departs, 0 if skipped else rows[at][3])
            added = [
                list(zip(*(array.tolist() for array in (run.stop, run.arrives, run.departs, run.flags)), strict=True))
                for run in conditions.added
            ]
        lists = [rows[a:b] for a, b in itertools.pairwise(first)] + added
        self.routes = (
            timetable.run_route.tolist() + [run.route for run in conditions.added]
            if conditions
            else timetable.run_route.tolist()
        )
        self.next = dict(enumerate(timetable.run_next.tolist()))
        self.runs = [self._calls(run, rows) for run, rows in enumerate(lists)]
        self._push_late(live)

    def _calls(self, run: int, rows: list[tuple[int, int, int, int]]) -> list[Call]:
        calls, now = [], -(10**9)
        for at, (stop, arrives, departs, flags) in enumerate(rows):
            comes = max(arrives, now)
            now = max(departs, comes)
            calls.append(Call(run, at, stop, comes, now, bool(flags & 1), bool(flags & 2)))
        return calls

    def _push_late(self, live: set[int]) -> None:
        planned_first, planned_last = (
            self.t.st_departs[self.t.run_first[:-1]],
            self.t.st_arrives[self.t.run_first[1:] - 1],
        )
        todo = [run for run in live if run not in self.gone]
        while todo:
            run = todo.pop()
            after = self.next.get(run, -1)
            if after < 0 or after in self.gone or after in live or planned_first[after] < planned_last[run]:
                continue
            late = self.runs[run][-1].arrives - self.runs[after][0].departs
            if late > 0:
                self.runs[after] = [
                    c._replace(arrives=c.arrives + late, departs=c.departs + late) for c in self.runs[after]
                ]
                todo.append(after)

    def stays(self, run: int) -> int | None:
        """The run into which one can stay seated."""
        after = self.next.get(run, -1)
        if after < 0 or {run, after} & self.gone or self.runs[run][-1].arrives > self.runs[after][0].departs:
            return None
        begins = (self.runs[run][0].departs, run), (self.runs[after][0].departs, after)
        return after if begins[0] < begins[1] else None

    def change(self, off: Call, on: Call) -> int | None:
        """The least seconds from one call to the other, None: not possible."""
        t = self.t
        best: tuple[int, int | None] = (-1, None)
        for row in range(len(t.exception_s)):
            if t.exception_stops[row].tolist() != [off.stop, on.stop]:
                continue
            runs, routes = t.exception_runs[row].tolist(), t.exception_routes[row].tolist()
            ends = list(zip(runs, routes, (off.run, on.run), strict=True))
            if all(a in (-1, run) and b in (-1, self.routes[run]) for a, b, run in ends):
                weight = sum(4 if a >= 0 else b >= 0 for a, b, _ in ends)
                if weight > best[0]:
                    best = (weight, int(t.exception_s[row]))
        if best[1] is not None:
            return best[1] if best[1] >= 0 else None
        if off.stop == on.stop:
            least = int(t.stop_change_s[on.stop])
            return None if least == -2 else self.change_s if least == -1 else least
        return self.walks(off.stop).get(on.stop)

    def walks(self, stop: Stop) -> dict[Stop, int]:
        """Footpaths from a stop (those of these tests know no metres, so their seconds stand)."""
        a, b = self.t.path_first[stop], self.t.path_first[stop + 1]
        return dict(zip(self.t.path_to[a:b].tolist(), self.t.path_s[a:b].tolist(), strict=True))

    def access(self, origin: Stop) -> dict[Stop, int]:
        return self.walks(origin) | {origin: 0}

    def egress(self, destination: Stop) -> dict[Stop, int]:
        there = {
            stop: self.walks(stop)[destination] for stop in range(self.t.n_stops) if destination in self.walks(stop)
        }
        return there | {destination: 0}

    def alighting(self, call: Call) -> Iterator[Call]:
        """Where one can get off after boarding at a call, staying seated as long as one likes."""
        run: int | None = call.run
        at = call.at
        while run is not None:
            yield from (c for c in self.runs[run][at + 1 :] if c.alights)
            run, at = self.stays(run), 0

    def arrivals(self, leave: int, origin: Stop, destination: Stop) -> list[int]:
        """Earliest arrival with at most 1, 2, … rides (never: 10**9), until nothing gets better."""
        walk_on, walk_off = self.access(origin), self.egress(destination)
        boardable = [c for run, calls in enumerate(self.runs) if run not in self.gone for c in calls[:-1] if c.boards]
        reached = {c for c in boardable if c.stop in walk_on and leave + walk_on[c.stop] <= c.departs}
        earliest, best = [], 10**9
        while True:
            off = {c for on in reached for c in self.alighting(on)}
            best = min([best, *(c.arrives + walk_off[c.stop] for c in off if c.stop in walk_off)])
            earliest.append(best)
            further = {
                on
                for on in boardable
                for c in off
                if (s := self.change(c, on)) is not None and c.arrives + s <= on.departs
            }
            if further <= reached:
                return earliest
            reached |= further

    def leave_times(self, origin: Stop) -> list[int]:
        walk_on = self.access(origin)
        return sorted(
            {c.departs - walk_on[c.stop] for run in self.runs for c in run[:-1] if c.stop in walk_on and c.boards}
        )

    def arrive_by(self, origin: Stop, destination: Stop, deadline: int) -> Answer | None:
        for leave in reversed(self.leave_times(origin)):
            earliest = self.arrivals(leave, origin, destination)
            if earliest[-1] <= deadline:
                return leave, earliest[-1], earliest.index(earliest[-1]) + 1
        return None

    def depart_at(self, origin: Stop, destination: Stop, leave: int) -> Answer | None:
        arrive = self.arrivals(leave, origin, destination)[-1]
        return self.arrive_by(origin, destination, arrive) if arrive < 10**9 else None
