"""Thousands of texts and a carrier that takes so many a second, on a virtual clock: `python -m tests.benchmarks.texts`.

The production sender (`Outbox`, `Pacer`) runs in as many workers as the template lets run at once, over a store, a
queue and a carrier in memory that take their time. The store's conflicts are real: workers read and write one after
another in virtual time. The carrier refuses what is more than its rate within any second, which is stricter than a
bucket that saves up.

- *urgent*: 5,000 texts to act on at once. *mixed*: 4,500 reminders, and a minute later 500 texts to act on.
- *slow*: a phone as a gateway, one text in two seconds, beside a carrier of 20 a second: none holds up the other.
"""

from __future__ import annotations

import heapq
import random
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.commands import SendNotice, to_message
from chalicelib.foundation.ports import Handover, Throttled, Unavailable
from chalicelib.notices.delivery.channel import Carriers
from chalicelib.notices.delivery.pace import Line
from chalicelib.notices.documents import notice_write
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.workflows.notice_due import Outbox
from chalicelib.workflows.services import Readers
from tests.fakes.memory import MemoryDocuments, MemoryTopic, SentMail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.foundation.ports import Document, Text, Write

BEGIN = datetime(2026, 3, 2, 17, tzinfo=UTC)
WORKERS = 5  # of the notices function (MaximumConcurrency)
BATCH = 10
STORE_S, QUEUE_S, CARRIER_S = (0.004, 0.012), (0.005, 0.015), (0.06, 0.14)
POLL_S = 0.1
VISIBILITY_S = 180.0
SWEEP_S = 60.0


class World:
    """Virtual time for threads, of which one runs at a time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.at = 0.0
        self._waiting: list[tuple[float, int, threading.Semaphore]] = []
        self._count = 0
        self._turn = threading.Semaphore(0)
        self._has_begun = False
        self.failures: list[Exception] = []
        self.is_over = False

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.at)

    def sleep(self, seconds: float) -> None:
        if not self._has_begun:
            return
        mine = threading.Semaphore(0)
        self._count += 1
        heapq.heappush(self._waiting, (self.at + seconds, self._count, mine))
        self._turn.release()
        mine.acquire()

    def take_time(self, span: tuple[float, float]) -> None:
        self.sleep(self.chance.uniform(*span))

    def run(self, works: Sequence[Callable[[], None]], until_s: float) -> None:
        """Runs all until they end, or until then."""
        self._has_begun = True
        threads = []
        for work in works:
            thread = threading.Thread(target=self._begin, args=(work,), daemon=True)
            threads.append(thread)
            thread.start()
            self._turn.acquire()
        while self._waiting:
            at, _, waiting = heapq.heappop(self._waiting)
            self.at = at
            self.is_over = self.is_over or at > until_s
            waiting.release()
            self._turn.acquire()
        for thread in threads:
            thread.join()
        if self.failures:
            raise ExceptionGroup("workers failed", self.failures)

    def _begin(self, work: Callable[[], None]) -> None:
        self.sleep(0.0)
        try:
            work()
        except Exception as failure:  # noqa: BLE001 - told by `run`
            self.failures.append(failure)
            self.is_over = True
        self._turn.release()


class SlowDocuments(MemoryDocuments):
    """A store whose calls take time."""

    def __init__(self, world: World) -> None:
        clock: Any = world
        super().__init__(clock)
        self._world = world

    def get(self, table: str, key: str) -> Document | None:
        self._world.take_time(STORE_S)
        return super().get(table, key)

    def get_all(self, wanted: Mapping[str, Sequence[str]], **more: Any) -> dict[str, list[Document]]:
        self._world.take_time(STORE_S)
        return super().get_all(wanted, **more)

    def write(self, *writes: Write) -> None:
        self._world.take_time(STORE_S)
        super().write(*writes)


@dataclass
class SlowQueue:
    """The queue of notices: messages become visible when their delay is over, and come in any order."""

    world: World
    receives: int = 0
    _later: list[tuple[float, int, Document]] = field(default_factory=list)
    _ready: list[Document] = field(default_factory=list)
    _count: int = 0

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        if queue != "notices":
            return
        self.world.take_time(QUEUE_S)
        self.put(messages, self.world.at + delay_s)

    def put(self, messages: Sequence[Document], at: float) -> None:
        for message in messages:
            self._count += 1
            heapq.heappush(self._later, (at, self._count, message))

    def take(self, most: int) -> list[Document]:
        while self._later and self._later[0][0] <= self.world.at:
            self._ready.append(heapq.heappop(self._later)[2])
        taken = []
        for _ in range(min(most, len(self._ready))):
            # mostly the oldest, as SQS does, but nobody promises it
            spot = min(int(self.world.chance.expovariate(0.05)), len(self._ready) - 1)
            taken.append(self._ready.pop(spot))
        self.receives += bool(taken)
        return taken


@dataclass
class Carrier:
    """Takes `per_s` texts within any second, refuses the others, and remembers when it took which."""

    world: World
    per_s: dict[str, float]
    calls: int = 0
    took: dict[str, float] = field(default_factory=dict)
    _lately: dict[str, deque[float]] = field(default_factory=dict)

    def send(self, text: Text) -> Handover:
        self.world.take_time((CARRIER_S[0] / 2, CARRIER_S[1] / 2))
        self.calls += 1
        lately = self._lately.setdefault(text.business_id, deque())
        while lately and lately[0] <= self.world.at - max(1.0, 1 / self.per_s[text.business_id]):
            lately.popleft()
        if len(lately) >= max(1.0, self.per_s[text.business_id]):
            self.world.take_time((CARRIER_S[0] / 2, CARRIER_S[1] / 2))
            raise Throttled("too many")
        lately.append(self.world.at)
        assert text.reference not in self.took, "a text went out twice"
        self.took[text.reference] = self.world.at
        self.world.take_time((CARRIER_S[0] / 2, CARRIER_S[1] / 2))
        return Handover(f"m{self.calls}", text.business_id)


@dataclass(frozen=True)
class Wave:
    """So many texts of a kind for a business, `at_s` after the beginning."""

    count: int
    kind: str
    business_id: str = "city"
    at_s: float = 0.0


@dataclass(frozen=True)
class Result:
    """What a run showed: per wave the seconds until its texts were taken; calls of the carrier; batches received."""

    waits: list[list[float]]
    done_s: float
    calls: int
    texts: int
    receives: int
    unsent: int

    @property
    def extra(self) -> float:
        """The share of calls that took nothing."""
        return self.calls / self.texts - 1


def notice_of(wave: Wave, number: int) -> Notice:
    at = BEGIN + timedelta(seconds=wave.at_s)
    return Notice(
        f"{wave.kind}-{wave.business_id}-{number}", None, wave.business_id, wave.kind,
        "sms", f"+1202555{number:04d}", "x", NoticeState.DUE, at, at, at + timedelta(hours=1), 0, audience="operator",
    )  # a table, read by rows # fmt: skip


def play(  # noqa: C901 - workers and the search share what they see
    waves: Sequence[Wave], per_s: dict[str, float], seed: int = 1, until_s: float = 3600.0
) -> Result:
    """Sends the waves, and says how long that took."""
    world = World(seed)
    documents, queue, carrier = SlowDocuments(world), SlowQueue(world), Carrier(world, per_s)
    nobody: Any = Readers(lambda _: None, lambda _: None)
    carriers = Carriers(carrier, SentMail(), MemoryTopic(), lambda business_id: Line(business_id, per_s[business_id]))
    outboxes = [
        Outbox(documents, queue, carriers, lambda _: nobody, world.sleep, world.chance.random, clock_s=lambda: world.at)
        for _ in range(WORKERS + 1)
    ]
    notices = [[notice_of(wave, number) for number in range(wave.count)] for wave in waves]
    for wave, made in zip(waves, notices, strict=True):
        for notice in made:
            MemoryDocuments.write(documents, notice_write(notice_with_version(notice), None))
        queue.put([to_message(SendNotice(notice.notice_id)) for notice in made], wave.at_s)
    wanted = sum(wave.count for wave in waves)

    def is_over() -> bool:
        return world.is_over or len(carrier.took) >= wanted

    def work(outbox: Outbox) -> None:
        while not is_over():
            batch = queue.take(BATCH)
            if not batch:
                world.sleep(POLL_S)
            for message in batch:
                try:
                    outbox.deliver(message["notice_id"], world.now())
                except Unavailable:  # it comes again after the queue's visibility
                    queue.put([message], world.at + VISIBILITY_S)

    def sweep(outbox: Outbox) -> None:
        while not is_over():
            world.sleep(SWEEP_S)
            outbox.sweep(world.now())

    works: list[Callable[[], None]] = [lambda outbox=outbox: work(outbox) for outbox in outboxes[:-1]]  # type: ignore[misc]
    world.run([*works, lambda: sweep(outboxes[-1])], until_s)
    took = carrier.took
    waits = [
        sorted(took[one.notice_id] - wave.at_s for one in made if one.notice_id in took)
        for wave, made in zip(waves, notices, strict=True)
    ]
    return Result(waits, max(took.values(), default=0.0), carrier.calls, len(took), queue.receives, wanted - len(took))


def notice_with_version(notice: Notice) -> Notice:
    from dataclasses import replace  # noqa: PLC0415 - one line

    return replace(notice, version=1)


def share(waits: list[float], part: float) -> float:
    """The wait that this part of them does not exceed."""
    return waits[min(len(waits) - 1, int(part * len(waits)))] if waits else float("nan")


SCENES: dict[str, tuple[list[Wave], dict[str, float]]] = {
    "urgent": ([Wave(5000, "leave_by")], {"city": 20.0}),
    "mixed": ([Wave(4500, "reminder"), Wave(500, "leave_by", at_s=60.0)], {"city": 20.0}),
    "slow": ([Wave(60, "leave_by", "phone"), Wave(600, "leave_by")], {"city": 20.0, "phone": 0.5}),
}


def main() -> None:
    """Prints a line for each wave of each scene."""
    for name in [one for one in sys.argv[1:] if one in SCENES] or SCENES:
        waves, per_s = SCENES[name]
        result = play(waves, per_s)
        print(
            f"{name}: {result.texts} texts in {result.done_s:.0f} s, {result.calls} calls of the carrier "
            f"({result.extra:.2%} more than texts), {result.receives} batches received, {result.unsent} unsent"
        )
        for wave, waits in zip(waves, result.waits, strict=True):
            print(
                f"  {wave.count} x {wave.kind} of {wave.business_id} at {wave.at_s:.0f} s: half within "
                f"{share(waits, 0.5):.0f} s, 99 % within {share(waits, 0.99):.0f} s, all within {share(waits, 1):.0f} s"
            )


if __name__ == "__main__":
    main()
