"""What one person was sent on one day, whoever sent it: a small document, written together with each claim of a text.

Two workers that send to the same person at once write the same document: one of them finds a conflict and reads again.
What was not sent after all (the carrier was away, or refused) is taken out again; what may have been sent stays.
The document names nobody: its key holds a digest of the address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.keys import heard_key
from chalicelib.foundation.ports import Write

if TYPE_CHECKING:
    from datetime import date

    from chalicelib.foundation.ports import Document

KEEP_DAY = timedelta(days=2)  # after it was written last: the day is over everywhere
SENT_KEPT = 60  # texts of one day; what is joined stays far below


@dataclass(frozen=True, slots=True)
class SentText:
    """One text. `covers` are the marks of what else it has told (`telling.mark_of`)."""

    notice_id: str
    business_id: str
    kind: str
    at: datetime
    ticket_id: str = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonDay:
    """The texts of one person and day, in order. `version` is the optimistic lock, 0: nothing is stored yet."""

    key: str
    texts: tuple[SentText, ...] = ()
    version: int = 0

    def count(self, kinds: frozenset[str], business_id: str = "") -> int:
        """How many texts of these kinds there were, of one business or of all."""
        return sum(one.kind in kinds and business_id in {"", one.business_id} for one in self.texts)

    def with_text(self, text: SentText) -> PersonDay:
        """The day with one more text."""
        return replace(self, texts=(*self.texts, text)[-SENT_KEPT:])

    def without(self, notice_id: str) -> PersonDay:
        """The day without a text that was not sent after all."""
        return replace(self, texts=tuple(one for one in self.texts if one.notice_id != notice_id))


def day_from(document: Document | None, person: str, day: date) -> PersonDay:
    """The person's day as it is stored; an empty one where nothing is."""
    return day_of_document(document, heard_key(person, day.isoformat()))


def day_of_document(document: Document | None, key: str) -> PersonDay:
    """A person's day by its key, as it is stored; an empty one where nothing is."""
    if document is None:
        return PersonDay(key)
    texts = tuple(
        SentText(
            one["notice_id"],
            one["business_id"],
            one["kind"],
            datetime.fromisoformat(one["at"]),
            one["ticket_id"],
            tuple(one["covers"]),
        )
        for one in document["texts"]
    )
    return PersonDay(key, texts, document["version"])


def day_write(day: PersonDay, now: datetime) -> Write:
    """The write that stores the day over the version that it was read at."""
    document = {
        "config_id": day.key,
        "version": day.version + 1,
        "expires_at": int((now + KEEP_DAY).timestamp()),
        "texts": [
            {
                "notice_id": one.notice_id,
                "business_id": one.business_id,
                "kind": one.kind,
                "at": one.at.isoformat(),
                "ticket_id": one.ticket_id,
                "covers": list(one.covers),
            }
            for one in day.texts
        ],
    }
    return Write("config", document, day.version or None)
