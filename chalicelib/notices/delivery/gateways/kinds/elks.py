"""46elks. Sources: its documentation "Send SMS", "SMS delivery reports", "Receive SMS".

Quirks
- Errors are plain text with a 4xx status; an empty account is a 403.
- Nothing is signed: calls are known by the key in the address.
- What the hub answers to an inbound text would be sent back as a text: the answer stays empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.delivery.gateways.gateway import Heard, Kind, Said, Template, state_of
from chalicelib.notices.delivery.gateways.signing import form_of, has_key
from chalicelib.notices.notice import DeliveryState

if TYPE_CHECKING:
    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway

_STATES = {
    **dict.fromkeys(("created", "sent"), DeliveryState.ON_THE_WAY),
    "delivered": DeliveryState.DELIVERED,
    "failed": DeliveryState.FAILED,
}


def template(gateway: Gateway) -> Template:
    """One message."""
    return Template(
        url=(gateway.settings.get("url") or "https://api.46elks.com") + "/a1/sms",
        basic=("{secret.username}", "{secret.password}"),
        form={
            "from": gateway.settings.get("sender") or "{sender}",
            "to": "{to}",
            "message": "{text}",
            "whendelivered": "{report_url}",
        },
        message_id="id",
        code="status",
        good_codes=("created", "sent", "delivered"),
        will_report=True,
    )


def read(call: Call, _: Gateway) -> list[Said | Heard]:
    """A delivery report, or an inbound text."""
    form = form_of(call)
    if "message" in form:
        return [Heard(form.get("from", ""), form["message"])]
    state = state_of(form.get("status", ""), _STATES)
    why = "46elks: failed" if state is DeliveryState.FAILED else ""
    return [Said(state, form.get("id", ""), call.query.get("ref", ""), why)] if state else []


KIND = Kind(template, ("username", "password"), has_key, read, per_s=10.0, signs=False)
