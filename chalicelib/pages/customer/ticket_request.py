"""A request for one ticket: whose it is, when it comes, and what it is answered in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.foundation.locales import language_of
from chalicelib.pages.customer.view import venue_zone_of
from chalicelib.pages.customer.wording import Wording

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.pages.customer.links import TicketLinks
    from chalicelib.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """`ticket` as it is to be shown at `now` (aware); `accept_language` is the request's header."""

    ticket: Ticket
    business: Business
    now: datetime
    links: TicketLinks
    accept_language: str = ""

    @property
    def words(self) -> Wording:
        """The customer's own language before that of their browser, and that before the business's."""
        own = self.ticket.said.language
        language = language_of(own, self.ticket.customer.locale, self.accept_language, self.business.locale)
        return Wording(language, self.now.astimezone(venue_zone_of(self.ticket)))
