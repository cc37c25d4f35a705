"""The HTTP contract as an OpenAPI 3.1 description, made from one table of doors.

What an operator may send about a business or a connection is described by the very forms that check it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.entrypoints.openapi_shapes import SHAPES, TEXT, ref
from chalicelib.pages.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
HTML = "text/html"
REASONS = {
    200: "Done",
    202: "Accepted",
    303: "See the page",
    400: "What was sent cannot be used",
    401: "The signature or key is missing or wrong",
    403: "Sent from another site",
    404: "There is no such thing",
    405: "This tool shakes no hands; webhooks come by POST",
    409: "Not possible any more, or changed by somebody else meanwhile",
    411: "The body's length is not said (on one machine only)",
    413: "Too large",
    503: "Not possible just now; try again",
}


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one path. `gives` is a shape's name, or a media type; `takes` a shape's name; `fails` statuses."""

    method: str
    path: str
    does: str
    gives: str
    fails: tuple[int, ...] = ()
    takes: str = ""
    success: int = 200
    query: tuple[str, ...] = ()
    form: bool = False  # takes the same as an HTML form, too, and then leads back to the page
    shakes: bool = False  # where a tool asks for a handshake, its answer is text

    @property
    def for_operators(self) -> bool:
        """Whether it needs the admin key."""
        return self.path.startswith("/admin/")


ADMIN_FAILURES = (401, 503)
DOORS = (
    Door("get", "/health", "Whether the hub answers", "Health"),
    Door("get", "/openapi.json", "This description", "Any"),
    Door("get", "/robots.txt", "Crawlers are to stay away", "text/plain"),
    Door(
        "put",
        "/admin/feeds/{feed_id}",
        "Configures a feed and has it compiled",
        "Feed",
        (400, 413, *ADMIN_FAILURES),
        "FeedForm",
    ),
    Door("get", "/admin/feeds/{feed_id}", "A feed, its state and findings", "Feed", (404, *ADMIN_FAILURES)),
    Door(
        "put",
        "/admin/businesses/{business_id}",
        "Configures a business",
        "Business",
        (400, 413, *ADMIN_FAILURES),
        "BusinessForm",
    ),
    Door("get", "/admin/businesses/{business_id}", "A business", "Business", (404, *ADMIN_FAILURES)),
    Door(
        "put",
        "/admin/businesses/{business_id}/connections/{connection_id}",
        "Configures a connection to a booking tool; the answer says where the tool has to send",
        "Connection",
        (400, 404, 409, 413, *ADMIN_FAILURES),
        "ConnectionForm",
    ),
    Door(
        "get",
        "/admin/businesses/{business_id}/connections",
        "A business's connections, each with its health",
        "Connections",
        (404, *ADMIN_FAILURES),
    ),
    Door(
        "get",
        "/admin/businesses/{business_id}/connections/{connection_id}",
        "A connection: what came last, what became of it, its health",
        "ConnectionHealth",
        (404, *ADMIN_FAILURES),
    ),
    Door(
        "post",
        "/admin/businesses/{business_id}/connections/{connection_id}/reconcile",
        "Has all coming bookings read back from the tool now",
        "Queued",
        (404, *ADMIN_FAILURES),
        success=202,
    ),
    Door(
        "post",
        "/admin/businesses/{business_id}/connections/{connection_id}/mapping",
        "What a mapping would make of the last received payload; changes nothing",
        "TriedMapping",
        (400, 404, 413, *ADMIN_FAILURES),
        "MappingForm",
    ),
    Door(
        "get",
        "/admin/businesses/{business_id}/outages",
        "What is or was out of service, the latest first",
        "Outages",
        (404, *ADMIN_FAILURES),
    ),
    Door(
        "put",
        "/admin/businesses/{business_id}/outages/{outage_id}",
        "Reports that a business is closed, when it will be back, or that it is over; people with bookings are told",
        "Outage",
        (400, 404, 409, 413, *ADMIN_FAILURES),
        "OutageForm",
    ),
    Door(
        "delete",
        "/admin/businesses/{business_id}/outages/{outage_id}",
        "It is over",
        "Outage",
        (400, 404, 409, *ADMIN_FAILURES),
    ),
    Door(
        "get",
        "/admin/businesses/{business_id}/tickets",
        "A local day's tickets; without a day those of today and the coming 60 days",
        "Tickets",
        (400, 404, *ADMIN_FAILURES),
        query=("date",),
    ),
    Door(
        "get",
        "/admin/businesses/{business_id}/notices",
        "What was sent, held, suppressed or failed, with reasons",
        "Notices",
        (404, *ADMIN_FAILURES),
    ),
    Door(
        "get",
        "/admin/businesses/{business_id}/parked",
        "What could not be understood",
        "ParkedEvents",
        (404, *ADMIN_FAILURES),
    ),
    Door(
        "post",
        "/admin/businesses/{business_id}/parked/replay",
        "Has all parked events processed again, or those of one connection",
        "ReplayedAll",
        (404, 409, *ADMIN_FAILURES),
        success=202,
        query=("connection_id",),
    ),
    Door(
        "post",
        "/admin/businesses/{business_id}/parked/{event_id}/replay",
        "Has a parked event processed again",
        "Replayed",
        (404, 409, *ADMIN_FAILURES),
        success=202,
    ),
    Door(
        "post",
        "/hooks/{connection_id}",
        "Stores a booking tool's webhook, byte for byte",
        "Accepted",
        (401, 404, 413, 503),
        "Any",
        success=202,
        shakes=True,
    ),
    Door("get", "/hooks/{connection_id}", "A handshake that a booking tool asks for", "text/plain", (404, 405, 503)),
    Door("head", "/hooks/{connection_id}", "The same, without the answer's body", "", (404, 405, 503)),
    Door("get", "/t/{token}", "The ticket's page", HTML, (404, 503), query=("q", "trouble")),
    Door("get", "/t/{token}.json", "The ticket", "Ticket", (404, 503)),
    Door("get", "/t/{token}.ics", "The calendar entry", "text/calendar", (404, 503)),
    Door("get", "/t/{token}/places", "Stops by name, best first", "Places", (404, 503), query=("q",)),
    Door(
        "post",
        "/t/{token}/origin",
        "Sets where the customer comes from, and plans",
        "Ticket",
        (400, 403, 404, 409, 413, 503),
        "Origin",
        form=True,
    ),
    Door("delete", "/t/{token}/origin", "Forgets where the customer comes from", "Ticket", (403, 404, 503)),
)


@dataclass
class _Forms:
    """Shapes that pydantic makes of the forms, with what they refer to."""

    shapes: dict[str, Any] = field(default_factory=dict)

    def add(self, form: Any) -> None:
        made = form.model_json_schema(ref_template="#/components/schemas/{model}")
        self.shapes |= made.pop("$defs", {})
        self.shapes[form.__name__] = made


@cache
def description() -> Mapping[str, Any]:
    """The whole description."""
    from chalicelib.bookings.forms import BusinessForm, ConnectionForm, MappingForm  # noqa: PLC0415 - brings pydantic
    from chalicelib.outages.form import OutageForm  # noqa: PLC0415 - the same

    forms = _Forms()
    for form in (BusinessForm, ConnectionForm, MappingForm, OutageForm):
        forms.add(form)
    paths: dict[str, Any] = {}
    for door in DOORS:
        paths.setdefault(door.path, {})[door.method] = _operation(door)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Live ticket hub",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": SHAPES | forms.shapes,
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def openapi_page() -> Page:
    """GET /openapi.json. It holds nothing about anybody, so anyone may keep it for an hour."""
    headers = {"Content-Type": JSON, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Page(200, headers, json.dumps(description()).encode())


def _operation(door: Door) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(door),
        "summary": door.does,
        "responses": {str(door.success): _success(door)}
        | {str(status): _failure(door, status) for status in door.fails},
    }
    parameters = [_parameter(name, "path") for name in re.findall(r"{(\w+)}", door.path)]
    parameters += [_parameter(name, "query") for name in door.query]
    if parameters:
        operation["parameters"] = parameters
    if door.takes:
        content = {JSON: {"schema": ref(door.takes)}}
        if door.form:
            content["application/x-www-form-urlencoded"] = {"schema": ref(door.takes)}
            operation["responses"]["303"] = {"description": REASONS[303], "headers": {"Location": {"schema": TEXT}}}
        operation["requestBody"] = {"required": True, "content": content}
        operation["responses"]["411"] = _failure(door, 411)
    if door.shakes:
        operation["responses"]["200"] = {
            "description": "A handshake's answer",
            "content": {"text/plain": {"schema": TEXT}},
        }
    if door.for_operators:
        operation["security"] = [{"admin": []}]
    return operation


def _name(door: Door) -> str:
    words = re.findall(r"\w+", door.path.replace("{", "by_").replace(".", "_as_"))
    return "_".join([door.method, *words])


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": TEXT}


def _success(door: Door) -> dict[str, Any]:
    said: dict[str, Any] = {"description": REASONS[door.success]}
    if door.gives:
        content = {door.gives: {"schema": TEXT}} if "/" in door.gives else {JSON: {"schema": ref(door.gives)}}
        said["content"] = content
    return said


def _failure(door: Door, status: int) -> dict[str, Any]:
    said: dict[str, Any] = {"description": REASONS[status]}
    if door.method != "head":
        page = {HTML: {"schema": TEXT}} if status == 404 and (door.form or door.gives == HTML) else {}  # noqa: PLR2004 - an HTTP status
        said["content"] = page if door.gives == HTML and page else {JSON: {"schema": ref("Error")}, **page}
    return said
