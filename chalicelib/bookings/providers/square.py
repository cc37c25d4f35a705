"""Square Bookings. Quality: fetched (what happened is in the call; who comes has to be asked).

Quirks:
- `x-square-hmacsha256-signature` is base64 HMAC-SHA256 over the notification address and the body: the address must be
  the very text that Square was given (`notification_url` of the connection where a proxy changes it).
- Moves and cancels are both `booking.updated`: same id, `version` + 1, no old values. `data.id` is "<id>:<version>".
- No order is kept between deliveries; `version` decides. `event_id` tells them apart.
- There is no end: the lengths of `appointment_segments` add up to it.
- `location_type` says where: BUSINESS_LOCATION, CUSTOMER_LOCATION or PHONE.
- A customer is an id: GET /v2/customers/{id} (scopes APPOINTMENTS_READ, CUSTOMERS_READ).
- Not acknowledged within 10 s is repeated 11 times within 24 h, then lost: reconciling finds it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import LIST_PAGES_MAX, LONGEST_APPOINTMENT_MIN
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Gone, Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.signing import base64_hmac, bytes_of, digest_of, is_signed_by_any

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading

SIGNATURE = "x-square-hmacsha256-signature"
STATUSES = {
    "PENDING": Status.REQUESTED,
    "ACCEPTED": Status.BOOKED,
    "CANCELLED_BY_CUSTOMER": Status.CANCELLED,
    "CANCELLED_BY_SELLER": Status.CANCELLED,
    "DECLINED": Status.REJECTED,
    "NO_SHOW": Status.NO_SHOW,
}
BOOKING_SEGMENTS_MAX = 100
NOBODY_SETS_OUT = frozenset({"PHONE", "CUSTOMER_LOCATION"})  # kinds of places: called, or visited
READ_BACK_DAYS = 30  # Square lists at most 31 days at once


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether address and body were signed with one of the keys."""
    message = bytes_of(raw.url) + raw.body
    return is_signed_by_any([raw.headers.get(SIGNATURE, "")], keys.secrets, message, base64_hmac)


def dedupe_key(raw: Raw) -> str:
    """The event's id."""
    return digest_of(reading.identifier(reading.json_object(raw.body), "event_id"))


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The report of a delivery."""
    body = reading.json_object(raw.body)
    kind = reading.require_text(body, "type")
    if kind not in {"booking.created", "booking.updated"}:
        return Ignored("an event that is not about a booking")
    booking = reading.at(body, "data.object.booking")
    if not isinstance(booking, dict):
        raise Parked("data.object.booking is missing")
    return (_report(booking, context),)


def _report(booking: dict[str, Any], context: Context) -> Report:
    state = reading.require_text(booking, "status")
    if state not in STATUSES:
        raise Parked(f"booking.status is unknown: {state[: reading.SHOWN_MAX]}")
    version = booking.get("version")
    if not isinstance(version, int) or not 0 <= version < 10**15:
        raise Parked("booking.version is missing")
    essence = Report(reading.identifier(booking, "id"), f"{version:016}", STATUSES[state])
    return with_details(essence, lambda: _details(essence, booking, context))


def _details(essence: Report, booking: dict[str, Any], context: Context) -> Report:
    start, place = reading.instant(booking, "start_at"), reading.text(booking, "location_type")
    live = essence.status in {Status.REQUESTED, Status.BOOKED, Status.NO_SHOW}
    names = tuple(name for segment in _segments(booking) if (name := reading.text(segment, "service_variation_id")))
    return replace(
        essence,
        start=start,
        end=_end(booking, start, context),
        customers=(_customer(reading.identifier(booking, "customer_id"), context),) if live else None,
        service=names[0] if names else None,
        services=names,
        calendar=_calendar(booking, context),
        remote=None if place is None else place.upper() in NOBODY_SETS_OUT,
    )


def _segments(booking: dict[str, Any]) -> list[Any]:
    segments = booking.get("appointment_segments")
    return segments[:BOOKING_SEGMENTS_MAX] if isinstance(segments, list) else []


def _end(booking: dict[str, Any], start: datetime, context: Context) -> datetime:
    lengths: dict[str, int] = context.setting("length_min", {})
    total = 0
    for segment in _segments(booking):
        minutes = reading.at(segment, "duration_minutes")
        if not isinstance(minutes, int):
            minutes = lengths.get(reading.text(segment, "service_variation_id") or "")
        total += minutes if isinstance(minutes, int) and 0 <= minutes <= LONGEST_APPOINTMENT_MIN else 0
    if not 0 < total <= LONGEST_APPOINTMENT_MIN:
        raise Parked("booking.appointment_segments.duration_minutes is missing (or set length_min of the connection)")
    return start + timedelta(minutes=total)


def _calendar(booking: dict[str, Any], context: Context) -> str | None:
    """The team member, if the operator gave them a place of their own; else the location."""
    member = next((reading.text(one, "team_member_id") for one in _segments(booking)), None)
    return member if member in context.setting("calendars", {}) else reading.text(booking, "location_id")


def _customer(customer_id: str, context: Context) -> Customer:
    try:
        found = reading.at(context.require_api().get(f"v2/customers/{quote(customer_id, safe='')}"), "customer")
    except Gone:
        raise Parked("booking.customer_id: the tool knows no such customer") from None
    name = f"{reading.text(found, 'given_name') or ''} {reading.text(found, 'family_name') or ''}".strip()
    return reading.customer(
        name or reading.text(found, "nickname"),
        reading.text(found, "email_address"),
        reading.text(found, "phone_number"),
    )


def upcoming(context: Context) -> Reading:
    """All bookings of the coming month."""
    query = {
        "start_at_min": reading.stamp(context.now),
        "start_at_max": reading.stamp(context.now + timedelta(days=READ_BACK_DAYS)),
        "limit": "100",
    }
    collected = Collected()
    for _ in range(LIST_PAGES_MAX):
        page = context.require_api().get("v2/bookings", query)
        collected.add_all(
            lambda one: _report(one if isinstance(one, dict) else {}, context), reading.at(page, "bookings")
        )
        cursor = reading.text(page, "cursor")
        if cursor is None:
            break
        query = query | {"cursor": cursor}
    return collected.reading()


PROVIDER = Provider(
    "square",
    "fetched",
    verify,
    dedupe_key,
    reports,
    headers=(SIGNATURE, "square-retry-number", "square-retry-reason"),
    upcoming=upcoming,
    base_url="https://connect.squareup.com",
    api_headers={"Square-Version": "2025-01-23"},
    tells_cancel=True,
)
