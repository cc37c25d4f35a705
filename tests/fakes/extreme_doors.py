"""Extremes at the doors of the whole hub: bodies, queries, headers and paths of every endpoint, and queue messages.

Of each request is asked: it is answered as the description says, and never with 500; the business beside it is as it
was; and a customer's next page and a good request are answered as ever.
"""

from __future__ import annotations

import functools
import os
import tempfile
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from chalicelib import wiring
from chalicelib.entrypoints.endpoints import ENDPOINTS
from chalicelib.entrypoints.messages import HANDLERS, BadCommand, UnknownCommand, handle_message
from chalicelib.foundation.invalid import Invalid
from tests.fakes.calcom import calcom_payload
from tests.fakes.extremes import as_bytes, cells, spoilings
from tests.fakes.lindenau import SALON, WESTHOF, Lindenau
from tests.fakes.openapi import check_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Case = tuple[str, "Callable[[], object]"]
KEY = "the-admin-key"
MAPPING = {
    "uid": "id",
    "start": "at",
    "length_min": "min",
    "statuses": {"x": "cancelled"},
    "time_format": "dd.mm.yyyy HH:MM",
}
CONNECTIONS: list[dict[str, Any]] = [
    {"provider": "json", "secret": "s", "mapping": MAPPING, "length_min": {"*": 5}, "overlap_h": 2.5,
     "signature": {"scheme": "hex", "header": "X-S", "prefix": "sha="}, "zones": {"W. Europe": "Europe/Berlin"},
     "calendars": {"a": {"name": "b", "lat": 1, "lon": 2}}, "event_types": ["cut"], "visit_needs": ["reachable"]},
    {"provider": "ical", "feed_url": "https://example.com/a.ics", "timezone": "Europe/Berlin", "account": "a",
     "phone_field": "p", "origin_field": "o", "tool_reminds": True, "tool_tells_cancel": False,
     "notification_url": "https://example.com/x", "credentials": "name", "api_url": "https://example.com"},
]  # a table, read by rows # fmt: skip
BODIES: list[tuple[str, str, Any]] = [
    ("PUT", "/admin/feeds/odd", {"gtfs": ["https://example.com/a.zip"], "realtime": ["https://example.com/b"],
                                 "gbfs": "https://example.com/gbfs.json", "streets": "https://example.com/a.osm.pbf"}),
    ("PUT", "/admin/businesses/odd", {
        **SALON, "locale": "de", "sender": "Salon", "country": "AT", "notices": {"late": False}, "lead_min": 10,
        "operator_mail": "a@example.com", "address": {"street": "Way 1", "floor": "2", "city": "Lind"},
        "early_min": 5, "change_s": 60, "on_time_target": 0.9, "plan": "free"}),
    *(("PUT", "/admin/businesses/odd/connections/odd", one) for one in CONNECTIONS),
    ("POST", "/admin/businesses/odd/connections/mapped/mapping", MAPPING),
    ("PUT", "/admin/businesses/odd/outages/odd", {
        "since": "2026-09-03T08:00:00+02:00", "back_from": "2026-09-03T10:00:00+02:00", "reason": "power_cut",
        "back_until": "2026-09-03T12:00:00+02:00", "what": "booking_tool", "connection_id": "odd", "ended": False}),
    ("PUT", "/admin/keys/odd", {"label": "desk"}),
    ("PUT", "/admin/businesses/odd/keys/odd", {"label": "desk"}),
    ("PUT", "/admin/businesses/odd/staff_links/odd", {"label": "desk"}),
    ("POST", "/hooks/cal", calcom_payload()),
    ("POST", "/t/{token}/origin", WESTHOF),
    ("POST", "/t/{token}/origin", {"stop_id": "W", "min": 5}),
    ("POST", "/t/{token}/origin", {"forget": True}),
]  # a table, read by rows # fmt: skip
QUERIES = {"/admin/businesses/salon/tickets": ("date",), "/t/{token}": ("q", "trouble"), "/t/{token}/places": ("q",),
           "/admin/businesses/salon/parked/replay": ("connection_id",)}  # a table, read by rows # fmt: skip
HEADERS = ("authorization", "content-type", "accept-language", "host", "x-forwarded-proto", "origin")


class Town:
    """Lindenau and its app, once for all cases; `ask` asks the app as API Gateway does."""

    def __init__(self) -> None:
        import app  # noqa: PLC0415 - the app is made when it is needed
        from infra.local.http import Gateway  # noqa: PLC0415 - as above

        folder = Path(tempfile.mkdtemp(prefix="extremes-"))
        self.lindenau = Lindenau.founded(folder)
        self.hub = self.lindenau.hub
        self.lindenau.compile_town(folder)
        self.lindenau.open_salon()
        self.hub.operator.businesses.put("odd", SALON)
        now = self.lindenau.clock.now()
        self.hub.config.put_connection("odd", "mapped", {**CONNECTIONS[0]}, now)
        self.hub.config.put_connection("odd", "cal", {"provider": "calcom", "secret": "s"}, now)
        self.gateway = Gateway(app.app)
        self.good = self.lindenau.book("good").token
        self.odd = self.lindenau.book("odd").token
        wiring.install(self.hub)
        self.salon = self.ask("GET", "/admin/businesses/salon")
        assert self.salon[0] == 200

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        wiring.install(self.hub)
        known = os.environ.get("HUB_ADMIN_KEY")
        os.environ["HUB_ADMIN_KEY"] = KEY
        sent = {"Host": "hub.example.com", "content-type": "application/json", "authorization": f"Bearer {KEY}"}
        try:
            status, _, answer = self.gateway.answer(method, path, {**sent, **(headers or {})}, body)
        finally:
            if known is None:
                del os.environ["HUB_ADMIN_KEY"]
            else:
                os.environ["HUB_ADMIN_KEY"] = known
        return status, answer

    def try_one(self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        path = path.replace("{token}", self.odd)
        status, answer = self.ask(method, path, body, headers)
        assert status < 500, f"{method} {path[:80]} is answered {status}: {answer[:200]!r}"
        if status != 429:
            check_answer(method, path, status, answer)
        assert self.ask("GET", "/admin/businesses/salon") == self.salon, "the business beside it has changed"
        for page in (f"/t/{self.good}", f"/t/{self.odd}", f"/t/{self.odd}.json", f"/t/{self.odd}.ics"):
            assert self.ask("GET", page)[0] == 200, f"{page} cannot be shown any more"
        self.hub.queues.messages.clear()  # type: ignore[attr-defined] # the memory's own


@functools.cache
def town() -> Town:
    return Town()


def bodies() -> Iterator[Case]:
    """Every body that an endpoint takes, spoiled."""
    at = town()
    for method, path, good in BODIES:
        for what, spoiled in spoilings(good):
            yield f"{method} {path}: {what}", partial(at.try_one, method, path, as_bytes(spoiled))
        whole = {"nothing": b"", "100,000 lists": b"[" * 100_000, "no text": b"\xff\xfe", "2 MB": b" " * 2**21}
        for what, raw in whole.items():
            yield f"{method} {path}: {what}", partial(at.try_one, method, path, raw)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for name in ("lat", "lon", "stop_id", "forget", "where", "min", "q"):
        for what, value in cells():
            body = urlencode({"lat": "48.2", "lon": "14.8", name: value.encode("utf-8", "surrogatepass")}).encode()
            yield f"form: {name} is {what}", partial(at.try_one, "POST", "/t/{token}/origin", body, form)


def paths() -> Iterator[Case]:
    """Every endpoint with an extreme in each step of its path that is a name."""
    at = town()
    for endpoint in ENDPOINTS:
        method, steps = endpoint.method.upper(), endpoint.path.split("/")
        for number in (number for number, step in enumerate(steps) if step.startswith("{")):
            for what, value in cells():
                named = quote(value.encode("utf-8", "surrogatepass"), safe="")[:6_000] or "%20"
                suffix = steps[number].partition("}")[2]
                path = "/".join([*steps[:number], named + suffix, *steps[number + 1 :]])
                tried = partial(at.try_one, method, _filled(path), b"{}")
                yield f"{method} {endpoint.path}: {steps[number]} is {what}", tried


def queries_and_headers() -> Iterator[Case]:
    """Each query and each header that is read."""
    at = town()
    for path, name in ((path, name) for path, names in QUERIES.items() for name in names):
        method = "POST" if path.endswith("replay") else "GET"
        for what, value in cells():
            query = urlencode({name: value.encode("utf-8", "surrogatepass")})[:6_000]
            yield f"{path}?{name}= is {what}", partial(at.try_one, method, f"{path}?{query}", b"")
    for header in HEADERS:
        for what, value in cells():
            for method, path, good in (BODIES[1], BODIES[-2], BODIES[-4]):
                sent = {header: value.encode("utf-8", "replace").decode("latin-1")[:8_000]}
                yield f"{path}: {header} is {what}", partial(at.try_one, method, path, as_bytes(good), sent)


def _filled(path: str) -> str:
    for name in ("business", "connection", "feed", "outage", "notice", "event", "key"):
        path = path.replace(f"{{{name}_id}}", "odd")
    return path


def messages() -> Iterator[Case]:
    """Every command of a queue, each of its fields and its name spoiled; the next good one is done."""
    at = town()
    values: dict[str, Any] = {
        "event_id": "e", "ticket_id": "t", "notice_id": "n", "ticket_ids": ["t", "u"], "feed_id": "town", "why": "x",
        "dates": ["2026-09-03"], "business_id": "salon", "outage_id": "o", "days": ["2026-09-03"], "conditions_at": 1,
        "receipt": {"recipients": ["c+k@hub"], "action": {"objectKey": "mail/x"}}, "mail": {"messageId": "m"},
        "originationNumber": "+12025550123", "messageBody": "stop", "round_of": 1, "batch": 0,
    }  # a table, read by rows # fmt: skip

    def take(message: Any) -> None:
        now = at.lindenau.clock.now()
        try:
            handle_message(message, at.hub, now)
        except (UnknownCommand, BadCommand, Invalid) as said:
            assert 0 < len(str(said)) < 2_000  # noqa: PT017 - either is fine
        handle_message({"command": "check_ticket", "v": 1, "ticket_id": "t"}, at.hub, now)
        assert at.ask("GET", f"/t/{at.good}")[0] == 200
        at.hub.queues.messages.clear()  # type: ignore[attr-defined] # the memory's own

    for kind in HANDLERS:
        known = {one.name: values[one.name] for one in fields(kind) if one.name in values}
        for named in ({"command": kind.NAME, "v": kind.VERSION}, {}):
            for what, spoiled in spoilings({**named, **known}):
                yield f"{kind.NAME}: {what}", partial(take, spoiled)


DOORS: dict[str, Callable[[], Iterator[Case]]] = {
    "bodies of endpoints": bodies,
    "paths of endpoints": paths,
    "queries and headers": queries_and_headers,
    "queue messages": messages,
}
