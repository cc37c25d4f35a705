"""Acuity Scheduling. Quality: fetched.

Quirks:
- The body is a form: action, id, calendarID, appointmentTypeID, and nothing else: two changes of one appointment are
  alike to the byte (`alike`), so a repetition is read again.
- `X-Acuity-Signature`: base64 HMAC-SHA256 of the body, made with the account's API key: the connection's secret.
- The body names no account: one address, so one connection, per account.
- `changed` comes beside each of the others; an appointment keeps its id when it is moved.
- All is read by GET /appointments/{id}; what was read last is the truth. `noShow` is a field of it, not an event.
- `duration` is text, in minutes. `datetime` carries an offset without a colon.
- After five days of failures the webhook is switched off.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import HORIZON, LONGEST_APPOINTMENT_MIN
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Gone, Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.readback import ask_each
from chalicelib.bookings.providers.signing import base64_hmac, digest_of, is_signed_by_any

if TYPE_CHECKING:
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading

SIGNATURE = "x-acuity-signature"
ACTIONS = frozenset({"scheduled", "rescheduled", "canceled", "cancelled", "changed"})
READ_BACK_MAX = 1000
FIELDS_MAX = 20


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the body was signed with one of the API keys."""
    return is_signed_by_any([raw.headers.get(SIGNATURE, "")], keys.secrets, raw.body, base64_hmac)


def dedupe_key(raw: Raw) -> str:
    """The body: repetitions and later changes look the same, which `alike` says."""
    return digest_of(raw.body)


def form(body: bytes) -> dict[str, str]:
    """A form's fields, the first value of each. Parks on what is none."""
    try:
        found = parse_qs(body.decode(), max_num_fields=FIELDS_MAX)
    except ValueError:
        raise Parked("the body is not a form") from None
    return {name: values[0] for name, values in found.items()}


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The appointment that a call is about, as the tool has it now."""
    sent = form(raw.body)
    action = reading.require_text(sent, "action").removeprefix("appointment.")
    if action == "order.completed":
        return Ignored("order.completed changes no appointment")
    if action not in ACTIONS:
        raise Parked(f"action is unknown: {action[: reading.SHOWN_MAX]}")
    uid = reading.identifier(sent, "id")
    try:
        found = _appointment(uid, context)
    except Gone:
        return (Report(uid, reading.stamp(context.now), Status.CANCELLED),)
    return (_report(found, context),)


def _report(appointment: Any, context: Context) -> Report:
    held = Status.NO_SHOW if reading.at(appointment, "noShow") is True else Status.BOOKED
    status = Status.CANCELLED if reading.at(appointment, "canceled") is True else held
    essence = Report(reading.identifier(appointment, "id"), reading.stamp(context.now), status)
    return with_details(essence, lambda: _details(essence, appointment, context))


def _details(essence: Report, appointment: Any, context: Context) -> Report:
    start = reading.instant(appointment, "datetime")
    name = f"{reading.text(appointment, 'firstName') or ''} {reading.text(appointment, 'lastName') or ''}".strip()
    names = (reading.text(appointment, "appointmentTypeID"), reading.text(appointment, "type"))
    return replace(
        essence,
        start=start,
        end=start + timedelta(minutes=_minutes(appointment)),
        timezone=reading.known_zone(reading.at(appointment, "timezone")),
        customers=(
            reading.customer(
                name or None,
                reading.text(appointment, "email"),
                reading.text(appointment, "phone") or _answer(appointment, context.setting("phone_field")),
            ),
        ),
        title=reading.text(appointment, "type"),
        service=reading.text(appointment, "type"),
        services=tuple(one for one in names if one),
        calendar=reading.text(appointment, "calendarID"),
        address=_answer(appointment, context.setting("origin_field")),
        cancel_url=reading.web_page(appointment, "confirmationPage"),
        move_url=reading.web_page(appointment, "confirmationPage"),
    )


def _minutes(appointment: Any) -> int:
    text = reading.require_text(appointment, "duration")
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= LONGEST_APPOINTMENT_MIN):  # noqa: PLR2004 - digits
        raise Parked(f"duration is not a number of minutes: {text[: reading.SHOWN_MAX]}")
    return int(text)


def _answer(appointment: Any, field: str | None) -> str | None:
    """The answer in the intake form's field of that name."""
    forms = reading.at(appointment, "forms")
    for one in forms if field and isinstance(forms, list) else ():
        values = reading.at(one, "values")
        for value in values if isinstance(values, list) else ():
            if (reading.text(value, "name") or "").casefold() == (field or "").casefold():
                return reading.text(value, "value")
    return None


def upcoming(context: Context) -> Reading:
    """All appointments up to the horizon, and those that are known but not among them, each asked for alone."""
    last = (context.now + HORIZON).strftime("%Y-%m-%d")
    query = {"minDate": context.now.strftime("%Y-%m-%d"), "maxDate": last, "max": str(READ_BACK_MAX)}
    found = context.require_api().get("appointments", query)
    collected = Collected()
    collected.add_all(lambda one: _report(one, context), found)
    named = {report.uid for report in collected.reports} | {one.uid for one in collected.unread}
    missing = sorted(set(context.coming_uids()) - named)
    rest = ask_each(missing, lambda uid: _report(_appointment(uid, context), context), context)
    reports = (*collected.reports, *rest.reports)
    return replace(rest, reports=reports, unread=(*collected.unread, *rest.unread))


def _appointment(uid: str, context: Context) -> Any:
    return context.require_api().get(f"appointments/{quote(uid, safe='')}")


PROVIDER = Provider(
    "acuity",
    "fetched",
    verify,
    dedupe_key,
    reports,
    headers=(SIGNATURE,),
    alike=True,
    upcoming=upcoming,
    base_url="https://acuityscheduling.com/api/v1",
    tells_cancel=True,
)
