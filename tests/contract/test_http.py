"""The HTTP door on one machine gives the app what API Gateway would, and the client what the app said."""

from __future__ import annotations

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Chalice, Response

from infra.local.http import BODY_MAX, Server
from infra.local.ministack import listen

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY = ["*/*"]


def small_app() -> Chalice:
    app = Chalice(app_name="small")
    app.api.binary_types = []

    def echo(name: str) -> Response:
        request = app.current_request
        assert request is not None
        body = request.raw_body or b""
        query = dict(request.query_params or {})
        told = {"name": name, "body": list(body[:8]), "n": len(body), "query": query, "method": request.method}
        return Response(json.dumps(told), headers={"Content-Type": "application/json", "X-Many": ["a", "b"]})

    app.route("/echo/{name}", methods=["GET", "HEAD", "PUT"])(echo)
    app.route("/echo/{name}", methods=["POST", "DELETE"], content_types=ANY)(echo)

    @app.route("/page")
    def page() -> Response:
        return Response("<p>Größe", headers={"Content-Type": "text/html; charset=utf-8"})

    @app.route("/broken")
    def broken() -> Response:
        raise RuntimeError("a secret detail")

    return app


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = Server(small_app(), listen(0))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.fixture
def line(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    yield connection
    connection.close()


def ask(line: http.client.HTTPConnection, *request: Any, **more: Any) -> tuple[int, dict[str, str], bytes]:
    line.request(*request, **more)
    answer = line.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_bytes_arrive_as_they_were_sent(line: http.client.HTTPConnection) -> None:
    """Also those that are no UTF-8: a signature is made over bytes."""
    sent = b"\xff\x00\xfe{}"
    status, _, body = ask(line, "POST", "/echo/x", body=sent, headers={"Content-Type": "application/json"})
    assert (status, json.loads(body)["body"], json.loads(body)["n"]) == (200, list(sent), 5)


def test_one_connection_serves_many_requests(line: http.client.HTTPConnection) -> None:
    for n in range(5):
        assert json.loads(ask(line, "PUT", f"/echo/{n}", body=b"{}")[2])["name"] == str(n)
    assert json.loads(ask(line, "GET", "/echo/last?a=1&b=&a=2")[2])["query"] == {"a": "2", "b": ""}


def test_text_keeps_its_type_and_length_and_head_has_no_body(line: http.client.HTTPConnection) -> None:
    status, headers, body = ask(line, "GET", "/page")
    assert (status, body.decode(), headers["content-type"]) == (200, "<p>Größe", "text/html; charset=utf-8")
    status, headers, body = ask(line, "HEAD", "/echo/x")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0


def test_a_header_given_several_times_comes_several_times(line: http.client.HTTPConnection) -> None:
    line.request("DELETE", "/echo/x")
    answer = line.getresponse()
    assert answer.msg.get_all("X-Many") == ["a", "b"]
    assert answer.read()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PATCH", "/echo/x", 405, "method_not_allowed"),
        ("GET", "//", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_said_in_the_shape_of_the_contract(
    line: http.client.HTTPConnection, method: str, path: str, status: int, code: str
) -> None:
    answered, _, body = ask(line, method, path)
    assert (answered, json.loads(body)["error"]["code"]) == (status, code)


def test_a_failing_view_is_a_500_that_tells_nothing(line: http.client.HTTPConnection) -> None:
    status, _, body = ask(line, "GET", "/broken")
    assert status == 500
    assert b"secret detail" not in body


def test_a_body_larger_than_api_gateway_takes_is_refused_unread(line: http.client.HTTPConnection) -> None:
    line.putrequest("POST", "/echo/x")
    line.putheader("Content-Length", str(BODY_MAX + 1))
    line.endheaders()
    answer = line.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["code"]) == (413, "too_large")


def test_a_body_of_two_megabytes_reaches_the_app(line: http.client.HTTPConnection) -> None:
    assert json.loads(ask(line, "POST", "/echo/x", body=b"x" * 2_000_000)[2])["n"] == 2_000_000


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("POST /echo/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST /echo/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        ("POST /echo/x HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("POST /echo/x HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nab", 400),
        ("POST /echo/x HTTP/1.1\r\nContent-Length: 2, 3\r\n\r\nabc", 400),
        ("POST /echo/x HTTP/1.1\r\nContent-Length: \u0662\r\n\r\nab", 400),
        ("POST /echo/x HTTP/1.1\r\nContent-Length: " + "9" * 5000 + "\r\n\r\n", 400),
        ("POST /echo/x HTTP/1.1\r\nContent-Length : 2\r\n\r\nab", 400),
        ("POST /echo/x HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab", 411),
        ("GET /echo/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
        ("GET /" + "x" * 70_000 + " HTTP/1.1\r\n\r\n", 414),
        ("FLY /echo/x HTTP/1.1\r\n\r\n", 405),
    ],
)
def test_nonsense_is_answered_and_the_door_stays_open(port: int, request_text: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(request_text.encode())
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert answer.status == status
        assert json.loads(answer.read())["error"]["code"]


def test_requests_at_once_do_not_see_each_other(port: int) -> None:
    def one(n: int) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            return all(json.loads(ask(line, "POST", f"/echo/{n}", body=bytes(n))[2])["n"] == n for _ in range(20))
        finally:
            line.close()

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(one, range(1, 33)))
