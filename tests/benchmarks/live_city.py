"""The live loop of a whole city, end to end: from a snapshot's publication to the last text that it causes.

    python -m tests.benchmarks.live_city [--tickets 10000] [--from 07:30] [--minutes 26] [--warm 10] [--kill]

The hub is `infra.local.run` in processes of its own, on a virtual clock; the operator is a recorded day of Auckland,
played over HTTP. First, with the clock standing, the feed is compiled and the tickets are stored; then the hub is
started again with the clock running. The pumps and the operator share this machine's cores.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import VirtualClock
from chalicelib.transit.data.service_days import ServiceDays
from chalicelib.transit.search.network import Network
from tests.benchmarks.accept import machine
from tests.benchmarks.live_city_report import Outcome, report
from tests.fakes.city import City
from tests.fakes.hub_process import HubProcess, eventually
from tests.fakes.recorded_feed import RecordedFeed, recorded
from tests.fakes.seeded_city import FEED, Opening, documents, parts_of, salons, store

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document, Documents

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "auckland-2016-05-19"
ZONE = ZoneInfo("Pacific/Auckland")
DAY = "2016-05-19"
SPREAD_KM = 5.0
START_S = 10  # for the hub's processes to be there


@dataclass
class Run:
    """One run: the hub's processes, where its store is, and what came out."""

    args: argparse.Namespace
    home: Path
    hub: HubProcess
    start: datetime
    environment: dict[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)  # of all tickets

    def begin(self, clock: VirtualClock) -> None:
        """Starts the hub on this clock, and learns where its store is from one of its processes."""
        self.hub.settings = {"HUB_CLOCK": clock.as_text()}
        self.hub.start()
        (door,) = self.hub.children(r"infra\.local\.http")
        raw = Path(f"/proc/{door}/environ").read_text().split("\0")
        told = dict(one.split("=", 1) for one in raw if "=" in one)
        self.environment = {name: told[name] for name in told if name.startswith(("HUB_", "AWS_"))}

    def parts(self) -> Embedded:
        """The doors that the hub's own processes use."""
        return Embedded(Path(self.environment["HUB_LOCAL_DIR"]), VirtualClock(self.start, 0, 0), self.environment)


def seed(run: Run, realtime: str) -> None:
    """Compiles the feed and stores the tickets, while the clock stands."""
    run.begin(VirtualClock(run.start, 0, time.time()))
    put = {"gtfs": str(DATA / "gtfs.zip"), "realtime": [realtime]}
    assert run.hub.admin("PUT", f"/admin/feeds/{FEED}", put).is_success
    ready = lambda: DAY in run.hub.admin("GET", f"/admin/feeds/{FEED}").json()["days"]  # noqa: E731 - a question
    eventually(ready, within_s=180, what="the day is compiled")
    began = time.monotonic()
    made = seeds(run.args, run.parts().documents, run.environment, run.home, run.start)
    print(f"  {len(made)} documents made in {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    store(made, run.parts().documents)
    run.ids = [document["ticket_id"] for table, document in made if table == "tickets"]
    print(f"  stored in {time.monotonic() - began:.0f} s", flush=True)
    run.hub.stop()


def seeds(
    args: argparse.Namespace, stored: Documents, environment: dict[str, str], home: Path, start: datetime
) -> list[tuple[str, Document]]:
    """The tickets' documents; from the file of an earlier run, if one is named and there."""
    file: Path | None = args.seeds
    if file and file.exists():
        with gzip.open(file, "rt") as text:
            return [tuple(json.loads(line)) for line in text]
    made = made_anew(args, stored, environment, home / "seeds", start)
    if file:
        with gzip.open(file, "wt", compresslevel=3) as text:
            text.writelines(json.dumps(one) + "\n" for one in made)
    return made


def made_anew(
    args: argparse.Namespace, stored: Documents, environment: dict[str, str], cache: Path, start: datetime
) -> list[tuple[str, Document]]:
    clock = VirtualClock(start, 0, 0)
    feed = stored.get("config", f"feed#{FEED}")
    assert feed is not None
    network = Network(ServiceDays(stored, parts_of(environment, clock).bucket, cache, clock).day(FEED, DAY))
    requests = City(network, args.seed, SPREAD_KM).requests(args.tickets, args.venues)
    opening = Opening(environment | {"SEEDS_CACHE": str(cache)}, feed, ZONE.key, start)
    return documents(opening, salons(requests, start, timedelta(minutes=args.within), args.seed))


class Killer(threading.Thread):
    """Kills one of the hub's pumps at random, again and again; their supervisor starts them anew."""

    def __init__(self, run: Run, enough: threading.Event) -> None:
        super().__init__(daemon=True)
        self.run_, self.enough, self.kills, self.dice = run, enough, 0, random.Random(run.args.seed)

    def run(self) -> None:
        while not self.enough.wait(self.dice.uniform(1.5, 4)):
            pumps = self.run_.hub.children(r"infra\.local\.pump \w+")
            if pumps:
                os.kill(self.dice.choice(pumps), signal.SIGKILL)
                self.kills += 1


def heard(run: Run, clock: VirtualClock) -> list[dict[str, Any]]:
    """Every notice that was published to the topic, with the real time of its publication."""
    lines = run.parts().outbox.lines(channels=["topic"], limit=1_000_000)
    return [json.loads(line.body) | {"published": real_s(clock, line.at)} for line in lines]


def real_s(clock: VirtualClock, at: str) -> float:
    """When the running clock showed this, in real seconds since 1970."""
    return clock.epoch_s + (datetime.fromisoformat(at) - clock.start).total_seconds() / clock.rate


class Watch(threading.Thread):
    """Notes the rounds through the city as their document shows them: (conditions_at, first seen, seen over)."""

    def __init__(self, run: Run, enough: threading.Event) -> None:
        super().__init__(daemon=True)
        self.documents, self.enough = run.parts().documents, enough
        self.rounds: list[list[float]] = []

    def run(self) -> None:
        while not self.enough.wait(0.2):
            stored = self.documents.get("config", f"round#{FEED}") or {"running": 0}
            now = time.time()
            if self.rounds and not self.rounds[-1][2] and stored["running"] != self.rounds[-1][0]:
                self.rounds[-1][2] = now
            if stored["running"] and (not self.rounds or self.rounds[-1][0] != stored["running"]):
                self.rounds.append([stored["running"], now, 0.0])


def cpu_s(run: Run) -> dict[str, float]:
    """CPU seconds of the hub's processes so far."""
    names = {
        "updates (pump)": "pump updates",
        "other work (pumps)": r"pump (app|clock|tools|notices|work)",
        "live feed (live pump)": r"pump live",
    }
    return {title: sum(map(spent, run.hub.children(name))) for title, name in names.items()}


def spent(process: int) -> float:
    user, system = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def play(run: Run, feed: RecordedFeed) -> Outcome:
    """Lets the clock run until all that was published has gone through the city."""
    enough, over = threading.Event(), threading.Event()
    watch, killer = Watch(run, over), Killer(run, enough)
    watch.start()
    if run.args.kill:
        killer.start()
    before, began = cpu_s(run), time.time()
    end = feed.clock.epoch_s + run.args.minutes * 60 / feed.clock.rate
    time.sleep(max(0.0, end - time.time()))
    enough.set()
    last, until = feed.asked[-1][0] if feed.asked else end, time.time() + run.args.patience
    while time.time() < until and not any(began > last for _, began, ended in watch.rounds if ended):
        time.sleep(0.2)
        if watch.rounds and watch.rounds[-1][2] and time.time() - watch.rounds[-1][2] > 2 * 60 / feed.clock.rate + 2:
            break
    over.set()
    after = cpu_s(run) if not run.args.kill else {}
    spent_s = {title: after[title] - before[title] for title in after}
    return Outcome(heard(run, feed.clock), watch.rounds, killer.kills, spent_s, time.time() - began)


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.live_city")
    arguments.add_argument("--tickets", type=int, default=10_000)
    arguments.add_argument("--venues", type=int, default=500)
    arguments.add_argument("--from", dest="since", default="07:30")
    arguments.add_argument("--within", type=int, default=690, help="minutes over which the appointments are spread")
    arguments.add_argument("--minutes", type=float, default=26, help="of the virtual clock")
    arguments.add_argument("--warm", type=float, default=10, help="of them, before anything is counted")
    arguments.add_argument("--rate", type=float, default=60)
    arguments.add_argument("--kill", action="store_true")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--patience", type=float, default=60, help="real seconds to wait for the end, at most")
    arguments.add_argument("--seeds", type=Path, help="a file that keeps the tickets' documents from run to run")
    return arguments


def main() -> None:
    """As part of `make bench`: a tenth of the city, if the recording is there."""
    if DATA.exists():
        run(parser().parse_args(["--tickets", "1000", "--venues", "50", "--minutes", "16", "--warm", "6"]))
    else:
        print("../shared/data/auckland-2016-05-19 is not there")


def run(args: argparse.Namespace) -> None:
    """Plays it, and prints the table."""
    start = datetime.fromisoformat(f"{DAY}T{args.since}").replace(tzinfo=ZONE)
    print(machine(), f"load {os.getloadavg()[0]:.1f}", flush=True)
    feed = RecordedFeed(recorded(DATA / "tripupdates.tar.xz", ZONE, start, args.minutes), VirtualClock(start, 0, 0))
    realtime = feed.start()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "hub"
        home.mkdir()
        city = Run(args, Path(folder), HubProcess(home), start)
        try:
            seed(city, realtime)
            feed.clock = VirtualClock(start, args.rate, time.time() + START_S)
            city.begin(feed.clock)
            outcome = play(city, feed)
            tickets = city.parts().documents.get_many("tickets", city.ids)
            report(args, feed, outcome, tickets, city.parts().documents)
        finally:
            city.hub.stop()
            feed.stop()


if __name__ == "__main__":
    run(parser().parse_args())
