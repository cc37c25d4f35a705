"""Fetches a feed from the internet without letting its URL reach anything private.

- Only http and https; every hop of a redirect is checked like the first one.
- A host's name is looked up once, all its addresses are checked, and the connection goes to the checked address; a name
  that answers differently a moment later (DNS rebinding) gains nothing. TLS still proves the name.
- Conditional (ETag, Last-Modified), capped in bytes and in time.
"""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from chalicelib.transit.data.feed import is_private, is_this_machine
from feeds.compile.findings import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Resolve = Callable[[str, int], list[str]]

DOWNLOAD_BYTES_MAX = 1 << 30
DOWNLOAD_REDIRECTS_MAX = 5
SILENCE_MAX_S = 30.0  # the longest silence of a server
DOWNLOAD_MAX_S = 600.0  # the longest download
PUBLISHER = "the publisher's server"


class NotFetched(Unusable):
    """The feed could not be fetched; the message says whose turn it is. An older compiled version stays in use."""


@dataclass(frozen=True, slots=True)
class Download:
    """What came of a request. `tag` is for the next conditional one."""

    changed: bool
    tag: str


def addresses(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises `OSError`."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def address_to_connect(host: str, port: int, resolve: Resolve = addresses, *, own: bool) -> str:
    """The address of a host to connect to, all of its addresses being public, or with `own` this machine's.

    Raises `NotFetched`.
    """
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        raise NotFetched(f"{host} is not known to the name service; check the URL") from None
    if not found:
        raise NotFetched(f"{host} has no address; check the URL")
    if any(is_private(address) and not (own and is_this_machine(address)) for address in found):
        raise NotFetched(f"{host} leads to a private address: refused; feeds must be public")
    return min(found, key=lambda address: ":" in address)  # IPv4 where there is one: it is routed everywhere


@dataclass(frozen=True, slots=True)
class Downloader:
    """Fetches URLs. `transport` and `resolve` are seams for tests.

    `allow_private` is for one-machine use: a URL that names this very machine may lead to it, and no other one may.
    """

    allow_private: bool = False
    bytes_max: int = DOWNLOAD_BYTES_MAX
    total_s: float = DOWNLOAD_MAX_S
    step_s: float = SILENCE_MAX_S
    transport: httpx.BaseTransport | None = None
    resolve: Resolve = addresses
    monotonic: Callable[[], float] = time.monotonic

    def fetch(self, url: str, path: Path, tag: str = "") -> Download:
        """Writes the body to `path`, atomically, unless the server says that `tag` still holds. Raises `NotFetched`."""
        until = self.monotonic() + self.total_s
        try:
            with httpx.Client(transport=self.transport, timeout=self.step_s, trust_env=False) as client:
                return self._follow(client, url, path, tag, until)
        except httpx.TimeoutException:
            raise NotFetched(f"{_host(url)} did not answer in time; {PUBLISHER} is slow or down") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NotFetched(
                f"{_host(url)} could not be read ({reason}); check the URL, or {PUBLISHER} is down"
            ) from error

    def _follow(self, client: httpx.Client, url: str, path: Path, tag: str, until: float) -> Download:
        own = self.allow_private and is_this_machine(_host(url))
        for _ in range(DOWNLOAD_REDIRECTS_MAX + 1):
            request = self._request(client, url, tag, own=own)
            response = client.send(request, stream=True)
            try:
                if response.has_redirect_location:
                    url = urljoin(url, response.headers["location"])
                    continue
                return self._receive(response, url, path, tag, until)
            finally:
                response.close()
        raise NotFetched(f"{_host(url)} redirects more than {DOWNLOAD_REDIRECTS_MAX} times; check the URL")

    def _request(self, client: httpx.Client, url: str, tag: str, *, own: bool) -> httpx.Request:
        """A request to the checked address that carries the name in Host and for TLS."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise NotFetched(f"{url!r:.200} is no valid URL; correct the feed's configuration") from None
        if parts.scheme not in {"http", "https"} or not host:
            raise NotFetched(f"{url!r:.200} is no http(s) URL; correct the feed's configuration")
        address = address_to_connect(host, port or (443 if parts.scheme == "https" else 80), self.resolve, own=own)
        literal = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{literal}:{port}" if port else literal, fragment="").geturl()
        request = client.build_request("GET", target, headers=_headers(parts.netloc.rpartition("@")[2], tag))
        request.extensions["sni_hostname"] = host
        return request

    def _receive(self, response: httpx.Response, url: str, path: Path, tag: str, until: float) -> Download:
        if response.status_code == httpx.codes.NOT_MODIFIED and tag:
            return Download(changed=False, tag=tag)
        if response.status_code != httpx.codes.OK:
            whose = "check the URL" if response.is_client_error else f"{PUBLISHER} has a problem"
            raise NotFetched(f"{_host(url)} answers {response.status_code}; {whose}")
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._copy(response, url, aside, until)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        return Download(changed=True, tag=_tag(response))

    def _copy(self, response: httpx.Response, url: str, aside: Path, until: float) -> None:
        size = 0
        with aside.open("wb") as file:
            for piece in response.iter_bytes():  # as it comes: gathered pieces of a trickle would take for ever
                size += len(piece)
                if size > self.bytes_max:
                    raise NotFetched(
                        f"{_host(url)} sends more than {self.bytes_max >> 20} MiB: refused as no GTFS feed"
                    )
                if self.monotonic() > until:
                    raise NotFetched(f"{_host(url)} takes longer than {self.total_s:.0f} s; {PUBLISHER} is slow")
                file.write(piece)


def download(url: str, path: Path, *, allow_private: bool = False) -> None:
    """Fetches one URL to a file. Raises `NotFetched`."""
    Downloader(allow_private=allow_private).fetch(url, path)


def _host(url: str) -> str:
    """The host alone: paths and queries of feed URLs can hold keys."""
    try:
        return urlsplit(url).hostname or "the URL"
    except ValueError:
        return "the URL"


def _headers(host: str, tag: str) -> dict[str, str]:
    headers = {
        "Host": host,
        "Accept": "application/zip, */*",
        "User-Agent": "live-ticket-hub",
        "Accept-Encoding": "identity",
    }
    if tag.startswith(('"', "W/")):
        return headers | {"If-None-Match": tag}
    return headers | ({"If-Modified-Since": tag} if tag else {})


def _tag(response: httpx.Response) -> str:
    return str(response.headers.get("etag") or response.headers.get("last-modified") or "")
