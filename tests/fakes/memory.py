"""Fakes of the ports that keep everything in memory and obey the same contract tests as the real ones."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.aws.items import item_of
from chalicelib.foundation.keys import TABLES
from chalicelib.foundation.ports import LAST, Conflict, Handover
from chalicelib.foundation.retry import try_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from chalicelib.foundation.ports import Document, Letter, Text, Unavailable, Write

WRITES_MAX = 100  # of one transaction, by DynamoDB


def _copied(value: Any) -> Any:
    """A document that shares nothing that can be changed; much faster than `copy.deepcopy`, for many histories."""
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> None:
        self._now += timedelta(**by)

    def set(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)


class MemoryDocuments:
    """Documents in dictionaries."""

    def __init__(self, clock: ManualClock) -> None:
        self.tables: dict[str, dict[str, Document]] = defaultdict(dict)
        self._clock = clock

    def _alive(self, document: Document | None) -> Document | None:
        expires = document.get("expires_at") if document else None
        if document is None or (expires is not None and expires <= self._clock.now().timestamp()):
            return None
        alive: Document = _copied(document)
        return alive

    def get(self, table: str, key: str) -> Document | None:
        return self._alive(self.tables[table].get(key))

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        return [document for key in dict.fromkeys(keys) if (document := self.get(table, key))]

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:  # noqa: ARG002 - nothing lags here
        return {table: self.get_many(table, keys) for table, keys in wanted.items()}

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        return [try_write(self.write, write) for write in writes]

    def write(self, *writes: Write) -> None:
        distinct = {(write.table, write.document.get(TABLES[write.table].key)) for write in writes}
        if len(writes) > WRITES_MAX or len(distinct) < len(writes):
            raise ValueError(
                f"{len(writes)} writes of {len(distinct)} documents; at most {WRITES_MAX}, each another one"
            )
        for write in writes:
            item_of(TABLES[write.table], write.document)  # refuses what the real store cannot keep
            stored = self.get(write.table, write.document[TABLES[write.table].key])
            if (stored["version"] if stored else None) != write.expects:
                raise Conflict(f"{write.table}: {write.document[TABLES[write.table].key]}")
        for write in writes:
            self.tables[write.table][write.document[TABLES[write.table].key]] = _copied(write.document)

    def delete(self, table: str, key: str) -> None:
        self.tables[table].pop(key, None)

    def query(
        self, table: str, index: str, partition: str, *, first: str = "", last: str = LAST, limit: int = 1000
    ) -> list[Document]:
        return self._indexed(table, index, partition, first, last)[:limit]

    def keys(
        self, table: str, index: str, partition: str, *, first: str = "", last: str = LAST, limit: int = 1000
    ) -> list[Document]:
        names = [TABLES[table].key, *TABLES[table].indexes[index]]
        found = self._indexed(table, index, partition, first, last)[:limit]
        return [{name: document[name] for name in names} for document in found]

    def _indexed(self, table: str, index: str, partition: str, first: str, last: str) -> list[Document]:
        part, sort = TABLES[table].indexes[index]
        found = [
            alive
            for document in self.tables[table].values()
            if document.get(part) == partition
            and document.get(sort) is not None
            and first <= document[sort] <= last
            and (alive := self._alive(document))
        ]
        return sorted(found, key=lambda document: document[sort])


class MemoryQueues:
    """Queues as lists; a test takes messages out itself."""

    def __init__(self) -> None:
        self.messages: dict[str, list[Document]] = defaultdict(list)

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:  # noqa: ARG002 - a list has no time
        self.messages[queue].extend(_copied(list(messages)))

    def take(self, queue: str) -> list[Document]:
        taken, self.messages[queue] = self.messages[queue], []
        return taken


class MemoryBucket:
    """Blobs in a dictionary."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.blobs[key] = data

    def put_file(self, key: str, path: Path) -> None:
        self.blobs[key] = path.read_bytes()

    def get(self, key: str) -> bytes | None:
        return self.blobs.get(key)

    def fetch(self, key: str, path: Path) -> bool:
        if key in self.blobs:
            path.write_bytes(self.blobs[key])
        return key in self.blobs


class SentTexts:
    """Texts that were sent: (to, text)."""

    def __init__(self, *, will_report: bool = False) -> None:
        self.sent: list[tuple[str, str]] = []
        self.will_report = will_report

    def send(self, text: Text) -> Handover:
        self.sent.append((text.to, text.text))
        return Handover(f"text-{len(self.sent)}", "memory", self.will_report)


class SentMail:
    """Mail that was sent: (to, subject, text)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def send(self, letter: Letter) -> Handover:
        self.sent.append((letter.to, letter.subject, letter.text))
        return Handover(f"mail-{len(self.sent)}", "memory")


class MemoryTopic:
    """What was published: (message, attributes)."""

    def __init__(self) -> None:
        self.published: list[tuple[Document, dict[str, str]]] = []

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
        self.published.append((message, dict(attributes)))
        return f"topic-{len(self.published)}"
