"""The distinct useful ways to come, best first: other first rides, fewer changes, less walking, on foot.

Candidates are exact answers to slightly different questions (fewer rides; an earlier deadline or a later start; as
somebody would walk who is slow on foot). Then one is left out that another beats in every respect, that is a variant
of a better one (same first ride, no fewer changes), or that costs far more than the best (`prices`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chalicelib.transit.data.walking import Reach
from chalicelib.transit.search import prices
from chalicelib.transit.search.paths import Ends, Way, arriving_by, departing_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.transit.search.network import Network

FEWER_RIDES_S = 1800  # how much earlier one would leave (or later arrive) for a change less
SLOW_ON_FOOT = 2.5  # the factor by which "slow" walks in the search for ways with less walking
WORTH_SAVING_S = 300  # a way with less walking is looked for if the best one walks more than this
ROUNDS = 3  # earlier (later) answers looked for


class Priced(NamedTuple):
    """A way and what orders it. `rides`: the runs in the order in which one boards them."""

    way: Way
    walked: int
    price: float
    first: int


def ranked(network: Network, ends: Ends, time: int, *, arrive_by: bool, options: int) -> list[Way]:
    """At most so many ways, best first. `time` is the deadline, or the earliest departure."""
    pool = dict.fromkeys(_candidates(network, ends, time, arrive_by=arrive_by, options=options))
    if options == 1:
        return [_exact(pool, arrive_by=arrive_by)] if pool else []
    priced = [_priced(network, ends, way, time, arrive_by=arrive_by) for way in pool]
    priced.sort(key=_order(arrive_by=arrive_by))
    kept: list[Priced] = []
    for each in priced:
        if not any(_makes_useless(better, each) for better in kept):
            kept.append(each)
    return [each.way for each in kept[:options]]


def _candidates(network: Network, ends: Ends, time: int, *, arrive_by: bool, options: int) -> list[Way]:
    ask = arriving_by if arrive_by else departing_at
    pool: list[Way] = []
    if ends.walk_s is not None:
        pool.append(Way(time - ends.walk_s, time, ()) if arrive_by else Way(time, time + ends.walk_s, ()))
    if options == 1:
        return pool + ask(network, ends, time)
    asked = time
    for _ in range(min(options, ROUNDS)):
        found = ask(network, ends, asked, slack=FEWER_RIDES_S)
        if not found:
            break
        pool += found
        asked = found[-1].arrive - 1 if arrive_by else found[-1].leave + 1
    if pool and max(_walked(network, ends, way) for way in pool) > WORTH_SAVING_S:
        slow = Ends(_slower(ends.origin), _slower(ends.destination), None)
        pool += [_at_own_pace(network, ends, way) for way in ask(network, slow, time)]
    return pool


def _exact(pool: dict[Way, None], *, arrive_by: bool) -> Way:
    if arrive_by:
        return min(pool, key=lambda way: (-way.leave, way.arrive, len(way.rides)))
    return min(pool, key=lambda way: (way.arrive, -way.leave, len(way.rides)))


def _slower(reach: Reach) -> Reach:
    return Reach(reach.stops, np.ceil(reach.seconds * SLOW_ON_FOOT).astype(np.int32))


def _at_own_pace(network: Network, ends: Ends, way: Way) -> Way:
    stop, calls = network.running.stop, way.rides
    saved_before = _walk_s(ends.origin, int(stop[calls[0][0]])) * (SLOW_ON_FOOT - 1)
    saved_after = _walk_s(ends.destination, int(stop[calls[-1][1]])) * (SLOW_ON_FOOT - 1)
    return Way(way.leave + int(np.ceil(saved_before)), way.arrive - int(np.ceil(saved_after)), calls)


def _walk_s(reach: Reach, stop: int) -> int:
    return int(reach.seconds[np.flatnonzero(reach.stops == stop)[0]])


def _priced(network: Network, ends: Ends, way: Way, time: int, *, arrive_by: bool) -> Priced:
    spare = [network.spare_s(before[1], after[0]) for before, after in zip(way.rides, way.rides[1:], strict=False)]
    walked = _walked(network, ends, way)
    lost = time - way.leave if arrive_by else way.arrive - time
    first = way.rides[0][0] if way.rides else -1
    return Priced(way, walked, prices.price_min(way, lost, walked, spare), network.run_of(first) if way.rides else -1)


def _walked(network: Network, ends: Ends, way: Way) -> int:
    """Seconds on foot."""
    if not way.rides:
        return way.arrive - way.leave
    stop = network.running.stop
    between = sum(network.walk_s(a[1], b[0]) for a, b in zip(way.rides, way.rides[1:], strict=False))
    return (
        between
        + _walk_s(ends.origin, int(stop[way.rides[0][0]]))
        + _walk_s(ends.destination, int(stop[way.rides[-1][1]]))
    )


def _order(*, arrive_by: bool) -> Callable[[Priced], tuple[float, ...]]:
    if arrive_by:
        return lambda each: (each.price, -each.way.leave)
    return lambda each: (each.way.arrive, -each.way.leave, len(each.way.rides), each.walked)


def _makes_useless(better: Priced, other: Priced) -> bool:
    fewer = len(other.way.rides) < len(better.way.rides)
    if better.first == other.first and not fewer:
        return True
    beaten = better.way.leave >= other.way.leave and better.way.arrive <= other.way.arrive
    return (beaten and not fewer and better.walked <= other.walked) or other.price > better.price + prices.LATER_MIN
