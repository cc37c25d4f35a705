"""The contract between the hub and a provider: how a tool's calls are verified, distinguished, and read.

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
    from datetime import date, datetime

    from chalicelib.bookings.booking import Report, Status
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
    """A call that was understood and changes no booking."""

    reason: str


class Parked(Exception):
    """A call that was not understood; the reason names what is missing or wrong, without personal data."""


class Doubted(Parked):
    """A reading that may be the tool's mistake. It is parked whole, and counts once a second one says the same."""

    def __init__(self, reason: str, cursor: Mapping[str, Any]) -> None:
        super().__init__(reason)
        self.cursor = cursor  # what the second reading is to be compared with


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a reading that was not understood. It names a booking all the same: that one stays as it is.

    `uid` is None where not even that can be read. `content` tells parts apart: the same part is parked once.
    `occurrence`: of a series, which one it is about, as far as that can be read. `is_finding`: the part was understood,
    and is only to be shown to the operator.
    """

    reason: str
    uid: str | None = None
    content: str = ""
    occurrence: date | None = None
    is_finding: bool = False


@dataclass(frozen=True, slots=True)
class HandshakeAnswer:
    """What a tool's handshake is answered with."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


class Gone(Exception):
    """The tool has no such thing (any more): HTTP 404 or 410, as `status` has it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Api(Protocol):
    """A tool's own interface, asked with the connection's credentials (`connections/tool_api.py` is the real one).

    Paths are relative to the provider's `base_url`, or whole addresses on the same host (next pages).
    Raises `Unavailable` (later again), `Refused` (credentials), `Gone`, `Parked` (the answer is not what it should be).
    """

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The decoded JSON answer."""
        ...

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The decoded JSON answer to a call with a JSON body; None where the answer is empty."""
        ...


@dataclass(frozen=True, slots=True)
class Keys:
    """What a call is verified with: secrets that are valid `now`, and the connection's settings."""

    secrets: tuple[str, ...] = field(repr=False)
    now: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ComingBooking:
    """A coming booking as the hub knows it: the tool's uid, its start, the order of the report that gave the start."""

    uid: str
    start: datetime
    order: str = ""
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may know beside the call itself. `api` is None where no credentials are configured.

    `now` is when it is read (what is fetched is as fresh as that), `received_at` when the call came.
    """

    connection: Connection
    business: Business
    now: datetime
    received_at: datetime
    api: Api | None = None
    cursor: Mapping[str, Any] = field(default_factory=dict)  # where reading ended last time
    coming_bookings: Callable[[], tuple[ComingBooking, ...]] = (
        tuple  # this connection's coming bookings, neither cancelled nor rejected
    )

    def coming_uids(self) -> tuple[str, ...]:
        """Uids of the coming bookings."""
        return tuple(one.uid for one in self.coming_bookings())

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of the connection."""
        return self.connection.settings.get(name, default)

    def require_api(self) -> Api:
        """The tool's interface. Parks where it cannot be asked."""
        if self.api is None:
            raise Parked("credentials are missing: the tool has to be asked, and the connection names none")
        return self.api


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: reports, what could not be, and changes of the cursor for the next time.

    `is_whole`: it holds all that is coming, and what it does not name was cancelled (`absence`).
    """

    reports: tuple[Report, ...]
    unread: tuple[Unread, ...] = ()
    cursor: Mapping[str, Any] | None = None
    is_whole: bool = False


def never(_settings: Mapping[str, Any]) -> bool:
    """For tools that sign their calls."""
    return False


def always(_settings: Mapping[str, Any]) -> bool:
    """For tools that cannot prove in any other way who they are."""
    return True


def answers_nothing(_raw: Raw, _connection: Connection) -> HandshakeAnswer | None:
    """For tools without a handshake."""
    return None


def as_it_is(body: bytes) -> bytes:
    """For tools that put no secret into the body."""
    return body


def says_no_time(_raw: Raw) -> datetime | None:
    """For tools whose signatures hold no time."""
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """A booking tool. Functions are pure but for `reports`, `upcoming` and `renew`, which may ask `Context.api`.

    `sent_at` is the time that a signature holds: verified as of then, a genuine call is, however old it is.
    `verify` is true only for a genuine call. `dedupe_key` is equal for repeated deliveries of one change and never for
    deliveries of two; it may raise `Parked`, then the whole body is the key. Where a tool's calls about different
    changes may be alike to the byte, `alike` is set: a repetition is then read again, since it may be news.
    Where each reading holds everything anew, stamped with the time of reading, `snapshots` is set: what a reading only
    repeats is not written again. That is right only for readings that are folded in the order in which they were made.
    `reports` raises `Parked`. `upcoming` reads back all bookings up to the horizon, where the tool can be asked.
    `renew` keeps the tool sending, where that ends by itself; its answer changes the cursor.
    `needs_secret`: whether, with these settings, the connection cannot do without a secret.
    `without_secret` takes out of a genuine body what proves that it is: that is not stored.
    `key_in_address`: whether, with these settings, a call proves itself by `?key=<secret>` in its address.
    """

    name: str
    quality: str
    verify: Callable[[Raw, Keys], bool]
    dedupe_key: Callable[[Raw], str]
    reports: Callable[[Raw, Context], tuple[Report, ...] | Reading | Ignored]
    tells_cancel: bool = False  # it writes to customers itself when a booking is cancelled, unless a setting says no
    sent_at: Callable[[Raw], datetime | None] = says_no_time
    # those that verification and reading need, lower case; only they are stored. The first holds the proof
    headers: tuple[str, ...] = ()
    needs_secret: Callable[[Mapping[str, Any]], bool] = always
    key_in_address: Callable[[Mapping[str, Any]], bool] = never
    without_secret: Callable[[bytes], bytes] = as_it_is
    alike: bool = False
    snapshots: bool = False
    handshake: Callable[[Raw, Connection], HandshakeAnswer | None] = answers_nothing
    upcoming: Callable[[Context], tuple[Report, ...] | Reading] | None = None
    renew: Callable[[Context, str], Mapping[str, Any] | None] | None = None  # (context, webhook address)
    base_url: str = ""  # of the tool's interface; empty where there is none
    api_headers: Mapping[str, str] = field(default_factory=dict)  # that every call of its interface carries
