"""Feeds the app's own queue and schedule handlers on one machine, in the place of Lambda's event sources.

What to call is read from the Chalice app itself. A message is deleted only after its handler has answered and did not
report it as failed; a failed one comes back after the queue's own visibility timeout, and goes to the dead-letter
queue after the tries that the template allows. While a handler works its messages stay hidden by a short lease that is
renewed, so what a killed pump held comes back in seconds.

A program that has its own clock calls `drain()` and `tick(now)`; `python -m infra.local.pump WHICH` (app, updates,
notices, work, feeds, live) runs by itself. "updates", "notices": that queue alone, as each has a function of its own
on AWS; "app": the app's other queues and its schedules; "work": all queues and no schedules, for more processes.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.instants import clock_from
from infra.local.child import log_to_standard_error, stop_event
from infra.local.invocation import Context, failed_ids, queue_event, schedule_event
from infra.local.schedules import Schedule
from infra.local.stack import client
from infra.template import FUNCTIONS, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

# a round through a city, and a text that is ready to go, wait for no search
UPDATES, NOTICES = ALONE = "updates", "notices"
TEXTS_AT_ONCE = 4  # batches of them, each of which mostly waits for answers
LEASE_S = 10
RENEW_EVERY_S = 3
LONG_POLL_S = 2  # short enough to stop soon
REST_S = 1  # after MiniStack was not there
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A queue and what reads it: `call(event, context)` with at most `batch` messages, so many calls at a time."""

    queue: str
    call: Callable[[Any, Any], Any]
    batch: int = 10
    at_once: int = 1


@dataclass
class Pump:
    """Moves messages from queues to handlers. `urls`: queue → URL; `sqs`: a boto3 client."""

    sources: list[Source]
    schedules: list[Schedule]
    urls: Mapping[str, str]
    sqs: Any
    ticked: datetime | None = None
    _hidden_s: dict[str, int] = field(default_factory=dict)

    def step(self, source: Source, wait_s: int = 0) -> int:
        """Takes one batch to its handler; the number of messages taken."""
        url = self.urls[source.queue]
        messages = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(source.batch, 10),
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=LEASE_S,
            AttributeNames=["All"],
        ).get("Messages", [])
        if messages:
            failed = self._call(source, messages)
            self._settle(url, messages, failed)
        return len(messages)

    def _call(self, source: Source, messages: list[dict[str, Any]]) -> set[str]:
        done = threading.Event()
        lease = threading.Thread(target=self._renew, args=(self.urls[source.queue], messages, done), daemon=True)
        lease.start()
        try:
            return failed_ids(source.call(queue_event(source.queue, messages), Context(source.queue)))
        except Exception:
            log.exception("the handler of %r failed", source.queue)
            return {message["MessageId"] for message in messages}
        finally:
            done.set()
            lease.join()

    def _renew(self, url: str, messages: list[dict[str, Any]], done: threading.Event) -> None:
        while not done.wait(RENEW_EVERY_S):
            self._hide(url, messages, LEASE_S)

    def _hide(self, url: str, messages: list[dict[str, Any]], seconds: int) -> None:
        entries = [
            {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": seconds}
            for i, message in enumerate(messages)
        ]
        self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)

    def _settle(self, url: str, messages: list[dict[str, Any]], failed: set[str]) -> None:
        again = [message for message in messages if message["MessageId"] in failed]
        done = [message for message in messages if message["MessageId"] not in failed]
        if again:
            self._hide(url, again, self._visibility(url))
        if done:
            entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(done)]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    def _visibility(self, url: str) -> int:
        if url not in self._hidden_s:
            found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
            self._hidden_s[url] = int(found["Attributes"]["VisibilityTimeout"])
        return self._hidden_s[url]

    def drain(self) -> int:
        """Steps until no queue has a visible message; the number of messages taken."""
        taken = 0
        while now := sum(self.step(source) for source in self.sources):
            taken += now
        return taken

    def tick(self, now: datetime) -> int:
        """Calls every schedule that fired since the last tick, each once; the number of calls.

        The first tick calls what fired in the minute before it. A schedule that fails is logged and comes again at
        its next time.
        """
        after, self.ticked = self.ticked or now - timedelta(minutes=1), now
        fired = [(schedule, at) for schedule in self.schedules if (at := schedule.fires_in(after, now))]
        for schedule, at in fired:
            try:
                schedule.call(schedule_event(schedule.name, at), Context(schedule.name))
            except Exception:
                log.exception("the schedule %r failed", schedule.name)
        return len(fired)

    def run(self, stop: threading.Event, clock: Callable[[], datetime]) -> None:
        """Threads for each queue, and the schedules in this one, until told to stop; batches under way are finished.

        Every schedule fires once at the start: the machine may have been off at its time.
        """
        self.ticked = clock() - timedelta(days=1)
        followed = [source for source in self.sources for _ in range(source.at_once)]
        threads = [threading.Thread(target=self._follow, args=(source, stop)) for source in followed]
        for thread in threads:
            thread.start()
        while not stop.wait(REST_S):
            self.tick(clock())
        for thread in threads:
            thread.join()

    def _follow(self, source: Source, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.step(source, LONG_POLL_S)
            except Exception as error:  # noqa: BLE001 - MiniStack may be restarting; whatever it is, try again
                log.warning("the queue %r cannot be read: %s", source.queue, type(error).__name__)
                time.sleep(REST_S)


def sources_of(app: Any) -> list[Source]:
    """The queue handlers of a Chalice app; `queue` in its decorators is the hub's own name ("inbox" or "hub-inbox")."""
    configs = [config for config in app.event_sources if hasattr(config, "queue")]
    return [
        Source(config.queue.removeprefix("hub-"), app.handler_map[config.name], config.batch_size) for config in configs
    ]


def schedules_of(app: Any) -> list[Schedule]:
    """The schedules of a Chalice app."""
    configs = [config for config in app.event_sources if hasattr(config, "schedule_expression")]
    return [
        Schedule(config.name, _text(config.schedule_expression), app.handler_map[config.name]) for config in configs
    ]


def _text(expression: Any) -> str:
    return expression if isinstance(expression, str) else str(expression.to_string())


def pump_of(sources: list[Source], schedules: list[Schedule], environment: Mapping[str, str]) -> Pump:
    """A pump for the queues and the MiniStack that the hub's environment variables name."""
    urls = {source.queue: environment[f"HUB_QUEUE_{source.queue.upper()}"] for source in sources}
    return Pump(sources, schedules, urls, client("sqs", environment["AWS_ENDPOINT_URL"]))


def app_pump(app: Any, environment: Mapping[str, str]) -> Pump:
    """What feeds the handlers of the hub's app."""
    return pump_of(sources_of(app), schedules_of(app), environment)


def feeds_pump(handler: Callable[[Any, Any], Any], environment: Mapping[str, str]) -> Pump:
    """What feeds the compiling function of the feeds image: its queue, and its schedules as the template names them."""
    return pump_of([Source("feeds", handler, batch=1)], schedules_in_template("FeedsFunction", handler), environment)


def live_pump(handler: Callable[[Any, Any], Any], environment: Mapping[str, str]) -> Pump:
    """What rings for the live function of the feeds image."""
    return pump_of([], schedules_in_template("LiveFunction", handler), environment)


def schedules_in_template(function: str, handler: Callable[[Any, Any], Any]) -> list[Schedule]:
    """The schedules of a function that the template describes by hand."""
    events = load(FUNCTIONS)["Resources"][function]["Properties"]["Events"]
    return [
        Schedule(name, event["Properties"]["Schedule"], with_input(handler, event["Properties"].get("Input")))
        for name, event in events.items()
        if event["Type"] == "Schedule"
    ]


def with_input(handler: Callable[[Any, Any], Any], text: str | None) -> Callable[[Any, Any], Any]:
    """The handler as a schedule calls it: with the schedule's `Input` for an event, where the template gives one."""
    return (lambda _, context: handler(json.loads(text), context)) if text else handler


def main(which: str) -> None:
    """Runs one of `PUMPS` until told to stop."""
    log_to_standard_error()
    stop = stop_event()
    PUMPS[which]().run(stop, clock_from(os.environ).now)


def _app() -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    others = [source for source in sources_of(app) if source.queue not in ALONE]
    return pump_of(others, schedules_of(app), os.environ)


def _alone(queue: str, at_once: int = 1) -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    sources = [replace(source, at_once=at_once) for source in sources_of(app) if source.queue == queue]
    return pump_of(sources, [], os.environ)


def _work() -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    return pump_of(sources_of(app), [], os.environ)


def _feeds() -> Pump:
    from feeds.handler import handler  # noqa: PLC0415 - brings pandas; only this process needs it

    return feeds_pump(handler, os.environ)


def _live() -> Pump:
    from feeds.live import handler  # noqa: PLC0415 - brings protobuf; only this process needs it

    return live_pump(handler, os.environ)


PUMPS: Mapping[str, Callable[[], Pump]] = {
    "app": _app,
    UPDATES: partial(_alone, UPDATES),
    NOTICES: partial(_alone, NOTICES, TEXTS_AT_ONCE),
    "work": _work,
    "feeds": _feeds,
    "live": _live,
}


if __name__ == "__main__":
    main(sys.argv[1])
