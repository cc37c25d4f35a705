"""Our latest departures beside pynigiri's, on a real feed, as timetabled and under one TripUpdates message.

    python -m tests.benchmarks.compare_nigiri FEED.zip DATE [--questions 1000]

The same walks at both ends (pynigiri's rounded up to whole minutes, as it counts), arrive by. Each question falls into
one class; "earlier, unexplained" would be ours leaving more than a minute before a way that exists, and must be empty:
- the same: within a minute. Ours leaves later, ours only: pynigiri rounds walks up, wants two minutes for a change, and
  sees no departure more than six hours before the deadline.
- walking is better: than the best ride of both; pynigiri is not asked for it.
- What lets pynigiri leave later is looked for by relaxing ours step by step, each on top of those before, until it
  agrees: no least time to change; footpaths at 1.5 m/s as the crow flies instead of 1.25 m/s with a detour; footpaths
  joined to one another; delays cut to whole minutes (a bus that is 1:50 late leaves 50 s early); and a run that does
  not start late although its vehicle is late from the run before.
- What is left under an update rides a vehicle more quickly than any of the timetable goes: it lets the next run of a
  late vehicle depart late and arrive as planned, also for who stays aboard from one run to the next.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.data import walking
from chalicelib.transit.data.timetable import Timetable
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import paths_arriving_by
from chalicelib.transit.search.planner import end_walks
from feeds.realtime.decode import decode
from feeds.realtime.reading import conditions_of
from tests.benchmarks.rival import Nigiri
from tests.fakes.city import City, compiled, late

if TYPE_CHECKING:
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.search.paths import EndWalks

MINUTE = 60
JOINED_MAX_S = 900
FASTER = 1.25 / 1.3 / 1.5  # its pace and no detour, as a share of our seconds


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare_nigiri")
    arguments.add_argument("feed", type=Path)
    arguments.add_argument("date")
    arguments.add_argument("--questions", type=int, default=1000)
    arguments.add_argument("--spread-km", type=float, default=5.0)
    arguments.add_argument("--seed", type=int, default=7)
    return arguments


def joined(timetable: Timetable) -> Timetable:
    """The same day with its footpaths closed transitively, up to a quarter of an hour."""
    n = timetable.n_stops
    reach: list[dict[int, int]] = []
    steps = [
        dict(zip(timetable.path_to[a:b].tolist(), timetable.path_s[a:b].tolist(), strict=True))
        for a, b in zip(timetable.path_first[:-1], timetable.path_first[1:], strict=True)
    ]
    for stop in range(n):
        known = {stop: 0}
        queue = [stop]
        while queue:
            at = queue.pop(0)
            for other, seconds in steps[at].items():
                if known[at] + seconds < min(known.get(other, JOINED_MAX_S + 1), JOINED_MAX_S + 1):
                    known[other] = known[at] + seconds
                    queue.append(other)
        reach.append({other: seconds for other, seconds in known.items() if other != stop})
    flat = [(other, seconds) for found in reach for other, seconds in sorted(found.items())]
    arrays = dict(timetable.arrays)
    arrays["path_first"] = np.cumsum([0, *(len(found) for found in reach)]).astype(np.int32)
    arrays["path_to"], arrays["path_s"] = (np.array([pair[i] for pair in flat], np.int32) for i in (0, 1))
    arrays["path_m"] = np.ones(len(flat), np.int32)
    return Timetable(timetable.meta, arrays)


def faster(timetable: Timetable) -> Timetable:
    """The same day with footpaths as fast as pynigiri walks, in its whole minutes."""
    minutes = np.ceil(timetable.path_s * FASTER / MINUTE)
    arrays = dict(timetable.arrays) | {"path_s": (MINUTE * minutes).astype(np.int32)}
    return Timetable(timetable.meta, arrays)


def coarse(conditions: Conditions) -> Conditions:
    """Expected times cut to whole minutes."""
    arrives, departs = (times // MINUTE * MINUTE for times in (conditions.arrives, conditions.departs))
    return replace(conditions, arrives=arrives, departs=departs)


def on_time(conditions: Conditions, timetable: Timetable) -> Conditions:
    """As if every run's own times were known, so that none is late because of the run before."""
    return replace(conditions, live=np.arange(timetable.n_runs, dtype=np.int32))


class Comparison:
    """One feed, one state of it."""

    def __init__(self, timetable: Timetable, rival: Nigiri, conditions: Conditions | None) -> None:
        self._rival = rival
        self.ours = Network(timetable).under(conditions)
        swift = Network(faster(timetable), 0)
        closed = Network(joined(faster(timetable)), 0)
        self.relaxed = {
            "its change is shorter": Network(timetable, 0).under(conditions),
            "it walks faster between stops": swift.under(conditions),
            "it joins footpaths": closed.under(conditions),
        }
        if conditions:
            cut = coarse(conditions)
            self.relaxed["it cuts delays to minutes"] = closed.under(cut)
            self.relaxed["its late vehicles start the next run on time"] = closed.under(on_time(cut, timetable))

    def classify(self, asked: EndWalks, deadline: int) -> str:
        """The class of one question."""
        theirs = self._rival.latest(self._rival.query(asked, deadline), deadline)
        mine = _leave(self.ours, asked, deadline)
        if theirs is None:
            return "neither rides" if mine is None else "ours only"
        if mine is not None and mine >= theirs[0] - MINUTE:
            return "the same" if mine <= theirs[0] + MINUTE else "ours leaves later"
        if asked.walk_s is not None and deadline - asked.walk_s >= theirs[0] - MINUTE:
            return "walking is better"
        return self._why_earlier(asked, deadline, theirs[0])

    def _why_earlier(self, asked: EndWalks, deadline: int, theirs: int) -> str:
        for name, network in self.relaxed.items():
            again = _leave(network, asked, deadline)
            if again is not None and again >= theirs - MINUTE:
                return name
        if self._too_quick(asked, deadline, theirs):
            return "a ride of its takes less time than any run"
        return "earlier, unexplained"

    def _too_quick(self, asked: EndWalks, deadline: int, leave: int) -> bool:
        """Whether one of its rides is more than a minute quicker than the quickest run between the two stops."""
        rides = self._rival.rides(self._rival.query(asked, deadline), leave)
        quickest = self._rival.quickest()
        known = [(seconds, quickest.seconds(a, b)) for a, b, seconds in rides]
        return any(least is not None and seconds + MINUTE < least for seconds, least in known)


def _leave(network: Network, asked: EndWalks, deadline: int) -> int | None:
    """The latest departure by riding."""
    found = paths_arriving_by(network, asked, deadline)
    return found[-1].leave if found else None


def compare(args: argparse.Namespace, folder: Path) -> dict[str, Counter[str]]:
    """Classes and how many questions fell into each, as timetabled and under an update."""
    timetable = compiled(args.feed, args.date, folder)
    network = Network(timetable)
    requests = City(network, args.seed, args.spread_km).requests(args.questions, max(args.questions // 5, 1))
    teller = ItineraryBuilder(network)
    asked = [(end_walks(network, r, walking.CROW_FLY), teller.seconds(r.arrive_by)) for r in requests if r.arrive_by]
    update = late(timetable, args.seed)
    conditions, _ = conditions_of([decode(update)], timetable)
    rival = Nigiri(args.feed, args.date, network)
    found = {}
    for name, state in (("as timetabled", None), ("under one update", conditions)):
        if state is not None:
            rival.update(update, args.date)
        comparison = Comparison(timetable, rival, state)
        found[name] = Counter(comparison.classify(*each) for each in asked)
    return found


def run(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, classes in compare(args, Path(folder)).items():
            print(f"{args.feed.name} {args.date}, {name}:")
            for kind, count in classes.most_common():
                print(f"  {count:5} {kind}")


def main() -> None:
    """As part of `make bench`: both cities, if they are there."""
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / "gtfs"
    for feed, date in (("vilnius.zip", "2015-09-03"), ("octa.zip", "2017-02-14")):
        if (data / feed).exists():
            run(parser().parse_args([str(data / feed), date]))
        else:
            print(f"../shared/data/gtfs/{feed} is not there")


if __name__ == "__main__":
    run(parser().parse_args())
