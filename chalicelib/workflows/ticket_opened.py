"""Somebody looks at a ticket: it is shown with the present age of its live data, and an itinerary by shared bike.

Every update goes through all who follow a promised itinerary (`conditions_changed`), and a check that changes nothing
writes nothing. So what a ticket carries says that its itinerary rests on live data; how old those are follows from the
newest publication and from the last round that went through to its end. Feeds that are silent publish nothing, and
begin no round: the age grows.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.foundation.keys import live_key, round_key
from chalicelib.foundation.ports import Unavailable
from chalicelib.tickets.promised_itinerary import is_following_promise
from chalicelib.tickets.schedule import watch_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Document, Documents
    from chalicelib.tickets.replanning.bikes import BikePlanner
    from chalicelib.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketView:
    """Makes of a stored ticket what is shown of it. `bikes` brings numpy, and is made where one is needed."""

    documents: Documents
    bikes: Callable[[], BikePlanner]

    def __call__(self, ticket: Ticket, business: Business, now: datetime) -> Ticket:
        """The ticket as it is at `now`; where nothing can be asked of its data or of bikes, as it is stored."""
        with suppress(Unavailable):
            ticket = with_present_age(ticket, self.documents, now)
        if ticket.origin is None or not ticket.itineraries:
            return ticket
        from chalicelib.tickets.plan import TripContext  # noqa: PLC0415 - at first use
        from chalicelib.tickets.replanning.bikes import with_bike  # noqa: PLC0415 - brings numpy

        with suppress(Unavailable):
            return with_bike(ticket, self.bikes(), TripContext(ticket.feed, business, now))
        return ticket


def with_present_age(ticket: Ticket, documents: Documents, now: datetime) -> Ticket:
    """The ticket as it is shown: `observed_at` never younger than what its itinerary was checked under.

    Raises `Unavailable`.
    """
    if ticket.observed_at is None or not _is_in_rounds(ticket, now):
        return ticket
    keys = [live_key(ticket.feed), round_key(ticket.feed)]
    found = {document["config_id"]: document for document in documents.get_many("config", keys)}
    seen = last_round_at(found.get(keys[0]), found.get(keys[1]))
    return replace(ticket, observed_at=seen) if seen and seen > ticket.observed_at else ticket


def last_round_at(live: Document | None, rounds: Document | None) -> datetime | None:
    """When the data were observed that the last whole round checked under; None: there was none. UTC.

    `live`: what polling remembers of the feed; `rounds`: its document of `checking/rounds`.
    """
    through = rounds.get("through", 0) if rounds else 0
    changed = max((source["changed_at"] for source in live["sources"]), default=0) if live else 0
    seen = min(through, changed)
    return datetime.fromtimestamp(seen, UTC) if seen else None


def _is_in_rounds(ticket: Ticket, now: datetime) -> bool:
    """Each round checks this ticket, with an itinerary by timetabled vehicles: shared bikes have ages of their own."""
    promised = ticket.promise.itinerary
    rented = promised is not None and any(leg.rental for leg in promised.legs)
    until = max(ticket.arrive_at or ticket.start, ticket.start)
    return is_following_promise(ticket) and not rented and watch_keys(ticket) != (None, None) and now < until
