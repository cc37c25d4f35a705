"""A storm of webhooks while the pump is killed again and again: `python -m tests.benchmarks.storm`.

Ten connections send histories (book, move, cancel), 8 at a time, a tenth of them twice, on a real MiniStack with the
real HTTP door; the pump is ended with SIGKILL at random. In the end the stored bookings must equal those of a quiet run
(the same code on memory, in order), every event must have ended, and nobody may have a notice twice.
STORM_WEBHOOKS (5000), STORM_SEED (1) and STORM_KILL_EVERY_S (8) change it.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.family import Child
from infra.local.ministack import MiniStack, answers, listen
from infra.local.stack import client, create
from tests.benchmarks.accept import BODY, KEY, machine
from tests.fakes.calcom import calcom_payload, calcom_signed, z
from tests.fakes.hub import BookingsRoom

if TYPE_CHECKING:
    from infra.local.stack import Stack

WEBHOOKS = int(os.environ.get("STORM_WEBHOOKS", "5000"))
SEED = int(os.environ.get("STORM_SEED", "1"))
KILL_EVERY_S = float(os.environ.get("STORM_KILL_EVERY_S", "8"))
CONNECTIONS = [f"cal{n}" for n in range(10)]
SECRET = "made-up-for-the-storm"
SETTLED_WITHIN_S = 1800

TOLD = frozenset({"due", "held", "sending", "sent", "doubtful"})  # what somebody got, or may get

Sent = tuple[str, bytes, dict[str, str]]


def histories(count: int, chance: random.Random) -> list[Sent]:
    """Signed webhooks: each appointment is booked, then moved or cancelled or neither."""
    day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)
    tick = (datetime.now(UTC) - timedelta(hours=2) + timedelta(milliseconds=n) for n in itertools.count())
    sent: list[Sent] = []
    for number in itertools.count():
        if len(sent) >= count:
            return sent[:count]
        connection, start = chance.choice(CONNECTIONS), day + timedelta(minutes=15 * chance.randrange(200))
        uid, before = f"u{number}", None
        steps = [
            "BOOKING_CREATED",
            *chance.choice([[], ["BOOKING_RESCHEDULED"], ["BOOKING_CANCELLED"], ["BOOKING_RESCHEDULED"] * 2]),
        ]
        for step in steps:
            if step == "BOOKING_RESCHEDULED":
                uid, before, start = f"{uid}m", uid, start + timedelta(minutes=30)
            attendee = {"email": f"guest{number}@example.com", "name": f"Guest {number}", "timeZone": "Europe/Vilnius"}
            written = next(tick).isoformat(timespec="milliseconds")
            payload = calcom_payload(
                step,
                uid=uid,
                created_at=written,
                start=z(start),
                end=z(start + timedelta(minutes=30)),
                moved_from=before if step == "BOOKING_RESCHEDULED" else None,
                attendees=[attendee],
            )
            sent.append((connection, *calcom_signed(payload, SECRET)))
    raise AssertionError("unreachable")


def quiet(sent: list[Sent]) -> Counter[tuple[str, str]]:
    """What the same webhooks come to in order, each once, with nobody killed: (status, start) of every booking."""
    room = BookingsRoom()
    room.clock.set(datetime.now(UTC))
    for connection in CONNECTIONS:
        room.connect(connection, "calcom", SECRET)
    for connection, body, headers in sent:
        room.call(connection, (body, headers))
        room.drain()
    documents = room.documents.tables["bookings"].values()
    return Counter((one["booking"]["status"], one["start_utc"]) for one in documents if one.get("booking"))


def put(port: int, path: str, body: dict[str, Any]) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("PUT", path, json.dumps(body), BODY)
    answer = line.getresponse()
    assert answer.status == 200, answer.read()
    line.close()


def configure(port: int) -> None:
    place = {"lat": 54.687, "lon": 25.28}
    put(port, "/admin/feeds/none", {"gtfs": "https://example.org/none.zip"})
    put(
        port,
        "/admin/businesses/salon",
        {"name": "Salon", "timezone": "Europe/Vilnius", "feed": "none", "location": place},
    )
    for connection in CONNECTIONS:
        body = {"provider": "calcom", "secret": SECRET}
        put(port, f"/admin/businesses/salon/connections/{connection}", body)


def rain(port: int, sent: list[Sent]) -> tuple[float, float]:
    """Sends all, 8 at a time, each until it is acknowledged: (accepts per second, p99 in ms)."""
    lines = threading.local()
    took: list[float] = []

    def send(one: Sent) -> None:
        connection, body, headers = one
        while True:
            if not hasattr(lines, "line"):
                lines.line = http.client.HTTPConnection("127.0.0.1", port)
            started = time.perf_counter()
            lines.line.request("POST", f"/hooks/{connection}", body, headers)
            answer = lines.line.getresponse()
            answer.read()
            took.append(time.perf_counter() - started)
            if answer.status == 202:
                return

    begun = time.perf_counter()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, sent))
    return len(sent) / (time.perf_counter() - begun), sorted(took)[int(len(took) * 0.99)] * 1000


def scan(stack: Stack, table: str) -> list[dict[str, Any]]:
    pages = client("dynamodb", stack.endpoint_url).get_paginator("scan")
    name = stack.variables[f"HUB_TABLE_{table.upper()}"]
    return [json.loads(item["doc"]["S"]) for page in pages.paginate(TableName=name) for item in page["Items"]]


class Killer(threading.Thread):
    """Kills the pump at random, and starts it again at once."""

    def __init__(self, pump: Child, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.pump, self.chance, self.kills, self.enough = pump, chance, 0, threading.Event()

    def run(self) -> None:
        while not self.enough.wait(self.chance.uniform(0.2, 2) * KILL_EVERY_S):
            assert self.pump.process is not None
            self.pump.process.kill()
            self.pump.process.wait()
            self.pump.let_go()
            self.pump.start()
            self.kills += 1


def settled(stack: Stack) -> list[dict[str, Any]]:
    """The events once all have ended."""
    until = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < until:
        events = scan(stack, "inbox")
        waiting = sum(event["state"] == "open" for event in events)
        if not waiting:
            return events
        print(f"  {waiting} events are open still", flush=True)
        time.sleep(5)
    raise AssertionError("events are open still")


def storm(port: int, stack: Stack, pump: Child) -> None:
    chance = random.Random(SEED)
    sent = histories(WEBHOOKS, chance)
    expected = quiet(sent)
    repeated = sent + [one for one in sent if chance.random() < 0.1]
    chance.shuffle(repeated)
    killer = Killer(pump, random.Random(SEED))
    killer.start()
    accepts, p99 = rain(port, repeated)
    print(f"{len(repeated)} webhooks accepted at {accepts:.0f}/s, p99 {p99:.1f} ms", flush=True)
    deadline = threading.Timer(60, killer.enough.set)
    deadline.start()
    events = settled(stack)
    killer.enough.set()
    killer.join()
    deadline.cancel()
    documents = [one for one in scan(stack, "bookings") if one.get("booking")]
    found = Counter((one["booking"]["status"], one["start_utc"]) for one in documents)
    sent_to = (one["notice"] for one in scan(stack, "notices"))
    notices = Counter((one["to"], one["kind"], one["text"]) for one in sent_to if one["state"] in TOLD)
    states = Counter(event["state"] for event in events)
    print(f"the pump was killed {killer.kills} times; events: {dict(states)}; bookings: {sum(found.values())}")
    twice = sum(n > 1 for n in notices.values())
    print(f"tickets: {len(scan(stack, 'tickets'))}; notices: {sum(notices.values())}, twice: {twice}")
    assert len(events) == len(sent), (len(events), len(sent))
    assert states == {"done": len(sent)}
    assert found == expected, (found - expected, expected - found)
    assert max(notices.values(), default=1) == 1
    print("the store equals that of the quiet run")


def main() -> None:
    """Runs the storm, and says what came of it."""
    with tempfile.TemporaryDirectory() as folder, MiniStack.start(Path(folder)) as ministack, listen(0) as listening:
        stack = create(ministack.endpoint_url)
        port = listening.getsockname()[1]
        settings = {"HUB_ADMIN_KEY": KEY, "HUB_LOCAL": "1", "HUB_LOCAL_FD": str(listening.fileno())}
        door = Child("http", [], stack.environment() | settings, Path(folder), (listening.fileno(),))
        pump = Child("pump", ["app"], stack.environment() | settings, Path(folder))
        door.start()
        pump.start()
        try:
            while not answers(f"http://127.0.0.1:{port}/health"):
                time.sleep(0.1)
            configure(port)
            print(machine())
            storm(port, stack, pump)
        finally:
            door.stop()
            pump.stop()


if __name__ == "__main__":
    main()
