"""HubSpot meetings. Quality: hint (a call holds ids only; what they mean is read back).

Quirks:
- `X-HubSpot-Signature-v3` is base64 HMAC-SHA256 over method, address, body and `X-HubSpot-Request-Timestamp`
  (milliseconds, five minutes of tolerance).
- The body is a list of events; `eventId` is not promised to be its own for ever, so the body tells deliveries apart,
  and `attemptNumber` in it makes a repeated one a new one: harmless, it is read again.
- Meetings are CRM objects (type 0-47): GET /crm/v3/objects/meetings/{id} with its contacts.
- Coming meetings are found by POST /crm/v3/objects/meetings/search, without their contacts; its index lags by seconds.
- `hs_meeting_outcome` says cancelled and no-show. `hs_meeting_location` is an address, a number or a link;
  `hs_meeting_external_url` leads to the calendar's entry and says nothing of that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Gone, Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.readback import compare, pages
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import (
    TOLERANCE_S,
    base64_hmac,
    bytes_of,
    digest_of,
    is_signed_by_any,
    seconds_are_fresh,
    unix_time,
)

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading
    from chalicelib.bookings.providers.readback import Listed

SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
MEETING = "0-47"
DELIVERY_EVENTS_MAX = 200
CONTACTS_MAX = 50
PAGE = 100
MEETING_FIELDS = (
    "hs_meeting_title,hs_meeting_start_time,hs_meeting_end_time,hs_meeting_outcome"
    ",hs_meeting_location,hs_meeting_location_type"
)
OUTCOMES = {
    "CANCELED": Status.CANCELLED,
    "CANCELLED": Status.CANCELLED,
    "NO_SHOW": Status.NO_SHOW,
    "SCHEDULED": Status.BOOKED,
    "RESCHEDULED": Status.BOOKED,
    "COMPLETED": Status.BOOKED,
}


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether method, address, body and time were signed with one of the secrets, just now."""
    sent = raw.headers.get(TIMESTAMP, "")
    message = bytes_of(raw.method + raw.url) + raw.body + bytes_of(sent)
    signed = is_signed_by_any([raw.headers.get(SIGNATURE, "")], keys.secrets, message, base64_hmac)
    return signed and len(sent) > 3 and sent[-3:].isdigit() and seconds_are_fresh(sent[:-3], keys.now, TOLERANCE_S)  # noqa: PLR2004 - milliseconds


def sent_at(raw: Raw) -> datetime | None:
    """The signed time, which is in milliseconds."""
    return unix_time(raw.headers.get(TIMESTAMP, "")[:-3])


def dedupe_key(raw: Raw) -> str:
    """The body."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """The meetings that a delivery is about, as the tool has them now."""
    events = reading.json_body(raw.body)
    if not isinstance(events, list) or len(events) > DELIVERY_EVENTS_MAX:
        raise Parked(f"the body is not a list of at most {DELIVERY_EVENTS_MAX} events")
    about_meetings = [
        one
        for one in events
        if reading.text(one, "objectTypeId") == MEETING
        or (reading.text(one, "subscriptionType") or "").startswith("meeting.")
    ]
    meetings = dict.fromkeys(reading.identifier(one, "objectId") for one in about_meetings)
    if not meetings:
        return Ignored("no event about a meeting")
    collected = Collected()
    for uid in meetings:
        collected.add(lambda uid: _read_or_cancel(uid, context), uid)
    if collected.unread and not collected.reports:
        raise Parked(collected.unread[0].reason)
    return collected.reading()


def _read_or_cancel(uid: str, context: Context) -> Report:
    try:
        return _read(uid, context)
    except Gone:
        return Report(uid, reading.stamp(context.now), Status.CANCELLED)


def _read(uid: str, context: Context) -> Report:
    order = reading.stamp(context.now)
    path = f"crm/v3/objects/meetings/{quote(uid, safe='')}"
    meeting = context.require_api().get(path, {"properties": MEETING_FIELDS, "associations": "contacts"})
    outcome = reading.text(meeting, "properties.hs_meeting_outcome") or "SCHEDULED"
    if outcome not in OUTCOMES:
        raise Parked(f"hs_meeting_outcome is unknown: {outcome[: reading.SHOWN_MAX]}")
    essence = Report(uid, order, OUTCOMES[outcome])
    return with_details(essence, lambda: _details(essence, meeting, context))


def _details(essence: Report, meeting: Any, context: Context) -> Report:
    start, end = reading.span(
        reading.instant(meeting, "properties.hs_meeting_start_time"),
        reading.instant(meeting, "properties.hs_meeting_end_time"),
        "properties.hs_meeting_end_time",
    )
    title = reading.text(meeting, "properties.hs_meeting_title")
    place, kind = (reading.text(meeting, f"properties.hs_meeting_location{part}") for part in ("", "_type"))
    return replace(
        essence,
        start=start,
        end=end,
        customers=_contacts(meeting, context),
        title=title,
        service=title,
        remote=True if (kind or "").casefold() == "phone" else is_remote(place),
    )


def _contacts(meeting: Any, context: Context) -> tuple[Customer, ...]:
    linked = reading.at(meeting, "associations.contacts.results")
    if not isinstance(linked, list) or not linked:
        raise Parked("associations.contacts is missing: nobody comes to the meeting")
    ids = dict.fromkeys(reading.identifier(one, "id") for one in linked[:CONTACTS_MAX])
    return tuple(_contact(contact_id, context) for contact_id in ids)


def _contact(contact_id: str, context: Context) -> Customer:
    wanted = {"properties": "firstname,lastname,email,phone,mobilephone"}
    try:
        answer = context.require_api().get(f"crm/v3/objects/contacts/{quote(contact_id, safe='')}", wanted)
    except Gone:
        raise Parked("associations.contacts: the tool knows no such contact") from None
    found = reading.at(answer, "properties")
    name = f"{reading.text(found, 'firstname') or ''} {reading.text(found, 'lastname') or ''}".strip()
    phone = reading.text(found, "mobilephone") or reading.text(found, "phone")
    return reading.customer(name or None, reading.text(found, "email"), phone)


def upcoming(context: Context) -> Reading:
    """Reports of what the tool lists as coming and is known otherwise."""
    first, last = context.now, context.now + HORIZON
    span = {"propertyName": "hs_meeting_start_time", "operator": "BETWEEN", "value": _ms(first), "highValue": _ms(last)}
    wanted = {"filterGroups": [{"filters": [span]}], "properties": MEETING_FIELDS.split(","), "limit": PAGE}

    def page(after: str | None) -> Any:
        return context.require_api().send(
            "POST", "crm/v3/objects/meetings/search", wanted | ({"after": after} if after else {})
        )

    listed: Listed = {}
    for one in pages(page, "results", lambda answer, _: reading.text(answer, "paging.next.after")):
        start = reading.start_in(one, "properties.hs_meeting_start_time", first, last)
        status = OUTCOMES.get(reading.text(one, "properties.hs_meeting_outcome") or "SCHEDULED")
        if status is not Status.CANCELLED:
            listed[reading.identifier(one, "id")] = start, status
    return compare(listed, context, lambda uid: _read(uid, context))


def _ms(when: datetime) -> str:
    return str(int(when.timestamp() * 1000))


PROVIDER = Provider(
    "hubspot",
    "hint",
    verify,
    dedupe_key,
    reports,
    sent_at=sent_at,
    headers=(SIGNATURE, TIMESTAMP),
    upcoming=upcoming,
    base_url="https://api.hubapi.com",
    tells_cancel=True,
)
