"""ntfy: a push to whoever follows a topic (`account`), for trying the hub out, or for a team; it reaches no number.

Source: its documentation "Publishing", "Publish as JSON". It reports nothing and takes no answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.delivery.gateways.gateway import Kind, Template
from chalicelib.notices.delivery.gateways.signing import has_key

if TYPE_CHECKING:
    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway, Heard, Said


def template(gateway: Gateway) -> Template:
    """One message; a token is sent where the secret holds one."""
    return Template(
        url=gateway.settings.get("url") or "https://ntfy.sh",
        headers={"Authorization": "{bearer.token}"},
        json={"topic": gateway.settings.get("account", ""), "title": "{to}", "message": "{text}"},
        message_id="id",
        error="error",
    )


def read(_: Call, __: Gateway) -> list[Said | Heard]:
    """Nothing comes."""
    return []


KIND = Kind(template, (), has_key, read, per_s=1.0, signs=False)
