"""The pump stands for Lambda's event sources: nothing is lost, what failed comes back, schedules fire once."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Chalice

from infra.local.pump import LEASE_S, Source, app_pump, feeds_pump, pump_of
from infra.local.stack import ask, client

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.pump import Pump
    from infra.local.stack import Stack

pytestmark = pytest.mark.aws
NOW = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)


class Seen:
    """A queue handler that remembers, fails for "bad" messages, and may queue more."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.then: Callable[[str], None] = lambda _: None

    def __call__(self, event: Any, _context: Any) -> dict[str, Any]:
        self.bodies += [record["body"] for record in event["Records"]]
        for record in event["Records"]:
            self.then(record["body"])
        bad = [record["messageId"] for record in event["Records"] if "bad" in record["body"]]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}


def send(stack: Stack, queue: str, *bodies: str) -> None:
    sqs = client("sqs", stack.endpoint_url)
    for body in bodies:
        sqs.send_message(QueueUrl=stack.variables[f"HUB_QUEUE_{queue.upper()}"], MessageBody=body)


def counts(stack: Stack, queue: str) -> tuple[int, int]:
    """(visible, hidden) messages."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = stack.variables[f"HUB_QUEUE_{queue.upper()}"]
    found = client("sqs", stack.endpoint_url).get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def pump(stack: Stack, seen: Seen) -> Pump:
    sources = [Source("inbox", seen), Source("tickets", seen, batch=1)]
    return pump_of(sources, [], stack.environment())


def test_what_is_handled_is_gone(stack: Stack, pump: Pump, seen: Seen) -> None:
    send(stack, "inbox", *map(str, range(23)))
    assert pump.drain() == 23
    assert sorted(seen.bodies, key=int) == [str(n) for n in range(23)]
    assert counts(stack, "inbox") == (0, 0)
    assert pump.drain() == 0


def test_draining_follows_work_from_queue_to_queue(stack: Stack, pump: Pump, seen: Seen) -> None:
    seen.then = lambda body: send(stack, "tickets", f"from {body}") if not body.startswith("from") else None
    send(stack, "inbox", "a", "b")
    assert pump.drain() == 4
    assert sorted(seen.bodies) == ["a", "b", "from a", "from b"]


def test_of_a_batch_only_what_failed_stays(stack: Stack, pump: Pump) -> None:
    send(stack, "inbox", "good", "bad", "good too")
    pump.drain()
    assert counts(stack, "inbox") == (0, 1)


def test_a_handler_that_raises_keeps_its_whole_batch(stack: Stack) -> None:
    def broken(_event: Any, _context: Any) -> None:
        raise RuntimeError("broken")

    broken_pump = pump_of([Source("inbox", broken)], [], stack.environment())
    send(stack, "inbox", "a", "b")
    broken_pump.drain()
    assert counts(stack, "inbox") == (0, 2)


def test_what_failed_is_hidden_as_long_as_the_template_says(stack: Stack, pump: Pump) -> None:
    """Not for the pump's short lease: a message that fails is not tried again at once."""
    send(stack, "inbox", "bad")
    pump.drain()
    (message,) = messages_in(stack, "inbox")
    assert message["VisibleAt"] - time.time() > LEASE_S


def messages_in(stack: Stack, queue: str) -> list[dict[str, Any]]:
    name = stack.variables[f"HUB_QUEUE_{queue.upper()}"].rsplit("/", 1)[1]
    regions = ask(f"{stack.endpoint_url}/_ministack/sqs/messages")["messages"].values()
    return [
        one for region in regions for urls in region.values() for url in urls if url.endswith(name) for one in urls[url]
    ]


def test_a_message_is_hidden_from_others_while_its_handler_works(stack: Stack) -> None:
    working, go_on = threading.Event(), threading.Event()

    def slow(_event: Any, _context: Any) -> None:
        working.set()
        go_on.wait(30)

    send(stack, "inbox", "a")
    slow_pump = pump_of([Source("inbox", slow)], [], stack.environment())
    thread = threading.Thread(target=slow_pump.drain)
    thread.start()
    assert working.wait(30)
    assert counts(stack, "inbox") == (0, 1)
    go_on.set()
    thread.join()
    assert counts(stack, "inbox") == (0, 0)


@pytest.fixture
def app() -> tuple[Chalice, list[str]]:
    made = Chalice(app_name="small")
    happened: list[str] = []

    @made.on_sqs_message(queue="inbox", batch_size=3, name="reader")
    def reader(event: Any) -> dict[str, Any]:
        happened.extend(json.loads(record.body)["n"] for record in event)
        return {"batchItemFailures": []}

    @made.schedule("rate(1 minute)", name="minutely")
    def minutely(event: Any) -> None:
        happened.append(event.to_dict()["time"])

    @made.schedule("rate(1 minute)", name="broken")
    def broken(_event: Any) -> None:
        raise RuntimeError("broken")

    @made.schedule("rate(1 hour)", name="hourly")
    def hourly(event: Any) -> None:
        happened.append("hourly " + event.to_dict()["time"])

    return made, happened


def test_the_handlers_are_found_in_the_app_itself(stack: Stack, app: tuple[Chalice, list[str]]) -> None:
    small, happened = app
    pump = app_pump(small, stack.environment())
    assert [(source.queue, source.batch) for source in pump.sources] == [("inbox", 3)]
    send(stack, "inbox", '{"n": "one"}')
    assert pump.drain() == 1
    assert happened == ["one"]


def test_a_schedule_fires_once_for_each_of_its_times_that_a_tick_passes(
    stack: Stack, app: tuple[Chalice, list[str]]
) -> None:
    small, happened = app
    pump = app_pump(small, stack.environment())
    pump.tick(NOW)
    assert happened == ["2026-03-02T08:00:00Z", "hourly 2026-03-02T08:00:00Z"]
    pump.tick(NOW + timedelta(seconds=20))
    assert len(happened) == 2
    pump.tick(NOW + timedelta(seconds=30))
    assert happened[2:] == ["2026-03-02T08:01:00Z"]
    pump.tick(NOW + timedelta(hours=3))
    assert happened[3:] == ["2026-03-02T11:00:00Z", "hourly 2026-03-02T11:00:00Z"]


def test_the_feeds_function_gets_its_queue_and_what_its_schedules_say(stack: Stack) -> None:
    """Read from the template, so that one machine and AWS do the same."""
    events: list[Any] = []
    pump = feeds_pump(lambda event, _: events.append(event), stack.environment())
    send(stack, "feeds", '{"feed_id": "town"}')
    assert pump.drain() == 1
    assert events[0]["Records"][0]["body"] == '{"feed_id": "town"}'
    pump.tick(NOW)
    pump.tick(NOW + timedelta(days=1))
    assert events[1:] == [{"why": "daily"}]


def test_a_running_pump_ends_when_told_to(stack: Stack, pump: Pump, seen: Seen) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=pump.run, args=(stop, lambda: NOW))
    thread.start()
    send(stack, "inbox", "a")
    until = time.monotonic() + 30
    while not seen.bodies and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert seen.bodies == ["a"]
    assert counts(stack, "inbox") == (0, 0)
