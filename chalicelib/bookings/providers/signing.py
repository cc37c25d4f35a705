"""Signatures: computed over the bytes as they came, compared in constant time, each active secret tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TOLERANCE_S = 300  # how far a signed time may be from ours, as Standard Webhooks and HubSpot ask


def hex_hmac(secret: bytes, message: bytes) -> str:
    """HMAC-SHA256 as lower-case hex."""
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def base64_hmac(secret: bytes, message: bytes) -> str:
    """HMAC-SHA256 as standard base64 with padding."""
    return base64.b64encode(hmac.digest(secret, message, "sha256")).decode()


def bytes_of(said: str) -> bytes:
    """What a call said in a header or its address, as it is signed. Nobody signs half a character, but it may come."""
    return said.encode("utf-8", "surrogatepass")


def is_same(given: str, expected: str) -> bool:
    """Equality in time that does not depend on where the two differ."""
    return hmac.compare_digest(bytes_of(given), expected.encode())


def is_signed_by_any(
    given: Iterable[str], secrets: Iterable[str], message: bytes, digest: Callable[[bytes, bytes], str]
) -> bool:
    """Whether one of the given signatures was made with one of the secrets. An empty secret signs nothing."""
    expected = [digest(secret.encode(), message) for secret in secrets if secret]
    matches = [is_same(one, right) for one in given for right in expected]  # every pair, whichever matches
    return any(matches)


def unix_time(timestamp: str) -> datetime | None:
    """The instant of a Unix time in seconds; None for what is none."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= len("253402300799")):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(int(timestamp), 253402300799))


def seconds_are_fresh(timestamp: str, now: datetime, tolerance_s: int) -> bool:
    """Whether a Unix time in seconds lies within the tolerance of `now`, on either side."""
    sent = unix_time(timestamp)
    return sent is not None and abs(now - sent) <= timedelta(seconds=tolerance_s)


def digest_of(*parts: str | bytes) -> str:
    """A short name for the given parts: 32 hex digits of SHA-256, the parts kept apart by their lengths."""
    hashed = hashlib.sha256()
    for part in parts:
        data = bytes_of(part) if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()[:32]
