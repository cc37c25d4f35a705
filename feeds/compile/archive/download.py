"""Fetches a feed from the internet without letting its URL reach anything private.

- Only http and https, and only hosts that `foundation/public_hosts` lets pass, for every hop of a redirect anew.
- Conditional (ETag, Last-Modified), capped in bytes and in time. What a redirect's answer holds is not read.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, NotPublic, UnknownHost, addresses_of
from chalicelib.foundation.public_hosts.deadline import deadline
from chalicelib.foundation.public_hosts.transport import PublicHosts
from feeds.compile.findings import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalicelib.foundation.public_hosts.check import AllowedHosts, Resolve

DOWNLOAD_BYTES_MAX = 1 << 30  # larger than any public feed that we know of
DOWNLOAD_REDIRECTS_MAX = 5
SILENCE_MAX_S = 30.0  # of a server
DOWNLOAD_MAX_S = 600.0  # the whole; a Lambda function has 15 minutes, and compiles after it
PUBLISHER = "the publisher's server"


class NotFetched(Unusable):
    """The feed could not be fetched; the message says who has to do what. An older compiled version stays in use."""


@dataclass(frozen=True, slots=True)
class Download:
    """What came of a request. `tag` is for the next conditional one."""

    changed: bool
    tag: str


@dataclass(frozen=True, slots=True)
class Downloader:
    """Fetches URLs of public hosts, and of those that are allowed by name.

    `transport` (behind the check) and `resolve` are seams for tests.
    """

    allowed: AllowedHosts = PUBLIC_ONLY
    bytes_max: int = DOWNLOAD_BYTES_MAX
    total_s: float = DOWNLOAD_MAX_S
    step_s: float = SILENCE_MAX_S
    transport: httpx.BaseTransport | None = None
    resolve: Resolve = addresses_of
    monotonic: Callable[[], float] = time.monotonic

    def fetch(self, url: str, path: Path, tag: str = "") -> Download:
        """Writes the body to `path`, atomically, unless the server says that `tag` still holds. Raises `NotFetched`."""
        until = self.monotonic() + self.total_s
        behind = self.transport
        checked = PublicHosts(self.allowed, resolve=self.resolve, inner=(lambda: behind) if behind else None)
        try:
            with (
                deadline(self.total_s),
                httpx.Client(transport=checked, timeout=self.step_s, trust_env=False) as client,
            ):
                return self._follow(client, url, path, tag, until)
        except NotPublic as refused:
            raise NotFetched(f"{refused}; feeds must be public") from None
        except UnknownHost as unknown:
            raise NotFetched(f"{unknown}; check the URL") from None
        except httpx.UnsupportedProtocol:
            reason = "is, or leads to, no http(s) URL; correct the feed's configuration"
            raise NotFetched(f"{_host(url)} {reason}") from None
        except httpx.TimeoutException:
            raise NotFetched(f"{_host(url)} did not answer in time; {PUBLISHER} is slow or down") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NotFetched(
                f"{_host(url)} could not be read ({reason}); check the URL, or {PUBLISHER} is down"
            ) from error

    def _follow(self, client: httpx.Client, url: str, path: Path, tag: str, until: float) -> Download:
        request = client.build_request("GET", _without_user(url), headers=_headers(tag))
        for _ in range(DOWNLOAD_REDIRECTS_MAX + 1):
            response = client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return self._receive(response, str(request.url), path, tag, until)
                request = response.next_request
                request.url = _without_user(request.url)
            finally:
                response.close()
        raise NotFetched(f"{request.url.host} redirects more than {DOWNLOAD_REDIRECTS_MAX} times; check the URL")

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
        return Download(changed=True, tag=response.headers.get("etag") or response.headers.get("last-modified") or "")

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


def _host(url: str) -> str:
    """The host alone: paths and queries of feed URLs can hold keys."""
    try:
        return urlsplit(url).hostname or "the URL"
    except ValueError:
        return "the URL"


def _without_user(url: str | httpx.URL) -> httpx.URL:
    """Feeds are public: a user's name and password are never sent."""
    return httpx.URL(url).copy_with(userinfo=b"")


def _headers(tag: str) -> dict[str, str]:
    headers = {"Accept": "application/zip, */*", "User-Agent": "live-ticket-hub"}
    if tag.startswith(('"', "W/")):
        return headers | {"If-None-Match": tag}
    return headers | ({"If-Modified-Since": tag} if tag else {})
