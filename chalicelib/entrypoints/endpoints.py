"""Every endpoint of the hub, one entry each: what it does, takes and gives, and how it can fail.

What an operator may send about a business, a connection or an outage is described by the very forms that check it.
Only the description is made of this table, so that pydantic is loaded for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.bookings.forms import BusinessForm, ConnectionForm, MappingForm, TrialForm, ZoneNameForm
from chalicelib.entrypoints import json_shapes as shapes
from chalicelib.entrypoints import operator_shapes as shown
from chalicelib.entrypoints import said_shapes
from chalicelib.entrypoints.reason_shapes import NoticeReasons
from chalicelib.entrypoints.sending import shapes as sending_shapes
from chalicelib.entrypoints.status_shapes import Rehearsal, StatusSummary
from chalicelib.notices.delivery.gateways.form import GatewayForm
from chalicelib.outages.form import OutageForm

if TYPE_CHECKING:
    from pydantic import BaseModel

HTML = "text/html"
ONLY_SAY = "with ?only_say=1 nothing is deleted, and the answer says what would be"
ADMIN = (401, 403, 503)  # how every endpoint for operators can fail


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. `gives` is a JSON shape, a media type of text, or "" (no body); `fails` are statuses."""

    method: str
    path: str
    does: str
    gives: type[BaseModel] | str
    fails: tuple[int, ...] = ()
    takes: type[BaseModel] | None = None
    success: int = 200
    query: tuple[str, ...] = ()
    takes_form: bool = False  # takes the same as an HTML form, too, and then leads back to the page
    only_form: bool = False  # takes a form, and no JSON
    same_on: tuple[int, ...] = ()  # statuses beside success that come with the same shape
    answers_handshake: bool = False  # where a tool asks for a handshake, it is answered with text

    @property
    def is_for_operators(self) -> bool:
        """Whether it needs the admin key."""
        return self.path.startswith("/admin/")


KEY_ENDPOINTS = tuple(
    one
    for path, what, gives in (
        ("/admin/keys", "operators' keys", shown.NewKey),
        ("/admin/businesses/{business_id}/keys", "keys of a business", shown.NewKey),
        (
            "/admin/businesses/{business_id}/staff_links",
            "links to a business's staff page",
            shown.NewStaffLink,
        ),
    )
    for one in (
        Endpoint("get", path, f"The {what}: names and last use, never the key", shown.AccessKeys, (404, *ADMIN)),
        Endpoint(
            "put",
            f"{path}/{{key_id}}",
            f"Makes one of the {what}, shown this once; the one of that name before stops",
            gives,
            (400, 404, 413, *ADMIN),
            shown.KeyForm,
        ),
        Endpoint("delete", f"{path}/{{key_id}}", f"Revokes one of the {what}", shown.Revoked, (404, *ADMIN)),
    )
)

PAGE_QUERY = ("done", "trouble")
PAGES = (
    Endpoint("get", "/", "What this is, and where to go", HTML),
    Endpoint(
        "get", "/operator", "How the hub does, its businesses and feeds", HTML, (403, 503), query=("from", *PAGE_QUERY)
    ),
    Endpoint("get", "/operator/keys", "Operators' keys", HTML, (403, 503), query=PAGE_QUERY),
    Endpoint(
        "get", "/operator/outbox", "Texts and mails that stayed on this machine", HTML, (403, 503), query=PAGE_QUERY
    ),
    Endpoint("get", "/operator/feeds/{feed_id}", "A feed and its findings", HTML, (403, 404, 503), query=PAGE_QUERY),
    Endpoint(
        "get", "/operator/businesses/{business_id}", "A business's own page", HTML, (403, 404, 503), query=PAGE_QUERY
    ),
    Endpoint(
        "get",
        "/operator/businesses/{business_id}/notices",
        "Its messages, filtered and by pages",
        HTML,
        (400, 403, 404, 503),
        query=("day", "state", "kind", "channel", "before"),
    ),
    Endpoint(
        "get",
        "/operator/businesses/{business_id}/notices/{notice_id}",
        "A message, and why it was sent or not",
        HTML,
        (403, 404, 503),
    ),
    Endpoint(
        "get",
        "/operator/businesses/{business_id}/delete",
        "What deleting it, or a connection of it, would do",
        HTML,
        (403, 404, 409, 503),
        query=("connection",),
    ),
    Endpoint("get", "/setup", "Sets up a business, step by step", HTML, (403, 503), query=PAGE_QUERY),
    *(
        Endpoint(
            "get",
            f"/setup/{{business_id}}/{step}",
            f"The set-up's step: {what}",
            HTML,
            (403, 404, 503),
            query=(*more, *PAGE_QUERY),
        )
        for step, what, more in (
            ("business", "name, place and zone", ()),
            ("timetable", "which timetable, its progress, its map, a trip to try", ("from", "to")),
            ("tool", "the booking tools, one of them, or a connection", ("tool", "connection")),
            ("messages", "language, hours, which messages, quiet hours, privacy notice, imprint", ()),
            ("test", "a test text or mail", ()),
            ("ticket", "a first booking, its ticket and texts", ("uid",)),
        )
    ),
    Endpoint(
        "post",
        "/setup/{business_id}/upload",
        "Takes the zip of a timetable, on one machine",
        HTML,
        (401, 403, 404, 413, 503),
        shown.PageForm,
        only_form=True,
    ),
    Endpoint(
        "post",
        "/operator/do/{form}",
        "What a form of these pages does; then leads on to a page",
        HTML,
        (401, 403, 404, 503),
        shown.PageForm,
        only_form=True,
    ),
)

ENDPOINTS = (
    Endpoint(
        "get", "/health", "Whether each part of the hub is well; 503 where one is not", shown.Health, same_on=(503,)
    ),
    *PAGES,
    Endpoint("get", "/openapi.json", "This description", shapes.Any),
    Endpoint("get", "/robots.txt", "Crawlers are to stay away", "text/plain"),
    Endpoint(
        "put",
        "/admin/feeds/{feed_id}",
        "Configures a feed and has it compiled",
        shapes.Feed,
        (400, 413, *ADMIN),
        shapes.FeedForm,
    ),
    Endpoint(
        "delete",
        "/admin/feeds/{feed_id}",
        f"Removes a feed that no business plans with; {ONLY_SAY}",
        shapes.Deleted,
        (404, 409, *ADMIN),
        query=("only_say",),
    ),
    Endpoint("get", "/admin/feeds/{feed_id}", "A feed, its state and findings", shapes.Feed, (404, *ADMIN)),
    Endpoint(
        "put",
        "/admin/businesses/{business_id}",
        "Configures a business",
        shapes.Business,
        (400, 413, *ADMIN),
        BusinessForm,
    ),
    Endpoint(
        "delete",
        "/admin/businesses/{business_id}",
        f"Removes a business without connections and coming bookings; {ONLY_SAY}",
        shapes.Deleted,
        (404, 409, *ADMIN),
        query=("only_say",),
    ),
    Endpoint("get", "/admin/businesses/{business_id}", "A business", shapes.Business, (404, *ADMIN)),
    Endpoint(
        "put",
        "/admin/businesses/{business_id}/connections/{connection_id}",
        "Configures a connection to a booking tool; the answer says where the tool has to send",
        shapes.Connection,
        (400, 404, 409, 413, *ADMIN),
        ConnectionForm,
    ),
    Endpoint(
        "delete",
        "/admin/businesses/{business_id}/connections/{connection_id}",
        f"Removes a connection; bookings and tickets that it brought stay; {ONLY_SAY}",
        shapes.Deleted,
        (404, 409, *ADMIN),
        query=("only_say",),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/connections",
        "A business's connections, each with its health",
        shapes.Connections,
        (404, *ADMIN),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/connections/{connection_id}",
        "A connection: what came last, what became of it, its health",
        shapes.ConnectionHealth,
        (404, *ADMIN),
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/connections/{connection_id}/reconcile",
        "Has all coming bookings read back from the tool now",
        shapes.Queued,
        (404, *ADMIN),
        success=202,
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/connections/{connection_id}/mapping",
        "What a mapping would make of the last received payload; changes nothing",
        shapes.TriedMapping,
        (400, 404, 413, *ADMIN),
        MappingForm,
    ),
    Endpoint(
        "put",
        "/admin/businesses/{business_id}/connections/{connection_id}/zones",
        "Takes a time zone for a name that the tool or its calendar uses; what was parked is processed again",
        shapes.ZonesTaken,
        (400, 404, 413, *ADMIN),
        ZoneNameForm,
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/outages",
        "What is or was out of service, the latest first",
        shapes.Outages,
        (404, *ADMIN),
    ),
    Endpoint(
        "put",
        "/admin/businesses/{business_id}/outages/{outage_id}",
        "Reports that a business is closed, when it will be back, or that it is over; people with bookings hear of it",
        shapes.Outage,
        (400, 404, 409, 413, *ADMIN),
        OutageForm,
    ),
    Endpoint(
        "delete",
        "/admin/businesses/{business_id}/outages/{outage_id}",
        "It is over",
        shapes.Outage,
        (400, 404, 409, *ADMIN),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/tickets",
        "A local day's tickets; without a day those of today and the coming 60 days",
        shapes.Tickets,
        (400, 404, *ADMIN),
        query=("date",),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/notices",
        "What was sent, held, suppressed or failed, with reasons",
        shapes.Notices,
        (400, 404, *ADMIN),
        query=("day", "state", "kind", "channel", "limit", "before"),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/notices/{notice_id}",
        "A notice and why it was sent, or not: in one paragraph, and as the facts that it rested on",
        NoticeReasons,
        (404, *ADMIN),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/parked",
        "What could not be understood",
        shapes.ParkedEvents,
        (404, *ADMIN),
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/parked/replay",
        "Has all parked events processed again, or those of one connection",
        shapes.ReplayedAll,
        (404, 409, *ADMIN),
        success=202,
        query=("connection_id",),
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/parked/{event_id}/replay",
        "Has a parked event processed again",
        shapes.Replayed,
        (404, 409, *ADMIN),
        success=202,
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/messages",
        "What customers wrote that nobody has answered yet",
        said_shapes.Messages,
        (404, *ADMIN),
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/messages/{message_id}/answered",
        "Says that a message is answered; what is written with it goes to the customer",
        said_shapes.Answered,
        (400, 404, *ADMIN),
        said_shapes.Answer,
    ),
    *KEY_ENDPOINTS,
    Endpoint("get", "/admin/businesses", "All businesses, and how each stands with its feed", shown.Businesses, ADMIN),
    Endpoint("get", "/admin/feeds", "All feeds", shown.Feeds, ADMIN),
    Endpoint("get", "/admin/outbox", "Texts and mails that stayed on this machine", shown.Outbox, (404, *ADMIN)),
    Endpoint("get", "/admin/dead_letters", "Work that failed for good", shown.DeadLetters, (404, *ADMIN)),
    Endpoint(
        "post",
        "/admin/dead_letters/replay",
        "Has work that failed for good tried again",
        shapes.ReplayedAll,
        (400, 404, 413, *ADMIN),
        shown.DeadIds,
        success=202,
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/trial",
        "Books an appointment to try the business with, by the way of a real one",
        shown.TrialBooked,
        (400, 404, 413, *ADMIN),
        TrialForm,
        success=202,
    ),
    Endpoint(
        "put",
        "/admin/gateways/{gateway_id}",
        "Configures a gateway for the texts or mails of businesses that have none; the answer says what it has to call",
        sending_shapes.Gateway,
        (400, 404, 413, *ADMIN),
        GatewayForm,
    ),
    Endpoint(
        "get", "/admin/gateways/{gateway_id}", "A gateway, without its secret", sending_shapes.Gateway, (404, *ADMIN)
    ),
    Endpoint(
        "get",
        "/admin/gateways",
        "The gateways of businesses that have none of their own",
        sending_shapes.Gateways,
        (404, *ADMIN),
    ),
    Endpoint(
        "delete",
        "/admin/gateways/{gateway_id}",
        f"Removes a gateway; {ONLY_SAY}",
        shapes.Deleted,
        (404, *ADMIN),
        query=("only_say",),
    ),
    Endpoint(
        "put",
        "/admin/businesses/{business_id}/gateways/{gateway_id}",
        "Configures a gateway for the texts or mails of a business; the answer says what it has to call",
        sending_shapes.Gateway,
        (400, 404, 413, *ADMIN),
        GatewayForm,
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/gateways/{gateway_id}",
        "A gateway, without its secret",
        sending_shapes.Gateway,
        (404, *ADMIN),
    ),
    Endpoint(
        "get",
        "/admin/businesses/{business_id}/gateways",
        "The gateways of a business",
        sending_shapes.Gateways,
        (404, *ADMIN),
    ),
    Endpoint(
        "delete",
        "/admin/businesses/{business_id}/gateways/{gateway_id}",
        f"Removes a gateway; {ONLY_SAY}",
        shapes.Deleted,
        (404, *ADMIN),
        query=("only_say",),
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/test_text",
        "Sends a test text, and says what became of it",
        sending_shapes.TriedMessage,
        (400, 404, 413, *ADMIN),
        sending_shapes.TestMessageForm,
    ),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/test_mail",
        "Sends a test mail, and says what became of it",
        sending_shapes.TriedMessage,
        (400, 404, 413, *ADMIN),
        sending_shapes.TestMessageForm,
    ),
    Endpoint(
        "post",
        "/texts/{gateway_id}",
        "Delivery reports and inbound texts of a gateway, in its own form",
        "",
        (401, 404, 413, 503),
        shapes.Any,
        success=204,
    ),
    Endpoint(
        "post",
        "/texts/{gateway_id}/{key}",
        "The same for gateways that sign nothing: the key proves them",
        "",
        (401, 404, 413, 503),
        shapes.Any,
        success=204,
    ),
    Endpoint(
        "post",
        "/hooks/{connection_id}",
        "Stores a booking tool's webhook, byte for byte",
        shapes.Accepted,
        (401, 404, 413, 503),
        shapes.Any,
        success=202,
        answers_handshake=True,
    ),
    Endpoint(
        "get", "/hooks/{connection_id}", "A handshake that a booking tool asks for", "text/plain", (404, 405, 503)
    ),
    Endpoint("head", "/hooks/{connection_id}", "The same, without the answer's body", "", (404, 405, 503)),
    Endpoint(
        "post",
        "/admin/businesses/{business_id}/outages/{outage_id}/rehearsal",
        "Whom the same report would tell what, if it were made now; nothing is written or sent",
        Rehearsal,
        (400, 404, 413, *ADMIN),
        OutageForm,
    ),
    Endpoint("get", "/status/{business_id}", "What works now, as a page for everybody", HTML, (404, 503)),
    Endpoint("get", "/status/{business_id}/api/v2/summary.json", "The same, for programs", StatusSummary, (404, 503)),
    Endpoint("get", "/status/{business_id}/feed.atom", "Its outages as a feed", "application/atom+xml", (404, 503)),
    Endpoint("get", "/t/{token}", "The ticket's page", HTML, (404, 503), query=("q", "trouble")),
    Endpoint("get", "/t/{token}.json", "The ticket", shapes.Ticket, (404, 503)),
    Endpoint("get", "/t/{token}.ics", "The calendar entry", "text/calendar", (404, 503)),
    Endpoint("get", "/t/{token}/places", "Stops by name, best first", shapes.Places, (404, 503), query=("q",)),
    Endpoint(
        "post",
        "/t/{token}/origin",
        "Sets where the customer comes from, and plans",
        shapes.Ticket,
        (400, 403, 404, 409, 413, 503),
        said_shapes.Origin,
        takes_form=True,
    ),
    Endpoint(
        "post",
        "/t/{token}/say",
        "Takes what the customer says: late, here, cannot come, another way, no more texts …",
        said_shapes.Heard,
        (400, 403, 404, 409, 413, 503),
        said_shapes.Say,
        takes_form=True,
    ),
    Endpoint("delete", "/t/{token}/origin", "Forgets where the customer comes from", shapes.Ticket, (403, 404, 503)),
)
