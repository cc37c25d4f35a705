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
from chalicelib.transit.search.paths import EndWalks, Path, paths_arriving_by, paths_departing_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.transit.search.network import Network

FEWER_RIDES_SLACK_S = 1800  # how much earlier one would leave (or later arrive) for a change less
SLOW_ON_FOOT = 2.5  # the factor by which "slow" walks in the search for ways with less walking
WORTH_SAVING_S = 300  # a way with less walking is looked for if the best one walks more than this
ROUNDS = 3  # earlier (later) answers looked for


class PricedPath(NamedTuple):
    """A way and what orders it. `rides`: the runs in the order in which one boards them."""

    path: Path
    walked: int
    price: float
    first: int


def rank_paths(network: Network, ends: EndWalks, time: int, *, arrive_by: bool, itineraries_max: int) -> list[Path]:
    """At most so many ways, best first. `time` is the deadline, or the earliest departure."""
    pool = dict.fromkeys(_candidates(network, ends, time, arrive_by=arrive_by, itineraries_max=itineraries_max))
    if itineraries_max == 1:
        return [_exact(pool, arrive_by=arrive_by)] if pool else []
    priced = [_price_path(network, ends, path, time, arrive_by=arrive_by) for path in pool]
    priced.sort(key=_sort_key(arrive_by=arrive_by))
    kept: list[PricedPath] = []
    for each in priced:
        if not any(_makes_useless(better, each) for better in kept):
            kept.append(each)
    return [each.path for each in kept[:itineraries_max]]


def _candidates(network: Network, ends: EndWalks, time: int, *, arrive_by: bool, itineraries_max: int) -> list[Path]:
    ask = paths_arriving_by if arrive_by else paths_departing_at
    pool: list[Path] = []
    if ends.walk_s is not None:
        pool.append(Path(time - ends.walk_s, time, ()) if arrive_by else Path(time, time + ends.walk_s, ()))
    if itineraries_max == 1:
        return pool + ask(network, ends, time)
    asked = time
    for _ in range(min(itineraries_max, ROUNDS)):
        found = ask(network, ends, asked, slack=FEWER_RIDES_SLACK_S)
        if not found:
            break
        pool += found
        asked = found[-1].arrive - 1 if arrive_by else found[-1].leave + 1
    if pool and max(_walking_s(network, ends, path) for path in pool) > WORTH_SAVING_S:
        slow = EndWalks(_slower(ends.origin), _slower(ends.destination), None)
        pool += [_at_own_pace(network, ends, path) for path in ask(network, slow, time)]
    return pool


def _exact(pool: dict[Path, None], *, arrive_by: bool) -> Path:
    if arrive_by:
        return min(pool, key=lambda path: (-path.leave, path.arrive, len(path.rides)))
    return min(pool, key=lambda path: (path.arrive, -path.leave, len(path.rides)))


def _slower(reach: Reach) -> Reach:
    return Reach(reach.stops, np.ceil(reach.seconds * SLOW_ON_FOOT).astype(np.int32))


def _at_own_pace(network: Network, ends: EndWalks, path: Path) -> Path:
    stop, calls = network.running.stop, path.rides
    saved_before = _walk_s(ends.origin, int(stop[calls[0][0]])) * (SLOW_ON_FOOT - 1)
    saved_after = _walk_s(ends.destination, int(stop[calls[-1][1]])) * (SLOW_ON_FOOT - 1)
    return Path(path.leave + int(np.ceil(saved_before)), path.arrive - int(np.ceil(saved_after)), calls)


def _walk_s(reach: Reach, stop: int) -> int:
    return int(reach.seconds[np.flatnonzero(reach.stops == stop)[0]])


def _price_path(network: Network, ends: EndWalks, path: Path, time: int, *, arrive_by: bool) -> PricedPath:
    spare = [network.spare_s(before[1], after[0]) for before, after in zip(path.rides, path.rides[1:], strict=False)]
    walked = _walking_s(network, ends, path)
    lost = time - path.leave if arrive_by else path.arrive - time
    first = path.rides[0][0] if path.rides else -1
    return PricedPath(
        path, walked, prices.price_min(path, lost, walked, spare), network.run_of(first) if path.rides else -1
    )


def _walking_s(network: Network, ends: EndWalks, path: Path) -> int:
    """Seconds on foot."""
    if not path.rides:
        return path.arrive - path.leave
    stop = network.running.stop
    between = sum(network.walk_s(a[1], b[0]) for a, b in zip(path.rides, path.rides[1:], strict=False))
    return (
        between
        + _walk_s(ends.origin, int(stop[path.rides[0][0]]))
        + _walk_s(ends.destination, int(stop[path.rides[-1][1]]))
    )


def _sort_key(*, arrive_by: bool) -> Callable[[PricedPath], tuple[float, ...]]:
    if arrive_by:
        return lambda each: (each.price, -each.path.leave)
    return lambda each: (each.path.arrive, -each.path.leave, len(each.path.rides), each.walked)


def _makes_useless(better: PricedPath, other: PricedPath) -> bool:
    fewer = len(other.path.rides) < len(better.path.rides)
    if better.first == other.first and not fewer:
        return True
    beaten = better.path.leave >= other.path.leave and better.path.arrive <= other.path.arrive
    return (
        beaten and not fewer and better.walked <= other.walked
    ) or other.price > better.price + prices.ALTERNATIVE_MAX_MIN
