"""Many steps decided together: read at once, decided one by one, committed together. A faster way to the same store.

Rules
- A unit of work stands before the documents and the queues while a batch is decided. What was fetched is read from it.
  What a step writes and sends are its changes, kept here until `commit`; a step that raises leaves none.
- The changes of a step are written as they would be without a unit of work, and its messages are sent after that: what
  it writes one after the other in that order, the last of it only where all before it was written; what it writes with
  one `write` all or nothing. Those of all steps are written side by side, or share transactions; where a transaction
  fails the changes of each step are tried alone.
- Changes that conflict alone were decided on what is true no more; their step is named, to be taken again.
"""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import TABLES
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.foundation.retry import try_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chalicelib.foundation.ports import Document, Documents, Queues

log = logging.getLogger("hub.batches")

SHARED_WRITES_MAX = 60  # in one transaction; DynamoDB takes 100, but after a conflict each step is tried alone
BUSY_PAUSE_MAX_S = 0.4  # before the steps of a refused transaction are tried one by one

DocumentKey = tuple[str, str]


@dataclass
class StepChanges:
    """What one step wants to be written and sent."""

    name: str
    writes: dict[DocumentKey, Write] = field(default_factory=dict)
    messages: list[tuple[str, int, Document]] = field(default_factory=list)
    is_atomic: bool = False  # several of the writes belong together, all or nothing

    @property
    def before_last(self) -> list[Write]:
        """What is to be written before the last of it."""
        return list(self.writes.values())[:-1]

    @property
    def last(self) -> list[Write]:
        """What is to be written when all else was."""
        return list(self.writes.values())[-1:]


@dataclass
class CommitOutcome:
    """Steps not written: to be taken `again` after a conflict, or `failed` (the store is away or refuses them)."""

    again: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class UnitOfWork:
    """`Documents` and `Queues` for one batch, in one thread."""

    def __init__(self, documents: Documents, queues: Queues) -> None:
        self._documents, self._queues = documents, queues
        self._held: dict[DocumentKey, Document | None] = {}
        self._changes: list[StepChanges] = []
        self._step: StepChanges | None = None

    def fetch(self, wanted: Mapping[str, Iterable[str]], *, may_lag: bool = False) -> None:
        """Reads these documents (table → keys) at once and holds them; `may_lag`: see ports. Raises `Unavailable`."""
        lacking = {
            table: [key for key in dict.fromkeys(keys) if (table, key) not in self._held]
            for table, keys in wanted.items()
        }
        asked = {table: keys for table, keys in lacking.items() if keys}
        for table, found in (self._documents.get_all(asked, may_lag=may_lag) if asked else {}).items():
            self._held |= dict.fromkeys((table, key) for key in asked[table])
            self._held |= {(table, document[TABLES[table].key]): document for document in found}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What is written and sent inside are the changes of one step; none where an exception leaves it."""
        self._step = changes = StepChanges(name)
        try:
            yield
        finally:
            self._step = None
        if changes.writes or changes.messages:
            self._changes.append(changes)

    def noted(self, table: str, name: str) -> list[Document]:
        """The documents of a table that the step of that name wants to be written."""
        changes = (one for one in self._changes if one.name == name)
        return [write.document for one in changes for write in one.writes.values() if write.table == table]

    def commit(self) -> CommitOutcome:
        """Writes the changes of all steps, then sends their messages; what cannot be sent is found as due later."""
        outcome = CommitOutcome()
        written = [one for one in self._changes if not one.writes]
        one_by_one = [one for one in self._changes if one.writes and not one.is_atomic]
        one_by_one = self._write_each(one_by_one, [one.before_last for one in one_by_one], outcome)
        written += self._write_each(one_by_one, [one.last for one in one_by_one], outcome)
        for pack in _packs_of([one for one in self._changes if one.is_atomic]):
            written += self._write_pack(pack, outcome)
        self._changes = []
        sent = defaultdict[tuple[str, int], list[Any]](list)
        for queue, delay_s, message in (message for changes in written for message in changes.messages):
            sent[queue, delay_s].append(message)
        for (queue, delay_s), messages in sent.items():
            with suppress(Unavailable):
                self._queues.send(queue, *messages, delay_s=delay_s)
        return outcome

    def _write_each(
        self, steps: Sequence[StepChanges], parts: Sequence[Sequence[Write]], outcome: CommitOutcome
    ) -> list[StepChanges]:
        """Writes a part of each step's changes, side by side; the steps that got through."""
        writes = [write for part in parts for write in part]
        failures: Iterator[Conflict | Unavailable | None]
        try:
            failures = iter(self._documents.write_each(writes) if writes else ())
        except Unavailable as away:
            failures = iter([away] * len(writes))
        except Exception:  # one of them can never be written: the others are, each by itself
            log.exception("changes cannot be written together")
            failures = iter([try_write(self._documents.write, write) for write in writes])
        through = list[StepChanges]()
        for changes, part in zip(steps, parts, strict=True):
            failed = [failure for failure in islice(failures, len(part)) if failure]
            if any(isinstance(failure, Conflict) for failure in failed):
                outcome.again.append(changes.name)
            elif failed:
                outcome.failed.append(changes.name)
            else:
                through.append(changes)
        return through

    def _write_pack(self, pack: Sequence[StepChanges], outcome: CommitOutcome) -> list[StepChanges]:
        try:
            self._documents.write(*(write for changes in pack for write in changes.writes.values()))
        except (Conflict, Unavailable) as error:
            if len(pack) > 1:
                if isinstance(error, Unavailable):  # a store that is too busy gets a rest before many small writes
                    time.sleep(random.uniform(0, BUSY_PAUSE_MAX_S))  # noqa: S311 - spreads, hides nothing
                return [changes for one in pack for changes in self._write_pack([one], outcome)]
            (outcome.again if isinstance(error, Conflict) else outcome.failed).append(pack[0].name)
            return []
        except Exception:  # what can never be written is no reason to leave out its neighbours
            if len(pack) > 1:
                return [changes for one in pack for changes in self._write_pack([one], outcome)]
            log.exception("the changes of a step can never be written")
            outcome.failed.append(pack[0].name)
            return []
        return list(pack)

    # --- Documents ---

    def get(self, table: str, key: str) -> Document | None:
        """The document as it was fetched, or as this step has written it; else as it is. Raises `Unavailable`."""
        if self._step and (table, key) in self._step.writes:
            return self._step.writes[table, key].document
        if (table, key) in self._held:
            return self._held[table, key]
        return self._documents.get(table, key)

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        """Those that exist, as `get` gives them. Raises `Unavailable`."""
        self.fetch({table: keys})
        return [document for key in dict.fromkeys(keys) if (document := self.get(table, key))]

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:  # noqa: ARG002 - it is held
        """The same of several tables. Raises `Unavailable`."""
        self.fetch(wanted)
        return {table: self.get_many(table, keys) for table, keys in wanted.items()}

    def write(self, *writes: Write) -> None:
        """Notes the writes among this step's changes. Raises `Conflict` where they cannot hold; then none is noted."""
        assert self._step is not None, "writes belong to a step"
        merged = {self._key(write): self._merge(write) for write in writes}
        self._step.writes |= merged
        self._step.is_atomic |= len(writes) > 1

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        """Notes each write among this step's changes."""
        return [try_write(self.write, write) for write in writes]

    def _merge(self, write: Write) -> Write:
        key = self._key(write)
        before = self._step.writes.get(key) if self._step else None
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
        """Notes the messages among this step's changes."""
        assert self._step is not None, "messages belong to a step"
        self._step.messages += [(queue, delay_s, message) for message in messages]


def _packs_of(changes: Sequence[StepChanges]) -> Iterator[list[StepChanges]]:
    """Changes that share a transaction: as many as fit, while no document meets twice."""
    pack: list[StepChanges] = []
    keys: set[DocumentKey] = set()
    for one in changes:
        if pack and (len(keys) + len(one.writes) > SHARED_WRITES_MAX or keys & one.writes.keys()):
            yield pack
            pack, keys = [], set()
        pack.append(one)
        keys |= one.writes.keys()
    if pack:
        yield pack
