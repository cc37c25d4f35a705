"""Outages as documents of table "config"; those that are open are also part of their business's document.

So whoever has read a business knows its outages, and one without any costs no further read.

Both documents are written together or not at all. A message has the tickets checked that an outage concerns. It is sent
before the write, delayed so that it comes after it, and again after the write: a crash in between loses nothing, and a
message that finds nothing changed does no harm.

    {config_id, owner: business, version, expires_at, outage: as `outage.to_json` gives it}
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.commands import OutageChanged, send_commands
from chalicelib.foundation.invalid import Invalid, each_readable
from chalicelib.foundation.keys import business_key, outage_key, span
from chalicelib.foundation.ports import Unavailable, Write
from chalicelib.foundation.retry import retry
from chalicelib.outages.outage import SOON, What, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Documents, Queues
    from chalicelib.outages.outage import Outage

KEEP_OUTAGE_FOR = timedelta(days=90)  # after it is over
OPEN_OUTAGES_MAX = 20  # of one business: they are part of its document
OUTAGES_LISTED_MAX = 200  # of one business
MESSAGE_DELAY_S = 20  # the message that is sent before the write comes after it


def outage_of(documents: Documents, business_id: str, outage_id: str) -> Outage | None:
    """One outage, open or over; None: there is none. Raises `Unavailable`."""
    document = documents.get("config", outage_key(business_id, outage_id))
    return _from_document(document) if document else None


@dataclass(frozen=True, slots=True)
class Outages:
    """Reads and writes outages."""

    documents: Documents
    queues: Queues

    def of_business(self, business_id: str) -> list[Outage]:
        """Its outages of the last `KEEP_OUTAGE_FOR`, the latest first; may lag a write. Raises `Unavailable`."""
        found = self.documents.query(
            "config", "by_owner", business_id, **span(outage_key("", "")), limit=OUTAGES_LISTED_MAX
        )
        return sorted(each_readable(found, _from_document), key=lambda one: one.since, reverse=True)

    def change(
        self,
        business_id: str,
        outage_id: str,
        how: Callable[[Outage | None], Outage | None],
        now: datetime,
        also: Sequence[Write] = (),
    ) -> Outage | None:
        """Writes what `how` makes of the stored outage, and has the tickets checked that it concerns.

        None from `how` leaves it as it is. `also` are writes of the same transaction. Raises `Invalid`, `Unavailable`,
        and what `how` raises.
        """

        def step() -> Outage | None:
            stored = outage_of(self.documents, business_id, outage_id)
            changed = how(stored)
            return stored if changed is None else self._write(stored, changed, now, also)

        return retry(step, f"outage of {business_id}")

    def _write(self, stored: Outage | None, wanted: Outage, now: datetime, also: Sequence[Write]) -> Outage:
        document = self.documents.get("config", business_key(wanted.business_id))
        if document is None:
            raise Invalid("unknown_business", f"There is no business {wanted.business_id}: PUT it first.")
        version = stored.version if stored else 0
        wanted = with_first_range(stored, wanted)
        same = replace(wanted, version=version) == stored
        changed = replace(wanted, version=version if same else version + 1)
        days = days_concerned(stored, changed, document["business"]["timezone"], now)
        command = OutageChanged(changed.business_id, changed.outage_id, days)
        send_commands(self.queues, command, delay_s=MESSAGE_DELAY_S)
        if same:
            return changed
        self.documents.write(
            Write("config", _document(changed, now), version or None),
            Write("config", _with_open(document, changed, now), document["version"]),
            *also,
        )
        with contextlib.suppress(Unavailable):  # the first message comes in any case
            send_commands(self.queues, command)
        return changed


def with_first_range(stored: Outage | None, wanted: Outage) -> Outage:
    """The outage with the first range of its spell: the one that it has, or that it is given now."""
    if stored is None or stored.spell != wanted.spell:
        return replace(wanted, said_from=wanted.back_from, said_until=wanted.back_until)
    return replace(wanted, said_from=stored.said_from, said_until=stored.said_until)


def _document(outage: Outage, now: datetime) -> Document:
    end = max(outage.ended_at or outage.back_until, now)
    return {
        "config_id": outage_key(outage.business_id, outage.outage_id),
        "owner": outage.business_id,
        "version": outage.version,
        "expires_at": int((end + KEEP_OUTAGE_FOR).timestamp()),
        "outage": to_json(outage),
    }


def _from_document(document: Document) -> Outage:
    return from_json(document["outage"])


def _with_open(business: Document, outage: Outage, now: datetime) -> Document:
    """The business's document with this outage among its open ones, or without it."""
    known = [one for one in map(from_json, business.get("outages", ())) if one.outage_id != outage.outage_id]
    still = [one for one in (*known, outage) if one.is_open(now)]
    if len(still) > OPEN_OUTAGES_MAX:
        raise Invalid(
            "too_many_outages", f"{OPEN_OUTAGES_MAX} outages of this business are open already: end some of them."
        )
    return business | {"outages": [to_json(one) for one in still], "version": business["version"] + 1}


def days_concerned(stored: Outage | None, outage: Outage, timezone: str, now: datetime) -> tuple[str, ...]:
    """The local days (YYYY-MM-DD) whose tickets the outage concerns, or did before as it was `stored`."""
    last = max(one.back_until for one in (stored, outage) if one)
    first = max(outage.since, now - timedelta(days=1))
    if outage.what is What.BOOKING_TOOL:
        first, last = now, last + SOON
    if stored and stored.since < first:
        first = max(stored.since, now - timedelta(days=1))
    zone = ZoneInfo(timezone)
    day, end = first.astimezone(zone).date(), max(first, last).astimezone(zone).date()
    return tuple((day + timedelta(days=n)).isoformat() for n in range((end - day).days + 1))
