"""Twilio Programmable Messaging. Sources: its documentation "Message resource", "Webhooks security", "Errors".

Quirks
- `from` is a number or an alphanumeric sender; a Messaging Service (`account` "MG…") chooses by itself.
- Signatures are over the address as Twilio calls it, with its query, and the form's fields sorted by name.
- Twilio answers STOP itself and refuses later texts (21610); START has to reach Twilio.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from chalicelib.notices.delivery.gateways.gateway import Heard, Kind, Said, Template, state_of
from chalicelib.notices.delivery.gateways.signing import form_of, is_same
from chalicelib.notices.notice import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway

_STATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), DeliveryState.ON_THE_WAY),
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    **dict.fromkeys(("undelivered", "failed", "canceled"), DeliveryState.FAILED),
}
_FOR_GOOD = {"30004", "30005", "30006", "21211", "21614", "21610"}  # blocked, unknown, landline, no mobile, opted out


def template(gateway: Gateway) -> Template:
    """One message."""
    service = gateway.settings.get("account", "")
    whom = {"MessagingServiceSid": service} if service else {"From": gateway.settings.get("sender") or "{sender}"}
    host = gateway.settings.get("url") or "https://api.twilio.com"
    return Template(
        url=f"{host}/2010-04-01/Accounts/{{secret.account_sid}}/Messages.json",
        basic=("{secret.account_sid}", "{secret.auth_token}"),
        form={"To": "{to}", "Body": "{text}", "StatusCallback": "{report_url}", "ValidityPeriod": "{ttl_s}", **whom},
        message_id="sid",
        error="error_message || (code && message)",
        code="code || error_code",
        busy_codes=("20429", "14107", "21611"),
        later_codes=("20003", "20005", "20404", "30001", "30002"),
        opted_out_codes=("21610",),
        will_report=True,
    )


def is_genuine(call: Call, _: Gateway, fields: Mapping[str, str]) -> bool:
    """By X-Twilio-Signature, made with the account's token. Signatures with other settings are refused."""
    token = fields.get("auth_token", "")
    if not token or "x-twilio-webhooks-signature-settings" in call.headers:
        return False
    said = call.url + "".join(name + value for name, value in sorted(form_of(call).items()))
    made = base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()
    return is_same(call.headers.get("x-twilio-signature", ""), made)


def read(call: Call, _: Gateway) -> list[Said | Heard]:
    """A status callback, or an inbound text."""
    form = form_of(call)
    if "Body" in form and form.get("SmsStatus", "received") == "received":
        return [Heard(form.get("From", ""), form["Body"])]
    state = state_of(form.get("MessageStatus", ""), _STATES)
    if state is None:
        return []
    error = form.get("ErrorCode", "")
    why = f"twilio {error} {form.get('ErrorMessage', '')}".strip() if error else ""
    return [Said(state, form.get("MessageSid", ""), call.query.get("ref", ""), why, error in _FOR_GOOD)]


KIND = Kind(template, ("account_sid", "auth_token"), is_genuine, read, per_s=1.0, signed_by=("auth_token",))
