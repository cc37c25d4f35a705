"""The ports in memory, counting what AWS bills for what is asked of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import TABLES
from chalicelib.notices.rendering.gsm7 import segments
from tests.benchmarks.units import (
    ENTRY_OVERHEAD_BYTES,
    item,
    item_bytes,
    query_units,
    read_units,
    transaction_units,
    write_units,
)
from tests.fakes.memory import MemoryDocuments, MemoryQueues, MemoryTopic, SentTexts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chalicelib.foundation.ports import Conflict, Document, Handover, Text, Unavailable, Write
    from tests.fakes.memory import ManualClock

SEND_MESSAGES_MAX = 10  # of one SQS request


@dataclass
class Meter:
    """Counts what is asked of AWS, by what is paid for. `share`: this ticket's part of what is done for several."""

    units: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    by_call: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    waits: float = 0  # calls that a function waits for
    running: bool = True
    share: float = 1

    def add(self, call: str, unit: str, number: float, *, share: float = 1) -> None:
        if self.running:
            self.calls[call] += 1
            self.units[unit] += number * share
            self.by_call[f"{call} {unit}"] += number * share
            self.waits += self.share * (not call.startswith(("handle", "receive", "http")))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done inside is not this ticket's."""
        before, self.running = self.running, False
        yield
        self.running = before

    @contextmanager
    def shared(self, share: float) -> Iterator[None]:
        """What is done inside is done for several, each of whom pays this much of it."""
        before, self.share = self.share, share
        yield
        self.share = before


class MeteredDocuments(MemoryDocuments):
    """Counts units as DynamoDB does. `SHARED_TABLES` are read once for all tickets of a batch."""

    SHARED_TABLES = frozenset({"config"})

    def __init__(self, clock: ManualClock, meter: Meter) -> None:
        super().__init__(clock)
        self._meter = meter

    def _share(self, table: str) -> float:
        return self._meter.share if table in self.SHARED_TABLES else 1

    def get(self, table: str, key: str) -> Document | None:
        found = super().get(table, key)
        self._meter.add(f"get {table}", "read_unit", read_units(item(table, found)), share=self._share(table))
        return found

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        return self.get_all({table: keys})[table]

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {table: [] for table in wanted}
        units = 0.0
        for table, keys in wanted.items():
            for key in dict.fromkeys(keys):
                document = MemoryDocuments.get(self, table, key)
                units += read_units(item(table, document)) * self._share(table) * (0.5 if may_lag else 1)
                found[table] += [document] if document else []
        self._meter.add(f"get {'+'.join(sorted(wanted))}", "read_unit", units)
        return found

    def keys(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        found = super().keys(table, index, partition, **span)
        size = sum(sum(map(len, one.values())) + ENTRY_OVERHEAD_BYTES for one in found)
        self._meter.add(f"keys {table}", "read_unit", query_units(size))
        return found

    def query(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        if index in TABLES[table].keys_only:
            named = [one[TABLES[table].key] for one in self.keys(table, index, partition, **span)]
            return self.get_many(table, named) if named else []
        found = super().query(table, index, partition, **span)
        self._meter.add(f"query {table}", "read_unit", query_units(sum(item_bytes(item(table, one)) for one in found)))
        return found

    def write(self, *writes: Write) -> None:
        before = [item(one.table, self.tables[one.table].get(one.document[TABLES[one.table].key])) for one in writes]
        super().write(*writes)
        what = "+".join(sorted(Counter(write.table for write in writes)))
        self._meter.add(f"write {what}", "write_unit", transaction_units(writes, before))

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        before = [item(one.table, self.tables[one.table].get(one.document[TABLES[one.table].key])) for one in writes]
        with self._meter.paused():
            failures = super().write_each(writes)
        for write, old, failure in zip(writes, before, failures, strict=True):
            new = item(write.table, write.document)
            assert new
            units = write_units(write.table, old, new) if failure is None else 1
            self._meter.add(f"write {write.table}", "write_unit", units)
        return failures


class MeteredQueues(MemoryQueues):
    """A send is a request for up to ten messages; receiving and deleting are counted where they are taken."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        super().send(queue, *messages, delay_s=delay_s)
        self._meter.add(f"send {queue}", "queue_request", -(-len(messages) // SEND_MESSAGES_MAX))


class MeteredTexts(SentTexts):
    """A text is paid by its segments."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def send(self, text: Text) -> Handover:
        self._meter.add("text", "text_segment", segments(text.text))
        return super().send(text)


class MeteredTopic(MemoryTopic):
    """A publication."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
        self._meter.add("publish", "topic_publish", 1)
        return super().publish(message, attributes)
