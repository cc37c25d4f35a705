"""How each tool signs its calls: body and headers as they would arrive."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

Signed = tuple[bytes, dict[str, str]]


def data_of(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _b64(secret: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, message, "sha256")).decode()


def calcom(body: Any, secret: str) -> Signed:
    return data_of(body), {"X-Cal-Signature-256": _hex(secret, data_of(body))}


def calendly(body: Any, secret: str, now: datetime) -> Signed:
    sent = str(int(now.timestamp()))
    return data_of(body), {
        "Calendly-Webhook-Signature": f"t={sent},v1={_hex(secret, sent.encode() + b'.' + data_of(body))}"
    }


def standard(body: Any, secret: str, now: datetime, message_id: str) -> Signed:
    sent = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signature = _b64(key, f"{message_id}.{sent}.".encode() + data_of(body))
    headers = {"webhook-id": message_id, "webhook-timestamp": sent, "webhook-signature": f"v1a,xyz v1,{signature}"}
    return data_of(body), headers


def square(body: Any, secret: str, url: str) -> Signed:
    return data_of(body), {"x-square-hmacsha256-signature": _b64(secret.encode(), url.encode() + data_of(body))}


def acuity(body: Any, secret: str) -> Signed:
    return data_of(body), {"X-Acuity-Signature": _b64(secret.encode(), data_of(body))}


def savvycal(body: Any, secret: str) -> Signed:
    return data_of(body), {"x-savvycal-signature": "sha256=" + _hex(secret, data_of(body)).upper()}


def nylas(body: Any, secret: str) -> Signed:
    return data_of(body), {"X-Nylas-Signature": _hex(secret, data_of(body))}


def cronofy(body: Any, secret: str) -> Signed:
    return data_of(body), {"Cronofy-HMAC-SHA256": "AAAA," + _b64(secret.encode(), data_of(body))}


def mindbody(body: Any, secret: str) -> Signed:
    return data_of(body), {"X-Mindbody-Signature": "sha256=" + _b64(secret.encode(), data_of(body))}


def hubspot(body: Any, secret: str, url: str, now: datetime) -> Signed:
    sent = str(int(now.timestamp() * 1000))
    message = b"POST" + url.encode() + data_of(body) + sent.encode()
    return data_of(body), {
        "X-HubSpot-Signature-v3": _b64(secret.encode(), message),
        "X-HubSpot-Request-Timestamp": sent,
    }
