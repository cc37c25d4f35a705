"""What really happened, call by call, as the whole recording shows it afterwards: what advice is scored against.

Between passages a run's delay is taken to change evenly with its planned time; before the first and after the last
it is that passage's. A run without a passage did not come. No run goes backwards: a vehicle at the first stop of a trip
that it has ended only waits there for the next one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from chalicelib.transit.data.sightings import Sighting
    from chalicelib.transit.data.timetable import Timetable

NEVER_HAPPENED_S = np.iinfo(np.int32).max


class Truth:
    """Collects passages.

    `times` gives departures and arrivals of all calls, s from origin (`NEVER_HAPPENED_S`: none).
    """

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable
        self._delays: dict[int, dict[tuple[int, bool], int]] = defaultdict(dict)
        self._furthest: dict[int, int] = defaultdict(int)

    def take(self, sightings: Iterable[Sighting]) -> None:
        """The last word about a call stands, until a later call is passed."""
        for one in sightings:
            if one.run >= 0 and one.call >= self._furthest[one.run]:
                self._furthest[one.run] = one.call
                self._delays[one.run][one.call, one.departing] = one.delay_s

    def times(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Departures and arrivals."""
        timetable = self._timetable
        departs = np.full(len(timetable.st_stop), NEVER_HAPPENED_S, np.int64)
        arrives = departs.copy()
        for run, delays in self._delays.items():
            calls = slice(int(timetable.run_first[run]), int(timetable.run_first[run + 1]))
            known = sorted(
                (int((timetable.st_departs if departing else timetable.st_arrives)[call]), call, departing, delay)
                for (call, departing), delay in delays.items()
            )
            planned, late = [float(one[0]) for one in known], [float(one[3]) for one in known]
            for array, source in ((departs, timetable.st_departs), (arrives, timetable.st_arrives)):
                array[calls] = source[calls] + np.interp(source[calls], planned, late)
            for _, call, departing, delay in known:
                (departs if departing else arrives)[call] = (
                    timetable.st_departs if departing else timetable.st_arrives
                )[call] + delay
            departs[calls] = np.maximum(departs[calls], arrives[calls])
        return departs, arrives
