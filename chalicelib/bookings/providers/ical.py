"""An iCalendar feed that is polled (`feed_url`). Quality: fetched.

Quirks:
- There is no webhook: `connections/chores.py` fetches the feed with its ETag and stores what changed as an event.
- What is read last is the truth: an appointment that is not in the feed any more was cancelled. But a feed that ends
  in the middle or has suddenly lost most of its appointments is doubted (`absence`), and what cannot be read stays.
- METHOD:CANCEL in a feed cancels what it names, and says nothing of the rest.
- Who comes: ATTENDEEs but the organizer and the connection's `account`; else the SUMMARY names them, and lines such as
  "Phone: …" and "Email: …" of the DESCRIPTION say how to reach them (`phone_field`, `origin_field` name other lines).
- A series that moves as a whole moves each of its appointments (`series_moves`).
- Series are expanded up to the horizon; all-day events make no appointment.
- A feed may become again what it was before (`alike`); an older reading never counts after a newer one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.calendar.calendar_files import WRITTEN, content_of, part_of, read_calendar, text_of, values_of
from chalicelib.bookings.calendar.cancels import cancels_of, with_instants
from chalicelib.bookings.calendar.series import occurrences
from chalicelib.bookings.calendar.series_moves import LONGEST_MOVE, keep_names, series_of
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.absence import WholeReading, cancel_absent
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider, Reading, Unread, never
from chalicelib.bookings.providers.people import Attendee, lines_by_label
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import digest_of
from chalicelib.bookings.providers.visits import Event, Time, Visits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icalendar import Component

    from chalicelib.bookings.calendar.series import Occurrence
    from chalicelib.bookings.providers.contract import Context, Keys, Raw

CATEGORIES_MAX = 20  # of one event
TIMES = {"FREE": Time.FREE, "OOF": Time.OWN, "WORKINGELSEWHERE": Time.OWN}
BEHIND = timedelta(days=1)  # appointments of the last day are read, too: one may be going on


def verify(_raw: Raw, _keys: Keys) -> bool:
    """Nobody may send a feed to us: it is fetched."""
    return False


def dedupe_key(raw: Raw) -> str:
    """The feed without the times at which it was written: many tools write new ones for every reader."""
    return digest_of(WRITTEN.sub(b"", raw.body))


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """All appointments up to the horizon, and cancels of those that are gone."""
    order = reading.stamp(context.received_at)
    if order < str(context.cursor.get("read_at", "")):
        return Ignored("a later reading of the feed is known already")
    calendar = read_calendar(raw.body, context.setting("timezone"), zones=context.setting("zones"))
    first, last = context.received_at - BEHIND, context.received_at + HORIZON
    coming = context.coming_bookings()
    known = {one.uid for one in coming}
    calendar = with_instants(calendar, coming)
    # an appointment that moved may have moved past the horizon
    expanded = occurrences(calendar, first, last + LONGEST_MOVE, known)
    whole = {series_of(entry.uid) for entry in calendar.entries}
    found = keep_names(expanded.found, coming, whole, context.received_at)
    made = reports_of((one for one in found if one.start <= last or one.uid in known), order, context)
    named = {report.uid for report in made.reports}
    cancelled = cancels_of(calendar.cancels, context, lambda people: keys_of(people, context), order)
    cancels = tuple(one for one in cancelled if one.uid in known - named)
    named |= {one.uid for one in cancels}
    unread = (*calendar.unread, *expanded.unread, *made.unread)
    doubtful = {series_of(uid) for uid in expanded.in_doubt | calendar.not_understood}
    doubted = {one.uid for one in found if one.in_doubt}
    # what a series that was read does not hold any more is said to be gone
    left = {one.uid for one in coming if one.start <= last} - named - doubted - {one.uid for one in unread}
    gone = tuple(
        Report(uid, order, Status.CANCELLED) for uid in sorted(left) if series_of(uid) in whole.difference(doubtful)
    )
    result = Reading((*made.reports, *cancels, *gone), unread, {"read_at": order})
    if not calendar.is_whole:
        return result
    is_named = lambda uid: uid in doubted or series_of(uid) in doubtful  # noqa: E731 - it is one expression
    return cancel_absent(WholeReading(result, context.received_at, "the feed", calendar.cut_off, is_named), context)


def reports_of(found: Iterable[Occurrence], order: str | None, context: Context) -> Reading:
    """Occurrences as reports, and what cannot be read; `order` None: each has its own.

    An occurrence in doubt is not announced; where it is known, nothing is told about it until it can be read.
    """
    known = {one.uid for one in context.coming_bookings()}
    collected, visits = Collected(), Visits(context)
    for one in found:
        own = order or one.order
        if one.in_doubt:
            collected.reports += [Report(one.uid, own, Status.REQUESTED)] if one.uid in known else []
            continue
        try:
            report = report_of(one, own, visits)
        except Parked as reason:
            collected.unread.append(_unread(one, str(reason)))
        except Exception as error:  # noqa: BLE001 - others' texts in a library's hands: one bad event is not the end
            collected.unread.append(_unread(one, f"an event cannot be read: {type(error).__name__}"))
        else:
            collected.reports += [report] if report else []
    return collected.reading()


def _unread(one: Occurrence, reason: str) -> Unread:
    return Unread(reason, one.uid, digest_of(one.uid, content_of(text_of(one.component))))


def report_of(one: Occurrence, order: str, visits: Visits) -> Report | None:
    """One occurrence as a report; None for what is no visit."""
    event = one.component
    summary, organizer = _text(event, "SUMMARY"), _address(event.get("ORGANIZER"))
    named = [str(name) for each in values_of(event, "CATEGORIES") for name in part_of(each, "cats") or []]
    categories = [name for name in map(reading.clean, named[:CATEGORIES_MAX]) if name]
    tentative = _text(event, "STATUS") == "TENTATIVE"
    core = Report(
        uid=one.uid,
        order=order,
        status=Status.CANCELLED if one.cancelled else Status.REQUESTED if tentative else Status.BOOKED,
        start=reading.in_years(one.start, "DTSTART"),
        end=one.end,
        title=summary,
        service=categories[0] if categories else summary,
        services=tuple(name for name in (*categories, summary) if name),
        calendar=organizer,
        remote=is_remote(_text(event, "LOCATION")),
    )
    attendees = tuple(map(_attendee, values_of(event, "ATTENDEE")))
    lines = lines_by_label(str(event.get("DESCRIPTION", "")))
    account = str(visits.context.setting("account") or "").casefold()
    declined = bool(account) and any(each.declined and each.email == account for each in attendees)
    errors = {str(name or "") for name, _ in part_of(event, "errors") or ()}
    if "ATTENDEE" in errors:
        raise Parked("ATTENDEE cannot be read")
    partial = bool(errors) and not one.cancelled
    return visits.report(Event(core, attendees, (organizer,), lines, _time(event), declined, partial))


def _time(event: Component) -> Time:
    shown_as = (_text(event, "X-MICROSOFT-CDO-BUSYSTATUS") or "").upper()
    if (_text(event, "TRANSP") or "").upper() == "TRANSPARENT":
        return Time.FREE
    return TIMES.get(shown_as, Time.TAKEN)


def keys_of(attendees: Iterable[Any], context: Context) -> tuple[str, ...]:
    """The keys that customers have who are named by ATTENDEE properties; the business's own addresses have none."""
    people = (one for one in map(_attendee, attendees) if one.email or one.phone or one.name)
    account = str(context.setting("account") or "").casefold()
    return tuple(reading.customer(one.name, one.email, one.phone).key for one in people if one.email != account)


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
        is_person and is_guest,
        parameters.get("PARTSTAT") == "DECLINED",
        reading.clean(str(params.get("LANGUAGE", ""))),
    )


PROVIDER = Provider(
    "ical",
    "fetched",
    verify,
    dedupe_key,
    reports,
    headers=("etag", "last-modified"),
    needs_secret=never,
    alike=True,
    snapshots=True,
)
