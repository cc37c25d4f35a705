"""The operator's doors as plain functions: what is configured, what became of it. JSON in, JSON out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.connections.webhook_addresses import webhook_url
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.keys import bikes_key, live_key
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY
from chalicelib.notices import notice_json as notice_shape
from chalicelib.pages.customer.ticket_link import show_as_is
from chalicelib.pages.operator.checks import check_host, check_venue, remarks
from chalicelib.tickets import ticket_json as ticket_shape
from chalicelib.transit.data.feed import configure_feed, load_feed, parse_feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.connections.overview import Overview
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.bookings.inbox.parking import Parking
    from chalicelib.foundation.ports import Clock, Documents, Queues
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.feed import Feed
    from chalicelib.workflows.desk import TicketService

COMING_DAYS = 60


class NotFound(LookupError):
    """There is no such thing (HTTP 404)."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where the operator is served. `allow_paths`: feeds may be files, on one machine only."""

    documents: Documents
    queues: Queues
    config: Config
    ticket_service: TicketService
    parking: Parking
    tools: Overview
    inbox: Inbox
    clock: Clock
    allow_paths: bool = False
    allowed_hosts: AllowedHosts = PUBLIC_ONLY
    shown: Callable[[Ticket, Business, datetime], Ticket] = show_as_is

    def put_feed(self, feed_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Configures a feed and has it compiled. Raises `BadFeed`, `Unavailable`."""
        wanted = parse_feed(feed_id, body, allow_paths=self.allow_paths, allowed_hosts=self.allowed_hosts)
        feed = configure_feed(self.documents, wanted)
        self.queues.send("feeds", {"feed_id": feed_id, "why": "configured"})
        return feed_json(feed)

    def feed(self, feed_id: str) -> dict[str, Any]:
        """A feed, its state and findings, how its live URLs and shared bikes do. Raises `NotFound`, `Unavailable`."""
        feed = load_feed(self.documents, feed_id)
        if feed is None:
            raise NotFound(f"There is no feed {feed_id}: PUT it first.")
        polled, now = self.documents.get("config", live_key(feed_id)) or {}, self.clock.now()
        bikes = (self.documents.get("config", bikes_key(feed_id)) or {}) if feed.gbfs else {}
        return feed_json(feed) | {
            "live": [live_json(one, now) for one in polled.get("sources", ())],
            "bikes": [bikes_json(one, now) for one in bikes.get("systems", ()) if one["url"] in feed.gbfs],
        }

    def put_business(self, business_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Configures a business; `remarks` say what was not taken as written. Raises `Invalid`, `Unavailable`."""
        feed_id = body.get("feed")
        feed = load_feed(self.documents, feed_id) if isinstance(feed_id, str) else None
        if isinstance(feed_id, str) and feed is None:
            raise Invalid("unknown_feed", f"There is no feed {feed_id}: PUT /admin/feeds/{feed_id} first.")
        if feed is not None:
            check_venue(body.get("location"), feed)
        business = self.config.put_business(business_id, body, self.clock.now())
        return business_json(business) | remarks("BusinessForm", body, business.locale)

    def business(self, business_id: str) -> dict[str, Any]:
        """A business. Raises `NotFound`, `Unavailable`."""
        return business_json(self._business(business_id))

    def put_connection(
        self, business_id: str, connection_id: str, body: dict[str, Any], base_url: str
    ) -> dict[str, Any]:
        """Configures a connection; the answer says where the tool has to send. Raises `Invalid`, `Unavailable`."""
        check_host(body.get("api_url"), self.allowed_hosts)
        made = self.config.put_connection(business_id, connection_id, body, self.clock.now())
        address = webhook_url(base_url, made)
        shown = {"connection_id": made.connection_id, "provider": made.provider, "webhook_url": address}
        return shown | remarks("ConnectionForm", body)

    def connections(self, business_id: str) -> dict[str, Any]:
        """A business's connections, each with its health. Raises `NotFound`, `Unavailable`."""
        self._business(business_id)
        ids = [one.connection_id for one in self.config.connections(business_id)]
        return {"connections": [self.tools.connection(one, self.clock.now()) for one in ids]}

    def connection(self, business_id: str, connection_id: str) -> dict[str, Any]:
        """A connection: what came last, what became of it, its health. Raises `NotFound`, `Unavailable`."""
        shown = self.tools.connection(connection_id, self.clock.now())
        if shown is None or shown["business_id"] != business_id:
            raise NotFound(f"Business {business_id} has no connection {connection_id}.")
        return shown

    def reconcile(self, business_id: str, connection_id: str) -> dict[str, Any]:
        """Has all coming bookings read back from the tool now. Raises `NotFound`, `Unavailable`."""
        self.connection(business_id, connection_id)
        return {"event_id": self.inbox.request_read_back(connection_id, self.clock.now())}

    def try_mapping(self, business_id: str, connection_id: str, mapping: dict[str, Any]) -> dict[str, Any]:
        """What a mapping would make of the last received payload; changes nothing.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        self.connection(business_id, connection_id)
        return self.tools.try_mapping(connection_id, self.config.parse_mapping(mapping), self.clock.now())

    def tickets(self, business_id: str, day: str | None) -> dict[str, Any]:
        """A local day's tickets by start; without a day those of today and the coming 60 days.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        business, now = self._business(business_id), self.clock.now()
        zone = ZoneInfo(business.timezone)
        try:
            first = date.fromisoformat(day) if day else now.astimezone(zone).date()
        except ValueError:
            raise Invalid("invalid_date", f"date must look like 2026-01-31, not {day!r}.") from None
        days = [first] if day else [first + timedelta(days=n) for n in range(COMING_DAYS)]
        found = [ticket for one in days for ticket in self.ticket_service.of_day(business_id, one)]
        return {"tickets": [ticket_shape.to_json(self.shown(ticket, business, now), now, business) for ticket in found]}

    def notices(self, business_id: str) -> dict[str, Any]:
        """A business's notices, oldest first, each with its state and reason. Raises `NotFound`, `Unavailable`."""
        self._business(business_id)
        return {
            "notices": [notice_shape.to_json(notice) for notice in self.ticket_service.notices_of_business(business_id)]
        }

    def parked(self, business_id: str) -> dict[str, Any]:
        """What could not be understood. Raises `NotFound`, `Unavailable`."""
        self._business(business_id)
        return {"parked": self.parking.of_business(business_id)}

    def replay(self, business_id: str, event_id: str) -> dict[str, Any]:
        """Has a parked event processed again. Raises `NotFound`, `UnknownEvent`, `Unavailable`."""
        self._business(business_id)
        self.parking.replay(event_id, business_id)
        return {"event_id": event_id, "replayed": True}

    def replay_all(self, business_id: str, connection_id: str | None) -> dict[str, Any]:
        """Has all parked events (of one connection) processed again. Raises `NotFound`, `Unavailable`."""
        self._business(business_id)
        return {"replayed": self.parking.replay_all(business_id, connection_id)}

    def _business(self, business_id: str) -> Business:
        business = self.config.business(business_id)
        if business is None:
            raise NotFound(f"There is no business {business_id}: PUT it first.")
        return business


def business_json(business: Business) -> dict[str, Any]:
    """A business as the operator wrote it."""
    shown = asdict(replace(business, outages=())) | {"outages": [one.outage_id for one in business.outages]}
    return shown | {"location": {"lat": shown.pop("lat"), "lon": shown.pop("lon")}}


def feed_json(feed: Feed) -> dict[str, Any]:
    """A feed for its operator."""
    shown = asdict(feed)
    return {name: shown[name] for name in shown if name not in {"days", "etag"}} | {"days": sorted(feed.days)}


def live_json(source: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A live URL for its operator: how old what it says is, what was wrong last, how its message fits the timetable."""
    age_s = round(now.timestamp()) - source["changed_at"] if source["changed_at"] else None
    numbers = {name: source[name] for name in ("url", "trouble", "failures", "went_back", "report")}
    return numbers | {"age_s": age_s}


def bikes_json(system: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A GBFS system for its operator: how old its numbers are, what was wrong last, how much there is to take."""
    age_s = round(now.timestamp()) - system["changed_at"] if system["changed_at"] else None
    return {name: system[name] for name in system if name not in {"changed_at", "polled_at"}} | {"age_s": age_s}
