"""The hub's HTTP door on one machine: a real server in front of the Chalice app, in the place of API Gateway.

It makes the events of a REST API (Lambda proxy) and sends bodies as base64, as the deployed API does, so that a
signature is checked over exactly the bytes that came. `python -m infra.local.http` serves on the listening socket in
HUB_LOCAL_FD, or on a free port.
"""

from __future__ import annotations

import base64
import email.errors
import json
import logging
import os
import socket
import sys
import tempfile
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from chalice.local import CustomLocalChalice, LocalChalice, RouteMatcher

from infra.local.callers import caller_of, is_behind_proxy
from infra.local.child import log_to_standard_error, stop_event
from infra.local.invocation import Context
from infra.local.ministack import ADDRESS, listen
from infra.local.upload import UPLOAD, UPLOAD_MAX, NotAForm, TooLarge, receive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice.app import Chalice

BODY_MAX = 10 * 1024 * 1024  # of API Gateway; the app has its own, smaller limits
LENGTH_DIGITS_MAX = 18  # of a Content-Length: more digits are no length
IDLE_MAX_S = 65  # a client that says nothing for so long is let go
SWITCH_S = 0.001  # until a thread that has an answer ready gets its turn; Python's own 5 ms are a slow webhook's half
OF_BODY = (  # what Python's parser finds amiss in a form with a file, whose body it has not seen
    email.errors.StartBoundaryNotFoundDefect,
    email.errors.CloseBoundaryNotFoundDefect,
    email.errors.MultipartInvariantViolationDefect,
    email.errors.NoBoundaryInMultipartDefect,
)
FORM = "application/x-www-form-urlencoded"
UPLOADED = "x-hub-upload"  # where the app finds an uploaded file; never taken from outside
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
log = logging.getLogger(__name__)


class Gateway:
    """Turns requests into events, calls the app, and gives back (status, headers, body). Safe for many threads."""

    def __init__(self, app: Chalice, *, behind_proxy: bool = False) -> None:
        """The app keeps its current request per thread from now on, as `chalice local` arranges it."""
        if not isinstance(app, LocalChalice):  # a second gateway to the same app finds that done
            CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
            app.__class__ = CustomLocalChalice
        self._app = app
        self._routes = RouteMatcher(list(app.routes))
        self._behind_proxy = behind_proxy

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, peer: str = ADDRESS
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The app's answer. Paths and methods that the app does not have get what API Gateway says."""
        try:
            match = self._routes.match_route(target)
        except ValueError:
            return plain(HTTPStatus.NOT_FOUND, "not_found", "there is nothing at this address")
        if method not in self._app.routes[match.route]:
            status, sent, said = plain(
                HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", f"{method} is not known here"
            )
            return status, [*sent, ("Allow", ", ".join(sorted(self._app.routes[match.route])))], said
        address, believed = caller_of(peer, headers, behind_proxy=self._behind_proxy)
        event = rest_event(method, target, match, believed, body, address)
        return unpacked(self._app(event, Context("http")))


def rest_event(
    method: str, target: str, match: Any, headers: Mapping[str, str], body: bytes, address: str
) -> dict[str, Any]:
    """The event of a REST API with Lambda proxy integration; `match` is Chalice's match of the route."""
    path = urlsplit(target).path
    single = {name: value for name, value in match.query_params.items() if value}
    return {
        "resource": match.route,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: value[-1] for name, value in single.items()} or None,
        "multiValueQueryStringParameters": single or None,
        "pathParameters": match.captured or None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": match.route,
            "path": path,
            "stage": "local",
            "identity": {"sourceIp": address},
        },
        "body": base64.b64encode(body).decode("ascii") if body else None,
        "isBase64Encoded": bool(body),
    }


def unpacked(answer: Mapping[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """A proxy integration's answer as (status, headers, body)."""
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    headers += [(name, str(one)) for name, many in (answer.get("multiValueHeaders") or {}).items() for one in many]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body
    return int(answer["statusCode"]), headers, raw.encode() if isinstance(raw, str) else raw


def plain(status: HTTPStatus, code: str, message: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """An error in the shape of the contract."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return int(status), [("Content-Type", "application/json")], body


class Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for the client's acknowledgement
    wbufsize = -1  # headers and body leave together
    timeout = IDLE_MAX_S
    server: Server

    def _serve(self) -> None:
        lengths = self.headers.get_all("Content-Length", ["0"])
        length = lengths[0].strip()
        # what may be read in two ways, whoever stands before the hub may have read in the other (RFC 9112 §3.2, §6.3)
        if len(lengths) > 1 or len(self.headers.get_all("Host", [])) > 1:
            self._refuse(HTTPStatus.BAD_REQUEST, "bad_request", "Content-Length or Host is there more than once")
        elif any(not isinstance(one, OF_BODY) for one in self.headers.defects):
            self._refuse(HTTPStatus.BAD_REQUEST, "bad_request", "a header line is none")
        elif self.headers.get("Transfer-Encoding"):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "length_required", "send the body with a Content-Length")
        elif not (length.isascii() and length.isdecimal() and len(length) <= LENGTH_DIGITS_MAX):
            self._refuse(HTTPStatus.BAD_REQUEST, "bad_request", "Content-Length is not a number")
        elif self.command == "POST" and (asked := UPLOAD.search(urlsplit(self.path).path)):
            self._take_file(asked[1], int(length))
        elif int(length) > BODY_MAX:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"at most {BODY_MAX} bytes")
        else:
            body = self.rfile.read(int(length))
            self._send(*self._answer(body))

    def _take_file(self, business_id: str, length: int) -> None:
        """A form with a file, from somebody whose session holds: the file goes to disk, the other fields to the app."""
        from chalicelib.pages.operator.console.asked import cookie_of  # noqa: PLC0415 - only this form needs it
        from chalicelib.wiring import hub  # noqa: PLC0415 - reads the environment on first use

        session = hub().sessions.find(cookie_of(self.headers.get("Cookie", "")))
        if session is None or not session.caller.is_operator:
            self._refuse(HTTPStatus.UNAUTHORIZED, "unauthorized", "enter the operator's key first: GET /operator")
            return
        folder = Path(os.environ.get("HUB_LOCAL_DIR") or tempfile.gettempdir()) / "uploads"
        try:
            sent = receive(self.rfile, length, self.headers.get("Content-Type", ""), folder)
        except TooLarge:
            self._back(business_id, f"The file is larger than {UPLOAD_MAX >> 20} MB: give its URL instead.")
        except NotAForm:
            self._back(business_id, "Nothing arrived: choose the file and send it again.")
        except OSError as failure:
            self._back(business_id, f"The file cannot be kept ({failure.strerror}): make room on the disk.")
        else:
            self._send(*self._answer(sent.fields, {"content-type": FORM, UPLOADED: sent.path}))

    def _back(self, business_id: str, trouble: str) -> None:
        """Leads to the page that the form stands on, which says what was wrong."""
        self.close_connection = True
        location = f"/setup/{business_id}/timetable?{urlencode({'trouble': trouble})}"
        self._send(int(HTTPStatus.SEE_OTHER), [("Location", location)], b"")

    def _answer(self, body: bytes, more: Mapping[str, str] | None = None) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != UPLOADED}
        headers |= more or {}
        try:
            return self.server.gateway.answer(self.command, self.path, headers, body, str(self.client_address[0]))
        except Exception:
            log.exception("%s failed", self.command)  # no path: a ticket's link is in it
            return plain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "the hub failed; its log says why")

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        self.close_connection = True  # the body is not read, so nothing after it can be understood
        self._send(*plain(status, code, message))

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the base class's
        """What the base class says of requests that are no HTTP, in the shape of the contract."""
        if code == HTTPStatus.NOT_IMPLEMENTED:  # a method beside `METHODS`: the gateway knows which are allowed here
            self.close_connection = True
            self._serve()
            self.wfile.flush()  # the base class does so only after a method of its own
            return
        self.request_version, self.command = "HTTP/1.1", self.command or ""
        self._refuse(HTTPStatus(code), "bad_request", message or HTTPStatus(code).phrase)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """No access log: links in it are secrets."""

    def version_string(self) -> str:
        """What the Server header says."""
        return "hub"


for _method in METHODS:
    setattr(Handler, f"do_{_method}", Handler._serve)  # noqa: SLF001 - the class above, finished here


class Server(ThreadingHTTPServer):
    """A thread per connection, on a socket that is listening already."""

    daemon_threads = True

    def __init__(self, app: Chalice, listening: socket.socket, *, behind_proxy: bool = False) -> None:
        """Serves after `serve_forever()`."""
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.gateway = Gateway(app, behind_proxy=behind_proxy)

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{ADDRESS}:{self.server_address[1]}"


def main() -> None:
    """Serves until told to stop; requests under way are answered before it ends."""
    log_to_standard_error()
    stop = stop_event()
    given = os.environ.get("HUB_LOCAL_FD")
    listening = socket.socket(fileno=int(given)) if given else listen(0)
    from app import app  # noqa: PLC0415 - reads the environment that the supervisor made

    sys.setswitchinterval(SWITCH_S)
    server = Server(app, listening, behind_proxy=is_behind_proxy(os.environ))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
