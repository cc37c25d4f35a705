"""How long outages of one kind last, given that one has lasted this long already. Pure.

Kaplan and Meier's estimate (1958) over the latest outages of the kind: those that are still open count as "at least
this long", so a storm in which nothing has ended yet is not mistaken for a calm day in which all ends soon. Older
outages weigh less; those of the same component weigh more; and a few outages of a prior are mixed in, which speak alone
while nothing is known and hardly at all after some tens.

The priors are log-normal with a heavy end: of every eighth prior outage there is one that lasts eight times as long.
Their middles were measured on public status pages and outage maps: small web sites 15 minutes, large providers an hour,
electric power a hundred minutes. What is of no known kind counts as a provider.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LATEST = 300  # outages of a kind that are looked at
HALF_AFTER = 150  # outages: one that lies this many back weighs half
OWN_WEIGHT = 3.0  # an outage of the same component counts as much as this many of others
PRIOR_WEIGHT = 9.0  # all prior outages together count as much as this many
PRIOR_SIZE, HEAVY_EVERY, HEAVY_TIMES = 40, 8, 8.0
PRIOR_MIDDLE_S = {"site": 15 * 60.0, "provider": 65 * 60.0, "power": 100 * 60.0}
PRIOR_SPREAD = {"site": 1.4, "provider": 1.3, "power": 1.1}  # standard deviations of log lengths
BEYOND = (1.3, 2.0, 3.5)  # times its age: what is assumed of an outage older than all that was ever seen
BEYOND_ALL = 1.5  # times the longest known: where more outages outlast it than a quantile leaves


class Length(NamedTuple):
    """An outage as known: seconds that it lasted, or has lasted so far, and how much it counts."""

    lasted_s: float
    is_over: bool
    weight: float


def weigh_age(back: int) -> float:
    """How much an outage counts that began `back` outages before the latest one."""
    return float(0.5 ** (back / HALF_AFTER))


@lru_cache(maxsize=16)
def prior_of(kind: str) -> tuple[Length, ...]:
    """The outages that are assumed of a kind before any was seen, the shortest first."""
    known = kind if kind in PRIOR_MIDDLE_S else "provider"
    middle, spread = log(PRIOR_MIDDLE_S[known]), PRIOR_SPREAD[known]
    normal = NormalDist(middle, spread)
    usual = [exp(normal.inv_cdf((rank + 0.5) / PRIOR_SIZE)) for rank in range(PRIOR_SIZE)]
    all_of_them = sorted(usual + [HEAVY_TIMES * one for one in usual[::HEAVY_EVERY]])
    return tuple(Length(one, True, PRIOR_WEIGHT / len(all_of_them)) for one in all_of_them)


def quantiles_s(lengths: Iterable[Length], age_s: float, shares: Sequence[float]) -> list[float]:
    """The whole lengths, in seconds, within which these shares (ascending) of outages are over that reached `age_s`.

    None is less than `age_s`.
    """
    longer = sorted(one for one in lengths if one.lasted_s > age_s)
    longer = longer or [Length(times * max(age_s, 60.0), True, 1.0) for times in BEYOND]
    at_risk = list(accumulate(one.weight for one in reversed(longer)))[::-1]
    found: list[float] = []
    left, before, over = 1.0, age_s, 0.0  # the share that is not over; the length and share over at the one before
    for one, risk in zip(longer, at_risk, strict=True):
        if one.is_over:
            left *= 1 - min(1.0, one.weight / risk)
        while len(found) < len(shares) and 1 - left >= shares[len(found)]:
            into = (shares[len(found)] - over) / (1 - left - over)
            found.append(before + max(0.0, into) * (one.lasted_s - before))
        before, over = one.lasted_s, 1 - left
    return found + [BEYOND_ALL * max(before, age_s)] * (len(shares) - len(found))
