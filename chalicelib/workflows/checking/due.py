"""Finds the documents that are due in a table, once a minute, by its index "due". None is left behind.

Rules
- The index is partitioned by hours (UTC), each hour in `DUE_PARTITIONS`: what is due now is in a small partition,
  however much is due later.
- A mark (a document of its own) says up to which hour everything is done; each check begins there. So a check after a
  pause of days finds all that became due meanwhile.
- What was handed on a moment ago may still wait in a queue: it is handed on again only every `AGAIN_MIN` minutes, so
  that a backlog does not feed itself. A process that has just started does not know, and hands on everything.
- Of a partition that holds more than one minute can hand on, the next minute hands on what comes behind; its hour is
  not over before.
- A partition that cannot be read keeps no other from being handed on.
- A mark that lies ahead was set while the clock was wrong: the check begins `JUMP_H` hours before now, and the mark
  comes back.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.keys import TABLES, hour_partitions, latest_due_key, mark_key, utc_key
from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalicelib.foundation.ports import Document, Documents

    HandOn = Callable[[Sequence[str]], object]  # puts documents' keys into a queue; raises `Unavailable`

AGAIN_MIN = 5
BACK_H = 96  # the first check of all begins so long ago
JUMP_H = 3  # and one after the clock was set back
LAG = timedelta(minutes=20)  # an index lags, and a worker writes what it read 15 minutes ago: no hour is over before
SLACK = timedelta(seconds=30)  # a check that takes long makes its documents due again at an instant that is past
DUE_MAX = 10_000  # documents of one partition that are handed on in one minute; the next minute goes on behind them


@dataclass
class DueDocuments:
    """What is due in one table, as one process knows it."""

    documents: Documents
    table: str
    most: int = DUE_MAX
    _handed_on: dict[str, str] = field(default_factory=dict)  # partition → the sort key up to which it was handed on
    _all_at: datetime | None = None  # when all was handed on, not only what was new

    def hand_on(self, now: datetime, send: HandOn) -> int:
        """Gives `send` the keys of the documents that are due, partition by partition; how many. May lag a write.

        Raises `Unavailable` after all partitions, if any could not be read or handed on.
        """
        mark = self.documents.get("config", mark_key(self.table))
        first = datetime.fromisoformat(mark["hour"]) if mark else _hour_of(now) - timedelta(hours=BACK_H)
        if is_ahead := first > _hour_of(now):
            first = _hour_of(now) - timedelta(hours=JUMP_H)
        everything = self._all_at is None or not timedelta() <= now - self._all_at < timedelta(minutes=AGAIN_MIN)
        if everything:
            self._handed_on, self._all_at = {}, now
        total, unfinished, failures = 0, list[datetime](), 0
        for hour, partition in _partitions(first, now):
            try:
                count = self._hand_on_partition(partition, now, send)
            except Unavailable:
                failures += 1
                continue
            total += count
            unfinished += [hour] * (count > 0)
        if failures:
            raise Unavailable(f"{failures} parts of what is due in {self.table} could not be read or handed on")
        hour = min([_hour_of(now - LAG), *unfinished])
        if everything and (is_ahead or mark is None or mark["hour"] < utc_key(hour)):
            self._move_mark(mark, hour)
        return total

    def _hand_on_partition(self, partition: str, now: datetime, send: HandOn) -> int:
        first, last = self._handed_on.get(partition, ""), latest_due_key(now)
        found = self.documents.keys(self.table, "due", partition, first=first, last=last, limit=self.most)
        send([keys[TABLES[self.table].key] for keys in found])
        sort = TABLES[self.table].indexes["due"][1]
        self._handed_on[partition] = found[-1][sort] if len(found) == self.most else latest_due_key(now - SLACK)
        return len(found)

    def _move_mark(self, mark: Document | None, hour: datetime) -> None:
        """All hours before this one are done."""
        version = mark["version"] if mark else None
        document = {"config_id": mark_key(self.table), "version": (version or 0) + 1, "hour": utc_key(hour)}
        with contextlib.suppress(Conflict):  # another process has moved it
            self.documents.write(Write("config", document, version))


def _hour_of(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _partitions(first: datetime, now: datetime) -> Iterator[tuple[datetime, str]]:
    """Hours and their partitions, the present one first: a backlog must not stand before what is due now."""
    hour = _hour_of(now)
    while hour >= _hour_of(first):
        yield from ((hour, partition) for partition in hour_partitions(hour))
        hour -= timedelta(hours=1)
