"""Finding tickets: by link, by booking, by day, by feed, by what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.keys import (
    FORMER_PART,
    TABLES,
    day_key,
    feed_part_key,
    latest_due_key,
    person_key,
    utc_key,
    watch_partition,
)
from chalicelib.foundation.ports import LAST
from chalicelib.tickets.documents import Forward, ticket_or_forward
from chalicelib.tickets.links import SECRET_LENGTH, same_secret, split_token
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Documents

A_DAY = timedelta(days=1)
OTHERS_READ_MAX = 400  # tickets of one person: more are no person's
BEFORE, BEFORE_READ_MAX = timedelta(hours=6), 30  # of the visits for which somebody may be there already
HOPS_MAX = 8  # of forwards to forwards; more would be a circle


@dataclass(frozen=True, slots=True)
class Step:
    """(ticket_id, sort key) of some of an index, and the sort key from which to go on; "": that was all."""

    found: list[tuple[str, str]]
    next: str

    @property
    def ids(self) -> list[str]:
        """Whose they are."""
        return [ticket_id for ticket_id, _ in self.found]


@dataclass(frozen=True, slots=True)
class Tickets:
    """Reads tickets; decides nothing. Every method may raise `Unavailable`."""

    documents: Documents

    def load(self, ticket_id: str, now: datetime) -> Ticket | None:
        """The ticket that this id leads to, strongly consistent."""
        found = self._chain_from(ticket_id, now)
        return found[-1] if found and isinstance(found[-1], Ticket) else None

    def load_all(self, ids: Sequence[str], now: datetime) -> list[Ticket]:
        """The tickets with exactly these ids, forwards left out, in any order, strongly consistent."""
        values = each_readable(self.documents.get_many("tickets", ids), lambda one: ticket_or_forward(one, now))
        return [value for value in values if isinstance(value, Ticket)]

    def by_token(self, token: str, now: datetime) -> Ticket | None:
        """The ticket of a private link, also of one that was forwarded since; None where the link opens nothing."""
        link = split_token(token)
        chain = self._chain_from(link.ticket_id, now) if link else []
        # compared even where there is no ticket, so that the time taken does not tell that there is none
        stored = chain[0].secret if chain and chain[0].secret else "x" * SECRET_LENGTH
        is_right = same_secret(link.secret if link else "", stored)
        end = chain[-1] if chain else None
        return end if chain and chain[0].secret and is_right and isinstance(end, Ticket) else None

    def resolve_ids(self, ids: Sequence[str], now: datetime) -> tuple[dict[str, Ticket], dict[str, int]]:
        """The tickets that these ids lead to, and the versions of the documents under them; both by id."""
        chains = {key: chain for key in ids if (chain := self._chain_from(key, now))}
        ends = {key: end for key, chain in chains.items() if isinstance(end := chain[-1], Ticket)}
        return ends, {key: chain[0].version for key, chain in chains.items()}

    def of_booking(self, booking_id: str, now: datetime) -> list[Ticket]:
        """The tickets that belong to a booking now; may lag a write.

        One that cannot be read fails here: whoever does not see it would make a second one.
        """
        found = self.documents.query("tickets", "by_booking_keys", booking_id)
        values = [ticket_or_forward(document, now) for document in found]
        return [value for value in values if isinstance(value, Ticket)]

    def of_person(self, ticket: Ticket, now: datetime) -> list[Ticket]:
        """The other tickets of this one's person at the same business, from the day before it on; may lag a write."""
        return self._of_person(ticket, now, utc_key(min(ticket.start, now) - A_DAY), LAST, OTHERS_READ_MAX)

    def before(self, ticket: Ticket, now: datetime) -> list[Ticket]:
        """Those of them that start in the hours before this one, or with it; may lag a write."""
        return self._of_person(ticket, now, utc_key(ticket.start - BEFORE), utc_key(ticket.start), BEFORE_READ_MAX)

    def _of_person(self, ticket: Ticket, now: datetime, first: str, last: str, limit: int) -> list[Ticket]:
        if not ticket.person:
            return []
        key = person_key(ticket.business_id, ticket.person)
        found = self.documents.keys("tickets", "by_person", key, first=first, last=last, limit=limit)
        ids = [keys["ticket_id"] for keys in found if keys["ticket_id"] != ticket.ticket_id]
        return self.load_all(ids, now) if ids else []

    def of_day(self, business_id: str, day: date, now: datetime) -> list[Ticket]:
        """A business's tickets of one local day, by start; may lag a write."""
        found = self.documents.query("tickets", "by_business_day_keys", day_key(business_id, day.isoformat()))
        values = each_readable(found, lambda one: ticket_or_forward(one, now))
        return [value for value in values if isinstance(value, Ticket)]

    def to_come_on(self, business_id: str, days: Iterable[str], now: datetime) -> list[Ticket]:
        """Of a business's tickets of these local days (YYYY-MM-DD) those that are still to come; may lag a write."""
        found = (self.of_day(business_id, date.fromisoformat(day), now) for day in days)
        return [ticket for of_day in found for ticket in of_day if is_to_come(ticket)]

    def step_of_feed_part(self, feed_id: str, day: str, part: str, *, after: str, limit: int) -> Step:
        """Tickets of one feed, local day (YYYY-MM-DD) and part of it, from `after` on; may lag a write."""
        if part == FORMER_PART:
            found = self._step("by_feed", day_key(feed_id, day), after, limit)
        else:
            found = self._step("by_feed_part", feed_part_key(feed_id, day, part), after, limit)
        return found

    def step_to_check(self, feed_id: str, part: str, now: datetime, *, after: str, limit: int) -> Step:
        """The tickets of one feed and one of its shards (`part`) whose customers follow a promised itinerary now.

        From `after` on, in the order of the index; may lag a write.
        """
        return self._step("watched", watch_partition(feed_id, part), max(after, latest_due_key(now)), limit)

    def _step(self, index: str, partition: str, after: str, limit: int) -> Step:
        """Some keys of a partition, and where to go on; those that share the last sort key are named again there."""
        sort = TABLES["tickets"].indexes[index][1]
        while True:
            found = self.documents.keys("tickets", index, partition, first=after, limit=limit)
            end = found[-1][sort] if len(found) == limit else ""
            if end != after or not end:
                return Step([(keys["ticket_id"], keys[sort]) for keys in found], end)
            limit *= 2  # more of them share one sort key than a step has

    def _chain_from(self, ticket_id: str, now: datetime) -> list[Ticket | Forward]:
        """From this id, forward by forward, to the ticket; the last is a forward where the ticket has expired."""
        chain: list[Ticket | Forward] = []
        key: str | None = ticket_id
        while key and len(chain) < HOPS_MAX:
            document: Document | None = self.documents.get("tickets", key)
            if document is None:
                break
            value = ticket_or_forward(document, now)
            chain.append(value)
            key = value.to if isinstance(value, Forward) else None
        return chain
