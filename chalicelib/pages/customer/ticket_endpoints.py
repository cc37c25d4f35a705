"""The endpoints of a ticket's link: load, decide by the modules beside this one, carry out. One method each.

Every address that leads to no ticket is answered alike, whether there never was one, it has expired, or the token
is only half right. Header names are expected in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chalicelib.foundation.ports import Unavailable
from chalicelib.pages.customer.links import TicketLinks
from chalicelib.pages.customer.origin import (
    BadOrigin,
    ForgetWish,
    OriginSearch,
    is_form,
    media_type_of,
    only_same_site,
    place_of,
    read_origin,
)
from chalicelib.pages.customer.taps.read_wish import read_wish
from chalicelib.pages.customer.taps.taps_view import taps_of
from chalicelib.pages.customer.ticket_json import heard_json, places_json, ticket_json
from chalicelib.pages.customer.ticket_request import TicketRequest
from chalicelib.pages.customer.view import CLOSED_SCENES, scene_of, view_of
from chalicelib.pages.page import error_page, see_other
from chalicelib.tickets.said.wish import What

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.distance import Bounds
    from chalicelib.pages.customer.view import PageView
    from chalicelib.pages.page import Page
    from chalicelib.tickets.said.wish import Wish
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place

    Show = Callable[[Ticket, Business, datetime], Ticket]

STOPS_MAX = 8  # found for one query
QUERY_MAX = 80  # characters of it that count
SERVICE_WORKER = "sw.js"  # beside the pages, so that it may keep them
REFUSAL_STATUS = {"other_site": 403, "over": 409, "no_timetable": 503, "too_large": 413}  # other codes: 400


class TicketAccess(Protocol):
    """What these endpoints need of the tickets room."""

    def by_token(self, token: str, now: datetime) -> Ticket | None:
        """The ticket whose link this is, compared in constant time; None if there is none (any more)."""
        ...

    def set_origin(self, ticket_id: str, place: Place | None, now: datetime) -> Ticket:
        """Stores where the customer starts from (None: forgets it), plans at once, gives the ticket as it then is."""
        ...

    def hear(self, ticket_id: str, wish: Wish, now: datetime) -> Ticket:
        """Remembers what the customer says and tells whom it concerns; gives the ticket as it then is."""
        ...


class Businesses(Protocol):
    """What these endpoints need of the bookings room."""

    def business(self, business_id: str) -> Business | None:
        """The business, None if it is not configured."""
        ...


class NoStops(Exception):
    """There is no timetable to search in (yet)."""


class StopSearch(Protocol):
    """The stops of a ticket's network. `search` and `find` raise `NoStops`."""

    def search(self, ticket: Ticket, query: str, limit: int) -> Sequence[Place]:
        """Stops by name, best first."""
        ...

    def find(self, ticket: Ticket, stop_id: str) -> Place | None:
        """One stop."""
        ...

    def bounds(self, ticket: Ticket) -> Bounds | None:
        """The network's box: south, west, north, east; None where it is not known."""
        ...

    def current_as_of(self, ticket: Ticket) -> datetime | None:
        """When the timetable was last known to be current."""
        ...


def show_as_is(ticket: Ticket, business: Business, now: datetime) -> Ticket:  # noqa: ARG001 - one `Show` of several
    """Shows a ticket as it is stored."""
    return ticket


class Done(NamedTuple):
    """What a post did: the word by which the page says it ("": none), and the answer to a program."""

    what: str
    answer: Callable[[], Page]


@dataclass(frozen=True, slots=True)
class TicketEndpoints:
    """All below /t/. `base` is the hub's public address, without a trailing slash.

    `show` makes of a stored ticket what is shown of it at a moment.
    """

    tickets: TicketAccess
    businesses: Businesses
    stops: StopSearch
    base: str
    show: Show = show_as_is

    def get(self, name: str, query: Mapping[str, str], headers: Mapping[str, str], now: datetime) -> Page:
        """GET /t/{name}: the page, or its JSON or calendar entry where the name ends in .json or .ics.

        Raises `Unavailable` for those two; a person gets a page that tries again.
        """
        if name == SERVICE_WORKER:
            from chalicelib.pages.customer.ticket_page import service_worker  # noqa: PLC0415 - brings jinja2

            return service_worker()
        token, _, kind = name.rpartition(".") if "." in name else (name, "", "")
        try:
            return self._get(token, kind, query, headers, now)
        except Unavailable:
            if kind:
                raise
            from chalicelib.pages.customer.ticket_page import busy_page  # noqa: PLC0415 - brings jinja2

            return busy_page(now, headers.get("accept-language", ""))

    def _get(self, token: str, kind: str, query: Mapping[str, str], headers: Mapping[str, str], now: datetime) -> Page:
        loaded = self._load(token, now)
        if kind not in {"", "json", "ics"} or loaded is None:
            return self._no_ticket(kind, headers, now)
        ticket, business = self.show(*loaded, now), loaded[1]
        if kind == "json":
            return ticket_json(ticket, business, now)
        links = TicketLinks(self.base, ticket.token)
        request = TicketRequest(ticket, business, now, links, headers.get("accept-language", ""))
        if kind == "ics":
            from chalicelib.pages.customer.ticket_ics import ticket_ics  # noqa: PLC0415 - icalendar is slow to import

            return ticket_ics(request)
        from chalicelib.pages.customer.ticket_page import erase_kept, ticket_page, with_etag  # noqa: PLC0415 - brings jinja2

        view = view_of(ticket, business, now)
        search, done = self._search(ticket, view, query), query.get("done", "")
        page = ticket_page(request, view, search, self.stops.current_as_of(ticket), done)
        if view.scene in CLOSED_SCENES or done == What.FORGET:
            return erase_kept(page)
        return with_etag(page, headers.get("if-none-match", ""))

    def _search(self, ticket: Ticket, view: PageView, query: Mapping[str, str]) -> OriginSearch:
        """What was searched in the form for the starting point; stops only as long as the page has that form."""
        wanted, trouble = _wanted_stop(query), query.get("trouble", "")
        if not wanted or not view.may_set_origin:
            return OriginSearch(wanted, None, trouble)
        try:
            return OriginSearch(wanted, self.stops.search(ticket, wanted, STOPS_MAX), trouble)
        except NoStops:
            return OriginSearch(wanted, None, "no_timetable")

    def places(self, token: str, query: Mapping[str, str], headers: Mapping[str, str], now: datetime) -> Page:
        """GET /t/{token}/places?q=: stops by name as JSON."""
        loaded = self._load(token, now)
        if loaded is None:
            return self._no_ticket("json", headers, now)
        wanted = _wanted_stop(query)
        if not wanted:
            return places_json(())
        try:
            return places_json(self.stops.search(loaded[0], wanted, STOPS_MAX))
        except NoStops:
            return error_page(503, "no_timetable", "The timetable is not ready; stops can be searched once it is.")

    def origin(self, token: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Page:
        """POST /t/{token}/origin: as JSON answers the Ticket, as a form leads back to the page.

        Raises `Unavailable` to programs; a person is led back to a page that says so.
        """

        def set_origin(ticket: Ticket, business: Business, content_type: str) -> Done:
            after = self._set_origin(ticket, content_type, body, now)
            return Done("", lambda: ticket_json(self.show(after, business, now), business, now))

        return self._take_post(token, headers, body, now, set_origin)

    def say(self, token: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Page:
        """POST /t/{token}/say: as JSON answers what now happens and the Ticket, as a form leads back to the page.

        Raises `Unavailable` to programs; a person is led back to a page that says so.
        """

        def hear(ticket: Ticket, business: Business, content_type: str) -> Done:
            wish = read_wish(content_type, body)
            _only_open(ticket, wish, now)
            after = self.tickets.hear(ticket.ticket_id, wish, now)
            languages = headers.get("accept-language", "")
            return Done(wish.what.value, lambda: self._heard(after, business, wish.what.value, languages, now))

        return self._take_post(token, headers, body, now, hear)

    def _heard(self, after: Ticket, business: Business, done: str, languages: str, now: datetime) -> Page:
        shown, links = self.show(after, business, now), TicketLinks(self.base, after.token)
        words = TicketRequest(after, business, now, links, languages).words
        says = taps_of(shown, view_of(shown, business, now), now, done=done).says
        said = " ".join(words.say(key, business=business.name, **values) for key, values in says)
        return heard_json(shown, business, now, said)

    def _take_post(
        self, token: str, headers: Mapping[str, str], body: bytes, now: datetime, act: Callable[..., Done]
    ) -> Page:
        """What all that is posted to a link has alike: only our own page, refusals in words, a form is led back.

        `act` takes the ticket, its business and the body's media type, and raises `BadOrigin` where it refuses.
        """
        content_type = media_type_of(headers, body)
        is_person = is_form(content_type)
        try:
            loaded = self._load(token, now)
            if loaded is None:
                return self._no_ticket("" if is_person else "json", headers, now)
            links = TicketLinks(self.base, loaded[0].token)
            try:
                only_same_site(headers)
                done = act(*loaded, content_type)
            except BadOrigin as bad:
                if is_person:
                    return see_other(links.back(bad.sentence))
                return error_page(REFUSAL_STATUS.get(bad.code, 400), bad.code, str(bad))
            if is_person:
                return see_other(links.after(done.what) if done.what else links.back())
            return done.answer()
        except Unavailable:
            if not is_person:
                raise
            return see_other(TicketLinks(self.base, token).back("busy"))

    def forget(self, token: str, headers: Mapping[str, str], now: datetime) -> Page:
        """DELETE /t/{token}/origin: forgets the starting point."""
        return self.origin(token, {**headers, "content-type": "application/json"}, b'{"forget": true}', now)

    def _set_origin(self, ticket: Ticket, content_type: str, body: bytes, now: datetime) -> Ticket:
        wish = read_origin(content_type, body)
        if isinstance(wish, ForgetWish):
            return self.tickets.set_origin(ticket.ticket_id, None, now)
        if scene_of(ticket, now) in CLOSED_SCENES:
            raise BadOrigin("over", "This visit is over or cancelled; nothing was changed.", sentence="over")
        try:
            place = place_of(wish, lambda stop_id: self.stops.find(ticket, stop_id), self.stops.bounds(ticket))
        except NoStops:
            message = "The timetable is not ready, so its stops are not known yet. Try again in a few minutes."
            raise BadOrigin("no_timetable", message, sentence="no_timetable") from None
        return self.tickets.set_origin(ticket.ticket_id, place, now)

    def _load(self, token: str, now: datetime) -> tuple[Ticket, Business] | None:
        ticket = self.tickets.by_token(token, now)
        business = self.businesses.business(ticket.business_id) if ticket else None
        return (ticket, business) if ticket and business else None

    @staticmethod
    def _no_ticket(kind: str, headers: Mapping[str, str], now: datetime) -> Page:
        if kind in {"json", "ics"}:
            return error_page(404, "not_found", "There is no ticket at this address.")
        from chalicelib.pages.customer.ticket_page import no_ticket_page  # noqa: PLC0415 - brings jinja2

        return no_ticket_page(now, headers.get("accept-language", ""))


def _wanted_stop(query: Mapping[str, str]) -> str:
    return " ".join(query.get("q", "")[:QUERY_MAX].split())


def _only_open(ticket: Ticket, wish: Wish, now: datetime) -> None:
    """Lets pass what is said of a visit that is to come; STOP always. Raises `BadOrigin`."""
    if scene_of(ticket, now) in CLOSED_SCENES and wish.what is not What.STOP:
        raise BadOrigin("over", "This visit is over or cancelled; nothing was changed.", sentence="over")
