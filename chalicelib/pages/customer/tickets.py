"""The tickets behind customers' links: read by their token, changed by what the customer says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.pages.page import NotFound
from chalicelib.workflows.customer.hear import hear
from chalicelib.workflows.origin_set import set_origin

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.said.wish import Wish
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place
    from chalicelib.workflows.services import Services


@dataclass(frozen=True, slots=True)
class LinkedTickets:
    """`ticket_endpoints.TicketAccess` over the workflows."""

    services: Services

    def by_token(self, token: str, now: datetime) -> Ticket | None:
        """The ticket of a private link; None for anything else. Raises `Unavailable`."""
        return self.services.tickets.by_token(token, now)

    def set_origin(self, ticket_id: str, place: Place | None, now: datetime) -> Ticket:
        """Stores where the customer starts from (None: forgets it), and plans.

        Raises `NotFound` for a ticket that has just expired, `Unavailable`.
        """
        ticket = set_origin(self.services, ticket_id, place, now)
        if ticket is None:
            raise NotFound("There is no ticket at this address.")
        return ticket

    def hear(self, ticket_id: str, wish: Wish, now: datetime) -> Ticket:
        """What the customer says on their page. Raises `NotFound` for a ticket that has just expired, `Unavailable`."""
        ticket = hear(self.services, ticket_id, wish, now)
        if ticket is None:
            raise NotFound("There is no ticket at this address.")
        return ticket
