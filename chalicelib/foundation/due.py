"""What waits for its time, in the index "due" of a table: found once a minute, hour by hour, and nothing left behind.

Rules
- Partitions are hours (UTC), each in `PARTS`: what is due now is in a small partition, however much waits for later.
- A document says up to which hour everything was found and done; hours are asked again from there on. So after a pause
  of days all that fell due meanwhile is found.
- What was handed on a moment ago is on its way in a queue: it is named again only every `AGAIN_MIN` minutes, so that a
  backlog does not feed itself. A process that has just started does not know, and names everything.
- A partition that cannot be read keeps no other from its turn.
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

AGAIN_MIN = 5
BACK_H = 96  # where no document says up to which hour all is done
LAG = timedelta(minutes=20)  # an index lags, a worker writes what it read 15 minutes ago: no hour is over before
SLACK = timedelta(seconds=30)  # a look that takes long sets the next one to what is past already
DUE_MAX = 100_000


@dataclass
class DueDocuments:
    """Finds what is due in one table."""

    documents: Documents
    table: str
    _named: dict[str, str] = field(default_factory=dict)  # partition → up to which key it was handed on
    _all_at: datetime | None = None

    def hand_on(self, now: datetime, send: Callable[[Sequence[str]], object]) -> int:
        """Gives `send` the keys of the documents that want to be looked at; how many. May lag a write.

        Raises `Unavailable` after all partitions had their turn, if any could not be read or handed on.
        """
        known = self.documents.get("config", self._key)
        first = datetime.fromisoformat(known["hour"]) if known else _hour(now) - timedelta(hours=BACK_H)
        everything = self._all_at is None or not timedelta() <= now - self._all_at < timedelta(minutes=AGAIN_MIN)
        if everything:
            self._named, self._all_at = {}, now
        found, busy, failed = 0, list[datetime](), 0
        for hour, partition in _partitions(first, now):
            try:
                keys = self._of(partition, now, send)
            except Unavailable:
                failed += 1
                keys = -1
            found += max(keys, 0)
            busy += [hour] * (keys != 0)
        if failed:
            raise Unavailable(f"{failed} parts of what is due in {self.table} could not be read or handed on")
        if everything:
            self._note(known, min([_hour(now - LAG), *busy]))
        return found

    def _of(self, partition: str, now: datetime, send: Callable[[Sequence[str]], object]) -> int:
        first, last = self._named.get(partition, ""), latest_due_key(now)
        found = self.documents.keys(self.table, "due", partition, first=first, last=last, limit=DUE_MAX)
        send([keys[TABLES[self.table].key] for keys in found])
        self._named[partition] = latest_due_key(now - SLACK)
        return len(found)

    @property
    def _key(self) -> str:
        return mark_key(self.table)

    def _note(self, known: Document | None, hour: datetime) -> None:
        """All hours before this one are done."""
        if known and known["hour"] >= utc_key(hour):
            return
        version = known["version"] if known else None
        document = {"config_id": self._key, "version": (version or 0) + 1, "hour": utc_key(hour)}
        with contextlib.suppress(Conflict):  # another process has noted the same
            self.documents.write(Write("config", document, version))


def _hour(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _partitions(first: datetime, now: datetime) -> Iterator[tuple[datetime, str]]:
    """Hours and their partitions, the present one first: a backlog must not stand before what is due now."""
    hour = _hour(now)
    while hour >= _hour(first):
        yield from ((hour, partition) for partition in hour_partitions(hour))
        hour -= timedelta(hours=1)
