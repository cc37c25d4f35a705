"""Invitations by mail (iTIP, RFC 5546, in iMIP, RFC 6047). Quality: complete.

Quirks:
- The mail comes to an address of its own per connection, with the secret in it (`bookings/inbox/mail.py`); mail is not
  signed in any other way that can be relied on.
- METHOD decides: REQUEST, PUBLISH and ADD hold what is booked, CANCEL cancels; REPLY, COUNTER, DECLINECOUNTER and
  REFRESH are messages about an appointment and change none.
- A CANCEL without STATUS that names attendees leaves out only those (RFC 5546 §3.2.5).
- SEQUENCE, then DTSTAMP say which of two mails about one UID is newer; a CANCEL may hold nothing but the UID.
- A series that moves as a whole moves each of its appointments (`series_moves`); a mail about it that is older than
  what is known of it changes nothing.
- A series is expanded from the day its mail came up to the horizon; later occurrences need a feed.
"""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.calendar.calendar_files import read_calendar
from chalicelib.bookings.calendar.cancels import cancels_of, with_instants
from chalicelib.bookings.calendar.series import occurrences
from chalicelib.bookings.calendar.series_moves import LONGEST_MOVE, is_occurrence, keep_names, series_of
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider, Reading, always
from chalicelib.bookings.providers.ical import BEHIND, keys_of, reports_of
from chalicelib.bookings.providers.signing import digest_of, is_same

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import EmailMessage

    from chalicelib.bookings.calendar.calendar_files import CalendarFile
    from chalicelib.bookings.providers.contract import ComingBooking, Context, Keys, Raw

NO_CHANGE = frozenset({"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"})
METHODS = frozenset({"REQUEST", "PUBLISH", "ADD", "CANCEL"})
MAIL_PARTS_MAX = 50  # MIME parts of one mail


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the mail came to the address that only the booking tool knows."""
    given = raw.query.get("key", "")
    matches = [is_same(given, secret) for secret in keys.secrets if secret]
    return any(matches)


def dedupe_key(raw: Raw) -> str:
    """The invitation itself: the same may come in several mails, whose headers differ."""
    return digest_of(*invitation(raw.body))


def invitation(mail: bytes) -> tuple[bytes, str]:
    """The text/calendar part of a mail (or a bare calendar), and the METHOD of its MIME header."""
    if mail.lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
        return mail, ""
    message = message_from_bytes(mail, policy=policy.default)
    for number, part in enumerate(message.walk()):
        if number > MAIL_PARTS_MAX:
            break
        if part.get_content_type() in {"text/calendar", "application/ics"}:
            return _payload(part), str(part.get_param("method", "") or "").upper()
    raise Parked("the mail holds no invitation (no text/calendar part)")


def _payload(part: EmailMessage[Any, Any] | Any) -> bytes:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        raise Parked("the mail's text/calendar part is empty")
    return data


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """The reports of an invitation."""
    try:
        data, mime_method = invitation(raw.body)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Parked(f"the mail cannot be read: {type(error).__name__}") from None
    calendar = read_calendar(data, context.setting("timezone"), mime_method, context.setting("zones"))
    method = calendar.method or mime_method or "REQUEST"
    if method in NO_CHANGE:
        return Ignored(f"{method} changes no appointment")
    if method not in METHODS:
        raise Parked(f"METHOD is unknown: {method[:20]}")
    found = _read_invitation(calendar, context, adds=method == "ADD")
    return found if found.reports or found.unread else Ignored("no appointment with a time")


def _read_invitation(calendar: CalendarFile, context: Context, *, adds: bool) -> Reading:
    """What is booked now. What a series does not hold any more was cancelled, unless the mail only `adds`."""
    first, last = context.received_at - BEHIND, context.received_at + HORIZON
    coming = context.coming_bookings()
    masters = {series_of(entry.uid): entry.order for entry in calendar.entries if entry.recurrence_id is None}
    newest = _newest(coming)
    calendar = with_instants(calendar, coming)
    late = {series for series, order in masters.items() if order < newest.get(series, "")}
    known = {one.uid for one in coming}
    expanded = occurrences(calendar, first, last + LONGEST_MOVE, known)
    in_time = (one for one in expanded.found if series_of(one.uid) not in late)
    found = keep_names(in_time, coming, () if adds else masters, context.received_at)
    made = reports_of((one for one in found if one.start <= last or one.uid in known), None, context)
    named = {one.uid for one in found}
    cancels = tuple(cancels_of(calendar.cancels, context, lambda people: keys_of(people, context)))
    doubtful = {series_of(uid) for uid in expanded.in_doubt | calendar.not_understood} | late
    gone = [uid for uid in known - named if series_of(uid) in masters.keys() - doubtful and not adds]
    missing = tuple(Report(uid, masters[series_of(uid)], Status.CANCELLED) for uid in sorted(gone))
    unread = (*calendar.unread, *expanded.unread, *made.unread)
    return Reading((*made.reports, *cancels, *missing), unread)


def _newest(coming: Iterable[ComingBooking]) -> dict[str, str]:
    """Series → the order of the latest mail that changed one of its appointments."""
    newest: dict[str, str] = {}
    for one in filter(lambda each: is_occurrence(each.uid), coming):
        newest[series_of(one.uid)] = max(one.order, newest.get(series_of(one.uid), ""))
    return newest


PROVIDER = Provider("itip", "complete", verify, dedupe_key, reports, key_in_address=always, tells_cancel=True)
