"""The one shape of a booking tool: how its calls are verified, told apart, and read.

A provider module holds a `PROVIDER`. Its header lists the tool's quirks and its *quality level*:

    complete   every event is understood from what is sent, and tests on payloads of the real shape prove it
    fetched    the call only says that something changed; what it is, is read from the tool's own interface
    hint       the call cannot be trusted; nothing is done before the tool was asked
    mapped     the operator says where things are
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from chalicelib.bookings.booking import Report
    from chalicelib.bookings.business import Business, Connection


@dataclass(frozen=True, slots=True)
class Raw:
    """One call as it came. Header names are lower case; `url` is the address that the tool was given."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and of no consequence for any booking."""

    reason: str


class Parked(Exception):
    """Not understood; the reason names what is missing or wrong, without personal data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool's handshake is answered with."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


class Api(Protocol):
    """A tool's own interface, asked with the connection's credentials (`bookings/asking.py` is the real one)."""

    def get(self, path: str, **query: str) -> Any:
        """The decoded JSON answer. Raises `Unavailable`, `Refused` and `Gone` (404, 410) as `asking` says."""
        ...

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The same for a call with a JSON body."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may know beside the call itself. `api` is None where no credentials are configured."""

    connection: Connection
    business: Business
    now: datetime
    api: Api | None = None
    cursor: dict[str, Any] = field(default_factory=dict)  # where reading went on last time; the reader may change it
    known: Callable[[], tuple[str, ...]] = tuple  # uids of this connection's coming bookings that stand

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of the connection."""
        return self.connection.settings.get(name, default)


def answers_nothing(_raw: Raw, _connection: Connection) -> Answer | None:
    """For tools without a handshake."""
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """A booking tool. Functions are pure but for `reports` and `upcoming`, which may ask `Context.api`.

    `verify(raw, secrets, now)` is true only for a genuine call. `dedupe_key(raw)` is equal for repeated deliveries of
    the same thing and never for different ones; it may raise `Parked`, then the whole body is the key.
    `reports` raises `Parked`. `upcoming` reads back all coming bookings, where the tool can be asked.
    """

    name: str
    quality: str
    verify: Callable[[Raw, tuple[str, ...], datetime], bool]
    dedupe_key: Callable[[Raw], str]
    reports: Callable[[Raw, Context], tuple[Report, ...] | Ignored]
    headers: tuple[str, ...] = ()  # those that verification and reading need, lower case; only they are stored
    needs_secret: bool = True
    handshake: Callable[[Raw, Connection], Answer | None] = answers_nothing
    upcoming: Callable[[Context], tuple[Report, ...]] | None = None
    base_url: str = ""  # of the tool's interface; empty where there is none
