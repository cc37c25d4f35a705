"""Killing workers changes no final state: a city's minutes twice on the same tickets, in peace and with kills.

    python -m tests.benchmarks.live_city_kills [--tickets 1000] [--from 07:30] [--minutes 10] [--seeds FILE]

The hub's workers are processes of their own over MiniStack, as `make run` has them: of timetables, of updates, of
texts, and of all queues together; each may be killed at any time, the one that compiles the day at once. The clock
stands in a file and is moved by hand: in every minute the live feed's snapshot is published, what is due goes to the
queues, and the clock moves on when all queues are empty. So what is decided does not depend on how long it took, and
both runs must end in the same tickets and the same words. What a killed worker held comes back after its lease of ten
seconds; a text that it was just sending is in doubt and not sent again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.aws.environment import Aws
from chalicelib.foundation.instants import FileClock, VirtualClock
from chalicelib.foundation.public_hosts.check import PRIVATE_HOSTS, THIS_MACHINE, private_hosts_from
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts
from chalicelib.transit.data.feed import Feed, load_feed
from chalicelib.wiring import Hub
from feeds.realtime.poll import RealtimeDoors, poll
from infra.local.ministack import MiniStack
from infra.local.stack import client, create
from tests.benchmarks.live_city import DATA, DAY, ZONE, parser, seeds
from tests.fakes.recorded_feed import RecordedFeed, recorded
from tests.fakes.seeded_city import FEED, store

if TYPE_CHECKING:
    import argparse

    from chalicelib.foundation.ports import Document
    from infra.local.stack import Stack

WORKERS = ("feeds", "updates", "updates", "notices", "work")
QUEUES = ("feeds", "tickets", "updates", "notices")
LOOKS_OF_NOTHING = 3  # in a row, that the queues are empty
UNSETTLED_MIN = 12  # afterwards, until what was in doubt is settled
KILL_EVERY_S = (0.8, 4.0)
COMPILED_WITHIN_S = 180


@dataclass(eq=False)
class Workers(threading.Thread):
    """Processes that work off the queues; one that is killed is started anew. `kills`: how often, by kind."""

    environment: dict[str, str]
    log: Path
    dice: random.Random | None
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.running = [self.begun(which) for which in WORKERS]

    def begun(self, which: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "infra.local.pump", which]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=os.environ | self.environment, stdout=log, stderr=log)

    def run(self) -> None:
        while self.dice and not self.over.wait(self.dice.uniform(*KILL_EVERY_S)):
            self.kill(self.dice.randrange(len(WORKERS)))

    def kill(self, number: int) -> None:
        self.running[number].send_signal(signal.SIGKILL)
        self.running[number].wait()
        self.kills[WORKERS[number]] += 1
        self.running[number] = self.begun(WORKERS[number])

    def stop(self) -> None:
        self.over.set()
        if self.is_alive():
            self.join()
        for one in self.running:
            one.terminate()
            one.wait()


@dataclass
class End:
    """What was true and said in the end."""

    tickets: dict[str, Document]
    notices: dict[str, dict[str, Any]]
    texts: Counter[tuple[str, str]]
    kills: Counter[str]


def lived(args: argparse.Namespace, start: datetime, *, kills: bool) -> End:
    """The minutes, once."""
    feed = RecordedFeed(recorded(DATA / "tripupdates.tar.xz", ZONE, start, args.minutes), VirtualClock(start, 0, 0))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        home = Path(folder)
        clock = FileClock(home / "now")
        clock.set(start)
        stack = create(closing.enter_context(MiniStack.start(home)).endpoint_url, expire=False)
        closing.callback(feed.stop)
        environment = stack.environment() | {
            "HUB_CLOCK": f"file:{clock.path}",
            "HUB_PUBLIC_URL": "https://hub.example.org",
            "HUB_LOCAL": "1",
            PRIVATE_HOSTS: THIS_MACHINE,
            "HUB_LOCAL_DIR": folder,
        }
        hub = made(environment, clock, home)
        dice = random.Random(args.seed) if kills else None
        workers = Workers(environment, home / "workers.log", dice)
        closing.callback(workers.stop)
        prepared(hub, feed.start(), workers)
        emptied(stack)  # the word of a new day is not about tickets that are stored later
        documents = seeds(args, hub.documents, environment, home, start)
        store(documents, hub.documents)
        workers.start()
        transport = AsyncPublicHosts(hub.allowed_hosts)
        polling = RealtimeDoors(hub.documents, hub.bucket, hub.queues, clock, hub.service_days, transport)
        for _ in range(int(args.minutes)):
            clock.set(clock.now() + timedelta(minutes=1))
            feed.clock = VirtualClock(clock.now(), 0, 0)
            poll(FEED, polling)
            emptied(stack)  # before anything is due, or who is told first would depend on who is killed
            worked_off(hub, stack)
        workers.over.set()
        for _ in range(UNSETTLED_MIN):
            clock.set(clock.now() + timedelta(minutes=1))
            worked_off(hub, stack)
        ids = [document["ticket_id"] for table, document in documents if table == "tickets"]
        return ended(hub, stack, ids, workers.kills)


def made(environment: dict[str, str], clock: FileClock, home: Path) -> Hub:
    os.environ.update({name: environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")})
    aws = Aws(environment, clock)
    return Hub(
        aws.documents,
        aws.queues,
        aws.bucket,
        aws.texts,
        aws.mail,
        aws.topic,
        aws.secrets,
        clock,
        environment["HUB_PUBLIC_URL"],
        allow_paths=True,
        allowed_hosts=private_hosts_from(environment),
        cache=home / "timetables",
    )


def prepared(hub: Hub, realtime: str, workers: Workers) -> None:
    """The feed is configured and its day compiled; who compiles it may be killed while at it."""
    hub.operator.feeds.put(FEED, {"gtfs": str(DATA / "gtfs.zip"), "realtime": [realtime]})
    if workers.dice:
        time.sleep(workers.dice.uniform(1.5, 4))
        workers.kill(WORKERS.index("feeds"))
    until = time.monotonic() + COMPILED_WITHIN_S
    while DAY not in (load_feed(hub.documents, FEED) or Feed(FEED, ())).days:
        assert time.monotonic() < until, f"nobody compiles the day; see {workers.log}"
        time.sleep(0.2)


def worked_off(hub: Hub, stack: Stack) -> None:
    """What the schedule does in a minute; returns when nothing is left to do in it."""
    hub.queue_tickets_due(hub.now())
    hub.outbox.sweep(hub.now())
    emptied(stack)


def emptied(stack: Stack) -> None:
    """Returns when the queues are empty."""
    nothing = 0
    while nothing < LOOKS_OF_NOTHING:
        time.sleep(0.1)
        nothing = 0 if waiting(stack) else nothing + 1


def waiting(stack: Stack) -> int:
    """Messages in the queues, those included that somebody holds, or that wait for their time."""
    sqs = client("sqs", stack.endpoint_url)
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
    urls = [stack.variables[f"HUB_QUEUE_{queue.upper()}"] for queue in QUEUES]
    found = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
    return sum(int(one[name]) for one in found for name in names)


def ended(hub: Hub, stack: Stack, ids: list[str], kills: Counter[str]) -> End:
    tickets = {one["ticket_id"]: one | {"version": 0} for one in hub.documents.get_many("tickets", ids)}
    businesses = {one["ticket"]["business_id"] for one in tickets.values()}
    notices = {
        one["notice_id"]: one["notice"]
        for business in businesses
        for one in hub.documents.query("notices", "by_business_keys", business, limit=100_000)
    }
    return End(tickets, notices, Counter((one["to"], one["text"]) for one in stack.texts()), kills)


def unlike(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            at for name in one.keys() | other.keys() for at in unlike(one.get(name), other.get(name), f"{path}.{name}")
        ]
    return [] if one == other else [f"{path}: {str(one)[:60]} / {str(other)[:60]}"]


def compared(quiet: End, killed: End) -> list[str]:
    """What differs and must not."""
    wrong = [f"notice {key} was decided in one run only" for key in quiet.notices.keys() ^ killed.notices.keys()]
    wrong += [
        f"ticket {key}: {differ}"
        for key in quiet.tickets
        if (differ := unlike(quiet.tickets[key], killed.tickets[key]))
    ]
    for key in quiet.notices.keys() & killed.notices.keys():
        one, other = quiet.notices[key], killed.notices[key]
        same = all(one[name] == other[name] for name in ("kind", "to", "text", "created_at"))
        if not same or other["state"] not in {one["state"], "doubtful"}:
            wrong.append(f"notice {key}: {one['state']} in peace, {other['state']} with kills; the same words: {same}")
    wrong += [f"{to} got a text {times} times" for (to, _), times in (killed.texts - quiet.texts).items()]
    return wrong


def main() -> None:
    """Prints what was compared; ends with 1 where a killed worker made a difference."""
    args = parser().parse_args(
        ["--tickets", "1000", "--venues", "50", "--within", "120", "--minutes", "10", *sys.argv[1:]]
    )
    start = datetime.fromisoformat(f"{DAY}T{args.since}").replace(tzinfo=ZONE)
    with tempfile.TemporaryDirectory() as folder:
        args.seeds = args.seeds or Path(folder) / "seeds"  # both lives begin with the same tickets, secrets and all
        quiet, killed = lived(args, start, kills=False), lived(args, start, kills=True)
    doubtful = sum(one["state"] == "doubtful" for one in killed.notices.values())
    print(
        f"{len(quiet.tickets)} tickets, {args.minutes:g} minutes, {len(quiet.notices)} notices "
        f"{dict(Counter(one['kind'] for one in quiet.notices.values()))}; "
        f"workers killed {killed.kills.total()} times: {dict(killed.kills)}"
    )
    wrong = compared(quiet, killed)
    print(json.dumps(wrong[:20], indent=1) if wrong else "the same tickets and the same words in the end")
    print(
        f"texts: {quiet.texts.total()} in peace, {killed.texts.total()} with kills; {doubtful} in doubt, not sent again"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
