"""Asks URLs for their newest message: conditional, in time, never more than the cap, side by side.

Which hosts may be asked is the transport's: `AsyncPublicHosts` of `foundation/public_hosts`.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from chalicelib.foundation.public_hosts.check import NotPublic, UnknownHost
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts
from feeds.realtime.decode import MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.realtime.source import Source

# two rounds of polls have to fit into a minute, whatever one server does
TIMEOUT = httpx.Timeout(8.0, connect=4.0)  # s of silence
FETCH_MAX_S = 12.0  # the whole answer, redirects included
POLL_REDIRECTS_MAX = 3
FETCHES_AT_ONCE = 16
VALIDATOR_MAX = 1000  # characters of an etag: it is stored with what else is remembered of a source

log = logging.getLogger("hub.realtime")


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """One answer. `data` None: nothing new; `trouble` not "": no usable answer, and why."""

    data: bytes | None = None
    etag: str = ""
    modified: str = ""
    trouble: str = ""


async def fetch_all(sources: Sequence[Source], transport: httpx.AsyncBaseTransport | None = None) -> list[FeedAnswer]:
    """An answer for each source, in order; one that hangs or fails harms no other.

    `transport` None: public hosts only.
    """
    gate = asyncio.Semaphore(FETCHES_AT_ONCE)
    async with httpx.AsyncClient(transport=transport or AsyncPublicHosts(), timeout=TIMEOUT) as client:
        return list(await asyncio.gather(*(_one(client, source, gate) for source in sources)))


async def _one(client: httpx.AsyncClient, source: Source, gate: asyncio.Semaphore) -> FeedAnswer:
    async with gate:
        try:
            async with asyncio.timeout(FETCH_MAX_S):
                return await _ask(client, source)
        except TimeoutError:
            return FeedAnswer(trouble=f"the feed's server did not answer within {FETCH_MAX_S:.0f} s")
        except (NotPublic, UnknownHost) as reason:
            return FeedAnswer(trouble=f"the feed's server could not be asked: {reason}; check its URL")
        except httpx.DecodingError as reason:
            return FeedAnswer(trouble=f"the feed's server sends what cannot be unpacked ({reason}); ask its publisher")
        except (httpx.HTTPError, httpx.InvalidURL) as reason:
            return FeedAnswer(trouble=f"the feed's server could not be asked ({type(reason).__name__}); check its URL")
        except Exception as reason:  # whatever one server makes of us, the others are asked
            log.exception("a feed's server could not be asked: %s", urlsplit(source.url).hostname)
            return FeedAnswer(trouble=f"the hub failed to ask the feed's server ({type(reason).__name__}); see its log")


async def _ask(client: httpx.AsyncClient, source: Source) -> FeedAnswer:
    headers = {"accept": "application/x-protobuf, application/octet-stream, */*"}
    if source.etag:
        headers["if-none-match"] = source.etag
    if source.modified:
        headers["if-modified-since"] = source.modified
    request = client.build_request("GET", source.url, headers=headers)
    for _ in range(POLL_REDIRECTS_MAX + 1):
        answer = await client.send(request, stream=True)
        try:
            if answer.next_request is None:
                return await _receive(answer, source)
            request = answer.next_request  # what the redirect's answer holds is not read
        finally:
            await answer.aclose()
    return FeedAnswer(trouble=f"the feed's server redirects more than {POLL_REDIRECTS_MAX} times; check its URL")


async def _receive(answer: httpx.Response, source: Source) -> FeedAnswer:
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return FeedAnswer(etag=source.etag, modified=source.modified)
    if answer.status_code != httpx.codes.OK:
        return FeedAnswer(trouble=f"the feed's server answered {answer.status_code}; check its URL and its key")
    data = bytearray()
    async for chunk in answer.aiter_bytes():
        data += chunk
        if len(data) > MESSAGE_BYTES_MAX:
            return FeedAnswer(trouble=f"the feed sent more than {MESSAGE_BYTES_MAX} bytes; its publisher must split it")
    return FeedAnswer(bytes(data), _validator(answer, "etag"), _validator(answer, "last-modified"))


def _validator(answer: httpx.Response, name: str) -> str:
    """What to ask with the next time, "" where it could not be sent back."""
    value = str(answer.headers.get(name, ""))
    return value if value.isascii() and value.isprintable() and len(value) <= VALIDATOR_MAX else ""
