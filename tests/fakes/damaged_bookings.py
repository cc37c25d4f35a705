"""What every reader of the bookings room is given damaged: bodies, answers, lists and lines of calendars."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings import fold
from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.business import Business, Connection
from chalicelib.bookings.providers import MODULES, provider
from chalicelib.bookings.providers.contract import ComingBooking, Context, Gone, Keys, Parked, Reading
from tests.fakes.asked_tools import ASKED, PUSHING
from tests.fakes.calcom import calcom_item, calcom_no_show, calcom_payload
from tests.fakes.hub import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.providers.contract import Ignored, Raw

BUSINESS = Business("salon", "Salon", "Europe/Vilnius", 54.7, 25.3, "vilnius")
MAPPING = {"uid": "id", "start": "at", "end": "till", "name": "name", "status": "state", "items": "@[*] || [@]"}
SETTINGS = {"account": "a", "timezone": "Europe/Vilnius", "mapping": MAPPING, "phone_field": "x", "origin_field": "y"}
STANDING = tuple(
    ComingBooking(uid, NOW + timedelta(days=4, hours=hour), "", Status.BOOKED)
    for hour, uid in enumerate(("1", "7", "e", "a", "s/20260105T100000Z", "u0x0"))
)
FROM, TILL = "2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"
SPAN = {"start_at": FROM, "end_at": TILL, "start_datetime": FROM, "end_datetime": TILL}
SPAN |= {"StartDateTime": FROM, "EndDateTime": TILL}
IN_ZONE = {"dateTime": "2026-01-05T10:00:00", "timeZone": "UTC"}
ANSWERS = [
    {"items": [{"id": "1", "start": {"dateTime": FROM}, "end": {"dateTime": TILL}}]},
    {"value": [{"id": "1", "start": IN_ZONE, "end": IN_ZONE, "categories": []}]},
    {"events": [{"event_uid": "1", "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z", "attendees": []}]},
    {"state": "confirmed", "attendees": [{"name": "A"}]} | SPAN,
    {"status": "confirmed", "client": {"name": "A"}} | SPAN,
    {"id": 1, "firstName": "A", "datetime": "2026-01-05T10:00:00+0200", "duration": "30", "forms": [{"values": [{}]}]},
    {"customer": {"given_name": "A"}, "properties": {"firstname": "A"}, "Clients": [{"FirstName": "A"}]},
    {"Appointments": [{"Status": "Booked", "ClientId": 1} | SPAN]},
    {
        "properties": {"hs_meeting_start_time": "2026-01-05T10:00:00Z", "hs_meeting_end_time": "2026-01-05T11:00:00Z"},
        "associations": {"contacts": {"results": [{"id": 5}]}},
    },
]  # a table, read by rows # fmt: skip
LISTS = [
    {"entries": [{"id": "7", "state": "confirmed"} | SPAN], "metadata": {"after": "x"}},
    {"data": [{"id": 7, "status": "confirmed"} | SPAN], "metadata": {"pages_count": 2}},
    {"results": [{"id": "7", "properties": {"hs_meeting_start_time": FROM}}], "paging": {"next": {"after": "3"}}},
    {"Appointments": [{"Id": 7, "Status": "Booked"} | SPAN], "PaginationResponse": {"TotalResults": 900}},
    {"data": [calcom_item("7")]},
    {"collection": [{"uri": "a", "name": "b"} | SPAN], "pagination": {"next_page": None}},
    {"bookings": [{"id": "7", "status": "ACCEPTED", "version": 1, "start_at": FROM, "customer_id": "c"}]},
]  # a table, read by rows # fmt: skip
READ_BACK = [name for name in MODULES if provider(name).upcoming is not None]
LINES_TEXT = [
        "DTSTART:20260105T100000Z", "DTSTART;TZID=Europe/Vilnius:20260105T100000", "DTSTART;VALUE=DATE:20260105",
        "DTSTART:20260105T100000", "DTEND:20260105T110000Z", "DURATION:PT1H", "DURATION:-P9999999D", "UID:a", "UID:b",
        "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=9", "RRULE:FREQ=HOURLY;INTERVAL=0", "RRULE:COUNT=-1",
        "RRULE:FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=-1;UNTIL=20270101", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=5", "EXDATE:20260106T100000Z", "EXDATE;VALUE=DATE:20260106", "EXDATE:x",
        "RDATE;VALUE=PERIOD:20260107T100000Z/PT2H", "RDATE:20260108T100000", "RECURRENCE-ID:20260106T100000Z",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T100000Z", "RECURRENCE-ID;VALUE=DATE:20260106", "STATUS:CANCELLED",
        "SEQUENCE:3", "SEQUENCE:x", "DTSTAMP:20260101T000000Z", "DTSTAMP:99991231T235959Z", "SUMMARY:Ada", "SUMMARY:",
        "ATTENDEE;CN=Ada;PARTSTAT=DECLINED:mailto:ada@example.com", "ATTENDEE:tel:+447700900123", "ORGANIZER:mailto:a",
        "DESCRIPTION:Phone: +447700900123\\nx: y", "CATEGORIES:a,b", "BEGIN:VALARM", "END:VALARM", "BEGIN:VEVENT",
        "X:" + "x" * 10_000, "DTSTART;TZID=tzone://Microsoft/Utc:20260105T100000", "DTSTART:00010101T000000Z",
]  # a table, read by rows # fmt: skip


class Answers:
    """A tool that answers whatever it is asked with the next prepared answer, or that there is no such thing."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        assert path
        assert query is None or query
        if not self.answers:
            raise Gone(404)
        return self.answers.pop()

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        assert method
        assert body
        return self.get(path)


def read(name: str, raw: Raw | None, api: Answers, coming: tuple[ComingBooking, ...] = STANDING) -> Reading | Ignored:
    """What a provider reads; folds and books it too, since bad values must not get through to there.

    Without a call it reads back.
    """
    context = Context(
        Connection("c", "salon", name, ("secret",), SETTINGS), BUSINESS, NOW, NOW, api, {}, lambda: coming
    )  # a table, read by rows # fmt: skip
    tool = provider(name)
    found: tuple[Report, ...] | Reading | Ignored
    if raw is None:
        assert tool.upcoming is not None
        found = tool.upcoming(context)
    else:
        tool.verify(raw, Keys(("secret",), NOW, SETTINGS))
        with contextlib.suppress(Parked):  # then the body is the key
            assert len(tool.dedupe_key(raw)) <= 64
        found = tool.reports(raw, context)
    known = Reading(found) if isinstance(found, tuple) else found
    for report in known.reports if isinstance(known, Reading) else ():
        assert isinstance(report, Report)
        thread = fold.thread_of(report)
        json.dumps(thread.to_json()).encode()
        fold.booking_of(thread, "b", Connection("c", "salon", "calcom", ()), "Europe/Vilnius", NOW)
    return known


def survives(name: str, raw: Raw | None, api: Answers) -> None:
    said = "understood"
    try:
        read(name, raw, api)
    except Parked as reason:
        said = str(reason)
    except Gone:
        said = "the worker parks it, saying that the tool does not know it"
    assert 0 < len(said) < 2000


def templates() -> dict[str, list[Any]]:
    """Bodies and answers of the right shape, to be damaged."""
    found: dict[str, list[Any]] = {"calcom": [calcom_payload(), calcom_no_show("u", "2026-01-01T08:00:00Z", ada=True)]}
    for kind in (*PUSHING, *ASKED):
        tool = kind()
        calls = [*tool.happened("book", 0, 1), *tool.happened("move", 0, 2), *tool.happened("cancel", 0, 0)]
        found.setdefault(kind.provider, []).extend(one.signed[0] for one in calls)
    found["savvycal"] = [
        {"type": "event.created", "id": "1", "payload": {"id": "e"}, "occurred_at": "2026-01-01T08:00:00Z"}
    ]
    found["mindbody"] = [{"messageId": "1", "eventId": "appointmentBooking.created", "eventData": {"appointmentId": 7}}]
    found["hubspot"] = [[{"eventId": 1, "objectTypeId": "0-47", "objectId": 9}]]
    found["simplybook"] = [{"booking_id": 5, "notification_type": "create"}]
    found["graph"] = [{"value": [{"clientState": "secret"}]}]
    found["cronofy"] = [{"notification": {"type": "change", "changes_since": "2026-01-01T07:00:00Z"}}]
    return found


TEMPLATES = templates()
