"""JSON Web Tokens signed with RS256 (RFC 7515, RFC 7519): the body of tools that sign with a key pair.

Rules:
- `alg` must be RS256: a token cannot choose how it is checked.
- RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2.2): what the signature opens to is compared as a whole with what it has
  to be; nothing of it is parsed. Only a public key is used here, so that no time it takes tells anything.
- A token that has expired, or is not valid yet, is not genuine (`exp`, `nbf`, with the tolerance of all signed times).
- The key is the tool's public key as PEM ("BEGIN PUBLIC KEY"), of 2048 bits or more.

Written out here because the usual library is a fifth of all that is deployed, and one modular power is all it is for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked
from chalicelib.bookings.providers.signing import TOLERANCE_S, unix_time

if TYPE_CHECKING:
    from datetime import datetime

BITS_MIN, BITS_MAX = 2048, 8192
EXPONENT_MAX = 2**33  # 65537 is usual; a greater one only costs time
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 §9.2, note 1
RSA_INFO = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption (RFC 3279 §2.3.1)
SEQUENCE, BIT_STRING, INTEGER = 0x30, 0x03, 0x02  # tags of DER (X.690)
LONG_LENGTH = 0x80


class PublicKey(NamedTuple):
    """An RSA public key."""

    modulus: int
    exponent: int

    @property
    def size(self) -> int:
        """Bytes of a signature."""
        return (self.modulus.bit_length() + 7) // 8


def public_key(pem: str) -> PublicKey:
    """The key of a PEM text. Raises `ValueError` that says what is wrong."""
    lines = [line.strip() for line in pem.replace("\\n", "\n").strip().splitlines()]
    if len(lines) < 3 or "BEGIN PUBLIC KEY" not in lines[0] or "END PUBLIC KEY" not in lines[-1]:  # noqa: PLR2004 - head, body, foot
        raise ValueError("is not a public key as PEM (-----BEGIN PUBLIC KEY-----)")
    try:
        outer, _ = _value(base64.b64decode("".join(lines[1:-1]), validate=True), SEQUENCE)
        if not outer.startswith(RSA_INFO):
            raise ValueError("is not an RSA key")
        bits, _ = _value(outer[len(RSA_INFO) :], BIT_STRING)
        numbers, _ = _value(bits[1:], SEQUENCE)
        modulus, rest = _value(numbers, INTEGER)
        exponent, _ = _value(rest, INTEGER)
    except (binascii.Error, IndexError):
        raise ValueError("is not a public key as PEM: it is cut off or damaged") from None
    key = PublicKey(int.from_bytes(modulus), int.from_bytes(exponent))
    if not BITS_MIN <= key.modulus.bit_length() <= BITS_MAX or not 2 < key.exponent < EXPONENT_MAX:  # noqa: PLR2004 - 3 is the least
        raise ValueError(f"is not an RSA key of {BITS_MIN} to {BITS_MAX} bits")
    return key


def _value(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The value of the first DER element, which has to have that tag, and what follows it."""
    if data[0] != tag:
        raise IndexError
    length, start = data[1], 2
    if length > LONG_LENGTH:
        start += length - LONG_LENGTH
        length = int.from_bytes(data[2:start])
    if len(data) < start + length:
        raise IndexError
    return data[start : start + length], data[start + length :]


def is_genuine(token: bytes, pem: str, now: datetime) -> bool:
    """Whether a token was signed with that key and is valid now. False for whatever is odd."""
    try:
        head, claims, signature = token.strip().split(b".")
        header = reading.json_object(_decode(head))
        known = header.get("alg") == "RS256" and "crit" not in header
        return (
            known and _is_signed(head + b"." + claims, _decode(signature), public_key(pem)) and _is_valid(claims, now)
        )
    except (ValueError, Parked):
        return False


def _is_signed(message: bytes, signature: bytes, key: PublicKey) -> bool:
    if len(signature) != key.size or int.from_bytes(signature) >= key.modulus:
        return False
    opened = pow(int.from_bytes(signature), key.exponent, key.modulus).to_bytes(key.size)
    digest = SHA256_INFO + hashlib.sha256(message).digest()
    return hmac.compare_digest(opened, b"\x00\x01" + b"\xff" * (key.size - len(digest) - 3) + b"\x00" + digest)


def _is_valid(claims: bytes, now: datetime) -> bool:
    said = reading.json_object(_decode(claims))
    ends, begins = said.get("exp"), said.get("nbf")
    at = now.timestamp()
    if any(one is not None and (isinstance(one, bool) or not isinstance(one, int | float)) for one in (ends, begins)):
        return False
    return (ends is None or at < ends + TOLERANCE_S) and (begins is None or begins - TOLERANCE_S <= at)


def ends_at(token: bytes) -> datetime | None:
    """A moment at which a token is valid, where it says until when (or since when) it is."""
    try:
        claims = claims_of(token)
    except Parked:
        return None
    said = reading.at(claims, "exp") or reading.at(claims, "nbf")
    is_whole = isinstance(said, int | float) and 0 <= said < reading.YEARS[1] * 366 * 86_400
    return unix_time(str(int(said))) if is_whole else None


def claims_of(token: bytes) -> Any:
    """What a token says. Parks on what is no token; who signed it is not checked here."""
    parts = token.strip().split(b".")
    if len(parts) != 3:  # noqa: PLR2004 - head, claims, signature
        raise Parked("the body is not a signed token (JWT): it has to have three parts, apart by dots")
    try:
        return reading.json_body(_decode(parts[1]))
    except ValueError:
        raise Parked("the body is not a signed token (JWT): its second part is not base64url") from None


def _decode(part: bytes) -> bytes:
    return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
