"""Events as Google Calendar and Microsoft Graph write them, and a push of the one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.hub import SECRET

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom

GOOGLE = "/calendars/salon%40example.com/events"
GRAPH = "/users/salon@example.com/calendarView/delta"


def google_item(uid: str = "g1", start: str = "2026-01-05T10:00:00Z", **extra: Any) -> dict[str, Any]:
    return {
        "id": uid,
        "status": "confirmed",
        "updated": "2026-01-01T08:00:00.000Z",
        "summary": "Haircut",
        "description": "Phone: +447700900123<br>From: Station Street 5",
        "start": {"dateTime": start, "timeZone": "Europe/Vilnius"},
        "end": {"dateTime": "2026-01-07T10:30:00Z"},
        "organizer": {"email": "salon@example.com", "self": True},
        "attendees": [
            {"email": "salon@example.com", "self": True},
            {"email": "ada@example.com", "displayName": "Ada", "responseStatus": "accepted"},
            {"email": "room@example.com", "resource": True},
        ],
    } | extra


def graph_item(uid: str = "m1", **extra: Any) -> dict[str, Any]:
    return {
        "id": uid,
        "subject": "Consultation",
        "type": "singleInstance",
        "start": {"dateTime": "2026-01-05T10:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-01-05T10:30:00.0000000", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"address": "salon@example.com"}},
        "attendees": [{"type": "required", "emailAddress": {"name": "Ada", "address": "ada@example.com"}}],
        "lastModifiedDateTime": "2026-01-01T08:00:00.1234567Z",
    } | extra


def push(room: BookingsRoom, number: int, state: str = "exists") -> list[str]:
    headers = {"X-Goog-Channel-ID": "c", "X-Goog-Message-Number": str(number), "X-Goog-Resource-State": state}
    room.call("g", (b"", headers | {"X-Goog-Channel-Token": SECRET}))
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]
