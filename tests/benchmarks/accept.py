"""How many webhooks a second the hub accepts on this machine, beside what MiniStack could take at most.

The ceiling is one conditional put and one queue message, sent with boto3 straight to MiniStack, in the same run and
with the same number of clients. Each webhook is new, signed, and goes over a kept-alive connection to the real HTTP
door in a process of its own; nothing reads the queues meanwhile. All processes share the machine's cores.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.booking_tool import Appointment, signed, webhook
from infra.local.family import Child
from infra.local.ministack import MiniStack, answers, listen
from infra.local.stack import client, create

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.stack import Stack

CLIENTS = (1, 4, 8)
SECONDS = float(os.environ.get("ACCEPT_SECONDS", "6"))
KEY = "a-key-for-benchmarks-only"
SECRET = "made-up-for-benchmarks"
BODY = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}

Times = list[float]


def machine() -> str:
    cpu = next(
        (row.split(":", 1)[1].strip() for row in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in row),
        platform.machine(),
    )
    return (
        f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def measured(
    clients: int, one_client: Callable[[int], Callable[[int], None]], seconds: float = SECONDS
) -> tuple[float, float]:
    """(calls per second of all clients together, p99 in ms). `one_client(n)` prepares a client, whose call is timed."""
    until = time.perf_counter() + seconds

    def run(n: int) -> Times:
        call, took, i = one_client(n), [], 0
        while (started := time.perf_counter()) < until:
            call(i)
            took.append(time.perf_counter() - started)
            i += 1
        return took

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        times = sorted(one for took in threads.map(run, range(clients)) for one in took)
    return len(times) / (time.perf_counter() - begun), times[int(len(times) * 0.99)] * 1000


def accepting(port: int, run: int) -> Callable[[int], Callable[[int], None]]:
    """Clients that send webhooks, each another booking."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)

    def one_client(n: int) -> Callable[[int], None]:
        line = http.client.HTTPConnection("127.0.0.1", port)

        def call(i: int) -> None:
            guest = Appointment(f"Guest {run}-{n}-{i}", start + timedelta(minutes=i), phone="+12025550123")
            body = json.dumps(webhook("BOOKING_CREATED", guest, start)).encode()
            line.request("POST", "/hooks/cal", body, {"Content-Type": "application/json", **signed(body, SECRET)})
            answer = line.getresponse()
            text = answer.read()
            assert answer.status == 202, text
            assert json.loads(text)["duplicate"] is False

        return call

    return one_client


def raw(stack: Stack, run: int) -> Callable[[int], Callable[[int], None]]:
    """Clients that do the least that a safe acceptance can do."""
    dynamodb, sqs = client("dynamodb", stack.endpoint_url), client("sqs", stack.endpoint_url)
    table, queue = stack.variables["HUB_TABLE_INBOX"], stack.variables["HUB_QUEUE_FEEDS"]

    def one_client(n: int) -> Callable[[int], None]:
        def call(i: int) -> None:
            item = {"event_id": {"S": f"raw-{run}-{n}-{i}"}, "doc": {"S": "x" * 1500}}
            dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(event_id)")
            sqs.send_message(QueueUrl=queue, MessageBody='{"event_id": "x"}')

        return call

    return one_client


def configure(port: int) -> None:
    """A business with a booking tool."""
    business = {
        "name": "Salon",
        "timezone": "Europe/Vienna",
        "feed": "town",
        "location": {"lat": 48.2, "lon": 16.37},
    }
    for path, body in (
        ("/admin/feeds/town", {"gtfs": "https://example.org/town.zip"}),
        ("/admin/businesses/salon", business),
        ("/admin/businesses/salon/connections/cal", {"provider": "calcom", "secret": SECRET}),
    ):
        line = http.client.HTTPConnection("127.0.0.1", port)
        line.request("PUT", path, json.dumps(body), BODY)
        answer = line.getresponse()
        assert answer.status == 200, answer.read()
        line.close()


def table_of(port: int, stack: Stack) -> list[tuple[Any, ...]]:
    rows = []
    for clients in CLIENTS:
        accepts, accept_p99 = measured(clients, accepting(port, clients))
        ceiling, ceiling_p99 = measured(clients, raw(stack, clients))
        rows.append((clients, accepts, accept_p99, ceiling, ceiling_p99, accepts / ceiling))
    return rows


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder, MiniStack.start(Path(folder)) as ministack, listen(0) as listening:
        stack = create(ministack.endpoint_url)
        port = listening.getsockname()[1]
        settings = {"HUB_ADMIN_KEY": KEY, "HUB_LOCAL": "1", "HUB_LOCAL_FD": str(listening.fileno())}
        door = Child("http", [], stack.environment() | settings, Path(folder), (listening.fileno(),))
        door.start()
        try:
            while not answers(f"http://127.0.0.1:{port}/health"):
                time.sleep(0.1)
            configure(port)
            rows = table_of(port, stack)
        finally:
            door.stop()
    print(machine())
    print("clients  accepts/s  p99 ms   ceiling/s  p99 ms   accepts of ceiling")
    for clients, accepts, accept_p99, ceiling, ceiling_p99, share in rows:
        print(f"{clients:7}{accepts:11.0f}{accept_p99:8.1f}{ceiling:12.0f}{ceiling_p99:8.1f}{share:17.0%}")


if __name__ == "__main__":
    main()
