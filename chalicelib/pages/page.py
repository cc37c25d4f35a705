"""What an endpoint answers: status, headers and body, free of any web framework."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVATE: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",  # the path is the key to the ticket: no other site may learn it
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
}
"""On every answer that has to do with one person."""

NOTHING_ELSE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""A content security policy for bodies that load nothing at all."""


class NotFound(LookupError):
    """There is no such thing (HTTP 404); the message says what is missing and what to do."""


class StillUsed(Exception):
    """Others depend on what was to be deleted (HTTP 409); the message says who, and what to do first."""


@dataclass(frozen=True, slots=True)
class Page:
    """One HTTP answer. `headers` has `Content-Type` where there is a body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def html_page(status: int, body: str, policy: str) -> Page:
    """A page for one person; `policy` is its Content-Security-Policy."""
    kind = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Vary": "Accept-Language"}
    return Page(status, {**PRIVATE, **kind}, body.encode("utf-8", "replace"))


def json_page(status: int, value: Any) -> Page:
    """JSON for one person."""
    kind = {"Content-Type": "application/json", "Content-Security-Policy": NOTHING_ELSE}
    return Page(status, {**PRIVATE, **kind}, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def error_page(status: int, code: str, message: str) -> Page:
    """The contract's error shape."""
    return json_page(status, {"error": {"code": code, "message": message}})


def see_other(location: str) -> Page:
    """After a form was sent: the page to go on with. `location` may be relative to the address of the request."""
    return Page(303, {**PRIVATE, "Location": location})


def robots_txt() -> Page:
    """Tells crawlers to stay away from all of it."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=86400"}
    return Page(200, headers, b"User-agent: *\nDisallow: /\n")
