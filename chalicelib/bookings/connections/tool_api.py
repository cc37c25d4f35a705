"""Asking a tool's own interface: one HTTP client for all of them, with patience, limits and no secrets in any message.

Rules: every call has a time limit and a size limit; only what may be repeated is repeated, three times at most, with
growing pauses of random length, or as long as `Retry-After` says if that is short; a tool that keeps failing is left
alone for a minute (per connection), so that its trouble does not become ours. Redirects are not followed: credentials
go to the host that was configured and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from chalicelib.bookings.providers.contract import Gone, Parked
from chalicelib.foundation.ports import Refused, Unavailable
from chalicelib.outages.watch import NO_CONNECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from chalicelib.bookings.connections.credentials import Credentials
    from chalicelib.foundation.ports import Clock

CALL_TRIES = 3
ANSWER_MAX = 8 * 1024 * 1024
CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 8.0
PAUSE_S = 0.25  # the first pause is up to this long, each further one up to twice as long
PAUSE_MAX_S = 3.0  # a longer Retry-After is left to the queue
FAILURES_MAX = 5  # in a row open the circuit
REST_S = 60.0
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_ASKED_TOO_MUCH = frozenset({425, 429})  # says something about us, not about the tool


@dataclass
class Circuit:
    """Whether a connection's tool is worth asking now. `failures` in a row since the last success."""

    failures: int = 0
    open_until: float = 0.0

    def is_closed(self, now_s: float) -> bool:
        """Whether to ask."""
        return now_s >= self.open_until

    def record_failure(self, now_s: float) -> None:
        """Counts a failure; after enough of them the tool is left alone for a while."""
        self.failures += 1
        if self.failures >= FAILURES_MAX:
            self.open_until = now_s + REST_S

    def record_success(self) -> None:
        """Forgets failures."""
        self.failures, self.open_until = 0, 0.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """How to wait, and by how much chance: `sleep(seconds)` and `chance()` in [0, 1)."""

    sleep: Callable[[float], None]
    chance: Callable[[], float]

    def after(self, tries: int, retry_after_s: float | None) -> bool:
        """Waits before another try; False where the tool asks for more patience than a worker has."""
        if retry_after_s is not None and retry_after_s > PAUSE_MAX_S:
            return False
        self.sleep(min(PAUSE_MAX_S, PAUSE_S * 2**tries) * self.chance() if retry_after_s is None else retry_after_s)
        return True


class ToolApi:
    """One connection's way to its tool's interface (the `Api` of `providers/contract.py`)."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        credentials: Credentials,
        *,
        client: httpx.Client,
        clock: Clock,
        pauses: Pauses,
        circuit: Circuit,
        record_call: Callable[[str | None, datetime], None] | None = None,
    ) -> None:
        """`record_call` is told after each call why the tool did not answer it, or None: it did, whatever it said."""
        self._base_url = base_url.rstrip("/") + "/"
        self._headers = dict(headers)
        self._credentials = credentials
        self._client = client
        self._clock = clock
        self._pauses = pauses
        self._circuit = circuit
        self._record_call = record_call

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The decoded JSON answer. Raises as `Api` says."""
        return self._decode(self._ask("GET", path, query=query))

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """The same for a call with a JSON body."""
        return self._decode(self._ask(method, path, body=body))

    def _address(self, path: str) -> str:
        url = urljoin(self._base_url, path.lstrip("/") if not path.startswith("http") else path)
        if urlsplit(url)[:2] != urlsplit(self._base_url)[:2]:
            raise Parked("the tool's answer leads to another host")
        return url

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        url = self._address(path)
        for tries in range(CALL_TRIES):
            if not self._circuit.is_closed(self._clock.now().timestamp()):
                raise Unavailable("the tool failed too often; it is left alone for a minute")
            status, retry_after_s, data = self._once(method, url, query, body)
            if status is not None and status not in _BUSY:
                self._circuit.record_success()
                self._tell(None)
                return _require_success(status, data)
            self._circuit.record_failure(self._clock.now().timestamp())
            why = NO_CONNECTION if status is None else f"HTTP {status}"
            if status not in _ASKED_TOO_MUCH:
                self._tell(why)
            last = tries + 1 == CALL_TRIES or method not in _REPEATABLE
            if last or not self._pauses.after(tries, retry_after_s):
                break
        raise Unavailable(f"the tool does not answer ({why})")

    def _tell(self, reason: str | None) -> None:
        if self._record_call:
            self._record_call(reason, self._clock.now())

    def _once(
        self, method: str, url: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> tuple[int | None, float | None, bytes]:
        """One try: status (None: no answer), Retry-After in seconds, body."""
        import httpx  # noqa: PLC0415 - only connections that ask pay for it

        headers = self._headers | self._credentials.headers(self._client, self._clock.now())
        extra: dict[str, Any] = {} if body is None else {"json": dict(body)}
        try:
            with self._client.stream(
                method, url, params=dict(query) if query else None, headers=headers, **extra
            ) as answer:
                data = _read_body(answer)
                return answer.status_code, _retry_after_s(answer.headers.get("retry-after"), self._clock), data
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


def _read_body(answer: httpx.Response) -> bytes:
    data = bytearray()
    for chunk in answer.iter_bytes(64 * 1024):
        data += chunk
        if len(data) > ANSWER_MAX:
            raise Parked(f"the tool's answer is larger than {ANSWER_MAX} bytes")
    return bytes(data)


def _retry_after_s(retry_after: str | None, clock: Clock) -> float | None:
    """`Retry-After` in seconds: a number or a date (RFC 9110 §10.2.3)."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - clock.now()).total_seconds())
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
