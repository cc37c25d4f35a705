"""Where a ticket's customer comes from: what they say themselves, else what the booking's form says for sure.

Rules
- What the customer says on the page always wins, also when they take their origin back.
- The booking's answer is searched for once, when there is a timetable to search in; a new answer is searched for anew.
- An answer that names no place for sure gives no origin; one that an older answer gave is taken away.
- Who names a stop is near it, not at it: they need `MINUTES_TO_STOP` to it, or what they say.
- Another origin makes another plan: the times that were told for the old one are no promise for the new one.

A place is named for sure by
- coordinates, three digits behind the point or more: "48.2082, 16.3738", a geo: URI (RFC 5870; with the `q` of phones),
  or a link to a map that marks a place; the middle of a map that is shown counts only from street level on;
- a stop's whole name, or words with which only one stop's name begins.
A place beyond reach of the network is not taken: no plan could use it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

from chalicelib.tickets.states import Trigger, is_to_come, status_after
from chalicelib.transit.itinerary import Place

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Promise, Ticket
    from chalicelib.transit.data.service_days import ServiceDays
    from chalicelib.transit.data.timetable import Timetable

DIGITS = 5  # of a coordinate that are kept: a metre, which is finer than any door
REACH_DEG = 0.2  # around the network's box, some 20 km: nobody walks further to the first stop
STREET_LEVEL = 17  # web map zoom from which a map shows a few streets only, so its middle is what was meant
WORDS_MAX = 500  # characters; what is longer is a story
MINUTES_TO_STOP = 3  # to the stop that somebody names, unless they say otherwise: hardly anybody lives at one
MINUTES_TO_STOP_MAX = 60

_NUMBER = r"[+-]?\d{1,3}\.\d{3,}"
_DEGREES = f"({_NUMBER})"
_PAIR = re.compile(rf"\(?\s*{_DEGREES}\s*[,;\s]\s*{_DEGREES}\s*\)?")
_GEO = re.compile(r"geo:([+-]?[\d.]+),([+-]?[\d.]+)[^?]*(?:\?(.*))?", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_MAPS = re.compile(
    r"(?:(?:www|maps)\.)?google\.[a-z.]{2,6}|maps\.apple\.com|(?:www\.)?(?:openstreetmap|osm)\.org|(?:www\.)?waze\.com"
)
_MARKED = ("q", "query", "ll", "destination", "daddr")  # parameters that hold the place that is meant
_PIN = re.compile(rf"!3d{_DEGREES}!4d{_DEGREES}")
_SHOWN = re.compile(rf"@(?P<lat>{_NUMBER}),(?P<lon>{_NUMBER}),(?P<zoom>\d{{1,2}})(?:\.\d+)?z")
_OSM_SHOWN = re.compile(rf"map=(?P<zoom>\d{{1,2}})/(?P<lat>{_NUMBER})/(?P<lon>{_NUMBER})")


class NoTimetableYet(LookupError):
    """There is no timetable to search in; later there may be."""


class Places(Protocol):
    """Finds places by the words that people use for them."""

    def find_origin(self, ticket: Ticket) -> Place | None:
        """The place that `ticket.address` names for sure, or None. Raises `NoTimetableYet`, `Unavailable`."""
        ...


class NoPlaces:
    """`Places` that finds none: where no network is known."""

    def find_origin(self, _ticket: Ticket) -> Place | None:
        """None, whatever the words."""
        return None


def with_address(ticket: Ticket, words: str | None) -> Ticket:
    """The ticket with the form's words; new ones are to be searched for, unless the customer said it themselves."""
    if not words or words == ticket.address or ticket.forgotten:
        return ticket
    said_by_customer = ticket.origin is not None and not ticket.origin_assumed
    return replace(ticket, address=words, address_open=not said_by_customer)


def assume_origin(ticket: Ticket, places: Places, now: datetime) -> Ticket:
    """The ticket with the origin that its booking's form names; unchanged where that is not known (yet).

    Raises `Unavailable`.
    """
    is_wanted = is_to_come(ticket) and ticket.confirmed and not ticket.remote
    if not ticket.address_open or not is_wanted or now >= ticket.start:
        return ticket
    try:
        place = places.find_origin(ticket)
    except NoTimetableYet:
        return ticket
    if place == ticket.origin:
        return replace(ticket, address_open=False)
    return with_origin(ticket, place, assumed=place is not None)


def at_stop(stop: Place, minutes: int = MINUTES_TO_STOP) -> Place:
    """A stop that was named as an origin, so many minutes on foot from where the customer is."""
    return replace(stop, walk_min=minutes)


def without_plan(ticket: Ticket) -> Ticket:
    """The ticket with nothing planned; its origin stays."""
    return replace(
        ticket,
        itineraries=(),
        leave_by=None,
        arrive_at=None,
        on_time_probability=None,
        late_probability=None,
        underway=None,
        plan_note="",
        planned_with="",
        observed_at=None,
    )


def with_origin(ticket: Ticket, origin: Place | None, *, assumed: bool = False) -> Ticket:
    """The ticket of a customer who comes from `origin` (None: nobody knows from where), not planned yet.

    `assumed`: the booking's form says so, not the customer.
    """
    promise = ticket.promise
    pending = tuple(replace(one, before=_from_elsewhere(one.before)) for one in promise.pending)
    sent = tuple(replace(one, before=_from_elsewhere(one.before)) for one in promise.unconfirmed)
    return replace(
        without_plan(ticket),
        origin=origin,
        origin_assumed=assumed,
        address_open=False,
        status=status_after(ticket.status, Trigger.ORIGIN_SET if origin else Trigger.ORIGIN_REMOVED),
        promise=replace(_from_elsewhere(promise), pending=pending, unconfirmed=sent),
    )


def _from_elsewhere(promise: Promise) -> Promise:
    """The promise to somebody who sets out from another place than it was made for."""
    kinds = tuple(kind for kind in promise.told_kinds if kind not in {"leave_by", "late"})
    was_told_of_none = promise.itinerary is None and "late" in promise.told_kinds  # that nothing brings them in time
    return replace(
        promise,
        told_kinds=kinds,
        leave_by=None if was_told_of_none else promise.leave_by,
        arrive_at=None,
        itinerary=None,
    )


def coordinates(words: str) -> tuple[float, float] | None:
    """(latitude, longitude), WGS 84 degrees, where the words are a point on earth; else None."""
    text = words.strip()
    if len(text) > WORDS_MAX:
        return None
    if pair := _PAIR.fullmatch(text):
        return _point(*pair.groups())
    if geo := _GEO.fullmatch(text):
        lat, lon, query = geo.groups()
        pin = re.sub(r"\(.*", "", dict(parse_qsl(query or "")).get("q", ""))  # phones: geo:0,0?q=LAT,LON(label)
        found = _PAIR.fullmatch(pin.strip() or f"{lat},{lon}")
        return _point(*found.groups()) if found else None
    links = _LINK.findall(text)
    return _on_map(links[0].rstrip(".,;)")) if len(links) == 1 else None


def _point(lat: str, lon: str) -> tuple[float, float] | None:
    at = round(float(lat), DIGITS), round(float(lon), DIGITS)
    return at if abs(at[0]) <= 90 and abs(at[1]) <= 180 and at != (0, 0) else None  # noqa: PLR2004 - the earth's


def _on_map(link: str) -> tuple[float, float] | None:
    try:
        url = urlsplit(link)
        host = (url.hostname or "").lower()
    except ValueError:
        return None
    if not _MAPS.fullmatch(host):
        return None
    query, path = dict(parse_qsl(url.query)), unquote(url.path)
    marked = (*(query.get(name, "") for name in _MARKED), f"{query.get('mlat', '')},{query.get('mlon', '')}")
    pairs = (_PAIR.fullmatch(one.removeprefix("loc:").strip()) for one in marked)
    found = next((pair for pair in (*pairs, _PIN.search(path)) if pair), None)
    return _point(*found.groups()) if found else _map_centre(path, url.fragment)


def _map_centre(path: str, fragment: str) -> tuple[float, float] | None:
    """The middle of a map, where hardly more than a street is shown."""
    found = _SHOWN.search(path) or _OSM_SHOWN.fullmatch(fragment)
    if found is None or int(found["zoom"]) < STREET_LEVEL:
        return None
    return _point(found["lat"], found["lon"])


class KnownPlaces:
    """`Places` that searches the feed's timetable."""

    def __init__(self, service_days: ServiceDays) -> None:
        self._service_days = service_days

    def find_origin(self, ticket: Ticket) -> Place | None:
        """The place that the ticket's address names for sure, or None. Raises `NoTimetableYet`, `Unavailable`."""
        from chalicelib.transit.places import stops  # noqa: PLC0415 - brings numpy, which most webhooks do not need

        timetable = nearest_day(self._service_days, ticket)
        if (point := coordinates(ticket.address)) is not None:
            return Place("", *point) if self._in_reach(ticket.feed, *point) else None
        stop = stops.only_match(timetable, ticket.address)
        return at_stop(stop) if stop else None

    def _in_reach(self, feed_id: str, lat: float, lon: float) -> bool:
        feed = self._service_days.feed(feed_id)
        if feed is None or feed.bounds is None:
            return True
        south, west, north, east = feed.bounds
        up, across = max(south - lat, lat - north), max(west - lon, lon - east)
        return up <= REACH_DEG and across <= REACH_DEG


def nearest_day(service_days: ServiceDays, ticket: Ticket) -> Timetable:
    """The timetable of the ticket's day, or of another day that is compiled: stops seldom differ.

    Raises `NoTimetableYet`, `Unavailable`.
    """
    from chalicelib.transit.data.service_days import NoTimetable  # noqa: PLC0415 - brings numpy

    feed = service_days.feed(ticket.feed)
    if feed is None or not feed.days:
        raise NoTimetableYet(ticket.feed)
    wanted = ticket.start.astimezone(ZoneInfo(ticket.timezone)).date().isoformat()
    nearest = min(feed.days, key=lambda day: (day != wanted, day))
    try:
        return service_days.day(ticket.feed, nearest)
    except NoTimetable as missing:
        raise NoTimetableYet(str(missing)) from None
