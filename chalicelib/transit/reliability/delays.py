"""How late each line runs where and when, learned continuously from passages alone.

What is learned (all compact, per feed, without persons or vehicles)
- A profile (`profile`): the mean delay of a line at a stop by hour, and the scatter round it.
- Silence: of the vehicles that were overdue by so much, how many were heard of again, and how many never.
- Shapes: the distribution of the scatter (in scales); how much of a run's own deviation from its profile is left
  after so many minutes of travel (recovery), by how early or late it is; and the distribution of what is added on
  the way, s, by time of day (PERIOD_H hours each) and as it was of late (LATELY_S): the evening peak adds more.

The prior, for a feed that we have never seen (worth PRIOR_N passages, soon outweighed)
- Mean delay PRIOR_MEAN_S, scatter PRIOR_SCALE_S, more of both in the peaks; what is added on the way grows as a random
  walk does, with WALK_S seconds per square root of a minute; recovery is RECOVERED_PER_MIN of a deviation per minute.
"""

from __future__ import annotations

import io
import math
from bisect import bisect_left, bisect_right
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.reliability.judgements import LAST_CALLS
from chalicelib.transit.reliability.profile import PRIOR_N, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from chalicelib.transit.data.sightings import Sighting

    Floats = NDArray[Any]

DELAYS_FORMAT = 3  # of the blob; one of another format is not read: what it taught is learned again within a day
WALK_S, WALK_LEAST_S, RECOVERED_PER_MIN = 30.0, 20.0, 0.005
CLIP_S = 1800.0  # beyond this a delay is a story of its own and teaches nothing about other days
JUMP_S = 1200.0  # a change by so much between two passages is distrusted until the next one confirms it
HORIZONS_MIN = (2, 5, 10, 15, 20, 30, 45, 60)  # upper ends of the classes of travel time ahead; one more beyond
LATE_CLASSES_S = (-240.0, -60.0, 60.0, 240.0, 600.0)  # from early to late: these deviations recover differently
REMAINING_SHARE_MAX = 1.1  # of a deviation; what grows on the way is added
PERIOD_H = 2
PERIODS = 24 // PERIOD_H
LATELY_S = 3600.0  # memory of what was added "of late"
LATELY_MAX, PERIOD_MAX = 1000.0, 2000.0  # passages that either counts for at most
SCATTER_RANGE = (-6.0, 6.0, 120)  # first, last, number of bins; in scales
ADDED_RANGE = (-1200.0, 1800.0, 200)  # s
SCATTER_BINS = np.linspace(*SCATTER_RANGE[:2], SCATTER_RANGE[2] + 1)
ADDED_BINS = np.linspace(*ADDED_RANGE[:2], ADDED_RANGE[2] + 1)
POINTS = 128  # of every quantile function handed out
OVERDUE_CLASSES_S = (240.0, 480.0, 960.0, 1920.0, 3840.0)  # by which vehicles were overdue at least
# of ten overdue by the least, five are heard of again, and of those half as many each class on; worth twenty vehicles
PRIOR_SILENT, PRIOR_HEARD = 10.0, (10.0, 5.0, 2.5, 1.25, 0.6)
PASSAGES_BACK = (1, 3, 8, 16, 30)  # how many passages back a run's own past is compared with


class Delays:
    """The learner and its present knowledge. Not for two threads at once."""

    def __init__(self) -> None:
        self.profile = Profile()
        self.scatter: list[float] = _prior_scatter().tolist()
        # [period, and last "of late"][horizon][class] → counts by bin; [horizon][class] → cross and square sums
        self.added: list[list[list[list[float]]]] = [_prior_additions().tolist() for _ in range(PERIODS + 1)]
        self.kept = _prior_recovery()
        self.silent, self.heard = PRIOR_SILENT, list(PRIOR_HEARD)
        self.passages = 0
        self._lately, self._lately_since = 1.0, 0.0  # what an addition of now weighs, and since when that grows
        self._runs: dict[str, deque[tuple[float, float, float]]] = {}
        self._calls_left: dict[str, int] = {}  # after the last passage of a run
        self._quantiles: dict[tuple[int, int, int], Floats] = {}

    def learn(self, sightings: Iterable[Sighting]) -> None:
        """Takes passages in the order in which they were published; one already taken is passed over."""
        for one in sightings:
            self._see(one)
        self._quantiles.clear()

    def mean_s(self, line: str, stop_id: str, *, hour: int) -> float:
        """The profile: the delay to expect there at that hour."""
        return self.profile.mean_s(line, stop_id, hour)

    def scale_s(self, line: str, stop_id: str, *, hour: int) -> float:
        """The scatter round the profile there at that hour (root mean square)."""
        return self.profile.scale_s(line, stop_id, hour)

    def doubt_s(self, line: str, stop_id: str, *, hour: int) -> float:
        """How far the profile itself may be off there."""
        return self.profile.doubt_s(line, stop_id, hour)

    def passages_at(self, line: str, stop_id: str) -> float:
        """How many passages of the line were seen there, on all days."""
        return self.profile.passages_at(line, stop_id)

    def remaining_share(self, minutes: float, deviation_s: float) -> float:
        """How much of such a deviation of a run is left after so many minutes of travel."""
        cross, square = self.kept[_horizon(minutes)][_late_class(deviation_s)]
        return min(max(cross / square, 0.0), REMAINING_SHARE_MAX)

    def silent_share(self, overdue_s: float) -> float:
        """Of the vehicles that are overdue by so much, those that are never heard of again, though they go on."""
        known = bisect_right(OVERDUE_CLASSES_S, overdue_s) - 1
        return self.silent / (self.silent + self.heard[known]) if known >= 0 else 0.0

    def scatter_quantiles(self) -> Floats:
        """POINTS equally likely deviations from a profile, in scales, ascending."""
        found = self._quantiles.get((-1, 0, 0))
        if found is None:
            found = self._quantiles[-1, 0, 0] = _quantiles(np.array(self.scatter), SCATTER_BINS)
        return found

    def addition_quantiles(self, minutes: float, deviation_s: float, *, hour: int) -> Floats:
        """POINTS equally likely additions, s, to what is left of a deviation after so many minutes; ascending."""
        key = (hour // PERIOD_H, _horizon(minutes), _late_class(deviation_s))
        found = self._quantiles.get(key)
        if found is None:
            period, horizon, late = key
            then = _at_most(np.array(self.added[period][horizon][late]), PERIOD_MAX)
            lately = _at_most(np.array(self.added[PERIODS][horizon][late]) / self._lately, LATELY_MAX)
            counts = then + lately
            found = self._quantiles[key] = _quantiles(counts, ADDED_BINS)
        return found

    def _see(self, one: Sighting) -> None:
        past = self._runs.get(one.trip)
        known = past and (
            one.at <= past[-1][2] or one.at - one.delay_s < past[-1][0]
        )  # back at an earlier stop: no more
        if abs(one.delay_s) > 2 * CLIP_S or known:
            return
        delay = min(max(float(one.delay_s), -CLIP_S), CLIP_S)
        scale = self.profile.scale_s(one.line, one.stop_id, one.hour)
        deviation = self.profile.take(one.line, one.stop_id, one.hour, delay)
        self._learn_on_the_way(one, deviation)
        self.scatter[_bin(SCATTER_RANGE, deviation / scale)] += 1
        self.passages += 1

    def _learn_on_the_way(self, one: Sighting, deviation: float) -> None:
        """What became of this run's earlier deviations on the way to here."""
        planned = one.at - one.delay_s
        past = self._runs.setdefault(one.trip, deque(maxlen=max(PASSAGES_BACK)))
        if one.calls_left >= 0:
            self._calls_left[one.trip] = one.calls_left
            overdue_s = deviation - past[-1][1] if past else 0.0
            for known in range(bisect_right(OVERDUE_CLASSES_S, overdue_s)):
                self.heard[known] += 1
        if past and abs(deviation - past[-1][1]) > JUMP_S:
            past.append((planned, deviation, one.at))
            return
        self._fade(one.at)
        lately, period = self.added[PERIODS], self.added[one.hour // PERIOD_H]
        for back in PASSAGES_BACK:
            if back > len(past):
                break
            since, before, _ = past[-back]
            horizon, late = _horizon((planned - since) / 60), _late_class(before)
            kept = self.kept[horizon][late]
            left = before * min(max(kept[0] / kept[1], 0.0), REMAINING_SHARE_MAX)
            if abs(deviation - before) < JUMP_S:
                kept[0] += before * deviation / 1e4
                kept[1] += before * before / 1e4
            here = _bin(ADDED_RANGE, deviation - left)
            lately[horizon][late][here] += self._lately
            period[horizon][late][here] += 1
        past.append((planned, deviation, one.at))

    def _fade(self, at: float) -> None:
        """What is added weighs more and more; from time to time all of it is scaled back."""
        self._lately_since = self._lately_since or at
        self._lately = math.exp(min(max(at - self._lately_since, 0.0) / LATELY_S, 7.0))
        if self._lately > 1000.0:  # noqa: PLR2004 - far from where sums of floats lose anything
            self.added[PERIODS] = self._of_late().tolist()
            self._lately, self._lately_since = 1.0, at

    def _of_late(self) -> Floats:
        """What was added of late, as it weighs now."""
        found: Floats = np.array(self.added[PERIODS]) / self._lately
        return found

    def forget_runs(self, before: float) -> None:
        """Drops what is kept of runs not seen since (POSIX s); what they taught stays."""
        over = [trip for trip, past in self._runs.items() if past[-1][2] < before]
        for trip in over:
            del self._runs[trip]
            self.silent += self._calls_left.pop(trip, 0) > LAST_CALLS

    def dump(self) -> bytes:
        """Everything learned as one small blob (an npz archive)."""
        out, profile = io.BytesIO(), self.profile
        np.savez_compressed(
            out,
            format=np.array(DELAYS_FORMAT),
            stop_keys=np.array(["\t".join(key) for key in profile.of_stop]),
            stop_rows=np.array(list(profile.of_stop.values()), "f4"),
            line_keys=np.array(list(profile.of_line)),
            line_rows=np.array(list(profile.of_line.values()), "f4"),
            all=np.array(profile.all),
            busy=np.array(profile.busy),
            scatter=np.array(self.scatter),
            added=np.array([*self.added[:PERIODS], self._of_late()], "f4"),
            kept=np.array(self.kept),
            passages=np.array(self.passages),
            silence=np.array([self.silent, *self.heard]),
        )
        return out.getvalue()

    @classmethod
    def parse(cls, data: bytes) -> Delays:
        """Inverse of `dump` (except for runs under way); of a blob of another format nothing is read.

        Raises `ValueError` for what is no such blob.
        """
        made = cls()
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            if "format" not in held or int(held["format"]) != DELAYS_FORMAT:
                return made
            for key, row in zip(held["stop_keys"].tolist(), held["stop_rows"].tolist(), strict=True):
                line, stop = key.split("\t")
                made.profile.of_stop[line, stop] = row
            made.profile.of_line = dict(zip(held["line_keys"].tolist(), held["line_rows"].tolist(), strict=True))
            made.profile.all, made.profile.busy = held["all"].tolist(), held["busy"].tolist()
            made.scatter, made.added, made.kept = (held[name].tolist() for name in ("scatter", "added", "kept"))
            made.passages = int(held["passages"])
            if "silence" in held:  # what was stored before it was learned goes on from the prior
                made.silent, *made.heard = held["silence"].tolist()
        return made


def _quantiles(counts: Floats, bins: Floats) -> Floats:
    steps = np.concatenate([[0.0], np.cumsum(counts)])
    found: Floats = np.interp((np.arange(POINTS) + 0.5) / POINTS * steps[-1], steps, bins)
    return found


def _at_most(counts: Floats, most: float) -> Floats:
    found: Floats = counts * min(1.0, most / max(float(counts.sum()), 1e-9))
    return found


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


def _prior_scatter() -> Floats:
    """A little more weight on late than on early: f(z) of a normal with a stretched right half."""
    middle = (SCATTER_BINS[:-1] + SCATTER_BINS[1:]) / 2
    density = np.exp(-0.5 * np.where(middle < 0, middle / 0.8, middle / 1.2) ** 2)
    found: Floats = density / density.sum() * PRIOR_N
    return found


def _prior_additions() -> Floats:
    middle = (ADDED_BINS[:-1] + ADDED_BINS[1:]) / 2
    rows = []
    for horizon in range(len(HORIZONS_MIN) + 1):
        spread = WALK_LEAST_S + WALK_S * np.sqrt(_middle_min(horizon))
        density = np.exp(-np.abs(middle) / spread * np.sqrt(2))  # Laplace: long tails, as delays have
        rows.append([density / density.sum() * PRIOR_N] * (len(LATE_CLASSES_S) + 1))
    return np.array(rows)


def _prior_recovery() -> list[list[list[float]]]:
    classes = len(LATE_CLASSES_S) + 1
    return [
        [[PRIOR_N * (1 - RECOVERED_PER_MIN * _middle_min(horizon)), PRIOR_N] for _ in range(classes)]
        for horizon in range(len(HORIZONS_MIN) + 1)
    ]
