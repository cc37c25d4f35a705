"""Cal.com read back by its interface (API v2): what a webhook that was lost would have held.

Quirks:
- Without the header `cal-api-version` the old shape comes, or 404.
- `status` is accepted, pending, cancelled or rejected; a booking that was moved away is cancelled and names
  `rescheduledToUid`, the new one names `rescheduledFromUid`.
- `attendees[].absent` are no-shows; `language` is a text here. `updatedAt` says which of two is newer, and is
  comparable with the webhooks' `createdAt`: both are written by the tool's own clock.
- `attendees[0]` booked; for events with seats each attendee did (`seatsPerTimeSlot` is missing here: seats show by
  `seatUid`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import ATTENDEES_MAX, LIST_PAGES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Parked
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.remote import is_remote

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Reading

API_VERSION = "2024-08-13"
PAGE = 100
STATUSES = {
    "accepted": Status.BOOKED,
    "pending": Status.REQUESTED,
    "cancelled": Status.CANCELLED,
    "rejected": Status.REJECTED,
}


def upcoming(context: Context) -> Reading:
    """All coming bookings, also those that were cancelled or moved away."""
    collected = Collected("uid")
    for page in range(LIST_PAGES_MAX):
        query = {"afterStart": context.now.isoformat(timespec="seconds"), "take": str(PAGE), "skip": str(page * PAGE)}
        bookings = reading.at(context.require_api().get("v2/bookings", query), "data")
        if not isinstance(bookings, list):
            raise Parked("the tool's answer holds no data")
        collected.add_all(lambda booking: _report(booking, context), bookings)
        if len(bookings) < PAGE:
            break
    return collected.reading()


def _report(booking: Any, context: Context) -> Report:
    state = reading.require_text(booking, "status").casefold()
    if state not in STATUSES:
        raise Parked(f"status is unknown: {state[: reading.SHOWN_MAX]}")
    changed = "updatedAt" if reading.at(booking, "updatedAt") else "createdAt"
    seats = reading.text(booking, "attendees.0.seatUid") is not None
    final = "~" if state in {"cancelled", "rejected"} and not seats else ""  # as in the webhooks' order
    order = f"{final}{reading.change_stamp(reading.instant(booking, changed), context.now)}#000000"
    essence = Report(reading.identifier(booking, "uid"), order, STATUSES[state])
    return with_details(essence, lambda: _details(essence, booking, context))


def _details(essence: Report, booking: Any, context: Context) -> Report:
    start, end = reading.span(reading.instant(booking, "start"), reading.instant(booking, "end"), "end")
    names = (reading.text(booking, "eventType.id"), reading.text(booking, "eventType.slug"))
    people = _attendees(booking)
    return replace(
        essence,
        start=start,
        end=end,
        customers=tuple(_customer(one, booking, context) for one in people),
        service=reading.text(booking, "eventType.slug"),
        services=tuple(name for name in names if name),
        calendar=reading.text(booking, "hosts.0.email"),
        remote=is_remote(reading.at(booking, "location")),
        moved_from=reading.optional_identifier(booking, "rescheduledFromUid"),
        moved_to=reading.optional_identifier(booking, "rescheduledToUid"),
        absent=tuple(
            sorted(
                email.casefold()
                for one in people
                if reading.at(one, "absent") is True and (email := reading.text(one, "email"))
            )
        ),
        address=_answer(booking, context.setting("origin_field")),
    )


def _attendees(booking: Any) -> list[Any]:
    people = reading.at(booking, "attendees")
    if not isinstance(people, list) or not people:
        raise Parked("attendees is missing")
    if len(people) > ATTENDEES_MAX:
        raise Parked(f"attendees has more than {ATTENDEES_MAX} entries")
    return people if reading.text(people[0], "seatUid") else people[:1]


def _answer(booking: Any, name: str | None) -> str | None:
    return reading.text(booking, f"bookingFieldsResponses.{name}") if name else None


def _customer(person: Any, booking: Any, context: Context) -> Customer:
    phone = _answer(booking, context.setting("phone_field")) or _answer(booking, "attendeePhoneNumber")
    found = reading.customer(
        reading.text(person, "name"),
        reading.text(person, "email"),
        phone or reading.text(person, "phoneNumber"),
        reading.text(person, "language"),
        reading.known_zone(reading.at(person, "timeZone")),
    )
    return replace(found, address=_answer(person, context.setting("origin_field")))  # of several seats each has its own
