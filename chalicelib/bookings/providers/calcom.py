"""Cal.com (webhook version 2021-10-20). Quality: complete.

Quirks:
- `X-Cal-Signature-256` is the hex HMAC-SHA256 of the raw body; without a secret it is the text "no-secret-provided",
  which is refused. There is no timestamp and no delivery id: the body itself tells deliveries apart.
- A delivery that fails is not repeated (as of 2025-05): lost ones come back only by reconciling.
- A move creates a new uid; `rescheduleUid` is the old one, about which nothing more is sent. Moving an appointment
  that needs confirmation may be sent as BOOKING_REQUESTED.
- A cancel with `requestReschedule` is the business asking for another time: cancelled, until a new uid refers to it.
- A cancelled or rejected uid never comes back (booking again gives a new one), whatever the times of its events say;
  with seats it may, since one seat is given back under the uid of all.
- `attendees[0]` booked; the others are guests. With seats (`seatsPerTimeSlot`) each attendee booked for themselves.
- BOOKING_NO_SHOW_UPDATED names attendees by mail address; it may take a mark back.
- MEETING_STARTED and MEETING_ENDED have no `payload` around them; their bodies are about a call, not an appointment.
- Reading back (API v2, `cal-api-version` 2024-08-13, GET /v2/bookings) gives another shape: see `calcom_api.py`.
- A custom payload template can replace the whole body: parked (use the "json" provider with a mapping instead).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import ATTENDEES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.calcom_api import API_VERSION, upcoming
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import digest_of, hex_hmac, is_signed_by_any

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Keys, Raw

SIGNATURE = "x-cal-signature-256"
STATUSES = {
    "BOOKING_CREATED": Status.BOOKED,
    "BOOKING_RESCHEDULED": Status.BOOKED,
    "BOOKING_REQUESTED": Status.REQUESTED,
    "BOOKING_REJECTED": Status.REJECTED,
    "BOOKING_CANCELLED": Status.CANCELLED,
}
FINAL = frozenset({"BOOKING_CANCELLED", "BOOKING_REJECTED"})
NO_CONSEQUENCE = frozenset(
    {
        "BOOKING_PAID",
        "BOOKING_PAYMENT_INITIATED",
        "MEETING_STARTED",
        "MEETING_ENDED",
        "RECORDING_READY",
        "RECORDING_TRANSCRIPTION_GENERATED",
        "INSTANT_MEETING",
        "FORM_SUBMITTED",
        "FORM_SUBMITTED_NO_EVENT",
        "OOO_CREATED",
        "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
        "AFTER_GUESTS_CAL_VIDEO_NO_SHOW",
        "DELEGATION_CREDENTIAL_ERROR",
        "PING",
    }
)


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the body was signed with one of the secrets."""
    return is_signed_by_any([raw.headers.get(SIGNATURE, "")], keys.secrets, raw.body, hex_hmac)


def dedupe_key(raw: Raw) -> str:
    """The body itself: there is no delivery id, and `createdAt` makes each event's body its own."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The report of a delivery about an appointment."""
    body = reading.json_object(raw.body)
    trigger = reading.text(body, "triggerEvent")
    if trigger is None:
        raise Parked("triggerEvent is missing: is a custom payload template set on the webhook?")
    if trigger in NO_CONSEQUENCE:
        return Ignored(f"{trigger} changes no appointment")
    if trigger != "BOOKING_NO_SHOW_UPDATED" and trigger not in STATUSES:
        raise Parked(f"triggerEvent is unknown: {trigger[: reading.SHOWN_MAX]}")
    if not isinstance(body.get("payload"), dict):
        raise Parked("payload is missing: is a custom payload template set on the webhook?")
    return (_absence(body, context) if trigger == "BOOKING_NO_SHOW_UPDATED" else _appointment(body, trigger, context),)


def _order(body: dict[str, Any], context: Context, *, final: bool = False) -> str:
    """When the event was created; what is final comes after everything else."""
    sequence = reading.at(body, "payload.iCalSequence")
    number = sequence if isinstance(sequence, int) and 0 <= sequence < 10**6 else 0
    created = f"{reading.change_stamp(reading.instant(body, 'createdAt'), context.received_at)}#{number:06}"
    return f"~{created}" if final else created  # "~" sorts after all digits


def _appointment(body: dict[str, Any], trigger: str, context: Context) -> Report:
    payload = body["payload"]
    order = _order(body, context, final=trigger in FINAL and not payload.get("seatsPerTimeSlot"))
    essence = Report(reading.identifier(body, "payload.uid"), order, STATUSES[trigger])
    return with_details(essence, lambda: _details(essence, body, context))


def _details(essence: Report, body: dict[str, Any], context: Context) -> Report:
    payload = body["payload"]
    start, end = reading.span(
        reading.instant(body, "payload.startTime"), reading.instant(body, "payload.endTime"), "payload.endTime"
    )
    service = reading.text(payload, "type")
    booker = (reading.web_page(payload, "bookerUrl") or "").rstrip("/")
    names = (reading.text(payload, name) for name in ("eventTypeId", "type", "eventTitle"))
    return replace(
        essence,
        start=start,
        end=end,
        timezone=reading.known_zone(reading.at(payload, "organizer.timeZone")),
        customers=_customers(payload, context),
        title=reading.text(payload, "eventTitle") or reading.text(payload, "title"),
        service=service,
        services=tuple(name for name in names if name),
        calendar=reading.text(payload, "organizer.email"),
        remote=is_remote(payload.get("location")),
        moved_from=reading.optional_identifier(payload, "rescheduleUid"),
        address=_response(payload, context.setting("origin_field")),
        cancel_url=f"{booker}/booking/{essence.uid}?cancel=true" if booker else None,
        move_url=f"{booker}/reschedule/{essence.uid}" if booker else None,
    )


def _customers(payload: dict[str, Any], context: Context) -> tuple[Customer, ...]:
    attendees = payload.get("attendees")
    if not isinstance(attendees, list) or not attendees:
        raise Parked("payload.attendees is missing")
    if len(attendees) > ATTENDEES_MAX:
        raise Parked(f"payload.attendees has more than {ATTENDEES_MAX} entries")
    booked = attendees if payload.get("seatsPerTimeSlot") else attendees[:1]
    phone = _booker_phone(payload, context)
    customers = [_customer(attendee, phone if place == 0 else None) for place, attendee in enumerate(booked)]
    return _with_answer(customers, payload, context)


def _with_answer(customers: list[Customer], payload: dict[str, Any], context: Context) -> tuple[Customer, ...]:
    """Of several seats, the answers are those of who has just booked: the one with the form's mail address."""
    answer = _response(payload, context.setting("origin_field"))
    booker = (_response(payload, "email") or "").casefold()
    return tuple(replace(one, address=answer) if answer and one.key == booker else one for one in customers)


def _customer(attendee: Any, phone: str | None) -> Customer:
    return reading.customer(
        reading.text(attendee, "name"),
        reading.text(attendee, "email"),
        phone or reading.text(attendee, "phoneNumber"),
        reading.text(attendee, "language.locale"),
        reading.known_zone(reading.at(attendee, "timeZone")),
    )


def _response(payload: dict[str, Any], name: str | None) -> str | None:
    """The answer that the customer gave in a field of the booking form."""
    if not name:
        return None
    answer = reading.at(payload, f"responses.{name}")
    return reading.text(answer, "value") or reading.clean(answer)


def _booker_phone(payload: dict[str, Any], context: Context) -> str | None:
    return (
        _response(payload, context.setting("phone_field"))
        or _response(payload, "attendeePhoneNumber")
        or _response(payload, "smsReminderNumber")
        or reading.text(payload, "smsReminderNumber")
    )


def _absence(body: dict[str, Any], context: Context) -> Report:
    payload = body["payload"]
    attendees = payload.get("attendees")
    if not isinstance(attendees, list):
        raise Parked("payload.attendees is missing")
    marked = [reading.text(attendee, "email") for attendee in attendees if reading.at(attendee, "noShow") is True]
    uid = "payload.bookingUid" if reading.at(payload, "bookingUid") else "payload.uid"
    return Report(
        uid=reading.identifier(body, uid),
        order=_order(body, context),
        status=None,
        absent=tuple(sorted(email.casefold() for email in marked if email)),
    )


PROVIDER = Provider(
    "calcom",
    "complete",
    verify,
    dedupe_key,
    reports,
    headers=(SIGNATURE, "x-cal-webhook-version"),
    upcoming=upcoming,
    base_url="https://api.cal.com",
    api_headers={"cal-api-version": API_VERSION},
    tells_cancel=True,
)
