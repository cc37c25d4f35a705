"""All that reaches the hub: HTTP endpoints, queue and schedule handlers; one line each into chalicelib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Chalice

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.entrypoints import http, schedules
from chalicelib.entrypoints.refused_calls import RefusedCalls
from chalicelib.entrypoints.sending.doors import sending_doors
from chalicelib.foundation.logs import install_logs
from chalicelib.wiring import hub

if TYPE_CHECKING:
    from chalice.app import CloudWatchEvent, SQSEvent

app = Chalice(app_name="live-ticket-hub", configure_logs=False)  # its lines have the form of all others
install_logs()
app.api.binary_types = []  # all answers are text; that bodies arrive byte for byte is said in infra/functions.py

REFUSED = RefusedCalls()
ANY = ["*/*"]
EVERY_MINUTE = "rate(1 minute)"


@app.middleware("http")
def slow_down(event: Any, get_response: Any) -> Any:
    """Who is refused again and again is told to wait."""
    return http.slowed(event, get_response(event), REFUSED)


def request() -> http.HttpRequest:
    """The request being answered."""
    return http.request_of(app.current_request)


def admin() -> http.HttpRequest:
    """The same, from an operator, or from the very business that the path names. Raises `http.Refusal`."""
    sent = request()
    return http.with_caller(sent, http.only_allowed(sent, lambda: hub().keyring, hub().now()))


app.register_blueprint(sending_doors(hub, request, admin))


@app.route("/health", methods=["GET"])
@http.endpoint
def health() -> http.HttpResponse:
    is_well, parts = hub().health.to_json(hub().now())
    return http.json_response(parts, 200 if is_well else 503)


# --- webhooks ---


@app.route("/hooks/{connection_id}", methods=["POST"], content_types=ANY)
@http.endpoint
def webhook(connection_id: str) -> http.HttpResponse:
    return http.webhook_response(hub().inbox.accept(connection_id, request().as_webhook(), hub().now()))


@app.route("/hooks/{connection_id}", methods=["GET", "HEAD"])
@http.endpoint
def handshake(connection_id: str) -> http.HttpResponse:
    return http.handshake_response(hub().inbox.handshake(connection_id, request().as_webhook(), hub().now()))


# --- the customer's link ---


@app.route("/t/{token}", methods=["GET"])
@http.endpoint
def ticket(token: str) -> http.HttpResponse:
    sent = request()
    return http.response_of(hub().ticket_endpoints.get(token, sent.query, sent.headers, hub().now()))


@app.route("/t/{token}/places", methods=["GET"])
@http.endpoint
def places(token: str) -> http.HttpResponse:
    sent = request()
    return http.response_of(hub().ticket_endpoints.places(token, sent.query, sent.headers, hub().now()))


@app.route("/t/{token}/origin", methods=["POST"], content_types=ANY)
@http.endpoint
def origin(token: str) -> http.HttpResponse:
    sent = request()
    return http.response_of(hub().ticket_endpoints.origin(token, sent.headers, sent.body, hub().now()))


@app.route("/t/{token}/origin", methods=["DELETE"])
@http.endpoint
def forget_origin(token: str) -> http.HttpResponse:
    return http.response_of(hub().ticket_endpoints.forget(token, request().headers, hub().now()))


# --- what works now, for everybody ---


@app.route("/status/{business_id}", methods=["GET"])
@http.endpoint
def status(business_id: str) -> http.HttpResponse:
    return http.response_of(hub().status_endpoints.get(business_id, "", *http.reader_of(request()), hub().now()))


@app.route("/status/{business_id}/api/v2/summary.json", methods=["GET"])
@http.endpoint
def status_summary(business_id: str) -> http.HttpResponse:
    return http.response_of(hub().status_endpoints.get(business_id, "summary", *http.reader_of(request()), hub().now()))


@app.route("/status/{business_id}/feed.atom", methods=["GET"])
@http.endpoint
def status_feed(business_id: str) -> http.HttpResponse:
    return http.response_of(hub().status_endpoints.get(business_id, "atom", *http.reader_of(request()), hub().now()))


@app.route("/t/{token}/say", methods=["POST"], content_types=ANY)
@http.endpoint
def say(token: str) -> http.HttpResponse:
    sent = request()
    return http.response_of(hub().ticket_endpoints.say(token, sent.headers, sent.body, hub().now()))


@app.route("/robots.txt", methods=["GET"])
@http.endpoint
def robots() -> http.HttpResponse:
    return http.response_of(hub().robots_txt())


@app.route("/openapi.json", methods=["GET"])
@http.endpoint
def openapi() -> http.HttpResponse:
    return http.response_of(hub().openapi())


# --- the operator ---


@app.route("/admin/feeds/{feed_id}", methods=["GET", "PUT", "DELETE"], content_types=ANY)
@http.endpoint
def feed(feed_id: str) -> http.HttpResponse:
    return http.kept(admin(), hub().operator.feeds, feed_id)


@app.route("/admin/businesses/{business_id}", methods=["PUT"], content_types=ANY)
@http.endpoint
def put_business(business_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.businesses.put(business_id, admin().json()))


@app.route("/admin/businesses/{business_id}", methods=["GET"])
@http.endpoint
def get_business(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.businesses.get(business_id))


@app.route("/admin/businesses/{business_id}", methods=["DELETE"])
@http.endpoint
def delete_business(business_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.businesses.delete(business_id, only_say=http.only_say(admin())))


@app.route("/admin/businesses/{business_id}/connections/{connection_id}", methods=["PUT"], content_types=ANY)
@http.endpoint
def put_connection(business_id: str, connection_id: str) -> http.HttpResponse:
    sent = admin()
    own_only = not sent.is_from_operator
    made = hub().operator.connections.put(business_id, connection_id, sent.json(), sent.base_url, own_only=own_only)
    return http.json_response(made)


@app.route("/admin/businesses/{business_id}/connections", methods=["GET"])
@http.endpoint
def connections(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.connections.list(business_id))


@app.route("/admin/businesses/{business_id}/connections/{connection_id}", methods=["GET"])
@http.endpoint
def get_connection(business_id: str, connection_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.connections.get(business_id, connection_id))


@app.route("/admin/businesses/{business_id}/connections/{connection_id}", methods=["DELETE"])
@http.endpoint
def delete_connection(business_id: str, connection_id: str) -> http.HttpResponse:
    only_say = http.only_say(admin())
    return http.json_response(hub().operator.connections.delete(business_id, connection_id, only_say=only_say))


@app.route("/admin/businesses/{business_id}/connections/{connection_id}/reconcile", methods=["POST"], content_types=ANY)
@http.endpoint
def reconcile(business_id: str, connection_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.connections.reconcile(business_id, connection_id), 202)


@app.route("/admin/businesses/{business_id}/connections/{connection_id}/mapping", methods=["POST"], content_types=ANY)
@http.endpoint
def try_mapping(business_id: str, connection_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.connections.try_mapping(business_id, connection_id, admin().json()))


@app.route("/admin/businesses/{business_id}/connections/{connection_id}/zones", methods=["PUT"], content_types=ANY)
@http.endpoint
def take_zone(business_id: str, connection_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.connections.take_zone(business_id, connection_id, admin().json()))


@app.route("/admin/businesses/{business_id}/outages", methods=["GET"])
@http.endpoint
def outages(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.outages.list(business_id))


@app.route("/admin/businesses/{business_id}/outages/{outage_id}", methods=["PUT"], content_types=ANY)
@http.endpoint
def put_outage(business_id: str, outage_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.outages.put(business_id, outage_id, admin().json()))


@app.route("/admin/businesses/{business_id}/outages/{outage_id}/rehearsal", methods=["POST"], content_types=ANY)
@http.endpoint
def rehearse_outage(business_id: str, outage_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.outages.rehearse(business_id, outage_id, admin().json()))


@app.route("/admin/businesses/{business_id}/outages/{outage_id}", methods=["DELETE"])
@http.endpoint
def end_outage(business_id: str, outage_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.outages.end(business_id, outage_id))


@app.route("/admin/businesses/{business_id}/tickets", methods=["GET"])
@http.endpoint
def tickets(business_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.tickets.list(business_id, admin().query.get("date")))


@app.route("/admin/businesses/{business_id}/notices", methods=["GET"])
@http.endpoint
def notices(business_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.notices.list(business_id, admin().query))


@app.route("/admin/businesses/{business_id}/notices/{notice_id}", methods=["GET"])
@http.endpoint
def notice(business_id: str, notice_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.notices.get(business_id, notice_id))


@app.route("/admin/businesses/{business_id}/messages", methods=["GET"])
@http.endpoint
def messages(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.messages.list(business_id))


@app.route("/admin/businesses/{business_id}/messages/{message_id}/answered", methods=["POST"], content_types=ANY)
@http.endpoint
def answer_message(business_id: str, message_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.messages.answer(business_id, message_id, admin().json()))


@app.route("/admin/businesses/{business_id}/parked", methods=["GET"])
@http.endpoint
def parked(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.parked.list(business_id))


@app.route("/admin/businesses/{business_id}/parked/replay", methods=["POST"], content_types=ANY)
@http.endpoint
def replay_all(business_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.parked.replay_all(business_id, admin().query.get("connection_id")), 202)


@app.route("/admin/businesses/{business_id}/parked/{event_id}/replay", methods=["POST"], content_types=ANY)
@http.endpoint
def replay(business_id: str, event_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.parked.replay(business_id, event_id), 202)


# --- the operator's pages ---


def show_page(**_: str) -> http.HttpResponse:
    """The page at the address that was asked for."""
    sent = request()
    return http.response_of(hub().console.get(sent.route, sent.named, http.asked_of(sent, hub().now())))


for page_path in (
    "/operator",
    "/operator/keys",
    "/operator/outbox",
    "/operator/feeds/{feed_id}",
    "/operator/businesses/{business_id}",
    "/operator/businesses/{business_id}/notices",
    "/operator/businesses/{business_id}/notices/{notice_id}",
    "/operator/businesses/{business_id}/delete",
    "/setup",
    "/setup/{business_id}/business",
    "/setup/{business_id}/timetable",
    "/setup/{business_id}/tool",
    "/setup/{business_id}/messages",
    "/setup/{business_id}/test",
    "/setup/{business_id}/ticket",
):
    app.route(page_path, methods=["GET"])(http.endpoint(show_page))


@app.route("/", methods=["GET"])
@http.endpoint
def home() -> http.HttpResponse:
    return http.response_of(hub().console.home(http.asked_of(request(), hub().now())))


@app.route("/setup/{business_id}/upload", methods=["POST"], content_types=ANY)
@http.endpoint
def setup_upload(business_id: str) -> http.HttpResponse:  # noqa: ARG001 - the form names it, too
    return http.response_of(hub().console.post("setup_upload", http.asked_of(request(), hub().now())))


@app.route("/operator/do/{form}", methods=["POST"], content_types=ANY)
@http.endpoint
def operator_form(form: str) -> http.HttpResponse:
    return http.response_of(hub().console.post(form, http.asked_of(request(), hub().now())))


# --- the hub as a whole ---


@app.route("/admin/businesses", methods=["GET"])
@http.endpoint
def businesses() -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.overview.businesses())


@app.route("/admin/feeds", methods=["GET"])
@http.endpoint
def feeds() -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.overview.feeds())


@app.route("/admin/outbox", methods=["GET"])
@http.endpoint
def shown_outbox() -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.overview.outbox())


@app.route("/admin/dead_letters", methods=["GET"])
@http.endpoint
def dead_letters() -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.overview.dead_letters())


@app.route("/admin/dead_letters/replay", methods=["POST"], content_types=ANY)
@http.endpoint
def replay_dead_letters() -> http.HttpResponse:
    return http.json_response(hub().operator.overview.revive(admin().json()), 202)


@app.route("/admin/businesses/{business_id}/trial", methods=["POST"], content_types=ANY)
@http.endpoint
def trial(business_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.overview.trial(business_id, admin().json()), 202)


# --- keys ---


@app.route("/admin/keys", methods=["GET"])
@http.endpoint
def operator_keys() -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.keys.list(KeyKind.OPERATOR, None))


@app.route("/admin/keys/{key_id}", methods=["PUT"], content_types=ANY)
@http.endpoint
def put_operator_key(key_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.keys.put(KeyKind.OPERATOR, None, key_id, admin().json()))


@app.route("/admin/keys/{key_id}", methods=["DELETE"])
@http.endpoint
def delete_operator_key(key_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.keys.delete(KeyKind.OPERATOR, None, key_id))


@app.route("/admin/businesses/{business_id}/keys", methods=["GET"])
@http.endpoint
def business_keys(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.keys.list(KeyKind.BUSINESS, business_id))


@app.route("/admin/businesses/{business_id}/keys/{key_id}", methods=["PUT"], content_types=ANY)
@http.endpoint
def put_business_key(business_id: str, key_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.keys.put(KeyKind.BUSINESS, business_id, key_id, admin().json()))


@app.route("/admin/businesses/{business_id}/keys/{key_id}", methods=["DELETE"])
@http.endpoint
def delete_business_key(business_id: str, key_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.keys.delete(KeyKind.BUSINESS, business_id, key_id))


@app.route("/admin/businesses/{business_id}/staff_links", methods=["GET"])
@http.endpoint
def staff_links(business_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.keys.list(KeyKind.STAFF, business_id))


@app.route("/admin/businesses/{business_id}/staff_links/{key_id}", methods=["PUT"], content_types=ANY)
@http.endpoint
def put_staff_link(business_id: str, key_id: str) -> http.HttpResponse:
    return http.json_response(hub().operator.keys.put(KeyKind.STAFF, business_id, key_id, admin().json()))


@app.route("/admin/businesses/{business_id}/staff_links/{key_id}", methods=["DELETE"])
@http.endpoint
def delete_staff_link(business_id: str, key_id: str) -> http.HttpResponse:
    admin()
    return http.json_response(hub().operator.keys.delete(KeyKind.STAFF, business_id, key_id))


# --- queues: the worker's answer names the messages to be delivered again ---


@app.on_sqs_message(queue="inbox", batch_size=10)
def inbox_worker(event: SQSEvent) -> dict[str, Any]:
    return schedules.work_off(event, hub(), hub().now, asks_tools=True)


@app.on_sqs_message(queue="tickets", batch_size=10)
def tickets_worker(event: SQSEvent) -> dict[str, Any]:
    return schedules.work_off(event, hub(), hub().now)


@app.on_sqs_message(queue="updates", batch_size=4)
def updates_worker(event: SQSEvent) -> dict[str, Any]:
    return schedules.work_off(event, hub(), hub().now)


@app.on_sqs_message(queue="notices", batch_size=10)
def notices_worker(event: SQSEvent) -> dict[str, Any]:
    return schedules.work_off(event, hub(), hub().now)


# --- schedules ---


@app.schedule(EVERY_MINUTE)
def every_minute(event: CloudWatchEvent) -> None:  # noqa: ARG001 - Chalice passes it
    schedules.run_minute("minute", hub().minute_work, hub().now())


@app.schedule(EVERY_MINUTE)
def booking_tools_round(event: CloudWatchEvent) -> None:  # noqa: ARG001 - Chalice passes it
    schedules.run_minute("booking_tools", hub().booking_tools_work, hub().now())
