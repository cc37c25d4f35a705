"""`python -m tests.benchmarks places`: how long the index of a city's stops takes, and a search in it.

What is typed comes from the feed's own names: whole, half, with a letter dropped from each long word, words swapped,
and with a house number that no stop has. Beside the time on the clock stands the processor's, which other work on the
machine does not lengthen.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import tempfile
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.transit.data.timetable import load_timetable
from chalicelib.transit.places import index, stops
from feeds.compile.network import read_network
from feeds.compile.output import write_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.transit.data.timetable import Timetable

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "gtfs"
CITIES = {"vilnius": dt.date(2015, 9, 3), "octa": dt.date(2017, 2, 14)}
BUILDS, STOPS = 9, 300


def main() -> None:
    for city, date in CITIES.items():
        feed = DATA / f"{city}.zip"
        if not feed.exists():
            print(f"../shared/data/gtfs/{city}.zip is missing: not measured")
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            report(city, load_timetable(out / write_day(out, read_network([feed]), date)))


def report(city: str, timetable: Timetable) -> None:
    builds = [timed(partial(index.build_index, timetable))[0] for _ in range(BUILDS)]
    tracemalloc.start()
    built = index.build_index(timetable)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(
        f"{city}: {timetable.n_stops} rows, {len(built.titles)} names, {len(built.words)} words; "
        f"index in {statistics.median(builds):.0f} ms (best {min(builds):.0f}), {size / 1e6:.1f} MB"
    )
    stops.find_stops(timetable, "warm")
    total: list[tuple[float, float]] = []
    for kind, texts in typed(timetable).items():
        times = [timed(partial(stops.find_stops, timetable, text)) for text in texts]
        total += times
        line(kind, times)
    line("all", total)


def typed(timetable: Timetable) -> dict[str, list[str]]:
    """Kind of typing → texts."""
    chosen = random.Random(8)
    stops = chosen.sample(range(timetable.n_stops), STOPS)
    names = [timetable.text("stop_name", stop) for stop in stops]
    return {
        "first letter": [name[:1] for name in names],
        "four letters": [name[:4] for name in names],
        "whole name": names,
        "words swapped": [" ".join(reversed(name.replace("-", " ").split())) for name in names],
        "letters dropped": [" ".join(map(slipped, name.replace("-", " ").split())) for name in names],
        "house number": [f"{name} 12345" for name in names],
        "nonsense": ["".join(chosen.choices("abcdefghijklmnop", k=10)) for _ in names],
    }


def slipped(word: str) -> str:
    return word[:2] + word[3:] if len(word) > 4 else word


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of one call: on the clock, of the processor."""
    clock, cpu = time.perf_counter(), time.thread_time()
    what()
    return (time.perf_counter() - clock) * 1000, (time.thread_time() - cpu) * 1000


def line(kind: str, times: list[tuple[float, float]]) -> None:
    clock, cpu = zip(*times, strict=True)
    told = "   ".join(
        f"{name}: median {statistics.median(each):5.2f} ms, p99 {statistics.quantiles(each, n=100)[98]:5.2f} ms"
        for name, each in (("clock", clock), ("processor", cpu))
    )
    print(f"  {kind:16} {told}   n {len(times)}")


if __name__ == "__main__":
    main()
