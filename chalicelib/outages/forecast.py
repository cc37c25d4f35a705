"""Forecast of how much longer an outage will last: a range, from its age and from past outages. Pure.

The model: the time that an outage lasts on after it became certain is log-normal. Its middle belongs to the connection,
is drawn towards the middle of its provider, and that towards the prior; each by how much is known (normal-normal
shrinkage on the log scale, Gelman et al., Bayesian Data Analysis, ch. 5). The range holds the remaining time, given
that the outage is not over yet, from its `FROM_QUANTILE` to its `UNTIL_QUANTILE` quantile. The tail of the log-normal
is heavy: the longer it lasts, the farther and the wider the range.

Counting from the moment of certainty makes durations of past outages comparable: shorter ones were never recorded.

The prior: half of what lasts a quarter of an hour is over 45 minutes later, nine tenths within five hours. That is a
judgement in the order of magnitude of incident reports on public status pages, not a measurement; after some ten
outages of a provider it hardly matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FROM_QUANTILE, UNTIL_QUANTILE = 0.20, 0.80  # quantiles of the remaining time: wider ranges would say nothing
SHARE_IN_RANGE = UNTIL_QUANTILE - FROM_QUANTILE  # the share of outages that end inside the range
PRIOR_MIDDLE_S = 45 * 60  # seconds, of what is certain: see above
PRIOR_SPREAD = 1.3  # standard deviation of log durations of one connection
PRIOR_WEIGHT = 4  # the spread's prior counts as much as this many outages
PROVIDERS_DIFFER, CONNECTIONS_DIFFER = 0.6, 0.4  # standard deviations of log middles
SHORTEST_S = 60.0  # shorter ones count as this long
DEPTH_MAX = 5.0  # standard deviations: beyond, the tail goes on in proportion
ROUND_MIN = 5  # the range is rounded outward to whole steps of this
NARROWEST_RANGE_MIN = 10  # a narrower range would promise what nobody knows


@dataclass(frozen=True, slots=True)
class PastOutage:
    """One past outage: how long it lasted on after it was certain, in seconds."""

    lasted_s: float
    own: bool  # of this connection; else of another one of the same provider


@dataclass(frozen=True, slots=True)
class Belief:
    """Log-normal: middle and spread of the logarithm of seconds, as far as they are known."""

    middle: float
    spread: float


def belief(past: Sequence[PastOutage]) -> Belief:
    """What past outages teach about the next one of this connection."""
    own = [log(max(one.lasted_s, SHORTEST_S)) for one in past if one.own]
    others = [log(max(one.lasted_s, SHORTEST_S)) for one in past if not one.own]
    spread2 = _spread2(own, others)
    middle, doubt2 = _shrink(others, log(PRIOR_MIDDLE_S), PROVIDERS_DIFFER**2, spread2 + CONNECTIONS_DIFFER**2)
    middle, doubt2 = _shrink(own, middle, doubt2 + CONNECTIONS_DIFFER**2, spread2)
    return Belief(middle, sqrt(spread2 + doubt2))


def back_range(certain_at: datetime, now: datetime, past: Sequence[PastOutage]) -> tuple[datetime, datetime]:
    """(back_from, back_until) of an outage that was certain at `certain_at` and goes on at `now`.

    Both UTC, after `now`, rounded outward to five minutes.
    """
    known, elapsed_s = belief(past), max(0.0, (now - certain_at).total_seconds())
    first, last = (remaining_s(known, elapsed_s, share) for share in (FROM_QUANTILE, UNTIL_QUANTILE))
    step = timedelta(minutes=ROUND_MIN)
    back_from, back_until = _round_down(now + timedelta(seconds=first)), now + timedelta(seconds=last)
    if back_until != _round_down(back_until):
        back_until = _round_down(back_until) + step
    if back_from <= now:
        back_from += step
    return back_from, max(back_until, back_from + timedelta(minutes=NARROWEST_RANGE_MIN))


def remaining_s(known: Belief, elapsed_s: float, share: float) -> float:
    """The time within which this share of outages is over that lasted `elapsed_s` already."""
    if elapsed_s <= 0:
        return exp(NormalDist(known.middle, known.spread).inv_cdf(share))
    depth = min((log(elapsed_s) - known.middle) / known.spread, DEPTH_MAX)
    left = NormalDist().cdf(-depth)  # the share that lasts as long
    at = -NormalDist().inv_cdf(left * (1 - share))
    return elapsed_s * (exp((at - depth) * known.spread) - 1)


def _shrink(observed: list[float], towards: float, trust2: float, noise2: float) -> tuple[float, float]:
    """The mean of what was observed, drawn towards a middle of variance `trust2`; and the variance that is left.

    `noise2` is the variance of one observation.
    """
    if not observed:
        return towards, trust2
    pull = trust2 / (trust2 + noise2 / len(observed))
    return towards + pull * (sum(observed) / len(observed) - towards), trust2 * (1 - pull)


def _spread2(own: list[float], others: list[float]) -> float:
    """The variance within one connection; others of the provider differ among themselves, too, and count less."""
    squares, count = PRIOR_WEIGHT * PRIOR_SPREAD**2, float(PRIOR_WEIGHT)
    for observed, extra2 in ((own, 0.0), (others, CONNECTIONS_DIFFER**2)):
        if len(observed) > 1:
            mean = sum(observed) / len(observed)
            free = len(observed) - 1
            squares += max(0.0, sum((one - mean) ** 2 for one in observed) - free * extra2)
            count += free
    return squares / count


def _round_down(instant: datetime) -> datetime:
    step_s = 60 * ROUND_MIN
    return datetime.fromtimestamp(int(instant.timestamp()) // step_s * step_s, UTC)
