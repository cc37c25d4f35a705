"""Many tickets decided together: read at once, decided one by one, written together. A faster way to the same store.

Rules
- A sheet stands before the documents and the queues while a batch is decided. What was fetched is read from it. What a
  turn writes and sends stays on it, as that turn's own part, until `commit`; a turn that raises leaves no part.
- A part is written all or nothing, as without a sheet, and its messages are sent after that. Parts of one write are
  written side by side; those of several share a transaction, and where it fails each of them is tried alone.
- A part that conflicts alone was decided on what is true no more; it is named, to be decided again.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import TABLES
from chalicelib.foundation.ports import Conflict, Unavailable, Write, try_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chalicelib.foundation.ports import Document, Documents, Queues

SHARED_WRITES_MAX = (
    60  # in a shared transaction: a conflict costs trying each part alone, so it is not the largest possible
)

DocumentKey = tuple[str, str]


@dataclass
class StepChanges:
    """What one turn wants to be written and sent."""

    name: str
    writes: dict[DocumentKey, Write] = field(default_factory=dict)
    messages: list[tuple[str, int, Document]] = field(default_factory=list)


@dataclass
class CommitOutcome:
    """What became of the parts: names of those that conflicted, and of those that could not be written."""

    again: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class UnitOfWork:
    """`Documents` and `Queues` for one batch, in one thread."""

    def __init__(self, documents: Documents, queues: Queues) -> None:
        self._documents, self._queues = documents, queues
        self._held: dict[DocumentKey, Document | None] = {}
        self._parts: list[StepChanges] = []
        self._part: StepChanges | None = None

    def fetch(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Reads these documents (table → keys) at once and holds them. Raises `Unavailable`."""
        lacking = {
            table: [key for key in dict.fromkeys(keys) if (table, key) not in self._held]
            for table, keys in wanted.items()
        }
        asked = {table: keys for table, keys in lacking.items() if keys}
        for table, found in (self._documents.get_all(asked) if asked else {}).items():
            self._held |= dict.fromkeys((table, key) for key in asked[table])
            self._held |= {(table, document[TABLES[table].key]): document for document in found}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What is written and sent inside is one part; nothing of it where an exception leaves."""
        self._part = part = StepChanges(name)
        try:
            yield
        finally:
            self._part = None
        if part.writes or part.messages:
            self._parts.append(part)

    def commit(self) -> CommitOutcome:
        """Writes all parts, then sends their messages. What cannot be sent is found by the sweeps."""
        settled = CommitOutcome()
        single = [part for part in self._parts if len(part.writes) == 1]
        written = [part for part in self._parts if not part.writes] + self._each(single, settled)
        for pack in _packs_of([part for part in self._parts if len(part.writes) > 1]):
            written += self._write_pack(pack, settled)
        self._parts = []
        sent = defaultdict[tuple[str, int], list[Any]](list)
        for queue, delay_s, message in (one for part in written for one in part.messages):
            sent[queue, delay_s].append(message)
        for (queue, delay_s), messages in sent.items():
            with suppress(Unavailable):
                self._queues.send(queue, *messages, delay_s=delay_s)
        return settled

    def _each(self, parts: Sequence[StepChanges], settled: CommitOutcome) -> list[StepChanges]:
        """Parts of one write each. A transaction of them would cost twice as much."""
        failures: list[Conflict | Unavailable | None]
        try:
            failures = self._documents.write_each([write for part in parts for write in part.writes.values()])
        except Unavailable as away:
            failures = [away] * len(parts)
        for part, failure in zip(parts, failures, strict=True):
            if failure:
                (settled.again if isinstance(failure, Conflict) else settled.failed).append(part.name)
        return [part for part, failure in zip(parts, failures, strict=True) if failure is None]

    def _write_pack(self, pack: Sequence[StepChanges], settled: CommitOutcome) -> list[StepChanges]:
        try:
            self._documents.write(*(write for part in pack for write in part.writes.values()))
        except (Conflict, Unavailable) as error:
            if len(pack) > 1:
                return [part for one in pack for part in self._write_pack([one], settled)]
            (settled.again if isinstance(error, Conflict) else settled.failed).append(pack[0].name)
            return []
        return list(pack)

    # --- Documents ---

    def get(self, table: str, key: str) -> Document | None:
        """The document as it was fetched, or as this turn has written it; else as it is. Raises `Unavailable`."""
        if self._part and (table, key) in self._part.writes:
            return self._part.writes[table, key].document
        if (table, key) in self._held:
            return self._held[table, key]
        return self._documents.get(table, key)

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        """Those that exist, as `get` gives them. Raises `Unavailable`."""
        self.fetch({table: keys})
        return [document for key in dict.fromkeys(keys) if (document := self.get(table, key))]

    def get_all(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[Document]]:
        """The same of several tables. Raises `Unavailable`."""
        self.fetch(wanted)
        return {table: self.get_many(table, keys) for table, keys in wanted.items()}

    def write(self, *writes: Write) -> None:
        """Notes the writes on this turn's part. Raises `Conflict` where they cannot hold; then none is noted."""
        assert self._part is not None, "writes belong to a turn"
        merged = {self._key(write): self._merge(write) for write in writes}
        self._part.writes |= merged

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        """Notes each write on this turn's part."""
        return [try_write(self.write, write) for write in writes]

    def _merge(self, write: Write) -> Write:
        key = self._key(write)
        before = self._part.writes.get(key) if self._part else None
        stored = before.document if before else self._held.get(key)
        if (before or key in self._held) and (stored["version"] if stored else None) != write.expects:
            raise Conflict(f"{write.table}: {key[1]}")
        return Write(write.table, write.document, before.expects) if before else write

    @staticmethod
    def _key(write: Write) -> DocumentKey:
        return write.table, write.document[TABLES[write.table].key]

    def delete(self, table: str, key: str) -> None:
        """At once."""
        self._documents.delete(table, key)

    def query(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        """As the store has it."""
        return self._documents.query(table, index, partition, **span)

    def keys(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        """As the store has it."""
        return self._documents.keys(table, index, partition, **span)

    # --- Queues ---

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        """Notes the messages on this turn's part."""
        assert self._part is not None, "messages belong to a turn"
        self._part.messages += [(queue, delay_s, message) for message in messages]


def _packs_of(parts: Sequence[StepChanges]) -> Iterator[list[StepChanges]]:
    """Parts that share a transaction: as many as fit, while no key meets twice."""
    pack: list[StepChanges] = []
    keys: set[DocumentKey] = set()
    for part in parts:
        if pack and (len(keys) + len(part.writes) > SHARED_WRITES_MAX or keys & part.writes.keys()):
            yield pack
            pack, keys = [], set()
        pack.append(part)
        keys |= part.writes.keys()
    if pack:
        yield pack
