"""One ticket at a time: a page with 4 options, opening a day, applying an update; and a day of 1.5 million connections.

Times are of one core's CPU, so that what else runs on the machine counts little.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data import timetable as file
from chalicelib.transit.kernel.parts import BUILT, Kernel
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from feeds.realtime.decode import decode
from feeds.realtime.reading import conditions_of
from tests.fakes.city import City, compiled, late

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.transit.data.timetable import Timetable

QUESTIONS = 500
MANY = 1_500_000


class Timed(ModuleType):
    """A part of the kernel with a stopwatch around each call of its functions."""

    def __init__(self, inner: ModuleType) -> None:
        super().__init__("timed")
        self.spent_s = 0.0
        self.Labels = inner.Labels
        for name in ("seed", "rides_to_goal", "trace", "clear"):
            setattr(self, name, self._watched(getattr(inner, name)))

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args)
            finally:
                self.spent_s += time.process_time() - began

        return call


def cpu_ms(work: Callable[[], object], times: int = 15) -> float:
    """The median."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1000 * statistics.median(spent)


def options(timetable: Timetable, spread_km: float) -> None:
    timed = Timed(BUILT.single)
    network = Network(timetable, kernel=Kernel(BUILT.connections, timed, BUILT.batch, BUILT.batch_rides))
    requests = City(network, 3, spread_km).requests(QUESTIONS, 100)
    plan(requests[0], network)
    kernel, whole, found = [], [], []
    for request in requests:
        before, began = timed.spent_s, time.process_time()
        found.append(len(plan(request, network)))
        kernel.append(1000 * (timed.spent_s - before))
        whole.append(1000 * (time.process_time() - began))
    for name, spent in (("kernel", kernel), ("with Python around it", whole)):
        p50, p99 = np.percentile(spent, (50, 99))
        print(f"  4 options, {name}: median {p50:.2f} ms, p99 {p99:.2f} ms")
    print(f"  options per question: {statistics.mean(found):.1f}")


def repeated(timetable: Timetable, connections: int) -> Timetable:
    """The day with each run repeated a few minutes later until there are so many connections."""
    times = -(-connections // (len(timetable.st_stop) - timetable.n_runs))
    dice = np.random.default_rng(1)
    shifts = np.concatenate([[0], 60 * dice.integers(1, 60, times - 1)]).astype(np.int32)
    arrays = dict(timetable.arrays)
    for name, array in timetable.arrays.items():
        if name.startswith(("run_", "st_")) and name not in ("run_first", "run_next"):
            arrays[name] = np.concatenate([array] * times)
    calls = len(timetable.st_stop)
    for name in ("st_arrives", "st_departs"):
        arrays[name] = np.concatenate([timetable.arrays[name] + shift for shift in shifts])
    parts = [timetable.run_first[:-1] + at * calls for at in range(times)]
    arrays["run_first"] = np.concatenate([*parts, [times * calls]]).astype(np.int32)
    arrays["run_next"] = np.full(times * timetable.n_runs, -1, np.int32)
    return file.Timetable(timetable.meta, arrays)


def opening(path: Path, timetable: Timetable) -> None:
    conditions, _ = conditions_of([decode(late(timetable, 1))], timetable)
    network = Network(timetable)
    opened, ready = cpu_ms(lambda: file.load_timetable(path)), cpu_ms(lambda: Network(timetable))
    applied, sort = cpu_ms(lambda: network.under(conditions)), cpu_ms(lambda: Network(timetable).backward)
    print(f"  open a compiled day: {opened:.2f} ms, ready to be asked: {ready:.2f} ms")
    print(f"  apply an update: {applied:.2f} ms; sort one direction, when it is first asked for: {sort:.2f} ms")


def large(timetable: Timetable) -> None:
    many = repeated(timetable, MANY)
    small, big = Network(timetable), Network(many)
    each = []
    for network in (small, big):
        requests = random.Random(1).sample(City(network, 3, 5.0).requests(100, 50), 50)
        rows = len(network.backward.rows)
        sort = cpu_ms(lambda network=network: network._side(backward=True), 5)  # type: ignore[misc]  # noqa: SLF001 - what is measured
        ask = cpu_ms(lambda network=network, requests=requests: [plan(one, network) for one in requests], 3)  # type: ignore[misc]
        each.append((rows, 1e6 * sort / rows, 1e6 * ask / len(requests) / rows))
        print(f"  {rows} connections: sorted in {each[-1][1]:.0f} ns, asked in {each[-1][2]:.1f} ns per connection")
    sorting, asking = (each[1][at] / each[0][at] for at in (1, 2))
    print(f"  per connection against the plain day: sorted x{sorting:.2f}, asked x{asking:.2f}")


def main() -> None:
    """On both cities, if they are there."""
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / "gtfs"
    for feed, date in (("vilnius.zip", "2015-09-03"), ("octa.zip", "2017-02-14")):
        if not (data / feed).exists():
            print(f"../shared/data/gtfs/{feed} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            timetable = compiled(data / feed, date, Path(folder))
            print(f"{feed} {date}")
            opening(next(Path(folder).rglob("*.tt")), timetable)
            options(timetable, 5.0)
            large(timetable)


if __name__ == "__main__":
    main()
