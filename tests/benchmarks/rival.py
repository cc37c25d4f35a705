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

import pynigiri as ng

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.transit.access import Reach
    from chalicelib.transit.network import Network
    from chalicelib.transit.ways import Ends

WINDOW_S = 2 * 3600  # it answers forward: departures in this window before the deadline


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

    def update(self, message: bytes, date: str) -> None:
        """From now on answers are under these TripUpdates."""
        with quiet():
            self._live = ng.create_rt_timetable(self.timetable, dt.datetime.fromisoformat(date))
            ng.gtfsrt_update_from_bytes(self.timetable, self._live, ng.SourceIdx(0), "", message)

    def query(self, ends: Ends, deadline: int) -> Any:
        """Its question: everything that leaves in the window before the deadline (s from the day's origin)."""
        query = ng.Query()
        query.start = self._offsets(ends.origin)
        query.destination = self._offsets(ends.destination)
        query.start_match_mode = query.dest_match_mode = ng.LocationMatchMode.INTERMODAL
        until = self._origin + deadline
        query.start_time = ((until - WINDOW_S) // 60, until // 60)
        query.use_start_footpaths = False
        return query

    def latest(self, query: Any, deadline: int) -> tuple[int, int] | None:
        """Latest departure and its arrival among its answers that are in time, s from the day's origin."""
        if self._live is None:
            journeys = ng.route(self.timetable, query)
        else:
            journeys = ng.route_with_rt(self.timetable, self._live, query)
        times = [(60 * j.start_time - self._origin, 60 * j.dest_time - self._origin) for j in journeys]
        in_time = [(start, end) for start, end in times if end <= deadline]
        return max(in_time, key=lambda pair: (pair[0], -pair[1]), default=None)

    def timed(self, asked: list[tuple[Ends, int]]) -> float:
        """Seconds for all of the questions, one by one."""
        queries = [(self.query(ends, deadline), deadline) for ends, deadline in asked]
        began = time.perf_counter()
        for query, deadline in queries:
            self.latest(query, deadline)
        return time.perf_counter() - began

    def _offsets(self, reach: Reach) -> list[Any]:
        pairs = zip(reach.stops.tolist(), reach.seconds.tolist(), strict=True)
        return [
            ng.Offset(self._locations[stop], math.ceil(seconds / 60))
            for stop, seconds in pairs
            if self._locations[stop] is not None
        ]
