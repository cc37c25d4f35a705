"""How long it takes to plan every ticket of a city again after one real-time update.

    python -m tests.benchmarks.replan FEED.zip DATE [--tickets 10000 --venues 500 --spread-km 5 --rival 300]

On one core, from the bytes of a TripUpdates message (20 % of the day's trips 0-14 min late) to answers with full legs
for every ticket whose answer changed. Walks and lanes are prepared once, as they are while tickets live. Beside it,
in the same run, pynigiri 0.1.5 answers some of the same questions one by one, scaled to all: as timetabled, and under
the last of the updates, which is what ours are asked.

Time is told by the clock and as the core's own (CPU) time, which is the same where nothing else runs on the core;
ratios are of the core's own time on both sides.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.transit.data import walking
from chalicelib.transit.kernel.parts import BUILT
from chalicelib.transit.search.batch import Batch
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import end_walks, plan
from feeds.realtime.decode import decode
from feeds.realtime.reading import conditions_of
from tests.fakes.city import City, compiled, late

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Request
    from chalicelib.transit.search.batch import Answers

SAMPLE = 200


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.replan")
    arguments.add_argument("feed", type=Path)
    arguments.add_argument("date")
    arguments.add_argument("--tickets", type=int, default=10_000)
    arguments.add_argument("--venues", type=int, default=500)
    arguments.add_argument("--spread-km", type=float, default=5.0, help="how far customers live (normal); 0: anywhere")
    arguments.add_argument("--rival", type=int, default=300, help="questions for pynigiri; 0: none")
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=1)
    return arguments


def replanned(data: bytes, timetable: Timetable, network: Network, batch: Batch, before: Answers) -> dict[str, Any]:
    """One update, timed stage by stage: `stages` in the core's time, `total` by the clock, `cpu` in the core's time."""
    began, stamps = time.perf_counter(), [time.process_time()]
    conditions, _ = conditions_of([decode(data)], timetable)
    stamps.append(time.process_time())
    now = network.under(conditions)
    stamps.append(time.process_time())
    answers = batch.answers(now)
    stamps.append(time.process_time())
    changed = answers.changes_since(before)
    legs = answers.legs(changed)
    stamps.append(time.process_time())
    total, cpu = time.perf_counter() - began, stamps[-1] - stamps[0]
    names = ("decode and match", "apply", "search and rides", "changed and legs")
    stages = {name: end - begin for name, begin, end in zip(names, stamps, stamps[1:], strict=False)}
    return {"stages": stages, "total": total, "cpu": cpu, "answers": answers, "changed": changed, "legs": legs}


def agreeing(answers: Answers, requests: list[Request], seed: int) -> int:
    """How many of a sample of answers are those of the single planner: leave, arrive and changes."""
    sample = random.Random(seed).sample(range(len(requests)), min(SAMPLE, len(requests)))
    same = 0
    for ticket in sample:
        alone = next(iter(plan(requests[ticket], answers.network, itineraries_max=1)), None)
        mine = answers.itinerary(ticket)
        same += (mine is None) == (alone is None) and (
            mine is None
            or alone is None
            or (mine.leave_at, mine.arrive_at, mine.changes) == (alone.leave_at, alone.arrive_at, alone.changes)
        )
    return same


def against_rival(args: argparse.Namespace, network: Network, requests: list[Request], ours_s: float) -> None:
    from tests.benchmarks.rival import Nigiri  # noqa: PLC0415 - it takes a second to load

    rival = Nigiri(args.feed, args.date, network)
    teller = ItineraryBuilder(network)
    some = random.Random(args.seed).sample(requests, min(args.rival, len(requests)))
    asked = [
        (end_walks(network, each, walking.CROW_FLY), teller.seconds(each.arrive_by)) for each in some if each.arrive_by
    ]
    print(f"pynigiri, range mode, {len(asked)} asked one by one, scaled:")
    for name in ("as timetabled", "under the update"):
        if name == "under the update":
            rival.update(late(network.timetable, args.seed + args.runs - 1), args.date)
        scaled = rival.timed(asked) / len(asked) * len(requests)
        print(f"  {name:<18} {scaled:7.1f} s of one core; ratio {scaled / ours_s:.0f}")


def run(args: argparse.Namespace) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"kernel: {Path(str(BUILT.single.__file__)).name}; one core; load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        timetable = compiled(args.feed, args.date, Path(folder))
        network = Network(timetable)
        requests = City(network, args.seed, args.spread_km).requests(args.tickets, args.venues)
        began = time.perf_counter()
        batch = Batch(requests, network)
        before = batch.answers(network)
        batch.learn(before)
        print(
            f"{args.feed.name} {args.date}: {len(network.forward.rows)} connections, {timetable.n_stops} stops; "
            f"{len(requests)} tickets to {args.venues} venues, prepared in {time.perf_counter() - began:.2f} s; "
            f"median way {statistics.median((before.arrive - before.leave)[before.found]) / 60:.0f} min"
        )
        results = [
            replanned(late(timetable, args.seed + at), timetable, network, batch, before) for at in range(args.runs)
        ]
        report(args, network, requests, results)


def report(args: argparse.Namespace, network: Network, requests: list[Request], results: list[dict[str, Any]]) -> None:
    for name in results[0]["stages"]:
        print(f"  {name:<18} {1000 * statistics.median(each['stages'][name] for each in results):7.1f} ms")
    for name, key in (("by the clock", "total"), ("of one core", "cpu")):
        each_run = ", ".join(f"{each[key]:.3f}" for each in results)
        median = statistics.median(each[key] for each in results)
        print(f"re-planned: median of {len(results)} {median:.3f} s {name} ({each_run})")
    last = results[-1]
    print(f"changed answers: {len(last['changed']) / len(requests):.1%}, {len(last['legs'])} legs of theirs")
    same = agreeing(last["answers"], requests, args.seed)
    print(f"equal to the single planner: {same} of {min(SAMPLE, len(requests))} sampled")
    if args.rival:
        against_rival(args, network, requests, median)


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
