"""Fetches the calendar that a connection's `feed_url` names. The client's transport lets public hosts pass only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.deadline import deadline

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

FEED_REDIRECTS_MAX = 4
FEED_S = 9.0  # the whole of one feed, redirects included: others wait for their turn in the same minute
VALIDATOR_MAX = 1000  # characters of what is sent back to ask whether anything changed


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """An answer; `body` is empty where nothing changed (304)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch_feed(client: httpx.Client, url: str, headers: Mapping[str, str], size_max: int) -> FeedAnswer:
    """GET, redirects followed. Raises `Unavailable` (later again), `Parked` (never as it is)."""
    import httpx as http  # noqa: PLC0415 - only connections that fetch pay for it

    from chalicelib.foundation.public_hosts.bodies import TooManyBytes  # noqa: PLC0415 - the same

    try:
        with deadline(FEED_S):
            return _follow(client, url, headers, size_max)
    except (http.UnsupportedProtocol, http.InvalidURL):
        raise Parked("the feed's address is neither http nor https") from None
    except TooManyBytes:
        raise Parked(f"the feed is larger than {size_max} bytes") from None
    except http.DecodingError as error:
        raise Parked(f"the feed cannot be unpacked: {error}") from None
    except http.TimeoutException as error:
        why = f"{type(error).__name__}; {FEED_S:.0f} s at most for the whole"
        raise Unavailable(f"the feed's host does not answer in time ({why})") from None
    except http.HTTPError as error:
        raise Unavailable(f"the feed's host does not answer ({type(error).__name__})") from None


def _follow(client: httpx.Client, url: str, headers: Mapping[str, str], size_max: int) -> FeedAnswer:
    from chalicelib.foundation.public_hosts.bodies import read_at_most  # noqa: PLC0415 - brings httpx
    from chalicelib.foundation.public_hosts.transport import REDIRECTED  # noqa: PLC0415 - the same

    own = {"User-Agent": "live-ticket-hub", **headers}
    for hop in range(FEED_REDIRECTS_MAX):
        extensions = {REDIRECTED: True} if hop else {}
        with client.stream("GET", _address(url), headers=own, extensions=extensions) as answer:
            if not answer.has_redirect_location:
                found = ((name, str(value)) for name, value in answer.headers.items())
                kept = {name: value for name, value in found if value.isascii() and len(value) <= VALIDATOR_MAX}
                return FeedAnswer(answer.status_code, kept, read_at_most(answer, size_max))
            url = urljoin(url, answer.headers["location"])
    raise Parked("the feed's address leads from one redirect to the next")


def _address(url: str) -> httpx.URL:
    """As it is asked: without a user's name and password, which are never sent."""
    import httpx as http  # noqa: PLC0415 - only connections that fetch pay for it

    return http.URL(url.replace("webcal://", "https://", 1)).copy_with(userinfo=b"")
