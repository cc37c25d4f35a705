"""What makes a part of one room fit the door that another room has for it; put in place by `wiring`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place
    from chalicelib.workflows.desk import TicketService


class LazyPart:
    """A part that is made when something is asked of it: most webhooks do not need numpy and the planner."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @cached_property
    def _part(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


class PageTickets:
    """What the ticket's pages need of the desk."""

    def __init__(self, ticket_service: TicketService) -> None:
        self._ticket_service = ticket_service

    def by_token(self, token: str, now: datetime) -> Ticket | None:
        """The ticket of a private link."""
        return self._ticket_service.tickets.by_token(token, now)

    def set_origin(self, ticket_id: str, place: Place | None, now: datetime) -> Ticket:
        """Stores where the customer starts from, and plans. Raises `NotFound` for a ticket that has just expired."""
        from chalicelib.pages.page import NotFound  # noqa: PLC0415 - at first use

        ticket = self._ticket_service.set_origin(ticket_id, place, now)
        if ticket is None:
            raise NotFound("There is no ticket at this address.")
        return ticket
