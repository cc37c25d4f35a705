"""Fetching an address that an operator wrote: only public ones, so that nobody can make the hub knock on its own doors.

The name is resolved once, every address it has must be public, and the connection goes to the very address that was
checked (another answer of the name server afterwards changes nothing). Each redirect is checked again.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

FEED_REDIRECTS_MAX = 4
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """An answer; `body` is empty where nothing changed (304)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def addresses_of(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises `Unavailable` where it has none."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unavailable("the host of the address is not known") from None


def require_public_address(
    host: str, port: int, resolve: Callable[[str, int], list[str]], *, allow_private: bool
) -> str:
    """An address of the host to connect to. Parks where any of its addresses is not public."""
    addresses = resolve(host, port)
    for address in addresses:
        known = ipaddress.ip_address(address.split("%")[0])
        mapped = getattr(known, "ipv4_mapped", None)
        if not allow_private and not (mapped or known).is_global:
            raise Parked("the address is not a public one: nothing is asked there")
    if not addresses:
        raise Unavailable("the host of the address is not known")
    return addresses[0]


def fetch_public(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    size_max: int,
    *,
    allow_private: bool = False,
    resolve: Callable[[str, int], list[str]] = addresses_of,
) -> PublicAnswer:
    """GET, redirects followed. Raises `Unavailable` (later again), `Parked` (never as it is)."""
    for _ in range(FEED_REDIRECTS_MAX):
        answer = _once(client, url, headers, size_max, allow_private=allow_private, resolve=resolve)
        if answer.status not in _MOVED or not answer.headers.get("location"):
            return answer
        url = urljoin(url, answer.headers["location"])
    raise Parked("the feed's address leads from one redirect to the next")


def _once(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    size_max: int,
    *,
    allow_private: bool,
    resolve: Callable[[str, int], list[str]],
) -> PublicAnswer:
    import httpx  # noqa: PLC0415 - only connections that fetch pay for it

    parts = urlsplit(url.replace("webcal://", "https://", 1))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Parked("the feed's address is neither http nor https")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = require_public_address(parts.hostname, port, resolve, allow_private=allow_private)
    host = f"[{address}]" if ":" in address else address
    target = urlunsplit((parts.scheme, f"{host}:{port}", parts.path, parts.query, ""))
    named: dict[str, Any] = {"sni_hostname": parts.hostname}
    own = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "live-ticket-hub", **headers}
    try:
        with client.stream("GET", target, headers=own, extensions=named) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes(64 * 1024):
                body += chunk
                if len(body) > size_max:
                    raise Parked(f"the feed is larger than {size_max} bytes")
            return PublicAnswer(answer.status_code, dict(answer.headers), bytes(body))
    except httpx.HTTPError as error:
        raise Unavailable(f"the feed's host does not answer ({type(error).__name__})") from None
