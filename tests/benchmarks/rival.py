"""pynigiri as a rival: the same feed, the same walks, the same questions, one by one in its range mode."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import math
import os
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pynigiri as ng

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.search.network import Network
    from chalicelib.transit.search.paths import EndWalks

# it answers forward: departures in the first of these windows before the deadline that holds one in time
WINDOWS_S = (2 * 3600, 4 * 3600, 6 * 3600)
TRIPS_MAX = 4  # that one vehicle makes while somebody stays aboard


def trimmed(feed: Path, to: Path) -> Path:
    """The feed without blanks around its cells, which pynigiri takes for parts of ids."""
    with zipfile.ZipFile(feed) as source, zipfile.ZipFile(to, "w") as target:
        for name in source.namelist():
            if name.endswith(".txt"):
                text = io.StringIO()
                rows = csv.reader(io.StringIO(source.read(name).decode("utf-8-sig")), skipinitialspace=True)
                csv.writer(text).writerows([cell.strip() for cell in row] for row in rows)
                target.writestr(Path(name).name, text.getvalue())
    return to


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Standard error goes nowhere: pynigiri writes every step there, below Python."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class Quickest:
    """How long vehicles take, from their timetable."""

    def __init__(self, network: Network) -> None:
        self._table = network.timetable
        self._first = self._table.run_first

    def seconds(self, origin: int, destination: int) -> int | None:
        """The least seconds of any vehicle that calls at both in this order, None: there is none."""
        table, best = self._table, None
        for call in np.flatnonzero(table.st_stop == origin).tolist():
            arrives = self._arrives(call, destination)
            if arrives is not None:
                took = arrives - int(table.st_departs[call])
                best = took if best is None else min(best, took)
        return best

    def _arrives(self, call: int, destination: int) -> int | None:
        """When who is aboard at this call is at the destination, maybe as the vehicle has gone on as another trip."""
        run, begin = int(np.searchsorted(self._first, call, "right")) - 1, call + 1
        for _ in range(TRIPS_MAX):
            later = np.flatnonzero(self._table.st_stop[begin : int(self._first[run + 1])] == destination)
            if len(later):
                return int(self._table.st_arrives[begin + later[0]])
            run = int(self._table.run_next[run])
            if run < 0:
                break
            begin = int(self._first[run])
        return None


class Nigiri:
    """The feed loaded by pynigiri 0.1.5 for one day and its neighbours."""

    def __init__(self, feed: Path, date: str, network: Network) -> None:
        day = dt.date.fromisoformat(date)
        config = ng.LoaderConfig()
        config.default_tz = network.timetable.meta["timezone"]
        first, last = day - dt.timedelta(days=1), day + dt.timedelta(days=2)
        with tempfile.TemporaryDirectory() as folder, quiet():
            source = ng.TimetableSource("", str(trimmed(feed, Path(folder) / "feed.zip")), config)
            self.timetable = ng.load_timetable([source], first.isoformat(), last.isoformat())
        table = network.timetable
        self._locations = [self.timetable.find_location(table.text("stop_id", stop)) for stop in range(table.n_stops)]
        self._origin = int(table.meta["origin_epoch"])
        self._live: Any = None
        self._network = network

    def update(self, message: bytes, date: str) -> None:
        """From now on answers are under these TripUpdates."""
        with quiet():
            self._live = ng.create_rt_timetable(self.timetable, dt.datetime.fromisoformat(date))
            ng.gtfsrt_update_from_bytes(self.timetable, self._live, ng.SourceIdx(0), "", message)

    def query(self, ends: EndWalks, deadline: int) -> Any:
        """Its question: everything that leaves in the first window before the deadline (s from the day's origin)."""
        query = ng.Query()
        query.start = self._offsets(ends.origin)
        query.destination = self._offsets(ends.destination)
        query.start_match_mode = query.dest_match_mode = ng.LocationMatchMode.INTERMODAL
        until = self._origin + deadline
        query.start_time = ((until - WINDOWS_S[0]) // 60, until // 60)
        query.use_start_footpaths = False
        return query

    def quickest(self) -> Quickest:
        """The least seconds that any timetabled run takes between two stops."""
        return Quickest(self._network)

    def rides(self, query: Any, leave: int) -> list[tuple[int, int, int]]:
        """(from stop, to stop, seconds) between stops of the feed in its answers that leave then, walks included."""
        stop_of = {int(location): stop for stop, location in enumerate(self._locations) if location is not None}
        legs = [
            leg
            for journey in self._journeys(query)
            if 60 * journey.start_time - self._origin == leave
            for leg in journey.legs
        ]
        ends = [(stop_of.get(int(getattr(leg, "from"))), stop_of.get(int(leg.to)), leg) for leg in legs]
        return [(a, b, 60 * (leg.arr_time - leg.dep_time)) for a, b, leg in ends if a is not None and b is not None]

    def _journeys(self, query: Any) -> list[Any]:
        if self._live is None:
            return list(ng.route(self.timetable, query))
        return list(ng.route_with_rt(self.timetable, self._live, query))

    def latest(self, query: Any, deadline: int) -> tuple[int, int] | None:
        """Latest departure and its arrival among its answers that are in time, s from the day's origin."""
        until = (self._origin + deadline) // 60
        for window_s in WINDOWS_S:
            query.start_time = (until - window_s // 60, until)
            times = [(60 * j.start_time - self._origin, 60 * j.dest_time - self._origin) for j in self._journeys(query)]
            in_time = [(start, end) for start, end in times if end <= deadline]
            if in_time:
                return max(in_time, key=lambda pair: (pair[0], -pair[1]))
        return None

    def timed(self, asked: list[tuple[EndWalks, int]]) -> float:
        """Seconds of the core's own time for all of the questions, one by one."""
        queries = [(self.query(ends, deadline), deadline) for ends, deadline in asked]
        began = time.process_time()
        for query, deadline in queries:
            self.latest(query, deadline)
        return time.process_time() - began

    def _offsets(self, reach: Reach) -> list[Any]:
        pairs = zip(reach.stops.tolist(), reach.seconds.tolist(), strict=True)
        return [
            ng.Offset(self._locations[stop], math.ceil(seconds / 60))
            for stop, seconds in pairs
            if self._locations[stop] is not None
        ]
