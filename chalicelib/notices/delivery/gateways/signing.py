"""How calls of gateways are proved genuine. Everything fails closed, and compares in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway

KEY_LENGTH = 32


def is_same(given: str, expected: str) -> bool:
    """Whether two texts are the same, and none of them is empty."""
    return bool(given and expected) and hmac.compare_digest(given.encode(), expected.encode())


def key_of(gateway: Gateway, fields: Mapping[str, str]) -> str:
    """The key in the address that a gateway calls which signs nothing: made of its secret, so it is kept nowhere.

    A field `inbound_key` of the secret says it instead. "": there is nothing to make it of.
    """
    if fields.get("inbound_key"):
        return fields["inbound_key"]
    if not fields:
        return ""
    secret = json.dumps(dict(sorted(fields.items()))).encode()
    made = hmac.new(secret, f"texts:{gateway.gateway_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode()[:KEY_LENGTH]


def has_key(call: Call, gateway: Gateway, fields: Mapping[str, str]) -> bool:
    """Whether the call brings that key: behind the path, or in the header X-Hub-Key."""
    return is_same(call.key or call.headers.get("x-hub-key", ""), key_of(gateway, fields))


def form_of(call: Call) -> dict[str, str]:
    """The fields of a form (the last of each name), also empty ones; {} where it is none."""
    try:
        return dict(parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        return {}


def json_of(call: Call) -> dict[str, Any]:
    """The JSON object of a body; {} where it is none."""
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def claims_of(token: str, secret: str) -> dict[str, Any]:
    """What a JSON Web Token says that is signed with HS256 and this secret; {} for any other."""
    try:
        head, body, signature = token.split(".")
        header = json.loads(_unpadded(head))
        made = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
        is_ours = isinstance(header, dict) and header.get("alg") == "HS256" and bool(secret)
        if not (is_ours and hmac.compare_digest(made, _unpadded(signature))):
            return {}
        claims = json.loads(_unpadded(body))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
