"""Cronofy. Quality: fetched.

Quirks:
- `Cronofy-HMAC-SHA256` is a comma list of base64 HMAC-SHA256 of the body (client secrets, CRN_…); any may match.
- There is no id and no time: two notifications may be alike, and are read again.
- `change` says since when; Read Events gives what changed since then, deleted ones too. `verification` is a greeting.
- Events are read from `last_modified` on, asked in UTC; `updated` says which of two is newer.
- Whether it takes place is in `event_status`, with some calendars in `status`.
- A channel is closed after failing for 24 h: reconciling finds what was missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import CHANGE_PAGES_MAX, HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.absence import cancel_missing
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider
from chalicelib.bookings.providers.people import Attendee, lines_by_label
from chalicelib.bookings.providers.signing import base64_hmac, digest_of, is_signed_by_any
from chalicelib.bookings.providers.visits import Event, Time, Visits

if TYPE_CHECKING:
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading

SIGNATURE = "cronofy-hmac-sha256"
SIGNATURES_MAX = 20


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether one of the signatures was made with one of the secrets."""
    given = [part.strip() for part in raw.headers.get(SIGNATURE, "").split(",")[:SIGNATURES_MAX]]
    return is_signed_by_any(given, keys.secrets, raw.body, base64_hmac)


def dedupe_key(raw: Raw) -> str:
    """The body; see `alike`."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """What changed since the notification's time."""
    body = reading.json_object(raw.body)
    kind = reading.require_text(body, "notification.type")
    if not kind.startswith("change"):
        return Ignored(f"{kind[: reading.SHOWN_MAX]} changes no appointment")
    since = reading.stamp(reading.instant(body, "notification.changes_since"))
    return _read({"last_modified": since}, context)


def upcoming(context: Context) -> Reading:
    """All up to the horizon, and cancels of what is known but not there any more."""
    return cancel_missing(_read({"from": context.now.strftime("%Y-%m-%d")}, context), context)


def _read(query: dict[str, str], context: Context) -> Reading:
    collected, visits = Collected("event_uid"), Visits(context)
    until = (context.now + HORIZON).strftime("%Y-%m-%d")
    path = "v1/events"
    asked: dict[str, str] | None = {"tzid": "Etc/UTC", "to": until, "include_deleted": "true", **query}
    for _ in range(CHANGE_PAGES_MAX):
        page = context.require_api().get(path, asked)
        collected.add_page(lambda event: _report(event, visits), page, "events")
        following = reading.at(page, "pages.next_page")
        if not isinstance(following, str) or not following:
            return collected.reading()
        path, asked = following, None
    raise Parked(f"the calendar has more than {CHANGE_PAGES_MAX} pages of changes")


def _report(event: Any, visits: Visits) -> Report | None:
    """An event as a report; None for what is no visit, as what lasts all day (its start is a mere date)."""
    uid = reading.identifier(event, "event_uid")
    updated = reading.at(event, "updated")
    now = visits.context.now
    order = reading.change_stamp(reading.instant_of(updated, "updated") if updated else now, now)
    states = {(reading.text(event, name) or "").casefold() for name in ("event_status", "status")}
    if reading.at(event, "deleted") is True or "cancelled" in states:
        return Report(uid, order, Status.CANCELLED)
    start, end = (reading.text(event, f"{name}.time") or reading.text(event, name) for name in ("start", "end"))
    if start is not None and len(start) == len("2026-01-05"):
        return visits.no_visit(uid, order)
    begins, ends = reading.span(reading.instant_of(start, "start"), reading.instant_of(end, "end"), "end")
    title, organizer = reading.text(event, "summary"), reading.text(event, "organizer.email")
    core = Report(
        uid=uid,
        order=order,
        status=Status.REQUESTED if "tentative" in states else Status.BOOKED,
        start=begins,
        end=ends,
        title=title,
        service=title,
        calendar=reading.text(event, "calendar_id"),
    )
    lines = lines_by_label(reading.at(event, "description"))
    time = Time.FREE if reading.at(event, "transparency") == "transparent" else Time.TAKEN
    declined = reading.text(event, "participation_status") == "declined"
    partial = not isinstance(reading.at(event, "attendees") or [], list)
    return visits.report(Event(core, _attendees(event), (organizer,), lines, time, declined, partial))


def _attendees(event: Any) -> tuple[Attendee, ...]:
    people = reading.at(event, "attendees")
    return tuple(
        Attendee(
            reading.text(one, "display_name"),
            reading.text(one, "email"),
            declined=reading.at(one, "status") == "declined",
        )
        for one in (people if isinstance(people, list) else [])
    )


PROVIDER = Provider(
    "cronofy",
    "fetched",
    verify,
    dedupe_key,
    reports,
    headers=(SIGNATURE,),
    alike=True,
    upcoming=upcoming,
    base_url="https://api.cronofy.com",
)
