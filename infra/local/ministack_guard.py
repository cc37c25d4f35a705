"""Who may speak to MiniStack: whoever signs with this start's secret key, from no web page. It stands before MiniStack.

By itself MiniStack takes any credentials and any origin, and one of its services runs code. Here every call needs
AWS's own signature, version 4, made with a secret that is drawn at each start (Amazon S3 API Reference, "Authenticating
Requests"); a Host that is this machine (no name that was pointed here); and no Origin, which only browsers send.
Addresses that AWS leaves unsigned: the health check, and the public API of what a test deploys, where one does.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

HEALTH = "/_ministack/health"
OWN_PAGES = "/_ministack/"
PUBLIC_API = re.compile(r"/restapis/[^/]+/[^/]+/_user_request_(/|$)")
OWN_HEADER = "x-hub-secret"  # what its own pages are asked with, which AWS does not have
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]*/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)"
)
FORBIDDEN = 403


class Guard:
    """Passes on what may pass; everything else is answered here."""

    def __init__(self, app: Any, secret: str, port: int, *, has_public_api: bool) -> None:
        self._app = app
        self._secret = secret
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._has_public_api = has_public_api

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request. Its body is read here, for the signature is made over it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        body, over = b"", False
        while not over:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, over = body + message.get("body", b""), not message.get("more_body", False)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        why = self.why_not(scope["method"], scope["raw_path"].decode(), scope["query_string"].decode(), headers, body)
        if why:
            error = f"<Code>Closed</Code><Message>MiniStack is closed: {why}</Message>"  # as boto3 reads errors
            text = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
            await send(
                {"type": "http.response.start", "status": FORBIDDEN, "headers": [(b"content-type", b"text/xml")]}
            )
            await send({"type": "http.response.body", "body": text})
            return
        given = False

        async def again() -> Any:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)

    def why_not(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> str:
        """Why a request may not pass; empty: it may."""
        if headers.get("host") not in self._hosts:
            return "this is not its address"
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            return "no web page may ask it"
        path = path.partition("?")[0]
        if path == HEALTH or (self._has_public_api and PUBLIC_API.match(path)):
            return ""
        if path.startswith(OWN_PAGES):
            shown = headers.get(OWN_HEADER, "").encode()
            return "" if hmac.compare_digest(shown, self._secret.encode()) else "this page needs its secret"
        given = AUTHORIZATION.match(headers.get("authorization", ""))
        if given is None:
            return "the call is not signed"
        return "" if self._is_signed(given, method, path, query, headers, body) else "the signature is not its own"

    def _is_signed(
        self, given: re.Match[str], method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> bool:
        day, region, service, names, signature = given.groups()
        shown = path if service == "s3" else quote(path, safe="/~")  # all but S3 encode the path once more
        pairs = sorted(one if "=" in one else f"{one}=" for one in query.split("&") if one)
        signed = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names.split(";"))
        payload = headers.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
        request = "\n".join([method, shown, "&".join(pairs), signed, names, payload])
        scope = f"{day}/{region}/{service}/aws4_request"
        when = headers.get("x-amz-date", "")
        text = "\n".join(["AWS4-HMAC-SHA256", when, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = f"AWS4{self._secret}".encode()
        for part in (day, region, service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), signature)
