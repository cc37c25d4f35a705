"""A stand-in for a business's booking tool: it sends Cal.com's webhooks, signed, to a hub.

Used by the demo and by whoever tries `make run`:
`python -m infra.local.booking_tool URL --secret S --phone +12025550123 --start 2026-11-23T10:00+01:00`.
The shape follows Cal.com's webhook version 2021-10-20 (docs, webhooks.mdx); the signature is the hex HMAC-SHA256 of
the raw body.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Appointment:
    """What the tool knows about one appointment. `start` is aware."""

    name: str
    start: datetime
    phone: str | None = None
    email: str | None = None
    minutes: int = 30
    title: str = "Haircut"
    timezone: str = "Europe/Vienna"
    locale: str = "en"
    uid: str = field(default_factory=lambda: uuid.uuid4().hex[:22])


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def webhook(trigger: str, booked: Appointment, at: datetime, *, moved: Appointment | None = None) -> dict[str, Any]:
    """The webhook that Cal.com would send at `at`; `moved` is the appointment that `booked` replaces."""
    email = booked.email or f"{booked.name.lower().replace(' ', '.')}@customers.example.com"
    person = {
        "email": email,
        "name": booked.name,
        "firstName": booked.name.split()[0],
        "lastName": booked.name.split()[-1],
        "timeZone": booked.timezone,
        "language": {"locale": booked.locale},
        "utcOffset": 0,
    }
    payload = {
        "title": f"{booked.title}: {booked.name}",
        "type": booked.title.lower().replace(" ", "-"),
        "eventTypeId": 123,
        "startTime": _utc(booked.start),
        "endTime": _utc(booked.start + timedelta(minutes=booked.minutes)),
        "length": booked.minutes,
        "organizer": {
            "id": 1,
            "name": "Salon",
            "email": "salon@example.com",
            "timeZone": booked.timezone,
            "language": {"locale": booked.locale},
        },
        "attendees": [person],
        "responses": {
            "name": {"label": "your_name", "value": booked.name, "isHidden": False},
            "email": {"label": "email_address", "value": email, "isHidden": False},
            "attendeePhoneNumber": {"label": "phone_number", "value": booked.phone, "isHidden": False},
        },
        "location": "inPerson",
        "uid": booked.uid,
        "bookingId": int(hashlib.sha256(booked.uid.encode()).hexdigest()[:6], 16),
        "iCalSequence": 0 if moved is None else 1,
        "status": "CANCELLED" if trigger == "BOOKING_CANCELLED" else "ACCEPTED",
    }
    if moved is not None:
        payload |= {
            "rescheduleUid": moved.uid,
            "rescheduleStartTime": _utc(moved.start),
            "rescheduleEndTime": _utc(moved.start + timedelta(minutes=moved.minutes)),
        }
    return {
        "triggerEvent": trigger,
        "createdAt": at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "payload": payload,
    }


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers that go with a body."""
    return {
        "Content-Type": "application/json",
        "X-Cal-Signature-256": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "X-Cal-Webhook-Version": "2021-10-20",
    }


def send(client: httpx.Client, url: str, secret: str, event: dict[str, Any]) -> httpx.Response:
    """Posts one signed webhook."""
    body = json.dumps(event).encode()
    return client.post(url, content=body, headers=signed(body, secret))


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("url", help="the webhook_url that the hub gave for the connection")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--name", default="Ada Example")
    parser.add_argument("--phone")
    parser.add_argument("--email")
    parser.add_argument("--start", required=True, type=datetime.fromisoformat, help="with an offset")
    parser.add_argument("--timezone", default="Europe/Vienna")
    given = parser.parse_args()
    if given.start.tzinfo is None:
        parser.error("--start needs an offset, such as 2026-11-23T10:00+01:00")
    booked = Appointment(given.name, given.start, given.phone, given.email, timezone=given.timezone)
    with httpx.Client(timeout=10) as client:
        answer = send(client, given.url, given.secret, webhook("BOOKING_CREATED", booked, datetime.now(UTC)))
    print(answer.status_code, answer.text)


if __name__ == "__main__":
    _main()
