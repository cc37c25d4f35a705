"""The set-up's pages, one a step; each can be left and taken up again, since all that is shown is what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.business import WEEKDAYS
from chalicelib.bookings.connections.webhook_addresses import webhook_url
from chalicelib.bookings.store import booking_id_of
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.locales import LANGUAGES
from chalicelib.pages.operator.businesses import business_json, known_business
from chalicelib.pages.operator.console.layout import Words, render
from chalicelib.pages.operator.setup.catalogue import around, read_catalogue
from chalicelib.pages.operator.setup.tools import tool_named, tools
from chalicelib.pages.operator.setup.zones import zones
from chalicelib.pages.page import NotFound
from chalicelib.transit.data.feed import all_feeds, load_feed
from chalicelib.transit.data.feed_health import state_of
from chalicelib.transit.data.service_days import NoTimetable
from chalicelib.workflows.trying.first_booking import trial_connection
from chalicelib.workflows.trying.test_message import TRIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Documents, ShownOutbox
    from chalicelib.notices.repository import Notices
    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints
    from chalicelib.pages.operator.setup.places import Geocoder
    from chalicelib.pages.operator.setup.tools import Tool
    from chalicelib.pages.page import Page
    from chalicelib.transit.data.service_days import ServiceDays

STEPS = ("business", "timetable", "tool", "messages", "test", "ticket")
LOOK_AGAIN_S = 3  # while something is on its way
SWITCHED = ("booked", "reminder", "leave_by", "replan", "late", "on_time_again", "moved", "cancelled", "outage")


@dataclass(frozen=True, slots=True)
class SetupPages:
    """Each method is one page. `service_days` is made when it is first asked for: it brings numpy."""

    documents: Documents
    config: Config
    endpoints: OperatorEndpoints
    notices: Notices
    service_days: Callable[[], ServiceDays]
    geocoder: Geocoder
    outbox: ShownOutbox | None
    catalogue: str
    takes_uploads: bool
    keeps_secrets: bool

    def start(self, asked: Asked, _: Mapping[str, str]) -> Page:
        """/setup: a new business, or one to go on with."""
        return self._show("setup_start.html", asked, None, businesses=self.config.businesses())

    def business(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """The first step: name, place, zone."""
        business = known_business(self.config, names["business_id"])
        return self._show("setup_business.html", asked, business, fields=business_json(business), zones=zones())

    def timetable(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """The second step: which timetable; its progress, findings and map; a trip to try."""
        business = known_business(self.config, names["business_id"])
        feed = load_feed(self.documents, business.feed) if business.feed else None
        state = state_of(feed, business.feed, (business.lat, business.lon), asked.now)
        trip, trouble = self._trip(asked, business)
        return self._show(
            "setup_timetable.html",
            asked,
            business,
            feed=feed,
            row={"feed_state": state},
            others=[one.feed_id for one in all_feeds(self.documents) if one.feed_id != business.feed],
            listed=around(read_catalogue(self.catalogue), business.lat, business.lon),
            stop_map=self._map(business, asked.now) if state.can_plan else None,
            trip=trip,
            trip_trouble=trouble,
            wanted={"from": asked.query.get("from", ""), "to": asked.query.get("to", "")},
            takes_uploads=self.takes_uploads,
            again_s=LOOK_AGAIN_S if state.kind == "waiting" or (feed and feed.state in _ON_ITS_WAY) else 0,
        )

    def tool(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """The third step: the list of tools, one of them, or a connection with its light."""
        business = known_business(self.config, names["business_id"])
        connection_id, tool_id = asked.query.get("connection", ""), asked.query.get("tool", "")
        if connection_id:
            return self._connection(asked, business, connection_id)
        if tool_id:
            tool = tool_named(tool_id)
            if tool is None:
                raise NotFound("There is no such tool.")
            free = self._free_id(business, tool)
            values: dict[str, Any] = {"tool": tool, "connection_id": free, "keeps_secrets": self.keeps_secrets}
            return self._show("setup_new_tool.html", asked, business, **values)
        known = [
            one
            for one in self.endpoints.connections.list(business.business_id)["connections"]
            if one["connection_id"] != trial_connection(business.business_id)
        ]
        return self._show("setup_tools.html", asked, business, tools=tools(), known=known)

    def messages(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """The fourth step: language, hours, which messages, quiet hours, privacy notice, imprint."""
        business = known_business(self.config, names["business_id"])
        values: dict[str, Any] = {"languages": LANGUAGES, "weekdays": WEEKDAYS, "kinds": SWITCHED}
        return self._show("setup_messages.html", asked, business, fields=business_json(business), **values)

    def test(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """The fifth step: a test text or mail, and what became of it."""
        business = known_business(self.config, names["business_id"])
        sent = [
            one
            for one in self.notices.of_business(business.business_id, asked.now - timedelta(days=1))
            if one.kind == TRIAL
        ]
        waits = any(one.state.value in {"due", "sending"} for one in sent)
        again_s = LOOK_AGAIN_S if waits else 0
        return self._show(
            "setup_test.html", asked, business, sent=sent[::-1], has_outbox=self.outbox is not None, again_s=again_s
        )

    def ticket(self, asked: Asked, names: Mapping[str, str]) -> Page:
        """The last step: a first booking, its ticket and its texts."""
        business = known_business(self.config, names["business_id"])
        zone = ZoneInfo(business.timezone)
        tomorrow = asked.now.astimezone(zone).date() + timedelta(days=1)
        uid = asked.query.get("uid", "")
        found = self.endpoints.tickets.list(business.business_id, None)["tickets"] if uid else []
        booking_id = booking_id_of(trial_connection(business.business_id), uid)
        mine = [one for one in found if one["booking_id"] == booking_id]
        said = [
            one
            for one in self.notices.of_business(business.business_id)
            if one.ticket_id in {t["ticket_id"] for t in mine}
        ]
        return self._show(
            "setup_ticket.html",
            asked,
            business,
            tomorrow=tomorrow.isoformat(),
            uid=uid,
            tickets=mine,
            said=said,
            has_outbox=self.outbox is not None,
            again_s=LOOK_AGAIN_S if uid and not said else 0,
        )

    def _connection(self, asked: Asked, business: Business, connection_id: str) -> Page:
        shown = self.endpoints.connections.get(business.business_id, connection_id)
        connection = self.config.connection(connection_id)
        assert connection is not None  # as it was shown
        tool = tool_named(asked.query.get("tool_id", "")) or _tool_of(connection_id, shown["provider"])
        url = webhook_url(asked.base_url, connection)
        steps = in_words(tool, Words(asked.language)) if tool else []
        is_green = shown["events"] > 0
        return self._show(
            "setup_connection.html",
            asked,
            business,
            tool=tool,
            connection=shown,
            url=url,
            secret="",
            clicks=steps,
            is_green=is_green,
            again_s=0 if is_green else LOOK_AGAIN_S,
        )

    def _trip(self, asked: Asked, business: Business) -> tuple[dict[str, Any] | None, str]:
        origin = asked.query.get("from", "")
        if not origin or not business.feed:
            return None, ""
        from chalicelib.pages.operator.setup.timetable_view import try_trip  # noqa: PLC0415 - brings numpy

        try:
            trip = try_trip(self.service_days(), business, origin, asked.query.get("to", ""), asked.now)
        except Invalid as refusal:
            return None, str(refusal)
        for option in trip["options"]:
            for leg in option["legs"]:
                leg["begins"], leg["ends"] = (datetime.fromisoformat(leg[name]) for name in ("departs", "arrives"))
        return trip, ""

    def _map(self, business: Business, now: datetime) -> Any:
        from chalicelib.pages.operator.setup.timetable_view import map_of  # noqa: PLC0415 - brings numpy

        days = self.service_days()
        feed = days.feed(business.feed)
        today = now.astimezone(ZoneInfo(business.timezone)).date().isoformat()
        ready = sorted(feed.days, key=lambda day: (day < today, day)) if feed else []
        try:
            return map_of(days.day(business.feed, ready[0]), business.lat, business.lon) if ready else None
        except NoTimetable:
            return None

    def _free_id(self, business: Business, tool: Tool) -> str:
        """An id that nobody has: ids of connections are the hub's, not the business's."""
        base = f"{business.business_id[:40]}-{tool.tool_id}"
        tries = (base, *(f"{base}-{number}" for number in range(2, 100)))
        return next((one for one in tries if self.config.connection(one) is None), base)

    def _show(self, template: str, asked: Asked, business: Business | None, **values: Any) -> Page:
        said = {name: asked.query.get(name, "")[:400] for name in ("done", "trouble")}
        step = asked.path.rpartition("/")[2]
        known = {
            "business": business,
            "steps": STEPS,
            "step": step if step in STEPS else "",
            "has_geocoder": self.geocoder.is_there,
        }
        return render(template, asked, **(known | said | values))


def in_words(tool: Tool, words: Words) -> list[str]:
    """Where to click, of a connection whose address and secret stand above the steps."""
    url, secret = words("the address above"), words("the secret above")
    return [words(step).replace("{url}", url).replace("{secret}", secret) for step in tool.steps]


_ON_ITS_WAY = frozenset({"configured", "compiling"})


def _tool_of(connection_id: str, provider: str) -> Tool | None:
    """The tool that a connection was made for: its id says so where it was made here."""
    by_name = [one for one in tools() if f"-{one.tool_id}" in connection_id]
    return max(by_name, key=lambda one: len(one.tool_id), default=None) or next(
        (one for one in tools() if one.provider == provider), None
    )
