"""What the operator's pages show, of what the endpoints give: read, arranged, rendered. Nothing is changed here."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.foundation.instants import optional_instant
from chalicelib.notices.notice import NoticeState
from chalicelib.pages.operator.businesses import business_json, known_business
from chalicelib.pages.operator.console.layout import render
from chalicelib.pages.operator.feeds import feed_json
from chalicelib.transit.data.feed import all_feeds
from chalicelib.transit.data.feed_health import state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Documents, QueueCare, ShownOutbox
    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.operator.health import Health
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints
    from chalicelib.pages.page import Page
    from chalicelib.transit.data.feed import Feed

BUSINESSES_ON_A_PAGE = 25
NOTICES_ON_A_PAGE = "50"
FROM_DIGITS_MAX = 8
ROWS_SHOWN_MAX = 100  # messages of the outbox, dead letters
KINDS = (
    "booked", "reminder", "leave_by", "replan", "late", "on_time_again", "moved", "cancelled", "outage",
)  # a table, read by rows # fmt: skip
LIBRARIES = ("chalice", "pydantic", "numpy", "httpx")


@dataclass(frozen=True, slots=True)
class Pages:
    """Each method is one page; `names` are what stands in the place of the names in its address."""

    documents: Documents
    config: Config
    endpoints: OperatorEndpoints
    health: Health
    keyring: Keyring
    queues: QueueCare | None
    outbox: ShownOutbox | None

    def overview(self, asked: Asked, _: Mapping[str, str]) -> Page:
        """/operator: how the hub does, businesses, feeds, dead letters, versions."""
        businesses = self.config.businesses()
        wanted = asked.query.get("from", "")
        first = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < FROM_DIGITS_MAX else 0
        shown = businesses[first : first + BUSINESSES_ON_A_PAGE]
        feeds = all_feeds(self.documents)
        known = {feed.feed_id: feed for feed in feeds}
        is_well, health = self.health.to_json(asked.now)
        return render(
            "overview.html",
            asked,
            is_well=is_well,
            parts=health["parts"],
            rows=[self._row(one, known.get(one.feed), asked.now) for one in shown],
            count=len(businesses),
            next_from=first + BUSINESSES_ON_A_PAGE if len(businesses) > first + BUSINESSES_ON_A_PAGE else None,
            feeds=[_feed_row(feed, asked.now) for feed in feeds],
            dead=self.queues.dead(ROWS_SHOWN_MAX) if self.queues else None,
            versions=_versions(),
            **_said(asked),
        )

    def _row(self, business: Business, feed: Feed | None, now: datetime) -> dict[str, Any]:
        connections = self.endpoints.connections.list(business.business_id)["connections"]
        return {
            "business": business,
            "connections": connections,
            "parked": sum(one["parked"] for one in connections),
            "feed_state": state_of(feed, business.feed, (business.lat, business.lon), now),
            "outages": [one for one in business.outages if one.is_open(now)],
        }

    def business(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """/operator/businesses/{business_id}."""
        business = known_business(self.config, names["business_id"])
        feed = next((one for one in all_feeds(self.documents) if one.feed_id == business.feed), None)
        today = asked.now.astimezone(ZoneInfo(business.timezone)).date()
        days = [today, today + timedelta(days=1)]
        tickets = {day: self.endpoints.tickets.list(business.business_id, day.isoformat())["tickets"] for day in days}
        return render(
            "business.html",
            asked,
            business=business,
            fields=business_json(business),
            row=self._row(business, feed, asked.now),
            feed=_feed_row(feed, asked.now) if feed else None,
            tickets=tickets,
            parked=self.endpoints.parked.list(business.business_id)["parked"][:ROWS_SHOWN_MAX],
            keys=self.keyring.keys(KeyKind.BUSINESS, business.business_id),
            links=self.keyring.keys(KeyKind.STAFF, business.business_id),
            **_said(asked),
        )

    def notices(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """/operator/businesses/{business_id}/notices, filtered and by pages."""
        business = known_business(self.config, names["business_id"])
        wanted = {name: asked.query.get(name, "") for name in ("day", "state", "kind", "channel")}
        page = self.endpoints.notices.list(
            business.business_id,
            {**wanted, "limit": NOTICES_ON_A_PAGE, "before": asked.query.get("before", "")},
        )
        zone = ZoneInfo(business.timezone)
        for one in page["notices"]:
            one["at"] = datetime.fromisoformat(one["created_at"]).astimezone(zone)
        return render(
            "notices.html",
            asked,
            business=business,
            page=page,
            wanted=wanted,
            states=[state.value for state in NoticeState],
            kinds=KINDS,
            **_said(asked),
        )

    def notice(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """/operator/businesses/{business_id}/notices/{notice_id}: why."""
        business = known_business(self.config, names["business_id"])
        shown = self.endpoints.notices.get(business.business_id, names["notice_id"])
        return render("notice.html", asked, business=business, **shown)

    def delete(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """/operator/businesses/{business_id}/delete: what deleting would do, before it is done."""
        business = known_business(self.config, names["business_id"])
        connection_id = asked.query.get("connection", "")
        said = (
            self.endpoints.connections.delete(business.business_id, connection_id, only_say=True)
            if connection_id
            else self.endpoints.businesses.delete(business.business_id, only_say=True)
        )
        what = {"business_id": business.business_id, "connection_id": connection_id}
        title = connection_id or business.name
        back = f"/operator/businesses/{business.business_id}"
        return render("delete.html", asked, title=title, says=said["says"], act="delete", fields=what, back=back)

    def feed(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """/operator/feeds/{feed_id}: its state and findings, its live sources, and what deleting it would do."""
        shown = self.endpoints.feeds.get(names["feed_id"])
        users = [one for one in self.config.businesses() if one.feed == names["feed_id"]]
        return render("feed.html", asked, feed=shown, users=users, **_said(asked))

    def keys(self, asked: Asked, _: Mapping[str, str]) -> Page:
        """/operator/keys: those of operators."""
        keys = self.keyring.keys(KeyKind.OPERATOR, None)
        is_short = len(self.keyring.master()) < MASTER_MIN
        return render("keys.html", asked, keys=keys, is_short=is_short, **_said(asked))

    def messages(self, asked: Asked, _: Mapping[str, str]) -> Page:
        """/operator/outbox: every text and mail that stayed on this machine, as it would look on the phone."""
        lines = list(self.outbox.latest(ROWS_SHOWN_MAX)) if self.outbox else None
        return render("outbox.html", asked, lines=lines, **_said(asked))


MASTER_MIN = 20  # characters of the first key: a shorter one may be found by trying


def _said(asked: Asked) -> dict[str, Any]:
    return {name: asked.query.get(name, "")[:400] for name in ("done", "trouble")}


def _feed_row(feed: Feed, now: datetime) -> dict[str, Any]:
    """A feed as it is listed: `age_s` since it was checked, `ends` its last day, `days_left` until then."""
    checked = optional_instant(feed.checked_at)
    ends = datetime.fromisoformat(feed.calendar[1]).date() if feed.calendar else None
    return feed_json(feed) | {
        "age_s": (now - checked).total_seconds() if checked else None,
        "ends": ends,
        "days_left": (ends - now.date()).days if ends else None,
    }


def _versions() -> dict[str, str]:
    """What this hub runs on."""
    known = {"Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            known[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # the deployed zip leaves out what describes its packages
            continue
    return known
