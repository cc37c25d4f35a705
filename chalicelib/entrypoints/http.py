"""What every HTTP endpoint does alike: read what came, answer in one shape, turn a refusal into its 4xx.

`HttpRequest` is a request and `HttpResponse` its answer, both free of the framework. `endpoint` wraps a view so that
refusals raised by the rooms become {"error": {"code", "message"}} with the fitting status; `handle_each` is the same
for queues.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from chalice.app import Response

from chalicelib.bookings.access.caller import KeyKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from chalicelib.bookings.access.caller import Caller
    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.bookings.inbox.accept import Accepted
    from chalicelib.bookings.providers.contract import HandshakeAnswer, Raw
    from chalicelib.entrypoints.refused_calls import RefusedCalls
    from chalicelib.notices.delivery.gateways.gateway import Call
    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.page import Page

log = logging.getLogger("hub.http")

TOO_MANY = 429
OF_BUSINESS = "/admin/businesses/{business_id}"  # at and below this, a business's own key opens what is its own
BEARER = "Bearer "
JSON_BYTES_MAX = 1 << 20  # bytes; what is larger is no booking


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request. Header names are in lower case; `url` is the full address as the client wrote it."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    url: str
    base_url: str
    route: str = ""  # the path as it is declared, with its names in braces
    named: Mapping[str, str] = field(default_factory=dict)  # what stood in the place of those names
    method: str = "GET"

    is_from_operator: bool = False  # whoever called has shown a key that opens everything

    @property
    def admin_business(self) -> str | None:
        """The business that an admin call is about; None: the hub as a whole."""
        return self.named.get("business_id") if self.route.startswith(OF_BUSINESS) else None

    def json(self) -> dict[str, Any]:
        """The JSON object in the body. Raises `Refusal`."""
        return read_json_object(self.body)

    def json_or_nothing(self) -> dict[str, Any]:
        """The same; {} where there is no body. Raises `Refusal`."""
        return self.json() if self.body.strip() else {}

    def as_gateway_call(self, key: str = "") -> Call:
        """The request as gateways are heard; `key` is what stood behind the path."""
        from urllib.parse import urlencode  # noqa: PLC0415 - only calls of gateways pay for it

        from chalicelib.notices.delivery.gateways.gateway import Call  # noqa: PLC0415 - the same

        url = f"{self.url}?{urlencode(self.query)}" if self.query else self.url
        return Call(self.body, self.headers, self.query, url, key)

    def as_webhook(self) -> Raw:
        """The request as the inbox takes it."""
        from chalicelib.bookings.providers.contract import Raw  # noqa: PLC0415 - only webhooks pay for it

        return Raw(self.body, self.headers, self.query, self.url)


NO_CONTENT = HttpResponse(204, b"")


class Refusal(Exception):
    """A request that cannot be carried out; whose fault it is and what to do stands in the message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def request_of(current: Any) -> HttpRequest:
    """The request that Chalice is answering."""
    headers = {name.lower(): value for name, value in current.headers.items()}
    stage_path, path = split_stage(current.context.get("path") or current.path, current.path)
    host = headers.get("host", "localhost")
    base = os.environ.get("HUB_PUBLIC_URL") or f"{headers.get('x-forwarded-proto', 'http')}://{host}{stage_path}"
    query = dict(current.query_params or {})
    url, base = base.rstrip("/") + path, base.rstrip("/")
    named = {name: unquote(value) for name, value in (current.uri_params or {}).items()}
    return HttpRequest(headers, query, current.raw_body or b"", url, base, current.path, named, current.method)


def split_stage(path: str, route: str) -> tuple[str, str]:
    """What stands before the app's own path (API Gateway's stage, or nothing), and that path.

    `route` is what Chalice calls a request's path: with names in braces, but of as many steps.
    """
    steps = path.rstrip("/").split("/")
    own = len(steps) - route.count("/")
    return "/".join(steps[:own]), "/" + "/".join(steps[own:])


def json_response(value: Any, status: int = 200) -> HttpResponse:
    """A JSON answer that nobody caches."""
    headers = {"Content-Type": "application/json", "Cache-Control": "private, no-store"}
    return HttpResponse(status, json.dumps(value, ensure_ascii=False).encode(), headers)


def error_response(refusal: Refusal) -> HttpResponse:
    """The contract's shape of an error."""
    return json_response({"error": {"code": refusal.code, "message": refusal.message}}, refusal.status)


def read_json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body. Raises `Refusal`."""
    if len(body) > JSON_BYTES_MAX:
        raise Refusal(413, "too_large", f"The body is larger than {JSON_BYTES_MAX} bytes.")
    try:
        value = json.loads(body)
        json.dumps(
            value, ensure_ascii=False
        ).encode()  # half a character ("\\ud800") can be neither stored nor answered
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", f"The body is no valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise Refusal(400, "invalid_json", "The body must be a JSON object.")
    return value


def only_allowed(sent: HttpRequest, keyring: Callable[[], Keyring], now: datetime) -> Caller:
    """Lets pass an operator, and a business to what is its own: by the route, so that no endpoint can forget it.

    Who brings no key does not cause one to be read. Raises `Refusal` (401: no key that holds; 403: not with this one),
    and what reading keys raises.
    """
    given = sent.headers.get("authorization", "")
    caller = keyring().caller(given.removeprefix(BEARER), now) if given.startswith(BEARER) else None
    if caller is None or caller.kind is KeyKind.STAFF:
        raise Refusal(401, "unauthorized", "This needs the header Authorization: Bearer <the hub's admin key>.")
    if not caller.may_open(sent.admin_business):
        message = f"This key opens /admin/businesses/{caller.business_id} and what is below it, nothing else."
        raise Refusal(403, "forbidden", message)
    return caller


def reader_of(sent: HttpRequest) -> tuple[str, str]:
    """The languages that a reader of a status page understands, and where status pages are reached."""
    return sent.headers.get("accept-language", ""), (os.environ.get("HUB_STATUS_URL") or sent.base_url).rstrip("/")


def with_caller(sent: HttpRequest, caller: Caller) -> HttpRequest:
    """The request, knowing whose it is."""
    return replace(sent, is_from_operator=caller.is_operator)


def only_say(sent: HttpRequest) -> bool:
    """Whether a DELETE only asks what it would do: `?only_say=1`."""
    return sent.query.get("only_say", "0").casefold() not in {"0", "", "no", "false"}


def _refusal_of(error: Exception) -> Refusal | None:
    """The refusal that a room's exception means, if it means one."""
    from chalicelib.entrypoints.errors import REFUSALS  # noqa: PLC0415 - imports rooms, and only when something went wrong

    for kind, (status, code) in REFUSALS.items():
        if isinstance(error, kind):
            return Refusal(status, getattr(error, "code", None) or code, str(error))
    return None


def endpoint(view: Callable[..., HttpResponse]) -> Callable[..., Response]:
    """Makes a Chalice view of a function that gives an `HttpResponse`."""

    @functools.wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Response:
        try:
            answer = view(*args, **kwargs)
        except Refusal as refusal:
            answer = error_response(refusal)
        except Exception as error:
            known = _refusal_of(error)
            if known is None:
                log.exception("an endpoint failed: %s", view.__name__)
            answer = error_response(known or Refusal(500, "internal", "The hub failed; it is logged. Try again later."))
        return Response(answer.body.decode(), status_code=answer.status, headers=dict(answer.headers))

    return inside


def asked_of(sent: HttpRequest, now: datetime) -> Asked:
    """A browser's request as the operator's pages take it."""
    from chalicelib.pages.operator.console.asked import Asked  # noqa: PLC0415 - only these pages pay for it

    path = sent.url.removeprefix(sent.base_url).partition("?")[0]
    return Asked(path, sent.query, sent.headers, sent.body, sent.base_url, now)


def slowed(sent: Any, answer: Response, refused: RefusedCalls) -> Response:
    """The answer, or 429 where the caller's address has been refused too often lately."""
    address = str((sent.context.get("identity") or {}).get("sourceIp") or "")
    if not refused.is_beyond(address, sent.path, answer.status_code, time.monotonic()):
        return answer
    said = error_response(Refusal(TOO_MANY, "too_many", "Too many refused calls came from here: wait a minute."))
    return Response(said.body.decode(), status_code=TOO_MANY, headers={**said.headers, "Retry-After": "60"})


class KeptByName(Protocol):
    """What is kept under names: of whom, and its own."""

    @property
    def put(self) -> Callable[..., dict[str, Any]]:
        """Creates or replaces it: (*names, body)."""
        ...

    @property
    def get(self) -> Callable[..., dict[str, Any]]:
        """As it is: (*names)."""
        ...

    @property
    def delete(self) -> Callable[..., dict[str, Any]]:
        """Removes it, or says what that would do: (*names, only_say=…)."""
        ...


def kept(sent: HttpRequest, things: KeptByName, *names: str) -> HttpResponse:
    """Does with it what the method says."""
    if sent.method == "PUT":
        return json_response(things.put(*names, sent.json()))
    if sent.method == "DELETE":
        return json_response(things.delete(*names, only_say=only_say(sent)))
    return json_response(things.get(*names))


def response_of(page: Page) -> HttpResponse:
    """A page's own answer, as it is."""
    return HttpResponse(page.status, page.body, page.headers)


def handle_each(event: Iterable[Any], work: Callable[[Any], object]) -> dict[str, Any]:
    """Does the work of each SQS message; those whose work failed are named, to be delivered again (and only those).

    `work` logs what fails in it, since only it knows what that is about.
    """
    failed = []
    for record in event:
        try:
            message = json.loads(record.body)
        except ValueError:
            log.exception("a message is no JSON")
            message = None
        try:
            work(message)
        except Exception:  # noqa: BLE001 - the work has logged it
            failed.append({"itemIdentifier": record.to_dict()["messageId"]})
    return {"batchItemFailures": failed}


def handshake_response(answer: HandshakeAnswer | None) -> HttpResponse:
    """A handshake's answer; None where the tool has none."""
    if answer is None:
        post_only = error_response(Refusal(405, "post_only", "This address takes webhooks by POST."))
        return HttpResponse(post_only.status, post_only.body, {**post_only.headers, "Allow": "POST"})
    return HttpResponse(answer.status, answer.body.encode(), {"Content-Type": answer.content_type})


def webhook_response(accepted: Accepted) -> HttpResponse:
    """202 for a stored webhook; a handshake that came by POST gets what it asked for."""
    if accepted.answer is not None:
        return handshake_response(accepted.answer)
    return json_response({"event_id": accepted.event_id, "duplicate": accepted.duplicate}, 202)
