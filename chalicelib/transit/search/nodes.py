"""Where trip- or route-specific transfer rules apply, a stop is more than one node of the change table.

Rules (GTFS reference, transfers.txt)
- A rule names, for the run that one leaves and the run that one boards, a trip, a route or nothing. The most specific
  one that fits counts: both trips; a trip and a route; a trip; both routes; a route. Of equals, the first in the file.
- Calls of one stop to which the same rules apply share a node; those to which none applies share the stop's own.
  Alighting and boarding have nodes of their own. So the scan needs to know nothing about rules.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data.timetable import NOT_POSSIBLE
from chalicelib.transit.search.changes import ChangeLinks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.search.running import Running

    Ints = NDArray[Any]

FROM, TO = 0, 1
TRIP, ROUTE = 4, 1  # what naming one adds to how specific a rule is

Kind = tuple[int, int]  # the run and the route by which rules name a call; -1: by none
PLAIN: Kind = (-1, -1)


class Rule(NamedTuple):
    """One row; `runs` and `routes` are (from, to), -1 any."""

    runs: tuple[int, int]
    routes: tuple[int, int]
    seconds: int

    def fits(self, before: Kind, after: Kind) -> bool:
        """Whether it is about a change between calls of these kinds."""
        named = zip(self.runs, self.routes, (before, after), strict=True)
        return all(run in (-1, kind[0]) and route in (-1, kind[1]) for run, route, kind in named)

    def weight(self) -> int:
        """How specific it is."""
        sides = zip(self.runs, self.routes, strict=True)
        return sum(TRIP if run >= 0 else ROUTE if route >= 0 else 0 for run, route in sides)


class Nodes:
    """The nodes of a timetable. `of[side][stop]` maps the kinds of calls there to nodes, where there are several."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable
        self.count = timetable.n_stops
        self.rules: dict[tuple[int, int], list[Rule]] = defaultdict(list)
        self.of: tuple[dict[int, dict[Kind, int]], dict[int, dict[Kind, int]]] = ({}, {})
        rows = (timetable.exception_stops, timetable.exception_runs, timetable.exception_routes)
        for stops, runs, routes, seconds in zip(
            *(row.tolist() for row in rows), timetable.exception_s.tolist(), strict=True
        ):
            self.rules[stops[FROM], stops[TO]].append(Rule(tuple(runs), tuple(routes), seconds))
        for side in (FROM, TO):
            for stop in sorted({pair[side] for pair in self.rules}):
                self.of[side][stop] = {PLAIN: stop}

    def of_calls(self, running: Running) -> tuple[Ints, Ints]:
        """The alight and board node of every call; kinds that were never seen before get their nodes here."""
        if not self.rules:
            return running.stop, running.stop
        routes = np.concatenate([self._timetable.run_route, [run.route for run in running.added]]).astype(int)
        return self._side(running, routes, FROM), self._side(running, routes, TO)

    def _side(self, running: Running, routes: Ints, side: int) -> Ints:
        nodes: Ints = running.stop.copy()
        named = self._names_in_rules(side)
        for call in np.flatnonzero(np.isin(running.stop, list(named))).tolist():
            runs_named, routes_named = named[int(running.stop[call])]
            run = int(np.searchsorted(running.first, call, "right")) - 1
            route = int(routes[run])
            kind = (run if run in runs_named else -1, route if route in routes_named else -1)
            kinds = self.of[side][int(running.stop[call])]
            if kind not in kinds:
                kinds[kind] = self.count
                self.count += 1
            nodes[call] = kinds[kind]
        return nodes

    def _names_in_rules(self, side: int) -> dict[int, tuple[set[int], set[int]]]:
        """The runs and routes that the rules of each stop name on one side."""
        named: dict[int, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
        for stops, rules in self.rules.items():
            runs, routes = named[stops[side]]
            for rule in rules:
                runs.add(rule.runs[side])
                routes.add(rule.routes[side])
        return {stop: (runs - {-1}, routes - {-1}) for stop, (runs, routes) in named.items()}

    def links(self, plain: ChangeLinks) -> ChangeLinks:
        """The change table between nodes, from the one between stops."""
        if not self.rules:
            return plain
        special = np.isin(plain.origin, list(self.of[FROM])) | np.isin(plain.to, list(self.of[TO]))
        known = {(a, b): s for a, b, s in zip(*(column[special].tolist() for column in plain), strict=True)}
        more = np.array(list(self._links(known)), np.int64).reshape(-1, 3)
        return ChangeLinks(*(np.concatenate([column[~special], more[:, i]]) for i, column in enumerate(plain)))

    def _links(self, known: dict[tuple[int, int], int]) -> Iterator[tuple[int, int, int]]:
        for stops in known | self.rules:
            rules = sorted(self.rules.get(stops, ()), key=Rule.weight, reverse=True)
            for before, origin in self._kinds(FROM, stops[FROM]):
                for after, to in self._kinds(TO, stops[TO]):
                    plain = known.get(stops, NOT_POSSIBLE)
                    seconds = next((rule.seconds for rule in rules if rule.fits(before, after)), plain)
                    if seconds != NOT_POSSIBLE:
                        yield origin, to, seconds

    def _kinds(self, side: int, stop: int) -> list[tuple[Kind, int]]:
        return list(self.of[side].get(stop, {PLAIN: stop}).items())

    def all_at(self, side: int, reach: Reach, count: int) -> tuple[Ints, Ints]:
        """Each stop's nodes on one side (of the first `count`), each with the stop's seconds."""
        if not self.of[side] or not any(stop in self.of[side] for stop in reach.stops.tolist()):
            return reach.stops, reach.seconds
        stops = zip(reach.stops.tolist(), reach.seconds.tolist(), strict=True)
        pairs = [(node, value) for stop, value in stops for _, node in self._kinds(side, stop) if node < count]
        nodes = np.array(pairs, np.int32).reshape(-1, 2)
        return nodes[:, 0], nodes[:, 1]
