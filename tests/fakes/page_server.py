"""The ticket's pages on a real local HTTP server, with the rooms behind them as dictionaries."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.pages.customer.ticket_endpoints import TicketEndpoints
from chalicelib.pages.page import Page, robots_txt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tests.fakes.visits import Visits


def answer(pages: TicketEndpoints, method: str, path: str, headers: dict[str, str], body: bytes, now: datetime) -> Page:
    """What the hub's endpoints do with a request."""
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query))
    match method, parts.path.strip("/").split("/"):
        case "GET", ["robots.txt"]:
            return robots_txt()
        case "GET", ["t", name]:
            return pages.get(name, query, headers, now)
        case "GET", ["t", token, "places"]:
            return pages.places(token, query, headers, now)
        case "POST", ["t", token, "origin"]:
            return pages.origin(token, headers, body, now)
        case "POST", ["t", token, "say"]:
            return pages.say(token, headers, body, now)
    return Page(404, {}, b"")


@contextmanager
def serving(visits: Visits, now: Callable[[], datetime]) -> Iterator[str]:
    """Serves the visits on a free port of the loopback interface; gives the server's address."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            pages = TicketEndpoints(visits, visits, visits, f"http://127.0.0.1:{self.server.server_port}")  # type: ignore[attr-defined]  # BaseServer does not know its subclass
            page = answer(pages, self.command, self.path, headers, self.rfile.read(length), now())
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        do_GET = do_POST = _do  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: Any) -> None:
            """Tests say what they saw themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
