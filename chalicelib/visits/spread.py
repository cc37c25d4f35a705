"""How far the beginnings of visits really lie from what the draws say, by how far ahead they were foretold. Pure.

Each forecast that came true leaves a score: how many of the draws' own spreads the visit began after their middle. The
quantiles of these scores, mixed with those of the draws themselves while few are known, make a range hold as often as
it says (split conformal prediction with normalised scores: Lei et al. 2018).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

AHEAD_MIN = (5, 15, 30, 60, 120)  # minutes from telling to beginning, between which scores are kept apart
SCORES_MAX = 1500
PRIOR_SCORES = 60.0  # scores that the draws' own quantile counts as
NARROWEST_S = 60.0  # added to the draws' spread: nobody knows better than this
WIDE = 1.2816  # standard deviations from the middle to the 10 % or 90 % quantile of a normal distribution


@dataclass(frozen=True, slots=True)
class Foretold:
    """When a visit begins, as the draws say."""

    at: float  # when it was foretold
    kind: str
    middle: float
    spread: float
    draws: Floats  # in ascending order

    @property
    def key(self) -> tuple[str, int]:
        """Scores of this kind and this far ahead are comparable."""
        if self.kind == "quote":
            return self.kind, 0
        return self.kind, bisect_right(AHEAD_MIN, (self.middle - self.at) / 60)


def foretell(at: float, kind: str, draws: Floats) -> Foretold:
    """From the draws in which the visit begins; at least one."""
    ordered = np.sort(draws)
    low, middle, high = (_at(ordered, share) for share in (0.1, 0.5, 0.9))
    return Foretold(at, kind, middle, (high - low) / (2 * WIDE) + NARROWEST_S, ordered)


@dataclass(slots=True)
class Spread:
    """What became of a venue's forecasts."""

    _scores: dict[tuple[str, int], deque[float]] = field(default_factory=dict)
    _sorted: dict[tuple[str, int], Floats] = field(default_factory=dict)

    def begin_day(self) -> None:
        """What was learned so far is used today."""
        self._sorted = {key: np.sort(scores) for key, scores in self._scores.items()}

    def learn(self, foretold: Foretold, began: float) -> None:
        """A visit that was foretold has begun."""
        scores = self._scores.setdefault(foretold.key, deque(maxlen=SCORES_MAX))
        scores.append((began - foretold.middle) / foretold.spread)

    def quantile(self, foretold: Foretold, share: float) -> float:
        """The instant before which it begins in this share of cases."""
        own = _at(foretold.draws, share)
        scores = self._sorted.get(foretold.key)
        if scores is None:
            return max(foretold.at, own)
        learned = foretold.middle + _at(scores, share) * foretold.spread
        weight = len(scores) / (PRIOR_SCORES + len(scores))
        return max(foretold.at, weight * learned + (1 - weight) * own)


def _at(ordered: Floats, share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
