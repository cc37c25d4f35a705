"""The doors of gateways and test messages, as a part of the app: one line each, as there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chalice.app import Blueprint

from chalicelib.entrypoints import http

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.notices.delivery.gateways.inbound import InboundCalls
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints

ANY = ["*/*"]
KEPT = ["GET", "PUT", "DELETE"]
GATEWAYS = "/admin/businesses/{business_id}/gateways"


class SendingParts(Protocol):
    """What these doors use of the hub."""

    @property
    def gateway_calls(self) -> InboundCalls:
        """What gateways call with."""
        ...

    @property
    def operator(self) -> OperatorEndpoints:
        """What operators can ask."""
        ...

    def now(self) -> datetime:
        """The present instant."""
        ...


def sending_doors(
    hub: Callable[[], SendingParts], request: Callable[[], http.HttpRequest], admin: Callable[[], http.HttpRequest]
) -> Blueprint:
    """`request` is the one being answered; `admin` the same from somebody with the key."""
    doors = Blueprint(__name__)

    @doors.route("/texts/{gateway_id}", methods=["POST"], content_types=ANY)
    @http.endpoint
    def gateway_call(gateway_id: str) -> http.HttpResponse:
        hub().gateway_calls.receive(gateway_id, request().as_gateway_call(), hub().now())
        return http.NO_CONTENT

    @doors.route("/texts/{gateway_id}/{key}", methods=["POST"], content_types=ANY)
    @http.endpoint
    def gateway_call_with_key(gateway_id: str, key: str) -> http.HttpResponse:
        hub().gateway_calls.receive(gateway_id, request().as_gateway_call(key), hub().now())
        return http.NO_CONTENT

    @doors.route("/admin/gateways", methods=["GET"])
    @http.endpoint
    def hub_gateways() -> http.HttpResponse:
        admin()
        return http.json_response(hub().operator.gateways.list(""))

    @doors.route("/admin/gateways/{gateway_id}", methods=KEPT, content_types=ANY)
    @http.endpoint
    def hub_gateway(gateway_id: str) -> http.HttpResponse:
        return http.kept(admin(), hub().operator.gateways, "", gateway_id)

    @doors.route(GATEWAYS, methods=["GET"])
    @http.endpoint
    def gateways(business_id: str) -> http.HttpResponse:
        admin()
        return http.json_response(hub().operator.gateways.list(business_id))

    @doors.route(GATEWAYS + "/{gateway_id}", methods=KEPT, content_types=ANY)
    @http.endpoint
    def gateway(business_id: str, gateway_id: str) -> http.HttpResponse:
        return http.kept(admin(), hub().operator.gateways, business_id, gateway_id)

    @doors.route("/admin/businesses/{business_id}/test_text", methods=["POST"], content_types=ANY)
    @http.endpoint
    def send_test_text(business_id: str) -> http.HttpResponse:
        return http.json_response(hub().operator.trials.text(business_id, admin().json_or_nothing()))

    @doors.route("/admin/businesses/{business_id}/test_mail", methods=["POST"], content_types=ANY)
    @http.endpoint
    def send_test_mail(business_id: str) -> http.HttpResponse:
        return http.json_response(hub().operator.trials.mail(business_id, admin().json_or_nothing()))

    return doors
