"""Tokens signed with RS256 by the example key of RFC 7515, appendix A.2 (published, so no secret), and its PEM."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from chalicelib.bookings.providers.rs256 import RSA_INFO, SHA256_INFO

N = (
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
    "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
    "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
    "yuXpoQ"
)
D = (
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pW"
    "J1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2Qv"
    "Xt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRu"
    "OopznQ"
)
EXAMPLE = (
    b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    b"fQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr"
    b"7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    b"zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe"
    b"77Rw"
)
EXAMPLE_EXPIRES_S = 1300819380


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="))


def part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(claims: Any, head: dict[str, Any] | None = None) -> bytes:
    """The claims (JSON, or bytes as they are), signed."""
    said = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    message = part(json.dumps(head or {"alg": "RS256"}).encode()) + b"." + part(said)
    digest = SHA256_INFO + hashlib.sha256(message).digest()
    size = (number(N).bit_length() + 7) // 8
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    return message + b"." + part(pow(int.from_bytes(padded), number(D), number(N)).to_bytes(size))


def _der(tag: int, value: bytes) -> bytes:
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8)
    return bytes([tag]) + (bytes([len(value)]) if len(value) < 128 else bytes([128 + len(length)]) + length) + value


def pem(modulus: int = number(N), exponent: int = 65537) -> str:
    """A public key as tools show it."""
    numbers = b"".join(_der(2, one.to_bytes(one.bit_length() // 8 + 1)) for one in (modulus, exponent))
    data = base64.b64encode(_der(0x30, RSA_INFO + _der(3, b"\x00" + _der(0x30, numbers)))).decode()
    lines = [data[place : place + 64] for place in range(0, len(data), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
