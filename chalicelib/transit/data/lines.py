"""The lines of a timetable: what a forecast asks it, made once per timetable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.sightings import line_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.timetable import Timetable


@dataclass(frozen=True)
class LineService:
    """The runs of one route that serve a pair of stops, by planned departure; arrays with an entry per run."""

    runs: NDArray[Any]
    board: NDArray[Any]  # calls
    alight: NDArray[Any]


class Lines:
    """Ids, and the runs that serve a pair of stops, by line."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        self.line = [line_of(timetable.text("route_id", route)) for route in range(len(timetable.route_type))]
        self.stop_id = [timetable.text("stop_id", stop) for stop in range(timetable.n_stops)]
        self._services: dict[tuple[int, int, int], LineService] = {}
        order = np.argsort(timetable.run_route, kind="stable")
        bounds = np.searchsorted(timetable.run_route[order], np.arange(len(self.line) + 1))
        self._of_route = [order[bounds[route] : bounds[route + 1]] for route in range(len(self.line))]

    def run_of(self, call: int) -> int:
        """The run that a call belongs to."""
        return int(np.searchsorted(self.timetable.run_first, call, "right")) - 1

    def departures(self, service: LineService) -> NDArray[Any]:
        """Planned departures of a service, ascending."""
        found: NDArray[Any] = self.timetable.st_departs[service.board]
        return found

    def service(self, board: int, alight: int) -> LineService:
        """The runs of the route of `board` that call at both calls' stops in this order."""
        timetable = self.timetable
        route = int(timetable.run_route[self.run_of(board)])
        origin, destination = int(timetable.st_stop[board]), int(timetable.st_stop[alight])
        found = self._services.get((route, origin, destination))
        if found is None:
            found = self._services[route, origin, destination] = self._service(route, origin, destination)
        return found

    def _service(self, route: int, origin: int, destination: int) -> LineService:
        timetable, rows = self.timetable, []
        for run in self._of_route[route].tolist():
            first, end = int(timetable.run_first[run]), int(timetable.run_first[run + 1])
            stops = timetable.st_stop[first:end]
            boards, alights = np.flatnonzero(stops == origin), np.flatnonzero(stops == destination)
            pair = next(((b, a) for b in boards for a in alights if a > b), None)
            if pair:
                rows.append((int(timetable.st_departs[first + pair[0]]), run, first + pair[0], first + pair[1]))
        rows.sort()
        table = np.array(rows, np.int64).reshape(-1, 4)
        return LineService(table[:, 1], table[:, 2], table[:, 3])
