"""The forecast of a feed's day at one moment, from what was learned of the feed and what is live about the day.

What was learned are the delays of this feed's own passages (`delays`): `feeds/realtime` learns them and writes one
blob per feed, which is read again from time to time. Without it the documented prior counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.data.lines import Lines
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.forecast import NO_PREDICTIONS, Forecast, Observations, Passage, Predictions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable

RELOAD_S = 600  # what was learned changes slowly
LINES_MAX = 4  # timetables whose lines are kept: today's and tomorrow's of two feeds
MOMENT_S = 5  # nothing that matters passes in it


def delays_key(feed_id: str) -> str:
    """Where the delays learned of a feed are kept."""
    return f"delays/{feed_id}/now.npz"


class Forecasts:
    """Forecasts of several feeds; keeps what was learned and what was prepared. Not for two threads at once.

    A forecast remembers what it was asked for: all who ask in the same moment share one.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._delays: dict[str, tuple[float, Delays]] = {}
        self._lines: dict[int, Lines] = {}
        self._made: dict[int, tuple[Lines, Delays, Conditions | None, Forecast]] = {}

    def at(self, feed_id: str, timetable: Timetable, conditions: Conditions | None, now: datetime) -> Forecast:
        """The forecast of this moment, give or take MOMENT_S. Raises `Unavailable`."""
        lines = self._lines_of(timetable)
        now_s = int(now.timestamp()) - int(timetable.meta["origin_epoch"])
        learned = self._read_delays(feed_id, now.timestamp())
        made = self._made.get(id(timetable))
        same = made is not None and made[0] is lines and made[1] is learned and made[2] is conditions
        if made and same and 0 <= now_s - made[3].now_s < MOMENT_S:
            return made[3]
        forecast = forecast_of(lines, learned, conditions, now_s)
        self._made[id(timetable)] = (lines, learned, conditions, forecast)
        return forecast

    def _lines_of(self, timetable: Timetable) -> Lines:
        lines = self._lines.get(id(timetable))
        if lines is None or lines.timetable is not timetable:
            while len(self._lines) >= LINES_MAX:
                oldest = next(iter(self._lines))
                del self._lines[oldest]
                self._made.pop(oldest, None)
            lines = self._lines[id(timetable)] = Lines(timetable)
        return lines

    def _read_delays(self, feed_id: str, now: float) -> Delays:
        held = self._delays.get(feed_id)
        if held is None or now - held[0] >= RELOAD_S:
            blob = self._bucket.get(delays_key(feed_id))
            held = self._delays[feed_id] = (now, Delays.parse(blob) if blob else Delays())
        return held[1]


def forecast_of(lines: Lines, learned: Delays, conditions: Conditions | None, now_s: int) -> Forecast:
    """What is to be expected of a day's vehicles at `now_s` (from its origin), under these conditions."""
    if conditions is None:
        return Forecast(lines, learned, now_s)
    epoch = int(lines.timetable.meta["origin_epoch"])
    observed = Observations(
        passages_of(conditions),
        frozenset(conditions.cancelled.tolist()),
        predictions_of(lines.timetable, conditions),
        conditions.observed_at - epoch if conditions.observed_at else None,
    )
    return Forecast(lines, learned, now_s, observed)


def passages_of(conditions: Conditions | None) -> Mapping[int, Passage]:
    """The last believed passages that conditions carry, by run."""
    if conditions is None:
        return {}
    return {
        run: Passage(call, bool(departing), delay_s) for run, call, departing, delay_s in conditions.passed.tolist()
    }


def predictions_of(timetable: Timetable, conditions: Conditions | None) -> Predictions:
    """The times that an operator predicts, of the runs of which it predicts any."""
    if conditions is None or not len(conditions.predicted):
        return NO_PREDICTIONS
    runs = np.searchsorted(timetable.run_first, conditions.at, "right") - 1
    ahead = np.isin(runs, conditions.predicted)
    return Predictions(conditions.at[ahead], conditions.arrives[ahead], conditions.departs[ahead])
