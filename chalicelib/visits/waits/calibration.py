"""A range that should hold in four of five cases is stretched until it does. Pure.

Two means, both from the outcomes that are known by now: the range is scaled so that it would have held for the last
`SCORES_REMEMBERED` (split conformal prediction, scores in units of the range itself: Lei et al. 2018), and the share
aimed at moves a little with each hit and miss (adaptive conformal inference: Gibbs and Candès 2021), so that a bad
afternoon is answered within the afternoon.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

SCORES_REMEMBERED = 400  # outcomes
TRUSTED = 50  # with fewer the range stays as it is
SIDE = 0.9  # of the outcomes shall lie on the right side of each bound
AIM_STEP = 0.01  # by how much one miss moves the share aimed at
LEAST, MOST = 0.75, 0.985  # the share aimed at stays within these
FLOOR_S, FLOOR_SHARE = (
    5.0,
    0.1,
)  # a bound is never nearer to the middle than this, for the scale: seconds, of the middle
EXACT_S = 0.5  # instants are given to the second


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait foretold, in seconds: 10 %, 50 % and 90 % quantile."""

    low_s: float
    mid_s: float
    high_s: float

    def ordered(self) -> Wait:
        """The same without bounds that cross, and nothing before now."""
        low, mid, high = sorted(max(0.0, one) for one in (self.low_s, self.mid_s, self.high_s))
        return Wait(low, mid, high)


@dataclass(slots=True)
class Calibration:
    """What became of forecasts of one kind; a bound missed by up to `exact_s` seconds counts as held."""

    exact_s: float = EXACT_S

    _below: deque[float] = field(default_factory=lambda: deque(maxlen=SCORES_REMEMBERED))
    _above: deque[float] = field(default_factory=lambda: deque(maxlen=SCORES_REMEMBERED))
    _aim_low: float = SIDE
    _aim_high: float = SIDE

    def learn(self, raw: Wait, told: Wait, wait_s: float) -> None:
        """What was foretold, what was made of it, and how long it was."""
        floor = FLOOR_S + FLOOR_SHARE * raw.mid_s
        self._below.append((raw.mid_s - wait_s) / (raw.mid_s - raw.low_s + floor))
        self._above.append((wait_s - raw.mid_s) / (raw.high_s - raw.mid_s + floor))
        self._aim_low = _moved(self._aim_low, missed=wait_s < told.low_s - self.exact_s)
        self._aim_high = _moved(self._aim_high, missed=wait_s > told.high_s + self.exact_s)

    def stretch(self, raw: Wait) -> Wait:
        """The range that would have held."""
        if len(self._below) < TRUSTED:
            return raw
        floor = FLOOR_S + FLOOR_SHARE * raw.mid_s
        low = raw.mid_s - float(np.quantile(self._below, self._aim_low)) * (raw.mid_s - raw.low_s + floor)
        high = raw.mid_s + float(np.quantile(self._above, self._aim_high)) * (raw.high_s - raw.mid_s + floor)
        low, high = min(low, high), max(low, high)
        return Wait(low, min(max(raw.mid_s, low), high), high).ordered()


def _moved(aim: float, *, missed: bool) -> float:
    return min(MOST, max(LEAST, aim + AIM_STEP * (missed - (1 - SIDE))))
