"""A transport operator's web server on this machine: one address, whatever is to be said there now."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class FeedServer:
    """Answers every GET with what `body` gives at that moment."""

    def __init__(self, body: Callable[[], bytes]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name that http.server calls
                answer = body()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Quiet: whoever uses it tells what happens."""

        self._handler = Handler
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """Serves on a free loopback port; the feed's URL."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/tripupdates"

    def stop(self) -> None:
        """Ends the server, if it was started."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
