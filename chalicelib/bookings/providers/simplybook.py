"""SimplyBook.me. Quality: hint (the calls are not signed: nothing in them counts but an id to ask about).

Quirks:
- The callback is {booking_id, booking_hash, company, notification_type: create|cancel|change|notify}, as JSON or as a
  form. It is unsigned, so the address must hold the secret: `…/hooks/{connection}?key=<secret>`.
- Two changes of one booking look the same (`alike`).
- GET admin/bookings/{id} says what it is now. Its times are the company's local times: the connection's `timezone`
  says which that is; without it they are parked, never guessed.
- Coming bookings are listed by GET admin/bookings?filter[upcoming_only]=1 ({data, metadata: {pages_count}}).
- The tool forgets the callback's address now and then: a connection that falls silent is reported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.acuity import form
from chalicelib.bookings.providers.contract import Gone, Ignored, Parked, Provider, always
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.mindbody import local_time
from chalicelib.bookings.providers.readback import compare, pages
from chalicelib.bookings.providers.signing import digest_of, is_same

if TYPE_CHECKING:
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading
    from chalicelib.bookings.providers.readback import Listed

BOOKINGS = "admin/bookings"
NOTIFICATION_KINDS = frozenset({"create", "cancel", "change"})
STATUSES = {
    "confirmed": Status.BOOKED,
    "pending": Status.REQUESTED,
    "canceled": Status.CANCELLED,
    "cancelled": Status.CANCELLED,
}


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the address holds the secret."""
    given = raw.query.get("key", "")
    matches = [is_same(given, secret) for secret in keys.secrets if secret]
    return any(matches)


def dedupe_key(raw: Raw) -> str:
    """The body; see `alike`."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The booking that a call is about, as the tool has it now."""
    body: dict[str, Any] = (
        reading.json_object(raw.body) if raw.body.lstrip()[:1] in {b"{", b"["} else dict(form(raw.body))
    )
    kind = reading.require_text(body, "notification_type")
    if kind == "notify":
        return Ignored("notify is a reminder and changes no appointment")
    if kind not in NOTIFICATION_KINDS:
        raise Parked(f"notification_type is unknown: {kind[: reading.SHOWN_MAX]}")
    uid = reading.identifier(body, "booking_id")
    try:
        return (_read(uid, context),)
    except Gone:
        return (Report(uid, reading.stamp(context.now), Status.CANCELLED),)


def _read(uid: str, context: Context) -> Report:
    return _report(context.require_api().get(f"{BOOKINGS}/{quote(uid, safe='')}"), uid, context)


def upcoming(context: Context) -> Reading:
    """Reports of what the tool lists as coming and is known otherwise."""

    def page(number: int | None) -> Any:
        return context.require_api().get(
            BOOKINGS, {"filter[upcoming_only]": "1", "on_page": "100", "page": str(number or 1)}
        )

    def following(answer: Any, number: int) -> int | None:
        count = reading.at(answer, "metadata.pages_count")
        return number + 1 if isinstance(count, int) and count > number else None

    listed: Listed = {}
    for one in pages(page, "data", following):
        status = STATUSES.get((reading.text(one, "status") or "").casefold())
        if status is not Status.CANCELLED:
            start = local_time(reading.at(one, "start_datetime"), "start_datetime", context.setting("timezone"))
            if context.now <= start <= context.now + HORIZON:
                listed[reading.identifier(one, "id")] = start, status
    return compare(listed, context, lambda uid: _read(uid, context))


def _report(booking: Any, uid: str, context: Context) -> Report:
    state = reading.require_text(booking, "status").casefold()
    if state not in STATUSES:
        raise Parked(f"status is unknown: {state[: reading.SHOWN_MAX]}")
    essence = Report(uid, reading.stamp(context.now), STATUSES[state])
    return with_details(essence, lambda: _details(essence, booking, context))


def _details(essence: Report, booking: Any, context: Context) -> Report:
    zone = context.setting("timezone")
    start, end = reading.span(
        local_time(reading.at(booking, "start_datetime"), "start_datetime", zone),
        local_time(reading.at(booking, "end_datetime"), "end_datetime", zone),
        "end_datetime",
    )
    return replace(
        essence,
        start=start,
        end=end,
        customers=(
            reading.customer(
                reading.text(booking, "client.name"),
                reading.text(booking, "client.email"),
                reading.text(booking, "client.phone"),
            ),
        ),
        title=reading.text(booking, "service.name"),
        service=reading.text(booking, "service.name"),
        calendar=reading.text(booking, "provider.name"),
    )


PROVIDER = Provider(
    "simplybook",
    "hint",
    verify,
    dedupe_key,
    reports,
    alike=True,
    upcoming=upcoming,
    key_in_address=always,
    base_url="https://user-api-v2.simplybook.me",
    tells_cancel=True,
)
