"""The distinct useful paths, best first: other first rides, fewer changes, less walking, on foot.

Candidates are exact answers to slightly different questions (fewer rides; an earlier deadline or a later start; as
somebody would walk who is slow on foot). Then one is left out that another beats in every respect, that is a variant
of a better one (same first ride, no fewer changes), or that costs far more than the best (`prices`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chalicelib.transit.data.walking import Reach
from chalicelib.transit.search import prices
from chalicelib.transit.search.paths import EndWalks, Path, paths_arriving_by, paths_departing_at

if TYPE_CHECKING:
    from chalicelib.transit.search.network import Network


class PathQuestion(NamedTuple):
    """A question in a network's own numbers. `time`: deadline, or earliest departure, s from the day's origin."""

    network: Network
    ends: EndWalks
    time: int
    arrive_by: bool
    early_max_s: int = prices.EARLY_MAX_S

    def is_soon(self, path: Path) -> bool:
        """Whether it arrives no earlier before the deadline than anybody would."""
        return not self.arrive_by or self.time - path.arrive <= self.early_max_s

    def paths(self, *, slack: int = 0) -> list[Path]:
        """The exact answers: with fewer rides, within `slack` s, first."""
        ask = paths_arriving_by if self.arrive_by else paths_departing_at
        return ask(self.network, self.ends, self.time, slack=slack)


class PricedPath(NamedTuple):
    """A path and what orders it. `first_run`: the run boarded first, -1: none."""

    path: Path
    walked_s: int
    price_min: float
    first_run: int

    def cheapest_first(self) -> tuple[float, ...]:
        """For sorting."""
        return self.price_min, -self.path.leave

    def earliest_first(self) -> tuple[float, ...]:
        """For sorting."""
        return self.path.arrive, -self.path.leave, len(self.path.rides), self.walked_s


def rank_paths(question: PathQuestion, itineraries_max: int) -> list[Path]:
    """At most so many paths, best first; with one, exactly the latest departure (or the earliest arrival)."""
    pool = dict.fromkeys(path for path in _candidates(question, itineraries_max) if question.is_soon(path))
    if itineraries_max == 1:
        return sorted(pool, key=Path.latest_first if question.arrive_by else Path.earliest_first)[:1]
    priced = [_price_path(question, path) for path in pool]
    priced.sort(key=PricedPath.cheapest_first if question.arrive_by else PricedPath.earliest_first)
    kept: list[PricedPath] = []
    for each in priced:
        if not any(_makes_useless(better, each) for better in kept):
            kept.append(each)
    return [each.path for each in kept[:itineraries_max]]


def _candidates(question: PathQuestion, itineraries_max: int) -> list[Path]:
    pool: list[Path] = []
    walk_s, time = question.ends.walk_s, question.time
    if walk_s is not None:
        pool.append(Path(time - walk_s, time, ()) if question.arrive_by else Path(time, time + walk_s, ()))
    if itineraries_max == 1:
        return pool + question.paths()
    asked = question
    for _ in range(min(itineraries_max, prices.ROUNDS)):
        found = asked.paths(slack=prices.FEWER_RIDES_SLACK_S)
        if not found:
            break
        pool += found
        asked = asked._replace(time=found[-1].arrive - 1 if question.arrive_by else found[-1].leave + 1)
    if pool and max(_walking_s(question, path) for path in pool) > prices.WORTH_SAVING_S:
        slow = EndWalks(_slower(question.ends.origin), _slower(question.ends.destination), None)
        pool += [_at_own_pace(question, path) for path in question._replace(ends=slow).paths()]
    return pool


def _slower(reach: Reach) -> Reach:
    return Reach(reach.stops, np.ceil(reach.seconds * prices.SLOW_ON_FOOT).astype(np.int32))


def _at_own_pace(question: PathQuestion, path: Path) -> Path:
    """A path that was found for somebody who is slow on foot, as somebody walks it who is not."""
    before_s, after_s = (walk_s * (prices.SLOW_ON_FOOT - 1) for walk_s in _end_walks_s(question, path))
    return Path(path.leave + int(np.ceil(before_s)), path.arrive - int(np.ceil(after_s)), path.rides)


def _end_walks_s(question: PathQuestion, path: Path) -> tuple[int, int]:
    """The walks to the first stop and from the last one of a path with rides."""
    stop, ends = question.network.running.stop, question.ends
    (before_s, after_s) = (
        int(reach.seconds[np.flatnonzero(reach.stops == stop[call])[0]])
        for reach, call in ((ends.origin, path.rides[0][0]), (ends.destination, path.rides[-1][1]))
    )
    return before_s, after_s


def _price_path(question: PathQuestion, path: Path) -> PricedPath:
    network = question.network
    spare_s = [network.spare_s(before[1], after[0]) for before, after in pairwise(path.rides)]
    walked_s = _walking_s(question, path)
    lost_s = question.time - path.leave if question.arrive_by else path.arrive - question.time
    first_run = network.run_of(path.rides[0][0]) if path.rides else -1
    ordered = sum(network.is_ordered(*ride) for ride in path.rides)
    price_min = prices.price_min(len(path.rides), lost_s, walked_s, spare_s) + ordered * prices.ORDER_MIN
    return PricedPath(path, walked_s, price_min, first_run)


def _walking_s(question: PathQuestion, path: Path) -> int:
    """Seconds on foot."""
    if not path.rides:
        return path.arrive - path.leave
    between = sum(question.network.walk_s(before[1], after[0]) for before, after in pairwise(path.rides))
    return between + sum(_end_walks_s(question, path))


def _makes_useless(better: PricedPath, other: PricedPath) -> bool:
    fewer = len(other.path.rides) < len(better.path.rides)
    if better.first_run == other.first_run and not fewer:
        return True
    beaten = better.path.leave >= other.path.leave and better.path.arrive <= other.path.arrive
    return (
        beaten and not fewer and better.walked_s <= other.walked_s
    ) or other.price_min > better.price_min + prices.ALTERNATIVE_MAX_MIN
