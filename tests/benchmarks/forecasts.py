"""How good the forecasts of vehicles are on a recorded day that they never saw: `python -m tests.benchmarks forecasts`.

Asked every EVERY-th minute of vehicles on their way and of those to come; scored with what was seen to happen. The
history is honest in this: each run is forecast by delays learned from the other half of the trips, and those with an
offset of their own by line and hour and a half (`NOISE_S`), as another day would have. A number to tune by is
the mean error (CRPS, s: the mean distance of a forecast's possible times from the real one, less half of theirs from
each other). Of an honest forecast's deciles a tenth of what happened lies below the first and above the last.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.lines import Lines
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.forecast import Forecast, Observations
from feeds.compile.network import read_network
from feeds.realtime.decode import decode
from feeds.realtime.matching.passages import Tracker
from feeds.realtime.reading import read_messages
from feeds.replay.recording import read_snapshots
from feeds.replay.scoring.truth import NEVER_HAPPENED_S, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.transit.data.sightings import Sighting
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.reliability.forecast import Passage

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "auckland-2016-05-19"
DAY = date(2016, 5, 19)
NOISE_S, NOISE_SPAN_S = 60, 5400
FROM_S, UNTIL_S, EVERY = 6 * 3600 + 1800, 20 * 3600 + 1800, 8
UNDER_WAY, TO_COME = 150, 75  # asked each time
AHEAD_S = 3600

Seen = list[tuple[int, list["Sighting"]]]


@dataclass
class Score:
    """Of one kind of forecasts."""

    errors_s: list[float] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)  # where the real time lay, 0 … 1

    def take(self, times: Any, real_s: float) -> None:
        """One forecast and what became of it."""
        apart = np.abs(times[:, None] - times[None, :]).mean()
        self.errors_s.append(float(np.abs(times - real_s).mean() - apart / 2))
        self.ranks.append(float(np.searchsorted(times, real_s)) / len(times))

    def __str__(self) -> str:
        ranks = np.array(self.ranks)
        shares = ((ranks < 0.1).mean(), (ranks < 0.5).mean(), (ranks > 0.9).mean())
        below, middle, above = (f"{100 * float(share):4.1f} %" for share in shares)
        return f"{len(ranks):6} {np.mean(self.errors_s):8.1f} s {below:>10} {middle:>10} {above:>10}"


def half_of(trip: str) -> int:
    """0 or 1, the same for all that is seen of a trip."""
    return zlib.crc32(trip.split("|", maxsplit=1)[0].encode()) & 1


def learned_from(seen: Seen, half: int) -> Delays:
    """The history that never saw the other half of the trips."""
    delays = Delays()
    for _, passages in seen:
        delays.learn(_as_on_another_day(one) for one in passages if half_of(one.trip) == half)
    delays.forget_runs(float("inf"))
    return delays


def _as_on_another_day(one: Sighting) -> Sighting:
    off = int(random.Random(f"{one.line}|{one.at // NOISE_SPAN_S}").gauss(0, NOISE_S))
    return one._replace(delay_s=one.delay_s + off, at=one.at + off)


def moments(seen: Seen, origin: int, histories: Sequence[Delays]) -> Iterator[tuple[int, dict[int, Passage]]]:
    """(seconds from origin, believed passages), after everybody learned what had been published by then."""
    tracker = Tracker()
    for number, (at, passages) in enumerate(seen):
        for delays in histories:
            delays.learn(passages)
        believed = tracker.take(passages, at)
        if number % EVERY == 0 and FROM_S < at - origin < UNTIL_S:
            yield at - origin, believed


def scores(timetable: Timetable, seen: Seen, histories: Sequence[Delays], real: Any) -> dict[str, Score]:
    """One history for all runs, or for each half of the trips its own."""
    lines, found = Lines(timetable), {"on their way": Score(), "to come": Score()}
    rng, first = random.Random(1), timetable.run_first
    half = [half_of(timetable.text("run_trip_id", run)) % len(histories) for run in range(timetable.n_runs)]
    begins = timetable.st_departs[first[:-1]]
    for now_s, believed in moments(seen, int(timetable.meta["origin_epoch"]), histories):
        forecasts = [Forecast(lines, delays, now_s, Observations(believed)) for delays in histories]
        going = [run for run, passed in believed.items() if passed.call + 1 < first[run + 1]]
        due = np.flatnonzero((begins > now_s) & (begins < now_s + AHEAD_S)).tolist()
        coming = [run for run in due if run not in believed]
        for name, runs, most in (("on their way", going, UNDER_WAY), ("to come", coming, TO_COME)):
            for run in rng.sample(runs, min(most, len(runs))):
                after = believed[run].call + 1 if run in believed else int(first[run])
                call = rng.randrange(after, int(first[run + 1]))
                if now_s - 30 < real[call] < NEVER_HAPPENED_S:
                    found[name].take(forecasts[half[run]].times(run, call, departing=False), float(real[call]))
    return found


def main() -> None:
    """Prints the table."""
    if not DATA.exists():
        print("needs the recordings in ../shared/data beside the project")
        return
    timetable = read_network([DATA / "gtfs.zip"]).day(DAY)
    truth, seen = Truth(timetable), []
    for snapshot in read_snapshots(DATA / "tripupdates.tar.xz"):
        passages = read_messages([decode(snapshot.data)], timetable)[2]
        truth.take(passages)
        seen.append((snapshot.at, passages))
    real = truth.times()[1]
    print(f"{'history':41} {'asked':>6} {'error':>10} {'< first':>10} {'< middle':>10} {'> last':>10}")
    for name, histories in (
        ("none", [Delays()]),
        ("the other half of the trips", [learned_from(seen, 1), learned_from(seen, 0)]),
    ):
        for kind, score in scores(timetable, seen, histories, real).items():
            print(f"{name:28} {kind:>12} {score}", flush=True)


if __name__ == "__main__":
    main()
