"""Calls of a tool's interface: one HTTP client for all tools, with retries, limits, and no secrets in any message.

Rules
- Every call has limits of time and size. Where the turn of its caller ends earlier (`deadline`), the call does, too,
  and is not repeated: one slow tool must not take the time of all others.
- Only what may be repeated is repeated, `CALL_TRIES` times at most, with growing pauses of random length, or as long as
  `Retry-After` asks if that is short.
- A tool that keeps failing is not called for `CIRCUIT_REST_S` (per connection): it must not keep our workers busy.
- Redirects are not followed: credentials go to the host that was configured and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from chalicelib.bookings.providers.contract import Gone, Parked
from chalicelib.foundation.ports import Refused, Unavailable
from chalicelib.foundation.public_hosts.deadline import deadline, left_s
from chalicelib.outages.watch import NO_CONNECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from chalicelib.bookings.connections.credentials import Credentials
    from chalicelib.foundation.ports import Clock
    from chalicelib.outages.watches import RecordCall

CALL_TRIES = 3
ANSWER_MAX = 8 * 1024 * 1024  # bytes; a page of a list is far smaller
TOOL_CONNECT_TIMEOUT_S = 3.0
TOOL_READ_TIMEOUT_S = 8.0
CALL_S = 10.0  # one try of a call as a whole, a token's renewal included
FAIR_S = 5.0  # who was given less to answer in, because others had taken their time, has not failed
CALL_PAUSE_S = 0.25  # the first pause is up to this long, each further one up to twice as long
CALL_PAUSE_MAX_S = 3.0  # a longer Retry-After is left to the queue
CIRCUIT_FAILURES_MAX = 5  # failures in a row that open the circuit
CIRCUIT_REST_S = 60.0  # an open circuit closes after this
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_MANY_CALLS = frozenset({425, 429})  # says something about the hub, not about the tool


@dataclass
class Circuit:
    """A circuit breaker (Nygard, Release It!): while it is open the tool is not called. `failures` are in a row."""

    failures: int = 0
    open_until: float = 0.0

    def is_closed(self, now_s: float) -> bool:
        """Whether the tool may be called."""
        return now_s >= self.open_until

    def record_failure(self, now_s: float) -> None:
        """Counts a failure; `CIRCUIT_FAILURES_MAX` of them open the circuit."""
        self.failures += 1
        if self.failures >= CIRCUIT_FAILURES_MAX:
            self.open_until = now_s + CIRCUIT_REST_S

    def record_success(self) -> None:
        """Forgets the failures."""
        self.failures, self.open_until = 0, 0.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """How to wait between tries: `sleep(seconds)`, and `chance()` in [0, 1) for the length of a pause."""

    sleep: Callable[[float], None]
    chance: Callable[[], float]

    def wait(self, tries: int, retry_after_s: float | None) -> bool:
        """Waits after `tries` tries; False, at once, where the tool asks to wait longer than a worker can."""
        if retry_after_s is not None and retry_after_s > CALL_PAUSE_MAX_S:
            return False
        longest_s = min(CALL_PAUSE_MAX_S, CALL_PAUSE_S * 2**tries)
        self.sleep(longest_s * self.chance() if retry_after_s is None else retry_after_s)
        return True


@dataclass(frozen=True, slots=True)
class Interface:
    """A tool's interface as one connection uses it: its address, the headers of every call, the credentials."""

    base_url: str
    headers: Mapping[str, str]
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Session:
    """What the calls of all connections share."""

    client: httpx.Client
    clock: Clock
    pauses: Pauses


class ToolApi:
    """The `Api` of `providers/contract.py` over HTTP, for one connection."""

    def __init__(
        self, interface: Interface, session: Session, circuit: Circuit, record_call: RecordCall | None = None
    ) -> None:
        """`record_call` is called after each call, with the reason why the tool did not answer, else None."""
        self._base_url = interface.base_url.rstrip("/") + "/"
        self._interface = interface
        self._session = session
        self._circuit = circuit
        self._record_call = record_call

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The decoded JSON answer. Raises as `Api` says."""
        return self._decode(self._call("GET", path, query=query))

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The decoded JSON answer to a call with a JSON body. Raises as `Api` says."""
        return self._decode(self._call(method, path, body=body))

    def _address(self, path: str) -> str:
        url = urljoin(self._base_url, path.lstrip("/") if not path.startswith("http") else path)
        if urlsplit(url)[:2] != urlsplit(self._base_url)[:2]:
            raise Parked("the tool's answer leads to another host")
        return url

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        url = self._address(path)
        for tries in range(CALL_TRIES):
            if not self._circuit.is_closed(self._session.clock.now().timestamp()):
                raise Unavailable("the tool failed too often; it is left alone for a minute")
            given_s = min(CALL_S, left_s())
            if given_s <= 0:
                raise Unavailable("no time is left to ask the tool in this turn")
            with deadline(CALL_S):
                status, retry_after_s, data = self._try_once(method, url, query, body)
            if status is not None and status not in _BUSY:
                self._circuit.record_success()
                self._record(None)
                return _require_success(status, data)
            why = NO_CONNECTION if status is None else f"HTTP {status}"
            if status is not None or given_s >= FAIR_S:
                self._circuit.record_failure(self._session.clock.now().timestamp())
                if status not in _TOO_MANY_CALLS:
                    self._record(why)
            last = tries + 1 == CALL_TRIES or method not in _REPEATABLE or left_s() <= CALL_PAUSE_MAX_S
            if last or not self._session.pauses.wait(tries, retry_after_s):
                break
        raise Unavailable(f"the tool does not answer ({why})")

    def _record(self, reason: str | None) -> None:
        if self._record_call:
            self._record_call(reason, self._session.clock.now())

    def _try_once(
        self, method: str, url: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> tuple[int | None, float | None, bytes]:
        """One try: status (None: no answer), Retry-After in seconds, body."""
        import httpx  # noqa: PLC0415 - only connections that ask pay for it

        from chalicelib.foundation.public_hosts.bodies import TooManyBytes, read_at_most  # noqa: PLC0415 - the same

        client, now = self._session.client, self._session.clock.now()
        headers = dict(self._interface.headers) | self._interface.credentials.headers(client, now)
        extra: dict[str, Any] = {} if body is None else {"json": dict(body)}
        try:
            with client.stream(method, url, params=dict(query) if query else None, headers=headers, **extra) as answer:
                data = read_at_most(answer, ANSWER_MAX)
                retry_after_s = _retry_after_s(answer.headers.get("retry-after"), self._session.clock.now())
                return answer.status_code, retry_after_s, data
        except TooManyBytes:
            raise Parked(f"the tool's answer is larger than {ANSWER_MAX} bytes") from None
        except httpx.DecodingError as error:
            raise Parked(f"the tool's answer cannot be unpacked: {error}") from None
        except httpx.HTTPError:
            return None, None, b""

    @staticmethod
    def _decode(data: bytes) -> Any:
        if not data:
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise Parked("the tool's answer is not JSON") from None


def _retry_after_s(retry_after: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds: a number or a date (RFC 9110 §10.2.3)."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _require_success(status: int, data: bytes) -> bytes:
    """The body of a good answer. Raises for the others."""
    if status in {401, 403}:
        raise Refused(f"the tool refuses the connection's credentials (HTTP {status})")
    if status in {404, 410}:
        raise Gone(status)
    if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's classes
        raise Parked(f"the tool answers HTTP {status}")
    return data
