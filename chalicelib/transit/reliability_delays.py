"""How late each line runs where and when, learned continuously from passages alone.

What is learned (all compact, per feed, without persons or vehicles)
- A profile: the mean delay of a line at a stop, by hour of day and of late, each level leaning on the coarser one
  while it has seen little (shrinkage): everywhere → line → line at stop → that by hour → that of the last hour.
- A scale: how much single runs scatter round the profile, by line and stop, shrunk the same way.
- Shapes: the distribution of the scatter (in scales), and how much of a run's own deviation from its profile is left
  after so many minutes of its way (recovery), with the distribution of what is added on the way, s.

The prior, for a feed that we have never seen (worth PRIOR_N passages, soon outweighed)
- Mean delay PRIOR_MEAN_S, scatter PRIOR_SCALE_S; what is added on the way grows as a random walk does, with
  WALK_S seconds per square root of a minute; recovery is RECOVERED_PER_MIN of a deviation per minute.
"""

from __future__ import annotations

import io
import math
from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from chalicelib.transit.sightings import Sighting

    Floats = NDArray[Any]

PRIOR_MEAN_S, PRIOR_SCALE_S, PRIOR_N = 60.0, 180.0, 100.0
WALK_S, WALK_LEAST_S, RECOVERED_PER_MIN = 30.0, 20.0, 0.005
CLIP_S = 1800.0  # beyond this a delay is a story of its own and teaches nothing about other days
JUMP_S = 1200.0  # a change by so much between two passages is distrusted until the next one confirms it
LEAN_LINE, LEAN_STOP, LEAN_HOUR, LEAN_RECENT, LEAN_SCALE = 20.0, 3.0, 4.0, 3.0, 8.0  # passages a level is worth
RECENT_S = 3600.0  # memory of the "of late" level
HORIZONS_MIN = (2, 5, 10, 15, 20, 30, 45, 60)  # upper ends of the classes of way ahead; one more beyond
LATE_CLASSES_S = (-120.0, 240.0)  # early, usual, late: deviations of these classes recover differently
SCATTER_RANGE = (-6.0, 6.0, 120)  # first, last, number of bins; in scales
ADDED_RANGE = (-1200.0, 1800.0, 200)  # s
SCATTER_BINS = np.linspace(*SCATTER_RANGE[:2], SCATTER_RANGE[2] + 1)
ADDED_BINS = np.linspace(*ADDED_RANGE[:2], ADDED_RANGE[2] + 1)
DIFFER_S = 150.0  # how much a line's mean at a stop and hour differs from what its coarser levels say, before we know
POINTS = 128  # of every quantile function handed out
BACK = (1, 3, 8, 16, 30)  # how many passages back a run's own past is compared with


class Delays:
    """The learner and its present knowledge. Not for two threads at once."""

    def __init__(self) -> None:
        # rows: [n, sum, n_scale, sum of squares, recent n, recent sum, recent at] + hourly n (24) + hourly sum (24)
        self.of_stop: dict[tuple[str, str, bool], list[float]] = {}
        self.of_line: dict[str, list[float]] = {}
        self.all = _row()
        self.scatter: list[float] = _prior_scatter().tolist()
        self.added: list[list[list[float]]] = _prior_added().tolist()
        self.kept = [[PRIOR_N * _keep(h), PRIOR_N] for h in range(len(HORIZONS_MIN) + 1)]
        self.passages = 0
        self._runs: dict[str, deque[tuple[float, float, float]]] = {}
        self._quantiles: dict[tuple[int, int], Floats] = {}

    def learn(self, sightings: Iterable[Sighting]) -> None:
        """Takes passages in the order in which they were published; one already taken is passed over."""
        for one in sightings:
            self._see(one)
        self._quantiles.clear()

    def mean_s(self, line: str, stop_id: str, *, departing: bool, hour: int, now: float) -> float:
        """The profile: the delay to expect there at that hour, as known at `now` (POSIX s)."""
        return _mean(self.all, self.of_line.get(line), self.of_stop.get((line, stop_id, departing)), hour, now)

    def scale_s(self, line: str, stop_id: str, *, departing: bool) -> float:
        """The scatter round the profile there (root mean square)."""
        rows = (self.all, self.of_line.get(line), self.of_stop.get((line, stop_id, departing)))
        square, lean = PRIOR_SCALE_S**2, PRIOR_N
        for row in rows:
            if row is not None:
                square = (row[3] + lean * square) / (row[2] + lean)
            lean = LEAN_SCALE
        return math.sqrt(square)

    def doubt_s(self, line: str, stop_id: str, *, departing: bool, hour: int) -> float:
        """How far the profile itself may be off: DIFFER_S where nothing was seen at that hour, less with each day."""
        row = self.of_stop.get((line, stop_id, departing))
        seen = _at_hour(row, hour)[0] if row is not None else 0.0
        return DIFFER_S * math.sqrt(LEAN_HOUR / (seen + LEAN_HOUR))

    def kept_share(self, minutes: float) -> float:
        """How much of a run's own deviation is left after so many minutes of its way."""
        cross, square = self.kept[_horizon(minutes)]
        return min(max(cross / square, 0.0), 1.0)

    def scatter_quantiles(self) -> Floats:
        """POINTS equally likely deviations from a profile, in scales, ascending."""
        return self._quantile(-1, 0)

    def added_quantiles(self, minutes: float, deviation_s: float) -> Floats:
        """POINTS equally likely additions, s, to what is left of a deviation after so many minutes; ascending."""
        return self._quantile(_horizon(minutes), _late_class(deviation_s))

    def _quantile(self, horizon: int, late: int) -> Floats:
        found = self._quantiles.get((horizon, late))
        if found is None:
            bins = SCATTER_BINS if horizon < 0 else ADDED_BINS
            counts = self.scatter if horizon < 0 else self.added[horizon][late]
            steps = np.concatenate([[0.0], np.cumsum(counts)])
            found = np.interp((np.arange(POINTS) + 0.5) / POINTS * steps[-1], steps, bins)
            self._quantiles[horizon, late] = found
        return found

    def _see(self, one: Sighting) -> None:
        past = self._runs.get(one.trip)
        if abs(one.delay_s) > 2 * CLIP_S or (past and one.at <= past[-1][2]):
            return
        delay = min(max(float(one.delay_s), -CLIP_S), CLIP_S)
        line = self.of_line.setdefault(one.line, _row())
        stop = self.of_stop.setdefault((one.line, one.stop_id, one.departing), _row())
        deviation = delay - _mean(self.all, line, stop, one.hour, one.at)
        self._learn_way(one, deviation)
        scale = self.scale_s(one.line, one.stop_id, departing=one.departing)
        self.scatter[_bin(SCATTER_RANGE, deviation / scale)] += 1
        for row in (self.all, line, stop):
            _take(row, delay, deviation, one.hour, one.at)
        self.passages += 1

    def _learn_way(self, one: Sighting, deviation: float) -> None:
        """What became of this run's earlier deviations on the way to here."""
        planned = one.at - one.delay_s
        past = self._runs.setdefault(one.trip, deque(maxlen=max(BACK)))
        if past and abs(deviation - past[-1][1]) > JUMP_S:
            past.append((planned, deviation, one.at))
            return
        for back in BACK:
            if back > len(past):
                break
            then, before, _ = past[-back]
            horizon = _horizon((planned - then) / 60)
            kept = self.kept[horizon]
            left = before * min(max(kept[0] / kept[1], 0.0), 1.0)
            if abs(before) < CLIP_S / 2 and abs(deviation - before) < JUMP_S:
                kept[0] += before * deviation / 1e4
                kept[1] += before * before / 1e4
            self.added[horizon][_late_class(before)][_bin(ADDED_RANGE, deviation - left)] += 1
        past.append((planned, deviation, one.at))

    def forget_runs(self, before: float) -> None:
        """Drops what is kept of runs not seen since (POSIX s); what they taught stays."""
        self._runs = {trip: past for trip, past in self._runs.items() if past[-1][2] >= before}

    def dump(self) -> bytes:
        """Everything learned as one small blob (an npz archive)."""
        out = io.BytesIO()
        keys = np.array(["\t".join((line, stop, "D" if departing else "A")) for line, stop, departing in self.of_stop])
        np.savez_compressed(
            out,
            stop_keys=keys,
            stop_rows=np.array(list(self.of_stop.values()), "f4"),
            line_keys=np.array(list(self.of_line)),
            line_rows=np.array(list(self.of_line.values()), "f4"),
            all=np.array(self.all),
            scatter=np.array(self.scatter),
            added=np.array(self.added),
            kept=np.array(self.kept),
            passages=np.array(self.passages),
        )
        return out.getvalue()

    @classmethod
    def parse(cls, data: bytes) -> Delays:
        """Inverse of `dump` (except for runs under way). Raises `ValueError` for what is no such blob."""
        made = cls()
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            for key, row in zip(held["stop_keys"].tolist(), held["stop_rows"].tolist(), strict=True):
                line, stop, kind = key.split("\t")
                made.of_stop[line, stop, kind == "D"] = row
            made.of_line = dict(zip(held["line_keys"].tolist(), held["line_rows"].tolist(), strict=True))
            made.all = held["all"].tolist()
            made.scatter, made.added, made.kept = (held[name].tolist() for name in ("scatter", "added", "kept"))
            made.passages = int(held["passages"])
        return made


def _row() -> list[float]:
    return [0.0] * (7 + 48)


def _take(row: list[float], delay: float, deviation: float, hour: int, at: float) -> None:
    row[0] += 1
    row[1] += delay
    row[2] += 1
    row[3] += deviation * deviation
    fade = math.exp(-max(0.0, at - row[6]) / RECENT_S) if row[6] else 0.0
    row[4] = row[4] * fade + 1
    row[5] = row[5] * fade + delay
    row[6] = max(row[6], at)
    row[7 + hour] += 1
    row[31 + hour] += delay


def _mean(everywhere: list[float], line: list[float] | None, stop: list[float] | None, hour: int, now: float) -> float:
    mean = (everywhere[1] + PRIOR_N * PRIOR_MEAN_S) / (everywhere[0] + PRIOR_N)
    for row, lean in ((line, LEAN_LINE), (stop, LEAN_STOP)):
        if row is None:
            continue
        mean = (row[1] + lean * mean) / (row[0] + lean)
        n, total = _at_hour(row, hour)
        mean = (total + LEAN_HOUR * mean) / (n + LEAN_HOUR)
        fade = math.exp(-max(0.0, now - row[6]) / RECENT_S)
        mean = (row[5] * fade + LEAN_RECENT * mean) / (row[4] * fade + LEAN_RECENT)
    return mean


def _at_hour(row: list[float], hour: int) -> tuple[float, float]:
    """Number and sum at an hour; its neighbours count half."""
    before, after = (hour - 1) % 24, (hour + 1) % 24
    n = row[7 + hour] + 0.5 * (row[7 + before] + row[7 + after])
    return n, row[31 + hour] + 0.5 * (row[31 + before] + row[31 + after])


def _horizon(minutes: float) -> int:
    return bisect_left(HORIZONS_MIN, minutes)


def _late_class(deviation_s: float) -> int:
    return bisect_left(LATE_CLASSES_S, deviation_s)


def _bin(span: tuple[float, float, int], value: float) -> int:
    first, last, bins = span
    return int(min(max((value - first) / (last - first), 0.0) * bins, bins - 1))


def _middle_min(horizon: int) -> float:
    ends = (0, *HORIZONS_MIN, 90)
    return (ends[horizon] + ends[horizon + 1]) / 2


def _keep(horizon: int) -> float:
    return float(1 - RECOVERED_PER_MIN * _middle_min(horizon))


def _prior_scatter() -> Floats:
    """A little more weight on late than on early: f(z) of a normal with a stretched right half."""
    middle = (SCATTER_BINS[:-1] + SCATTER_BINS[1:]) / 2
    density = np.exp(-0.5 * np.where(middle < 0, middle / 0.8, middle / 1.2) ** 2)
    found: Floats = density / density.sum() * PRIOR_N
    return found


def _prior_added() -> Floats:
    middle = (ADDED_BINS[:-1] + ADDED_BINS[1:]) / 2
    rows = []
    for horizon in range(len(HORIZONS_MIN) + 1):
        spread = WALK_LEAST_S + WALK_S * np.sqrt(_middle_min(horizon))
        density = np.exp(-np.abs(middle) / spread * np.sqrt(2))  # Laplace: long tails, as delays have
        rows.append([density / density.sum() * PRIOR_N] * (len(LATE_CLASSES_S) + 1))
    return np.array(rows)
