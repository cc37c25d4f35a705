"""A customer says where they come from, or takes it back: planned at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.foundation.causes import page_cause
from chalicelib.foundation.logs import log_context
from chalicelib.foundation.retry import retry
from chalicelib.notices.story.visits import day_of
from chalicelib.tickets.origin import with_origin
from chalicelib.tickets.states import is_to_come
from chalicelib.workflows.checking.commit import LoadedTicket, commit, settle

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place
    from chalicelib.workflows.services import Services


def set_origin(services: Services, ticket_id: str, origin: Place | None, now: datetime) -> Ticket | None:
    """The ticket of a customer who comes from there (None: takes it back), planned; None: there is no such ticket.

    After the visit it changes nothing. Raises `Unavailable`.
    """
    with log_context(correlation_id=page_cause(ticket_id, now), ticket_id=ticket_id):
        return retry(partial(_set_origin, services, ticket_id, origin, now), "ticket")


def _set_origin(services: Services, ticket_id: str, origin: Place | None, now: datetime) -> Ticket | None:
    stored = services.tickets.load(ticket_id, now)
    business = services.business(stored.business_id) if stored else None
    if stored is None or business is None or now >= stored.end or not is_to_come(stored):
        return stored
    stored_said = stored.said
    if stored_said.by or stored_said.chosen:  # who says where they come from wants our way again
        stored_said = replace(stored_said, by="", by_min=0, chosen=())
    if stored.origin == origin and stored_said == stored.said:  # what we assumed was right
        own = replace(stored, origin_assumed=False, address_open=False)
        return commit(services, LoadedTicket(own, stored), now)
    saved = settle(
        services, LoadedTicket(replace(with_origin(stored, origin), said=stored_said), stored), business, now
    )
    for one in services.tickets.of_person(saved, now) if origin else ():
        if one.origin is None and is_to_come(one) and day_of(one) == day_of(saved):  # one story: they come from there
            settle(services, LoadedTicket(with_origin(one, origin), one), business, now)
    return saved
