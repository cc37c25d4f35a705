"""The addresses around one ticket.

Inside a page they are relative, so that a page works under any host and any stage prefix; what leaves the page
(the calendar entry) needs the hub's public address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from chalicelib.bookings.phone_numbers import current_number

if TYPE_CHECKING:
    from chalicelib.transit.itinerary import Place


@dataclass(frozen=True, slots=True)
class TicketLinks:
    """`base` is the hub's public address without a trailing slash; `token` the ticket's."""

    base: str
    token: str

    @property
    def absolute(self) -> str:
        """The ticket's page, from anywhere."""
        return f"{self.base}/t/{self.token}"

    @property
    def page(self) -> str:
        """The ticket's page, from itself."""
        return self.token

    @property
    def calendar(self) -> str:
        """The calendar entry, from the ticket's page."""
        return f"{self.token}.ics"

    @property
    def origin(self) -> str:
        """Where a starting point is sent, from the ticket's page."""
        return f"{self.token}/origin"

    @property
    def say(self) -> str:
        """Where a tap is sent, from the ticket's page."""
        return f"{self.token}/say"

    @property
    def places(self) -> str:
        """Where stops are searched by name, from the ticket's page."""
        return f"{self.token}/places"

    def after(self, done: str) -> str:
        """The ticket's page from `…/say`, saying what now happens."""
        return f"../{quote(self.token, safe='')}?done={quote(done)}#said"

    def back(self, trouble: str = "") -> str:
        """The ticket's page from `…/origin`, saying what was wrong."""
        return f"../{quote(self.token, safe='')}" + (f"?trouble={quote(trouble)}#from" if trouble else "")


def map_link(place: Place) -> str:
    """The place on a public map."""
    lat, lon = f"{place.lat:.5f}", f"{place.lon:.5f}"
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}"


def geo_link(place: Place) -> str:
    """The place in the phone's own map application (RFC 5870; the query is what Android reads)."""
    point = f"{place.lat:.5f},{place.lon:.5f}"
    name = f"({quote(place.name, errors='replace')})" if place.name else ""
    return f"geo:{point}?q={point}{name}"


def tel_link(phone: str) -> str:
    """The number as RFC 3966 wants it; whatever is not part of a number is left out."""
    return "tel:" + current_number(re.sub(r"[^0-9+]", "", phone))


def phone_text(phone: str) -> str:
    """The number as people write it, in groups; as it is where it is no number that we know."""
    import phonenumbers  # noqa: PLC0415 - only pages need it

    try:
        number = phonenumbers.parse(current_number(phone))
    except phonenumbers.NumberParseException:
        return phone
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written
