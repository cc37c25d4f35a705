"""An iCalendar feed that is polled (`feed_url`). Quality: fetched.

Quirks:
- There is no webhook: `connections/chores.py` fetches the feed with its ETag and stores what changed as an event.
- What is read last is the truth: an appointment that is not in the feed any more was cancelled. But a feed that lost
  all of four or more coming appointments at once is taken for broken, and parked.
- Who comes: ATTENDEEs but the organizer and the connection's `account`; else the SUMMARY names them, and lines such as
  "Phone: …" and "Email: …" of the DESCRIPTION say how to reach them (`phone_field`, `origin_field` name other lines).
- A series that moves as a whole moves each of its appointments (`series_moves`).
- Series are expanded up to the horizon; all-day events make no appointment.
- A feed may become again what it was before (`alike`); an older reading never counts after a newer one.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.calendar.calendar_files import part_of, read_calendar, values_of
from chalicelib.bookings.calendar.series import occurrences
from chalicelib.bookings.calendar.series_moves import LONGEST_MOVE, keep_names, series_of
from chalicelib.bookings.limits import HORIZON, MISSING_TOGETHER_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider, Reading
from chalicelib.bookings.providers.people import Attendee, customers_of, first_of, lines_by_label
from chalicelib.bookings.providers.signing import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icalendar import Component

    from chalicelib.bookings.calendar.series import Occurrence
    from chalicelib.bookings.providers.contract import Context, Keys, Raw

CATEGORIES_MAX = 20  # of one event
BEHIND = timedelta(days=1)  # appointments of the last day are read, too: one may be going on
_STAMPS = re.compile(rb"^(DTSTAMP|LAST-MODIFIED|CREATED)[:;][^\r\n]*\r?\n", re.MULTILINE)


def verify(_raw: Raw, _keys: Keys) -> bool:
    """Nobody may send a feed to us: it is fetched."""
    return False


def dedupe_key(raw: Raw) -> str:
    """The feed without the times at which it was written: many tools write new ones for every reader."""
    return digest_of(_STAMPS.sub(b"", raw.body))


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """All appointments up to the horizon, and cancels of those that are gone."""
    order = reading.stamp(context.received_at)
    if order < str(context.cursor.get("read_at", "")):
        return Ignored("a later reading of the feed is known already")
    calendar = read_calendar(raw.body, context.setting("timezone"))
    first, last = context.received_at - BEHIND, context.received_at + HORIZON
    # an appointment that moved may have moved past the horizon
    found, unfollowed = occurrences(calendar.entries, first, last + LONGEST_MOVE)
    coming = context.coming_bookings()
    whole = {series_of(entry.uid) for entry in calendar.entries}
    found = keep_names(found, coming, whole, context.received_at)
    known = {one.uid for one in coming}
    found_reports, unread = reports_of((one for one in found if one.start <= last or one.uid in known), order, context)
    found_reports += _cancels_of_missing({report.uid for report in found_reports}, order, context, everything=not found)
    unread = [*calendar.unread, *unfollowed, *unread]
    return Reading(tuple(found_reports), tuple(unread), {"read_at": order})


def _cancels_of_missing(uids: set[str], order: str, context: Context, *, everything: bool) -> list[Report]:
    gone = [uid for uid in context.coming_uids() if uid not in uids]
    if everything and len(gone) > MISSING_TOGETHER_MAX:
        raise Parked(f"the feed has lost all of {len(gone)} coming appointments: is it broken?")
    return [Report(uid, order, Status.CANCELLED) for uid in gone]


def reports_of(found: Iterable[Occurrence], order: str | None, context: Context) -> tuple[list[Report], list[str]]:
    """Occurrences as reports, and the reasons of what cannot be read; `order` None: each has its own."""
    found_reports: list[Report] = []
    unread: list[str] = []
    for one in found:
        try:
            found_reports.append(report_of(one, order or one.order, context))
        except Parked as reason:
            unread.append(str(reason))
        except Exception as error:  # noqa: BLE001 - others' texts in a library's hands: one bad event is not the end
            unread.append(f"an event cannot be read: {type(error).__name__}")
    return found_reports, unread


def report_of(one: Occurrence, order: str, context: Context) -> Report:
    """One occurrence as a report."""
    event = one.component
    summary, organizer = _text(event, "SUMMARY"), _address(event.get("ORGANIZER"))
    lines = lines_by_label(str(event.get("DESCRIPTION", "")))
    attendees = map(_attendee, values_of(event, "ATTENDEE"))
    named = [str(name) for each in values_of(event, "CATEGORIES") for name in part_of(each, "cats") or []]
    categories = [name for name in map(reading.clean, named[:CATEGORIES_MAX]) if name]
    tentative = _text(event, "STATUS") == "TENTATIVE"
    return Report(
        uid=one.uid,
        order=order,
        status=Status.CANCELLED if one.cancelled else Status.REQUESTED if tentative else Status.BOOKED,
        start=reading.in_years(one.start, "DTSTART"),
        end=one.end,
        customers=customers_of(attendees, [organizer], summary, lines, context),
        title=summary,
        service=categories[0] if categories else summary,
        services=tuple(name for name in (*categories, summary) if name),
        calendar=organizer,
        address=first_of(lines, context.setting("origin_field")),
    )


def _text(component: Component, name: str) -> str | None:
    value = component.get(name)
    return reading.clean(str(value[0] if isinstance(value, list) and value else value)) if value is not None else None


def _address(value: Any) -> str | None:
    text = reading.clean(str(value)) if value is not None else None
    return text[len("mailto:") :].casefold() or None if text and text.casefold().startswith("mailto:") else None


def _attendee(attendee: Any) -> Attendee:
    params = part_of(attendee, "params") or {}
    parameters = {name: str(value).upper() for name, value in params.items()}
    is_person = parameters.get("CUTYPE", "INDIVIDUAL") in {"INDIVIDUAL", "UNKNOWN"}
    is_guest = parameters.get("ROLE") not in {"NON-PARTICIPANT", "CHAIR"}
    tel = str(attendee)[4:] if str(attendee).casefold().startswith("tel:") else None
    return Attendee(
        reading.clean(str(params.get("CN", ""))),
        _address(attendee) or _address(params.get("EMAIL")),
        reading.clean(tel),
        is_person and is_guest and parameters.get("PARTSTAT") != "DECLINED",
        reading.clean(str(params.get("LANGUAGE", ""))),
    )


PROVIDER = Provider(
    "ical",
    "fetched",
    verify,
    dedupe_key,
    reports,
    headers=("etag", "last-modified"),
    needs_secret=False,
    alike=True,
    snapshots=True,
)
