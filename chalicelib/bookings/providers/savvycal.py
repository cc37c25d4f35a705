"""SavvyCal. Quality: hint (the envelope is documented, the event's fields are not known for sure: it is read back).

Quirks:
- `x-savvycal-signature: sha256=<HEX>`: HMAC-SHA256 of the body in upper case; compared in lower case.
- Body {type, id, occurred_at, version, payload}; `id` tells deliveries apart.
- Types event.created, requested, approved, declined, rescheduled, changed, canceled, attendee.*: all name the event
  in `payload.id`; GET /v1/events/{id} says what it is now. A canceled or declined event is taken at its word, as of
  when the word came: readings are ordered by our clock, and theirs may be minutes from it.
- Fields are called `state`, `start_at`, `end_at` or `status`, `start_time`, `end_time`: both are known from others.
- Coming events are listed by GET /v1/events ({entries, metadata: {after}}); its parameters are known from others'
  programs only, so what it lists is asked for one by one (`readback`).
- `location` names the place; `conferencing` ({type, join_url}) says how one joins by screen or telephone.
- Everybody on the event is in `attendees`; who hosts is marked by `is_organizer`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import ATTENDEES_MAX, HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Gone, Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.readback import compare, pages
from chalicelib.bookings.providers.remote import is_remote, is_remote_kind
from chalicelib.bookings.providers.signing import digest_of, hex_hmac, is_signed_by_any

if TYPE_CHECKING:
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading
    from chalicelib.bookings.providers.readback import Listed

SIGNATURE = "x-savvycal-signature"
SIGNATURE_PREFIX = "sha256="
STATES = {
    "confirmed": Status.BOOKED,
    "tentative": Status.REQUESTED,
    "awaiting_approval": Status.REQUESTED,
    "awaiting_checkout": Status.REQUESTED,
    "awaiting_reschedule": Status.CANCELLED,
    "canceled": Status.CANCELLED,
    "cancelled": Status.CANCELLED,
    "declined": Status.REJECTED,
}
ENDED = {"event.canceled": Status.CANCELLED, "event.declined": Status.REJECTED}
FINAL_STATUSES = frozenset({Status.CANCELLED, Status.REJECTED})


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the body was signed with one of the secrets."""
    given = raw.headers.get(SIGNATURE, "").lower()
    return given.startswith(SIGNATURE_PREFIX) and is_signed_by_any(
        [given[len(SIGNATURE_PREFIX) :]], keys.secrets, raw.body, hex_hmac
    )


def dedupe_key(raw: Raw) -> str:
    """The delivery's id."""
    return digest_of(reading.identifier(reading.json_object(raw.body), "id"))


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The event that a delivery is about, as the tool has it now."""
    body = reading.json_object(raw.body)
    kind = reading.require_text(body, "type")
    if not kind.startswith("event."):
        return Ignored(f"{kind[: reading.SHOWN_MAX]} changes no appointment")
    uid = reading.identifier(body, "payload.id")
    if kind in ENDED:
        return (Report(uid, reading.stamp(context.received_at), ENDED[kind]),)
    try:
        return (_read(uid, context),)
    except Gone:
        return (Report(uid, reading.stamp(context.now), Status.CANCELLED),)


def _read(uid: str, context: Context) -> Report:
    return _report(context.require_api().get(f"v1/events/{quote(uid, safe='')}"), uid, context)


def _report(event: Any, uid: str, context: Context) -> Report:
    state = (reading.text(event, "state") or reading.require_text(event, "status")).casefold()
    if state not in STATES:
        raise Parked(f"state is unknown: {state[: reading.SHOWN_MAX]}")
    essence = Report(uid, reading.stamp(context.now), STATES[state])
    return with_details(essence, lambda: _details(essence, event))


def _details(essence: Report, event: Any) -> Report:
    start, end = reading.span(
        reading.instant(event, _name_of(event, "start")), reading.instant(event, _name_of(event, "end")), "end_at"
    )
    people = reading.at(event, "attendees")
    if not isinstance(people, list) or len(people) > ATTENDEES_MAX:
        raise Parked(f"attendees is not a list of at most {ATTENDEES_MAX}")
    customers = tuple(
        reading.customer(
            reading.text(one, "display_name") or reading.text(one, "name"),
            reading.text(one, "email"),
            reading.text(one, "phone_number"),
            None,
            reading.known_zone(reading.at(one, "time_zone")),
        )
        for one in people
        if reading.at(one, "is_organizer") is not True
    )
    if not customers:
        raise Parked("attendees holds nobody but the organizer")
    return replace(
        essence,
        start=start,
        end=end,
        customers=customers,
        title=reading.text(event, "summary"),
        service=reading.text(event, "link.slug") or reading.text(event, "summary"),
        remote=_is_remote(event),
    )


def _is_remote(event: Any) -> bool | None:
    """By its place; a link to join counts where no place is named, or that is a link as well."""
    place = reading.text(event, "location") or reading.text(event, "location.address")
    if place is not None:
        return is_remote(place)
    joins = reading.text(event, "conferencing.join_url")
    return True if joins else is_remote_kind(reading.text(event, "conferencing.type"))


def _name_of(event: Any, which: str) -> str:
    """What the event calls its start or its end."""
    other = f"{which}_time"
    return other if reading.at(event, f"{which}_at") is None and reading.at(event, other) is not None else f"{which}_at"


def upcoming(context: Context) -> Reading:
    """Reports of what the tool lists as coming and is known otherwise."""
    asked = {"limit": "100", "period": "upcoming", "state": "all"}

    def page(after: str | None) -> Any:
        return context.require_api().get("v1/events", asked | ({"after": after} if after else {}))

    listed: Listed = {}
    for event in pages(page, "entries", lambda answer, _: reading.text(answer, "metadata.after")):
        start = reading.start_in(event, _name_of(event, "start"), context.now, context.now + HORIZON)
        status = STATES.get((reading.text(event, "state") or reading.text(event, "status") or "").casefold())
        if start and status not in FINAL_STATUSES:
            listed[reading.identifier(event, "id")] = start, status
    return compare(listed, context, lambda uid: _read(uid, context))


PROVIDER = Provider(
    "savvycal",
    "hint",
    verify,
    dedupe_key,
    reports,
    headers=(SIGNATURE, "x-savvycal-webhook-id"),
    upcoming=upcoming,
    base_url="https://api.savvycal.com",
    tells_cancel=True,
)
