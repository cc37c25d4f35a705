"""/status/{business_id}, and below it: for everybody, whether they have a booking or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from chalicelib.foundation.locales import language_of
from chalicelib.foundation.ports import Unavailable
from chalicelib.pages.customer.ticket_page import busy_page
from chalicelib.pages.customer.wording import Wording
from chalicelib.pages.page import NotFound
from chalicelib.pages.status.machine_readable import atom_page, summary_page
from chalicelib.pages.status.status import status_of
from chalicelib.pages.status.status_page import status_page, unknown_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.outages.outage import Outage
    from chalicelib.pages.page import Page

FORMS = {"": status_page, "summary": summary_page, "atom": atom_page}


class Businesses(Protocol):
    """What these endpoints need of the bookings room."""

    def business(self, business_id: str) -> Business | None:
        """The business, None if it is not configured."""
        ...


class OutagesOfBusiness(Protocol):
    """What these endpoints need of the outages room."""

    def of_business(self, business_id: str) -> Iterable[Outage]:
        """Its outages of the last months."""
        ...


@dataclass(frozen=True, slots=True)
class StatusEndpoints:
    """The status of each business, as `get` gives it for a reader's languages."""

    businesses: Businesses
    outages: OutagesOfBusiness

    def get(self, business_id: str, form: str, accept_language: str, base_url: str, now: datetime) -> Page:
        """The status as a page (""), as "summary" or as "atom". The latter raise `NotFound`, `Unavailable`."""
        try:
            business = self.businesses.business(business_id)
            outages = self.outages.of_business(business_id) if business else ()
        except Unavailable:
            if form:
                raise
            return busy_page(now, accept_language)
        if business is None:
            if form:
                raise NotFound("There is no such business.")
            return unknown_page(Wording(language_of(accept_language), now))
        here = now.astimezone(ZoneInfo(business.timezone))
        known = {one.outage_id: one for one in (*outages, *business.outages)}
        words = Wording(language_of(accept_language, business.locale), here)
        return FORMS[form](status_of(business, known.values(), here), words, f"{base_url}/status/{business_id}")
