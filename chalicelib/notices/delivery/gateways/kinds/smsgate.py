"""An Android phone as a gateway: SMS Gateway for Android (sms-gate.app), by its cloud or in the own network.

Sources: its documentation "API", "Webhooks".

Quirks
- One webhook is registered for each event: sms:received, sms:sent, sms:delivered, sms:failed, all to one address.
- Signed with the key in the app's settings, over the body followed by the time.
- A phone sends slowly, and its carrier has an eye on how much: two seconds for a text.
- In the own network the address is the phone's (`url`), which the operator's environment has to allow.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from chalicelib.notices.delivery.gateways.gateway import Heard, Kind, Said, Template
from chalicelib.notices.delivery.gateways.signing import is_same, json_of
from chalicelib.notices.notice import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway

_STATES = {
    "sms:sent": DeliveryState.ON_THE_WAY,
    "sms:delivered": DeliveryState.DELIVERED,
    "sms:failed": DeliveryState.FAILED,
}


def template(gateway: Gateway) -> Template:
    """One message."""
    return Template(
        url=(gateway.settings.get("url") or "https://api.sms-gate.app/3rdparty/v1") + "/messages",
        basic=("{secret.username}", "{secret.password}"),
        json={
            "textMessage": {"text": "{text}"},
            "phoneNumbers": ["{to}"],
            "ttl": "{ttl_s}",
            "withDeliveryReport": True,
        },
        message_id="id",
        error="message",
        will_report=True,
        by_id=True,
    )


def is_genuine(call: Call, _: Gateway, fields: Mapping[str, str]) -> bool:
    """By X-Signature over the body and X-Timestamp."""
    key = fields.get("signing_key", "")
    said = call.body + call.headers.get("x-timestamp", "").encode()
    made = hmac.new(key.encode(), said, hashlib.sha256).hexdigest()
    return bool(key) and is_same(call.headers.get("x-signature", "").lower(), made)


def read(call: Call, _: Gateway) -> list[Said | Heard]:
    """One event."""
    event, payload = json_of(call).get("event"), json_of(call).get("payload")
    if not isinstance(payload, dict):
        return []
    if event == "sms:received":
        return [Heard(str(payload.get("phoneNumber") or ""), str(payload.get("message") or ""))]
    state = _STATES.get(str(event))
    return [Said(state, str(payload.get("messageId") or ""), "", str(payload.get("reason") or ""))] if state else []


KIND = Kind(template, ("username", "password"), is_genuine, read, per_s=0.5, signed_by=("signing_key",))
