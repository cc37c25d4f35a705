"""Mindbody. Quality: hint (third-party facts only: what a call says is read back before it counts).

Quirks:
- `X-Mindbody-Signature: sha256=<base64>`: HMAC-SHA256 of the body. HEAD on the address must be answered before a
  subscription becomes active.
- `messageId` tells deliveries apart; they may come repeatedly and in any order.
- `appointmentBooking.cancelled` holds ids and nothing else; it is signed, so it is taken at its word.
- Coming appointments are listed by the same address with request.startDate and request.endDate, 200 a page.
- The appointment is read by GET appointment/staffappointments, the client by GET client/clients. Their times are the
  site's local times: the connection's `timezone` says which that is; without it they are parked, never guessed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Gone, HandshakeAnswer, Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.readback import compare, pages
from chalicelib.bookings.providers.signing import base64_hmac, digest_of, is_signed_by_any

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading
    from chalicelib.bookings.providers.readback import Listed

SIGNATURE = "x-mindbody-signature"
SIGNATURE_PREFIX = "sha256="
APPOINTMENTS = "appointment/staffappointments"
PAGE = 200
NOT_FOUND = 404
EVENTS = frozenset({"appointmentBooking.created", "appointmentBooking.updated", "appointmentBooking.cancelled"})
STATUSES = {
    "booked": Status.BOOKED,
    "confirmed": Status.BOOKED,
    "scheduled": Status.BOOKED,
    "arrived": Status.BOOKED,
    "completed": Status.BOOKED,
    "requested": Status.REQUESTED,
    "cancelled": Status.CANCELLED,
    "latecancelled": Status.CANCELLED,
    "noshow": Status.NO_SHOW,
}


def handshake(raw: Raw, _connection: Connection) -> HandshakeAnswer | None:
    """HEAD and GET prove only that somebody is there."""
    return HandshakeAnswer(200) if raw.method == "GET" else None


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the body was signed with one of the keys."""
    given = raw.headers.get(SIGNATURE, "")
    return given.startswith(SIGNATURE_PREFIX) and is_signed_by_any(
        [given[len(SIGNATURE_PREFIX) :]], keys.secrets, raw.body, base64_hmac
    )


def dedupe_key(raw: Raw) -> str:
    """The message's id."""
    return digest_of(reading.identifier(reading.json_object(raw.body), "messageId"))


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The appointment that a message is about, as the tool has it now."""
    body = reading.json_object(raw.body)
    kind = reading.require_text(body, "eventId")
    if kind not in EVENTS:
        return Ignored(f"{kind[: reading.SHOWN_MAX]} changes no appointment")
    uid = reading.identifier(body, "eventData.appointmentId")
    if kind == "appointmentBooking.cancelled":
        return (Report(uid, reading.stamp(context.received_at), Status.CANCELLED),)
    try:
        return (_read(uid, context),)
    except Gone:
        return (Report(uid, reading.stamp(context.now), Status.CANCELLED),)


def _read(uid: str, context: Context) -> Report:
    answer = context.require_api().get(APPOINTMENTS, {"request.appointmentIds": uid})
    found = reading.at(answer, "Appointments")
    if not isinstance(found, list):
        raise Parked("Appointments is missing in the tool's answer")
    if not found:
        raise Gone(NOT_FOUND)
    return _report(found[0] if isinstance(found[0], dict) else {}, uid, context)


def upcoming(context: Context) -> Reading:
    """Reports of what the tool lists as coming and is known otherwise."""
    days = {"request.startDate": context.now, "request.endDate": context.now + HORIZON}
    asked = {name: when.strftime("%Y-%m-%d") for name, when in days.items()} | {"request.limit": str(PAGE)}

    def page(offset: int | None) -> Any:
        return context.require_api().get(APPOINTMENTS, asked | {"request.offset": str(offset or 0)})

    def following(answer: Any, number: int) -> int | None:
        total = reading.at(answer, "PaginationResponse.TotalResults")
        return number * PAGE if isinstance(total, int) and total > number * PAGE else None

    listed: Listed = {}
    for one in pages(page, "Appointments", following):
        status = STATUSES.get(_bare(reading.text(one, "Status") or ""))
        if status is not Status.CANCELLED:
            start = local_time(reading.at(one, "StartDateTime"), "StartDateTime", context.setting("timezone"))
            if context.now <= start <= context.now + HORIZON:
                listed[reading.identifier(one, "Id")] = start, status
    return compare(listed, context, lambda uid: _read(uid, context))


def _bare(status: str) -> str:
    return status.replace(" ", "").replace("-", "").casefold()


def _report(appointment: dict[str, Any], uid: str, context: Context) -> Report:
    state = _bare(reading.require_text(appointment, "Status"))
    if state not in STATUSES:
        raise Parked(f"Status is unknown: {state[: reading.SHOWN_MAX]}")
    essence = Report(uid, reading.stamp(context.now), STATUSES[state])
    return with_details(essence, lambda: _details(essence, appointment, context))


def _details(essence: Report, appointment: dict[str, Any], context: Context) -> Report:
    start, end = reading.span(
        _local(appointment, "StartDateTime", context), _local(appointment, "EndDateTime", context), "EndDateTime"
    )
    return replace(
        essence,
        start=start,
        end=end,
        customers=(_client(reading.identifier(appointment, "ClientId"), context),),
        title=reading.text(appointment, "SessionTypeName"),
        service=reading.text(appointment, "SessionTypeId"),
        calendar=reading.text(appointment, "LocationId"),
    )


def _local(appointment: dict[str, Any], name: str, context: Context) -> datetime:
    return local_time(appointment.get(name), name, context.setting("timezone"))


def local_time(value: Any, name: str, zone: str | None) -> datetime:
    """A time that may lack an offset, in the zone that the operator named. Parks without one."""
    try:
        when = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        when = None
    if when is None or when.tzinfo is not None:
        return reading.instant_of(value, name)
    if zone is None:
        raise Parked(f"{name} has no UTC offset: set the connection's timezone")
    return reading.in_years(when, name).replace(tzinfo=ZoneInfo(zone))


def _client(client_id: str, context: Context) -> Customer:
    try:
        answer = context.require_api().get("client/clients", {"request.clientIds": client_id})
    except Gone:
        raise Parked("ClientId: the tool knows no such client") from None
    client = reading.at(answer, "Clients.0")
    name = f"{reading.text(client, 'FirstName') or ''} {reading.text(client, 'LastName') or ''}".strip()
    phone = reading.text(client, "MobilePhone") or reading.text(client, "HomePhone")
    return reading.customer(name or None, reading.text(client, "Email"), phone)


PROVIDER = Provider(
    "mindbody",
    "hint",
    verify,
    dedupe_key,
    reports,
    headers=(SIGNATURE,),
    handshake=handshake,
    upcoming=upcoming,
    base_url="https://api.mindbodyonline.com/public/v6",
    tells_cancel=True,
)
