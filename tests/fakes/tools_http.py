"""Booking tools as real HTTP servers on loopback: what they are asked, and answers that a test prepares."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.foundation.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Asked:
    """One call that the tool got."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """One answer; a body that is not bytes is sent as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


class ToolServer:
    """A tool: answers by path; `queue` puts answers in front that are used once each, whatever is asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, Reply | list[Reply]] = {}
        self.queued: list[Reply] = []
        tool = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, self.rfile.read(length))
                reply = tool.reply(asked)
                self.send_response(reply.status)
                data = reply.data()
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server's names

            def log_message(self, *_args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.queued:
            return self.queued.pop(0)
        found = self.answers.get(asked.path, Reply({"error": "not found"}, 404))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def running_tool() -> Iterator[ToolServer]:
    """For a fixture: a tool that is gone afterwards."""
    server = ToolServer()
    yield server
    server.close()


class MemorySecrets:
    """Credentials in a dictionary."""

    def __init__(self, **secrets: Mapping[str, str]) -> None:
        self.secrets = dict(secrets)

    def read(self, name: str) -> Mapping[str, str]:
        if name not in self.secrets:
            raise Refused(f"there is no secret {name}")
        return self.secrets[name]
