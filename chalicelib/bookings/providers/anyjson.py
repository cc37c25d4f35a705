"""Any JSON, by a mapping that the operator writes in JMESPath (jmespath.org). Quality: mapped.

`mapping` of the connection, each value a JMESPath expression over the body (or over each of `items`):

    {"uid": "id", "status": "state", "start": "starts_at", "end": "ends_at", "name": "client.name",
     "phone": "client.tel", "order": "updated_at", "items": "appointments[]",
     "statuses": {"confirmed": "booked", "canceled": "cancelled"}}

Rules:
- `uid`, `start` and one of `name`, `email`, `phone` are needed, and `end` or `length_min`; the rest is optional:
  status (else "booked"), order, timezone, locale, title, service, calendar, moved_from, address.
- `statuses` turns the tool's words into ours (booked, requested, cancelled, rejected, no_show; null: ignored).
  A word that is in neither is parked.
- Times without an offset are in the connection's `timezone`, if it has one; else they are parked, never guessed.
- `order` decides which of two is newer; without it the later received one is.
- `signature` of the connection: {"scheme": "hex" | "base64" | "token", "header": "X-Signature", "prefix": "sha256="}
  (HMAC-SHA256 of the body, or the secret itself). Without it the secret is expected as `?key=` of the address.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import LONGEST_APPOINTMENT_MIN
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider
from chalicelib.bookings.providers.signing import base64_hmac, digest_of, hex_hmac, is_same, is_signed_by_any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading

ITEMS_MAX = 2000
DIGESTS = {"hex": hex_hmac, "base64": base64_hmac}
MAPPING_NEEDED = ("uid", "start")


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the call carries what the connection's `signature` says."""
    scheme: Mapping[str, str] = keys.settings.get("signature") or {}
    given = raw.headers.get(scheme.get("header", "").lower(), "") if scheme else raw.query.get("key", "")
    prefix = scheme.get("prefix", "")
    if not given.startswith(prefix):
        return False
    given = given[len(prefix) :]
    digest = DIGESTS.get(scheme.get("scheme", "token"))
    if digest is None:
        matches = [is_same(given, secret) for secret in keys.secrets if secret]
        return any(matches)
    return is_signed_by_any([given.lower() if scheme["scheme"] == "hex" else given], keys.secrets, raw.body, digest)


def dedupe_key(raw: Raw) -> str:
    """The body."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """The appointments that the mapping finds in a body; each that it does not fit is named with the reason."""
    mapping: dict[str, Any] = context.setting("mapping") or {}
    if missing := [name for name in MAPPING_NEEDED if not mapping.get(name)]:
        raise Parked(f"the connection's mapping lacks {', '.join(missing)}")
    body = reading.json_body(raw.body)
    items = evaluate(mapping["items"], body, "items") if mapping.get("items") else [body]
    if not isinstance(items, list) or len(items) > ITEMS_MAX:
        raise Parked(f"items is not a list of at most {ITEMS_MAX}")
    collected = Collected()
    collected.add_all(lambda item: _report(item, mapping, context), items)
    if len(items) == 1 and collected.unread:
        raise Parked(collected.unread[0].reason)
    found = collected.reading()
    return found if found.reports or found.unread else Ignored("nothing in it is an appointment")


def evaluate(expression: str, value: Any, name: str) -> Any:
    """What an expression finds. Parks when the expression cannot be read or does not fit the value."""
    import jmespath  # noqa: PLC0415 - only connections of this kind pay for it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - the same

    try:
        return jmespath.search(expression, value)
    except JMESPathError as error:
        raise Parked(f"the mapping's {name} does not work: {type(error).__name__}") from None
    except RecursionError:
        raise Parked(f"the mapping's {name} does not work: nested too deeply") from None


def _report(item: Any, mapping: dict[str, Any], context: Context) -> Report | None:
    def find(name: str) -> Any:
        return evaluate(mapping[name], item, name) if mapping.get(name) else None

    status = _status(reading.clean(find("status")), mapping)
    if status is None:
        return None
    start = _time(find("start"), "start", context)
    order = find("order")
    return Report(
        uid=reading.identifier({"uid": find("uid")}, "uid"),
        order=_order(order, context),
        status=status,
        start=start,
        end=_end(find, start, context),
        timezone=reading.zone_name(find("timezone"), "timezone"),
        customers=(
            reading.customer(
                reading.clean(find("name")),
                reading.clean(find("email")),
                reading.clean(find("phone")),
                reading.clean(find("locale")),
            ),
        ),
        title=reading.clean(find("title")),
        service=reading.clean(find("service")),
        calendar=reading.clean(find("calendar")),
        moved_from=reading.optional_identifier({"uid": find("moved_from")}, "uid"),
        address=reading.clean(find("address")),
    )


def _status(word: str | None, mapping: dict[str, Any]) -> Status | None:
    """Ours for the tool's word; None where the operator says that it is to be ignored."""
    if word is None:
        return Status.BOOKED
    words = {str(name).casefold(): ours for name, ours in (mapping.get("statuses") or {}).items()}
    ours = words.get(word.casefold(), word.casefold())
    if ours is None:
        return None
    if ours not in set(Status):
        raise Parked(f"status is unknown: {word[: reading.SHOWN_MAX]} (add it to the mapping's statuses)")
    return Status(ours)


def _time(value: Any, name: str, context: Context) -> datetime:
    zone = context.setting("timezone")
    try:
        local = datetime.fromisoformat(value.strip()) if isinstance(value, str) and zone else None
    except ValueError:
        local = None
    if local is not None and local.tzinfo is None and zone:
        return reading.in_years(local, name).replace(tzinfo=ZoneInfo(zone))
    return reading.instant_of(value, name)


def _end(find: Callable[[str], Any], start: datetime, context: Context) -> datetime:
    value = find("end")
    if value is not None:
        return reading.span(start, _time(value, "end", context), "end")[1]
    lengths: dict[str, int] = context.setting("length_min", {})
    minutes = find("length_min") or lengths.get(reading.clean(find("service")) or "") or lengths.get("*")
    if not isinstance(minutes, int) or not 0 < minutes <= LONGEST_APPOINTMENT_MIN:
        raise Parked("end is missing (and no length_min says how long it takes)")
    return start + timedelta(minutes=minutes)


def _order(value: Any, context: Context) -> str:
    """A text that sorts: numbers by size, everything else as it is, and the time of receipt without a value."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        return f"{value:020}"
    return reading.clean(value) or reading.stamp(context.received_at)


PROVIDER = Provider(
    "json", "mapped", verify, dedupe_key, reports, key_in_address=lambda settings: not settings.get("signature")
)
