"""A service that answers as a test tells it, over real HTTP: what boto3 makes of it is boto3's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

GONE = "the connection ends without an answer"


@dataclass(frozen=True)
class Says:
    """One answer: status, error code and more of its JSON body (DynamoDB, SQS, SES) or XML (SNS, S3)."""

    status: int = 200
    code: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    xml: bool = False

    def body(self) -> bytes:
        if self.xml:
            error = f"<Error><Type>Sender</Type><Code>{self.code}</Code><Message>m +12025550123</Message></Error>"
            return f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>".encode()
        named = {"__type": f"com.amazonaws#{self.code}", "message": "m ada@example.com"} if self.code else {}
        return json.dumps(named | self.more).encode()


class ScriptedService:
    """Gives its answers in order, the last one again and again. `asked`: the JSON bodies that came."""

    def __init__(self, *script: Says | str) -> None:
        self.script = list(script)
        self.asked: list[bytes] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def next(self) -> Says | str:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                service.asked.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                says = service.next()
                if isinstance(says, str):
                    self.close_connection = True
                    return
                self.send_response(says.status)
                if says.code and not says.xml:
                    self.send_header("x-amzn-ErrorType", says.code)
                body = says.body()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = _serve  # noqa: N815 - the names that http.server asks for

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
