"""Cal.com webhooks of the real shape, and their signatures, for made-up customers."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

LANGUAGE = {"locale": "en"}


def calcom_payload(
    trigger: str = "BOOKING_CREATED",
    *,
    uid: str = "uid-a",
    created_at: str = "2026-01-01T08:00:00.000Z",
    start: str = "2026-01-05T10:00:00Z",
    end: str = "2026-01-05T10:30:00Z",
    moved_from: str | None = None,
    phone: str | None = "+447700900123",
    **extra: Any,
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "type": "haircut",
        "title": "Haircut between Salon and Ada Example",
        "eventTitle": "Haircut",
        "eventTypeId": 123,
        "startTime": start,
        "endTime": end,
        "organizer": {"name": "Salon", "email": "salon@example.com", "timeZone": "Europe/Vilnius"},
        "attendees": [
            {"email": "ada@example.com", "name": "Ada Example", "timeZone": "Europe/Vilnius", "language": LANGUAGE},
            {"email": "guest@example.com", "name": "A Guest", "timeZone": "Europe/Vilnius", "language": LANGUAGE},
        ],
        "responses": {
            "name": {"label": "your_name", "value": "Ada Example"},
            "attendeePhoneNumber": {"label": "phone_number", "value": phone},
            "location": {"label": "location", "value": {"value": "inPerson", "optionValue": ""}},
        },
        "location": "Example Street 1",
        "iCalSequence": 0,
        "uid": uid,
        "bookingId": 100,
        "status": "ACCEPTED",
    }  # a table, read by rows # fmt: skip
    if moved_from:
        payload |= {"rescheduleUid": moved_from, "rescheduleId": 99}
    return {"triggerEvent": trigger, "createdAt": created_at, "payload": payload | extra}


def calcom_no_show(uid: str, created_at: str, **marks: bool) -> dict[str, Any]:
    attendees = [{"email": f"{name}@example.com", "noShow": absent} for name, absent in marks.items()]
    payload = {"message": "x marked as no-show", "attendees": attendees, "bookingUid": uid, "bookingId": 100}
    return {"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": created_at, "payload": payload}


def calcom_signed(payload: dict[str, Any] | bytes, secret: str) -> tuple[bytes, dict[str, str]]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "X-Cal-Signature-256": signature}


def z(when: datetime) -> str:
    """The instant as Cal.com writes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def calcom_item(uid: str, status: str = "accepted", start: str = "2026-01-05T10:00:00.000Z", **extra: Any) -> Any:
    person = {"name": "Ada Example", "email": "ada@example.com", "timeZone": "Europe/Vilnius", "language": "en"}
    return {
        "uid": uid,
        "status": status,
        "start": start,
        "end": start.replace(":00:00", ":30:00"),
        "updatedAt": "2026-01-01T09:30:00.000Z",
        "eventType": {"id": 123, "slug": "haircut"},
        "hosts": [{"email": "salon@example.com"}],
        "attendees": [person | {"absent": False, "phoneNumber": "+447700900123"}],
    } | extra
