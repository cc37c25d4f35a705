"""What the set-up's forms do: the same calls as the API's, and where to go on."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Customer
from chalicelib.bookings.business import WEEKDAYS
from chalicelib.bookings.connections.webhook_addresses import webhook_url
from chalicelib.foundation.instants import find_zone
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.operator.console.acts import form_of
from chalicelib.pages.operator.console.console import with_words
from chalicelib.pages.operator.console.layout import Words, render
from chalicelib.pages.operator.setup.catalogue import read_catalogue
from chalicelib.pages.operator.setup.pages import SWITCHED, in_words
from chalicelib.pages.operator.setup.places import is_link, is_short_link, read_point
from chalicelib.pages.operator.setup.tools import tool_named
from chalicelib.pages.operator.setup.zones import propose_zone
from chalicelib.transit.data.feed import all_feeds
from chalicelib.workflows.trying.first_booking import Trial, book_trial, cancel_trial
from chalicelib.workflows.trying.test_message import send_trial, trial_notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.foundation.ports import Documents, Queues
    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints
    from chalicelib.pages.operator.setup.places import Found, Geocoder
    from chalicelib.pages.operator.setup.tools import Tool
    from chalicelib.pages.page import Page

    KeepSecret = Callable[[str, Mapping[str, str]], object]

UPLOAD = "x-hub-upload"  # set by the door of one machine alone, which takes it off all that comes from outside
NEW_ID_MAX = 40
SECRET_BYTES = 32
OURS, THEIRS = "ours", "theirs"  # who makes the secret: the hub, the tool


@dataclass(frozen=True, slots=True)
class SetupActs:
    """Each method is one form. `keep_secret` is None where secrets are kept by somebody else (AWS)."""

    documents: Documents
    queues: Queues
    config: Config
    endpoints: OperatorEndpoints
    inbox: Inbox
    geocoder: Geocoder
    keep_secret: KeepSecret | None
    catalogue: str
    takes_uploads: bool

    def start(self, asked: Asked) -> str:
        """A new business: its name and where it is; the zone is proposed."""
        name = asked.form.get("name", "")
        if not name:
            raise Invalid("invalid_business", "name is missing: what do customers call this business?")
        found = self._find(asked.form.get("place", ""))
        business_id = self._free_id(name)
        zone = propose_zone(found.lat, found.lon, all_feeds(self.documents))
        body = {
            "name": name, "timezone": zone, "location": {"lat": found.lat, "lon": found.lon},
            "locale": asked.language,
        }  # a table, read by rows # fmt: skip
        self.endpoints.businesses.put(business_id, body)
        return f"/setup/{business_id}/business"

    def business(self, asked: Asked) -> str:
        """The first step's form."""
        business = self._business(asked)
        form, changed = asked.form, form_of(business)
        changed |= {
            "name": form.get("name", ""),
            "timezone": form.get("timezone", ""),
            "phone": form.get("phone") or None,
            "operator_mail": form.get("operator_mail") or None,
            "country": form.get("country", "").upper() or None,
        }
        if form.get("street"):
            old = changed["address"] or {}
            parts = {name: form.get(name, "") for name in ("street", "floor", "postcode", "city")}
            changed["address"] = {**old, **parts}
        else:
            changed["address"] = None
        if form.get("place"):
            found = self._find(form["place"])
            changed["location"] = {"lat": found.lat, "lon": found.lon}
        self.endpoints.businesses.put(business.business_id, changed)
        return f"/setup/{business.business_id}/timetable"

    def timetable(self, asked: Asked) -> str:
        """The second step's forms: one that is there, one of the catalogue, a URL, or none."""
        business, wanted = self._business(asked), asked.form.get("use", "")
        here = f"/setup/{business.business_id}/timetable"
        if wanted == "none":
            self.endpoints.businesses.put(business.business_id, form_of(business) | {"feed": None})
            return f"/setup/{business.business_id}/tool"
        if wanted == "there":
            self.endpoints.businesses.put(
                business.business_id, form_of(business) | {"feed": asked.form.get("feed", "")}
            )
            return here
        url = asked.form.get("url", "")
        if wanted == "listed":
            listed = {one.source_id: one.url for one in read_catalogue(self.catalogue)}
            url = listed.get(asked.form.get("source", ""), "")
        self._new_feed(asked, business, url)
        return here

    def upload(self, asked: Asked) -> str:
        """A zip that was sent from the browser; the machine's door has put it into a file."""
        business, path = self._business(asked), asked.headers.get(UPLOAD, "")
        if not self.takes_uploads:
            raise Invalid("no_uploads", "This hub takes a timetable by its URL only.")
        if not path:
            raise Invalid("no_file", "No file was sent: choose the zip of a timetable.")
        self._new_feed(asked, business, path)
        return f"/setup/{business.business_id}/timetable"

    def tool(self, asked: Asked) -> Page:
        """The third step's form: a connection, whose address and secret are shown."""
        business, form = self._business(asked), asked.form
        tool = tool_named(form.get("tool", ""))
        if tool is None:
            raise Invalid("unknown_tool", "There is no such tool.")
        connection_id = form.get("connection_id", "")
        body = self._connection_body(asked, business, tool, connection_id)
        secret = body.get("secret", "")
        self.endpoints.connections.put(business.business_id, connection_id, body, asked.base_url)
        connection = self.config.connection(connection_id)
        assert connection is not None  # just made
        url = webhook_url(asked.base_url, connection)
        steps = in_words(tool, Words(asked.language))
        shown = self.endpoints.connections.get(business.business_id, connection_id)
        return render(
            "setup_connection.html",
            asked,
            business=business,
            clicks=steps,
            tool=tool,
            connection=shown,
            url=url,
            secret=secret if tool.secret == OURS else "",
            is_green=shown["events"] > 0,
            step="tool",
            done="",
            trouble="",
        )

    def messages(self, asked: Asked) -> str:
        """The fourth step's form."""
        business, form = self._business(asked), asked.form
        hours = {day: _spans(form.get(f"hours_{day}", "")) for day in WEEKDAYS}
        switched = {kind: False for kind in SWITCHED if form.get(f"say_{kind}") != "yes"}
        others = {kind: on for kind, on in business.notices.items() if kind not in SWITCHED}
        changed = form_of(business) | {
            "locale": form.get("locale", ""),
            "hours": {day: spans for day, spans in hours.items() if spans},
            "notices": others | switched,
            "quiet_from": form.get("quiet_from", ""),
            "quiet_until": form.get("quiet_until", ""),
            "privacy": form.get("privacy", ""),
            "imprint": form.get("imprint", ""),
        }
        self.endpoints.businesses.put(business.business_id, changed)
        return f"/setup/{business.business_id}/test"

    def test(self, asked: Asked) -> str:
        """The fifth step's form: a test text or mail."""
        from chalicelib.bookings.forms import Reach  # noqa: PLC0415 - brings pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        business = self._business(asked)
        to = asked.form.get("to", "")
        reach = validate(Reach, {"mail": to} if "@" in to else {"phone": to}, "invalid_receiver")
        customer = Customer("trial", "", email=reach.mail, phone=reach.phone)
        send_trial(self.documents, self.queues, trial_notice(business, customer, asked.now, secrets.token_hex(6)))
        said = Words(asked.language)("The test is on its way; what becomes of it stands here.")
        return with_words(f"/setup/{business.business_id}/test", "done", said)

    def trial(self, asked: Asked) -> str:
        """The last step's form: a first booking."""
        from chalicelib.bookings.forms import Reach  # noqa: PLC0415 - brings pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        business, form = self._business(asked), asked.form
        given = {"phone": form.get("phone") or None, "mail": form.get("mail") or None}
        reach = validate(Reach, given, "invalid_receiver")
        if not (reach.phone or reach.mail):
            raise Invalid("invalid_receiver", "Enter a phone number or a mail address: somebody has to get the texts.")
        zone = ZoneInfo(business.timezone)
        try:
            day, clock = datetime.fromisoformat(form.get("day", "")).date(), time.fromisoformat(form.get("time", ""))
        except ValueError:
            raise Invalid("invalid_time", "Enter a day and a time.") from None
        start = datetime.combine(day, clock, zone)
        if not timedelta() < start - asked.now < timedelta(days=60):
            raise Invalid("invalid_time", "Choose a time to come, within 60 days.")
        trial = Trial(form.get("name") or "Test", reach.phone or "", reach.mail or "", start, form.get("origin", ""))
        uid = book_trial(self.inbox, self.config, business, trial, asked.now)
        return f"/setup/{business.business_id}/ticket?uid={uid}"

    def cancel_trial(self, asked: Asked) -> str:
        """The first booking is cancelled again."""
        business = self._business(asked)
        cancel_trial(self.inbox, self.config, business, asked.form.get("uid", ""), asked.now)
        said = Words(asked.language)("The booking is cancelled; its ticket and its texts say so in a moment.")
        return with_words(f"/setup/{business.business_id}/ticket?uid={asked.form.get('uid', '')}", "done", said)

    def _business(self, asked: Asked) -> Business:
        return known_business(self.config, asked.form.get("business_id", ""))

    def _find(self, place: str) -> Found:
        """The point of a link, coordinates or an address. Raises `Invalid`, `Unavailable`."""
        if found := read_point(place):
            return found
        if is_short_link(place):
            message = "A short link holds no point: open it in a browser, and paste the long address that it leads to."
            raise Invalid("no_point", message)
        if not place or is_link(place) or not self.geocoder.is_there:
            message = "No point was found in it: paste a link of a map where the place is marked, or “48.27, 14.86”."
            raise Invalid("no_point", message)
        found = self.geocoder.find(place)
        if found is None:
            raise Invalid("no_point", "The geocoder knows no such address: write it otherwise, or paste a map's link.")
        return found

    def _free_id(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:NEW_ID_MAX] or "business"
        tries = (base, *(f"{base}-{number}" for number in range(2, 1000)))
        return next(one for one in tries if self.config.business(one) is None)

    def _new_feed(self, asked: Asked, business: Business, source: str) -> None:
        """A feed of this source, for the business to plan with. Only operators add feeds: all may use them."""
        if asked.session is None or not asked.session.caller.is_operator:
            raise Invalid("operators_only", "New timetables are added by the hub's operator; choose one that is there.")
        if not source:
            raise Invalid("invalid_feed", "Choose a timetable, paste its URL, or choose a file.")
        live = [url for url in asked.form.get("realtime", "").replace(",", " ").split() if url]
        feed_id = asked.form.get("feed_id") or business.business_id
        self.endpoints.feeds.put(feed_id, {"gtfs": source, **({"realtime": live} if live else {})})
        self.endpoints.businesses.put(business.business_id, form_of(business) | {"feed": feed_id})

    def _connection_body(self, asked: Asked, business: Business, tool: Tool, connection_id: str) -> dict[str, Any]:
        form, body = asked.form, {"provider": tool.provider, **tool.preset}
        if tool.secret in {OURS, "address"}:
            body["secret"] = (
                f"whsec_{_base64_secret()}" if tool.provider == "standard" else secrets.token_urlsafe(SECRET_BYTES)
            )
        elif tool.secret == THEIRS:
            if not form.get("secret"):
                raise Invalid("missing_secret", "The secret is missing: copy it from the tool, as the steps say.")
            body["secret"] = form["secret"]
        for name in tool.settings:
            if form.get(name):
                body[name] = form[name]
        if "timezone" in tool.settings and find_zone(body.get("timezone", "")) is None:
            body["timezone"] = business.timezone
        fields = {name: form[f"credential_{name}"] for name in tool.credentials if form.get(f"credential_{name}")}
        if fields:
            if self.keep_secret is None:
                raise Invalid("no_secrets", "This hub's secrets are kept in AWS Secrets Manager: see the steps there.")
            name = f"hub/{business.business_id}/{connection_id}"
            self.keep_secret(name, fields)
            body["credentials"] = name
        return body


def _base64_secret() -> str:
    import base64  # noqa: PLC0415 - only here

    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _spans(text: str) -> list[str]:
    """Spans of a day as the form takes them: single digits and dashes of every kind are put right."""
    spans = re.split(r"[,;]", text.replace("\u2013", "-").replace(" ", ""))
    return [
        "-".join(part if len(part.partition(":")[0]) > 1 else f"0{part}" for part in span.split("-"))
        for span in spans
        if span
    ]
