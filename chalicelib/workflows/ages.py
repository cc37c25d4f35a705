"""How old the live data are that a told way was last looked at under.

Every update goes through all who follow a told way (`batches`), and a look that changes nothing writes nothing. So what
a ticket carries says that its way rests on live data; how old those are follows from the newest publication and from
the last round that went through to its end. Feeds that are silent publish nothing, and begin no round: the age grows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.foundation.keys import live_key, round_key
from chalicelib.tickets.promised_itinerary import is_following_promise
from chalicelib.tickets.schedule import watch_keys

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document, Documents
    from chalicelib.tickets.ticket import Ticket


def with_present_age(ticket: Ticket, documents: Documents, now: datetime) -> Ticket:
    """The ticket as it is shown: `observed_at` never younger than what its way was looked at under.

    Raises `Unavailable`.
    """
    if ticket.observed_at is None or not _is_in_rounds(ticket, now):
        return ticket
    keys = [live_key(ticket.feed), round_key(ticket.feed)]
    found = {document["config_id"]: document for document in documents.get_many("config", keys)}
    seen = last_round_at(found.get(keys[0]), found.get(keys[1]))
    return replace(ticket, observed_at=seen) if seen and seen > ticket.observed_at else ticket


def last_round_at(live: Document | None, rounds: Document | None) -> datetime | None:
    """When the data were observed that the last whole round looked at; None: there was none. UTC.

    `live`: what polling remembers of the feed; `rounds`: its document of `rounds`.
    """
    through = rounds.get("through", 0) if rounds else 0
    changed = max((source["changed_at"] for source in live["sources"]), default=0) if live else 0
    seen = min(through, changed)
    return datetime.fromtimestamp(seen, UTC) if seen else None


def _is_in_rounds(ticket: Ticket, now: datetime) -> bool:
    """Each round looks at this ticket, at a way by timetabled vehicles: shared bikes have ages of their own."""
    told = ticket.promise.itinerary
    rented = told is not None and any(leg.rental for leg in told.legs)
    until = max(ticket.arrive_at or ticket.start, ticket.start)
    return is_following_promise(ticket) and not rented and watch_keys(ticket) != (None, None) and now < until
