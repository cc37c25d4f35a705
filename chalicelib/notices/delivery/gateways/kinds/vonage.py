"""Vonage, by its SMS API and its Messages API. Sources: their references, "Signed webhooks", "Delivery receipts".

Quirks
- The SMS API answers 200 to everything; a message's own "status" says whether it was taken ("0").
- It signs with `sig`, over the sorted fields with & and = replaced; the account's setting says by which method
  (`signature`). The Messages API signs with a JSON Web Token that names the hash of the body.
- Numbers come and go without "+".
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from chalicelib.notices.delivery.gateways.gateway import Heard, Kind, Said, Template, state_of
from chalicelib.notices.delivery.gateways.signing import claims_of, form_of, is_same, json_of
from chalicelib.notices.notice import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway

_STATES = {
    **dict.fromkeys(("accepted", "buffered", "submitted"), DeliveryState.ON_THE_WAY),
    **dict.fromkeys(("delivered", "read"), DeliveryState.DELIVERED),
    **dict.fromkeys(("expired", "failed", "rejected", "undeliverable"), DeliveryState.FAILED),
    "unknown": DeliveryState.UNKNOWN,
}
_FOR_GOOD = {"3", "7", "13", "1240", "1470"}  # absent for good, number barred, illegal number
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512, "md5": hashlib.md5}


def sms_template(gateway: Gateway) -> Template:
    """One message by the SMS API."""
    return Template(
        url=(gateway.settings.get("url") or "https://rest.nexmo.com") + "/sms/json",
        form={
            "api_key": "{secret.api_key}",
            "api_secret": "{secret.api_secret}",
            "to": "{to_digits}",
            "from": gateway.settings.get("sender") or "{sender}",
            "text": "{text}",
            "type": "{alphabet}",
            "client-ref": "{reference}",
            "callback": "{report_url}",
            "ttl": "{ttl_ms}",
        },
        message_id='messages[0]."message-id"',
        error='messages[0]."error-text"',
        code="messages[0].status",
        good_codes=("0",),
        busy_codes=("1", "10"),
        later_codes=("2", "3", "4", "5", "8", "9", "11", "12", "14", "23"),
        opted_out_codes=("34",),
        will_report=True,
    )


def is_genuine_sms(call: Call, gateway: Gateway, fields: Mapping[str, str]) -> bool:
    """By `sig`: a hash with the account's signature secret over the other fields."""
    said = {name: _text(value) for name, value in _fields(call).items()}
    given, secret = said.pop("sig", "").lower(), fields.get("signature_secret", "")
    if not given or not secret:
        return False
    method = str(gateway.settings.get("signature") or "sha256")
    row = "".join(f"&{name}={value.translate(_MASK)}" for name, value in sorted(said.items()))
    if method == "md5hash":
        made = hashlib.md5((row + secret).encode()).hexdigest()  # noqa: S324 - the method is Vonage's
    else:
        made = hmac.new(secret.encode(), row.encode(), _HASHES[method]).hexdigest()
    return is_same(given, made)


_MASK = str.maketrans("&=", "__")


def read_sms(call: Call, _: Gateway) -> list[Said | Heard]:
    """A delivery receipt, or an inbound text."""
    said = {name: _text(value) for name, value in _fields(call).items()}
    if "text" in said:
        return [Heard("+" + said.get("msisdn", "").lstrip("+"), said["text"])]
    state = state_of(said.get("status", ""), _STATES)
    if state is None:
        return []
    error = said.get("err-code", "0")
    why = f"vonage: {said['status']}, error {error}" if state is DeliveryState.FAILED else ""
    reference = said.get("client-ref", "") or call.query.get("ref", "")
    return [Said(state, said.get("messageId", ""), reference, why, error in _FOR_GOOD)]


def messages_template(gateway: Gateway) -> Template:
    """One message by the Messages API."""
    return Template(
        url=(gateway.settings.get("url") or "https://api.nexmo.com") + "/v1/messages",
        basic=("{secret.api_key}", "{secret.api_secret}"),
        headers={"Accept": "application/json"},
        json={
            "message_type": "text",
            "channel": "sms",
            "to": "{to_digits}",
            "from": gateway.settings.get("sender") or "{sender}",
            "text": "{text}",
            "ttl": "{ttl_s}",
            "client_ref": "{reference}",
            "webhook_url": "{report_url}",
            "webhook_version": "v1",
        },
        message_id="message_uuid",
        error="detail || title",
        will_report=True,
    )


def is_genuine_messages(call: Call, gateway: Gateway, fields: Mapping[str, str]) -> bool:
    """By the token: signed with the account's signature secret, and made for this very body."""
    del gateway  # the method is the same for all
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    claims = claims_of(token.strip(), fields.get("signature_secret", "")) if scheme.lower() == "bearer" else {}
    return is_same(str(claims.get("payload_hash", "")).lower(), hashlib.sha256(call.body).hexdigest())


def read_messages(call: Call, _: Gateway) -> list[Said | Heard]:
    """A message's status, or an inbound text."""
    said = json_of(call)
    if isinstance(said.get("text"), str) and "status" not in said:
        return [Heard("+" + _text(said.get("from")).lstrip("+"), said["text"])]
    state = state_of(_text(said.get("status")), _STATES)
    if state is None:
        return []
    found = said.get("error")
    error: dict[str, Any] = found if isinstance(found, dict) else {}
    why = ": ".join(filter(None, (_text(error.get("title")), _text(error.get("detail")))))
    reference = _text(said.get("client_ref")) or call.query.get("ref", "")
    return [Said(state, _text(said.get("message_uuid")), reference, why, _text(error.get("title")) in _FOR_GOOD)]


def _fields(call: Call) -> dict[str, Any]:
    """A webhook's fields: a form, JSON, or both none and a query."""
    own = json_of(call) if call.body.lstrip().startswith(b"{") else form_of(call)
    return own or dict(call.query)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, dict | list) else str(value)


SECRET = ("signature_secret",)
SMS = Kind(sms_template, ("api_key", "api_secret"), is_genuine_sms, read_sms, per_s=30.0, signed_by=SECRET)
MESSAGES = Kind(
    messages_template, ("api_key", "api_secret"), is_genuine_messages, read_messages, per_s=30.0, signed_by=SECRET
)
