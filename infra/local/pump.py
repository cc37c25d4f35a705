"""Feeds the app's own queue and schedule handlers on one machine, in the place of Lambda's event sources.

What to call is read from the Chalice app itself. A message is deleted only after its handler has answered and did not
report it as failed; a failed one comes back after the queue's own pause, and is dead after the tries that the template
allows. While a handler works its messages stay hidden by a short lease that is renewed: what a killed pump held comes
back in seconds. Each queue and each schedule has a thread of its own: one that is slow keeps no other waiting.

A program that has its own clock calls `drain()` and `tick(now)`; `python -m infra.local.pump WHICH` runs by itself:
"app" the queues that follow from bookings, "updates" and "notices" that queue alone, as each has a function of its own
on AWS, "work" all queues (for more processes), "clock" and "tools" a schedule each, "feeds" and "live" what is in the
feeds image.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import clock_from
from infra.local.child import log_to_standard_error, stop_event
from infra.local.invocation import Context, failed_ids, queue_event, schedule_event
from infra.local.queue_ends import FolderEnds, sqs_ends
from infra.local.schedules import LOOK_BACK, Schedule
from infra.template import FUNCTIONS, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from infra.local.queue_ends import Message, QueueEnds

# a round through a city, and a text that is ready to go, wait for no search
UPDATES, NOTICES = ALONE = "updates", "notices"
TOOLS = {"booking_tools_round"}  # schedules that ask other people's servers
AT_ONCE = {"inbox": 3, NOTICES: 4}  # batches: a tool or a channel that answers late keeps only those behind it waiting
TIDY_EVERY = "rate(10 minutes)"
LEASE_S = 10
RENEW_EVERY_S = 3
LONG_POLL_S = 2  # short enough to stop soon
REST_S = 1  # after the store was not there; between two looks at the clock
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A queue and what reads it: `call(event, context)` with at most `batch` messages, so many calls at a time."""

    queue: str
    call: Callable[[Any, Any], Any]
    batch: int = 10
    at_once: int = 1


class Rings(Protocol):
    """Remembers over restarts when each schedule last rang."""

    def last(self, name: str) -> datetime | None:
        """When it last rang; None: never."""
        ...

    def note(self, name: str, at: datetime) -> None:
        """It rang then."""
        ...


class NoRings:
    """Remembers nothing: every schedule rings at the start, for the machine may have been off at its time."""

    def last(self, name: str) -> datetime | None:  # noqa: ARG002 - nothing is known
        """None."""
        return None

    def note(self, name: str, at: datetime) -> None:
        """Forgets it."""


@dataclass
class Pump:
    """Moves messages from queues to handlers, and rings schedules."""

    sources: list[Source]
    schedules: list[Schedule]
    queues: QueueEnds
    rings: Rings = field(default_factory=NoRings)
    ticked: datetime | None = None
    rest_s: float = REST_S

    def step(self, source: Source, wait_s: int = 0) -> int:
        """Takes one batch to its handler; the number of messages taken."""
        messages = self.queues.take(source.queue, source.batch, LEASE_S, wait_s)
        if messages:
            failed = self._call(source, messages)
            again = [message for message in messages if message.message_id in failed]
            done = [message for message in messages if message.message_id not in failed]
            if again:
                self.queues.put_off(source.queue, again)
            if done:
                self.queues.delete(source.queue, done)
        return len(messages)

    def _call(self, source: Source, messages: list[Message]) -> set[str]:
        done = threading.Event()
        lease = threading.Thread(target=self._renew, args=(source.queue, messages, done), daemon=True)
        lease.start()
        try:
            return failed_ids(source.call(queue_event(source.queue, messages), Context(source.queue)))
        except Exception:
            log.exception("the handler of %r failed", source.queue)
            return {message.message_id for message in messages}
        finally:
            done.set()
            lease.join()

    def _renew(self, queue: str, messages: list[Message], done: threading.Event) -> None:
        while not done.wait(RENEW_EVERY_S):
            try:
                self.queues.hide(queue, messages, LEASE_S)
            except Exception as error:  # noqa: BLE001 - the next time, or another one has them
                log.warning("messages of %r cannot be kept: %s", queue, type(error).__name__)

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
            ring(schedule, at)
        return len(fired)

    def run(self, stop: threading.Event, clock: Callable[[], datetime]) -> None:
        """Threads for each queue and schedule, until told to stop; batches under way are finished."""
        followed = [source for source in self.sources for _ in range(source.at_once)]
        threads = [threading.Thread(target=self._follow, args=(source, stop)) for source in followed]
        threads += [threading.Thread(target=self._keep, args=(one, stop, clock)) for one in self.schedules]
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join()

    def _follow(self, source: Source, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.step(source, LONG_POLL_S)
            except Exception as error:  # noqa: BLE001 - the store may be away; whatever it is, try again
                log.warning("the queue %r cannot be read: %s", source.queue, type(error).__name__)
                stop.wait(REST_S)

    def _keep(self, schedule: Schedule, stop: threading.Event, clock: Callable[[], datetime]) -> None:
        """Rings a schedule when it is time, and once at the start if it was time while nobody was there."""
        after: datetime | None = None
        while not stop.wait(self.rest_s):
            try:
                now = clock()
                after = min(after or self.rings.last(schedule.name) or now - LOOK_BACK, now)  # a clock may be set back
                if at := schedule.fires_in(after, now):
                    ring(schedule, at)
                    self.rings.note(schedule.name, now)
                after = now
            except Exception as error:  # noqa: BLE001 - the same
                log.warning("the schedule %r cannot be kept: %s", schedule.name, type(error).__name__)


def ring(schedule: Schedule, at: datetime) -> None:
    """Calls a schedule; one that fails is logged and comes again at its next time."""
    try:
        schedule.call(schedule_event(schedule.name, at), Context(schedule.name))
    except Exception:
        log.exception("the schedule %r failed", schedule.name)


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
    """A pump for the queues that the hub's environment variables name: of one folder, or of a MiniStack."""
    if environment.get("HUB_STORE") != "embedded":
        return Pump(sources, schedules, sqs_ends(environment, [source.queue for source in sources]))
    parts = Embedded(Path(environment["HUB_LOCAL_DIR"]), clock_from(environment), environment)
    return Pump(sources, schedules, FolderEnds(parts.queues), parts.schedules)


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
    return pump_of([replace(source, at_once=AT_ONCE.get(source.queue, 1)) for source in others], [], os.environ)


def _alone(queue: str) -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    at_once = AT_ONCE.get(queue, 1)
    sources = [replace(source, at_once=at_once) for source in sources_of(app) if source.queue == queue]
    return pump_of(sources, [], os.environ)


def _work() -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    return pump_of(sources_of(app), [], os.environ)


def _clock() -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    schedules = [one for one in schedules_of(app) if one.name not in TOOLS]
    if os.environ.get("HUB_STORE") == "embedded":
        parts = Embedded.from_environment(clock_from(os.environ))
        schedules.append(Schedule("tidy", TIDY_EVERY, lambda _event, _context: parts.tidy()))
    return pump_of([], schedules, os.environ)


def _tools() -> Pump:
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    return pump_of([], [one for one in schedules_of(app) if one.name in TOOLS], os.environ)


def _feeds() -> Pump:
    from feeds.handler import handler  # noqa: PLC0415 - brings pandas; only this process needs it

    return feeds_pump(handler, os.environ)


def _live() -> Pump:
    from feeds.live import handler  # noqa: PLC0415 - brings protobuf; only this process needs it

    return live_pump(handler, os.environ)


PUMPS: Mapping[str, Callable[[], Pump]] = {
    "app": _app,
    UPDATES: partial(_alone, UPDATES),
    NOTICES: partial(_alone, NOTICES),
    "work": _work,
    "clock": _clock,
    "tools": _tools,
    "feeds": _feeds,
    "live": _live,
}


if __name__ == "__main__":
    main(sys.argv[1])
