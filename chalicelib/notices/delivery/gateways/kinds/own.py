"""A gateway of any kind, described by the operator: its call, its answer, and what it calls back with.

What it calls back with is JSON or a form. It is known by the key in the address (or in the header X-Hub-Key).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.notices.delivery.gateways.gateway import Heard, Kind, Said, Template
from chalicelib.notices.delivery.gateways.reading import find, found_text
from chalicelib.notices.delivery.gateways.signing import form_of, has_key, json_of
from chalicelib.notices.notice import DeliveryState

if TYPE_CHECKING:
    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway

_TUPLES = ("good_codes", "busy_codes", "later_codes", "opted_out_codes", "basic")


def template(gateway: Gateway) -> Template:
    """As it was configured."""
    known: dict[str, Any] = dict(gateway.settings["template"])
    lists: dict[str, Any] = {name: tuple(known[name]) for name in _TUPLES if name in known}
    reports: dict[str, Any] = dict(gateway.settings.get("reports") or {})
    return Template(**known | lists, will_report="state" in reports, by_id="message_id" in reports)


def read(call: Call, gateway: Gateway) -> list[Said | Heard]:
    """Reports and texts, each of `items` for itself."""
    rules: dict[str, Any] = dict(gateway.settings.get("reports") or {})
    if not rules:
        return []
    whole: Any = json_of(call) or form_of(call) or dict(call.query)
    items = find(rules["items"], whole) if rules.get("items") else whole
    said = [_read_one(one, rules, call) for one in (items if isinstance(items, list) else [items])]
    return [one for one in said if one is not None]


def _read_one(item: Any, rules: dict[str, Any], call: Call) -> Said | Heard | None:
    number, text = found_text(rules.get("number"), item), found_text(rules.get("text"), item)
    if number and text:
        return Heard(number if number.startswith("+") else f"+{number}", text)
    word = found_text(rules.get("state"), item)
    groups = {
        "delivered": DeliveryState.DELIVERED,
        "failed": DeliveryState.FAILED,
        "on_the_way": DeliveryState.ON_THE_WAY,
    }
    state = next((state for name, state in groups.items() if word in rules.get(name, ())), None)
    if not word or state is None:
        return None
    reference = found_text(rules.get("reference"), item) or call.query.get("ref", "")
    return Said(state, found_text(rules.get("message_id"), item), reference, found_text(rules.get("why"), item))


KIND = Kind(template, (), has_key, read, per_s=1.0, signs=False)
