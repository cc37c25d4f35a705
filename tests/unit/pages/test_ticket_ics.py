"""The calendar entry, read back by the library that calendars' makers test against."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from chalicelib.pages.customer.ticket_ics import ticket_ics
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.reading import request_for
from tests.fakes.visits import NOON, SALON, START, WAITING, planned

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

BASE = "https://hub.example.com"


def entry(ticket: Ticket, name: str = "Salon Lind") -> tuple[Any, Any]:
    page = ticket_ics(request_for(ticket, NOON, replace(SALON, name=name)))
    assert page.headers["Content-Type"].startswith("text/calendar")
    assert page.headers["Cache-Control"] == "private, no-store"
    assert all(len(line) <= 75 for line in page.body.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(page.body)
    assert isinstance(calendar, icalendar.Calendar)
    (event,) = calendar.events
    assert not event.errors
    return calendar, event


def test_the_entry_holds_when_where_and_the_link() -> None:
    calendar, event = entry(planned())
    assert event.start == START
    assert event.end == START + timedelta(minutes=45)
    assert event["DTSTART"].to_ical() == b"20260903T123000Z"
    assert calendar.timezones == []
    assert event["SUMMARY"] == "Appointment at Salon Lind"
    assert event["LOCATION"] == "Salon Lind"
    assert event["URL"] == f"{BASE}/t/{WAITING.token}"
    assert event["STATUS"] == "CONFIRMED"
    assert event["DTSTAMP"].dt == NOON


def test_the_alarm_rings_when_it_is_time_to_leave() -> None:
    _, event = entry(planned())
    (alarm,) = event.alarms.times
    assert alarm.trigger == planned().leave_by
    assert "Leave by 13:36." in event["DESCRIPTION"]


def test_a_leave_by_with_seconds_rings_rather_too_early() -> None:
    _, event = entry(replace(planned(), leave_by=START - timedelta(minutes=30, seconds=20)))
    (alarm,) = event.alarms.times
    assert alarm.trigger == START - timedelta(minutes=31)


def test_without_a_plan_there_is_no_alarm() -> None:
    _, event = entry(WAITING)
    assert not event.alarms.times
    assert "Leave by" not in event["DESCRIPTION"]


def test_a_moved_appointment_replaces_its_entry() -> None:
    _, before = entry(WAITING)
    _, after = entry(replace(WAITING, start=START + timedelta(hours=1), booking_version=WAITING.booking_version + 1))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_cancelled_appointment_is_cancelled_without_an_alarm() -> None:
    _, event = entry(planned(TicketStatus.CANCELLED))
    assert event["STATUS"] == "CANCELLED"
    assert not event.alarms.times


def test_nothing_personal_and_no_key_stands_where_others_see_it() -> None:
    ticket = planned()
    body = ticket_ics(request_for(ticket, NOON)).body.replace(b"\r\n ", b"").decode()
    for personal in ("Ada", "ada@example.com", "5550123", "Old Mill", "48.2211"):
        assert personal not in body
    assert ticket.secret not in next(line for line in body.splitlines() if line.startswith("UID"))


@pytest.mark.parametrize(
    "name", ["Semi;colon, comma\\back\nline", "BEGIN:VALARM\r\nX:1", "\u0635\u0627\u0644\u0648\u0646 " * 40]
)
def test_names_cannot_break_out_of_their_line(name: str) -> None:
    calendar, event = entry(planned(), name)
    assert len(list(calendar.walk("VALARM"))) == 1
    assert event["SUMMARY"].replace("\u2068", "").replace("\u2069", "").split() == f"Appointment at {name}".split()


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "Asia/Gaza", "Asia/Tehran", "America/New_York", "UTC", "Asia/Tokyo"]
)
def test_no_calendar_has_to_know_the_zone(zone: str) -> None:
    """Zones without a rule for their clock changes have only a list of them, which not every calendar reads."""
    start = datetime(2026, 3, 22, 10, 0, tzinfo=ZoneInfo(zone))  # the end of Ramadan: Casablanca's clock changes
    page = ticket_ics(request_for(replace(WAITING, timezone=zone, start=start, end=start + timedelta(hours=1)), NOON))
    assert b"TZID" not in page.body
    assert b"RDATE" not in page.body
    event = icalendar.Calendar.from_ical(page.body).events[0]
    assert (event.start, event.end) == (start, start + timedelta(hours=1))
    assert f"DTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode() in page.body


def test_a_night_when_clocks_change_keeps_the_instant() -> None:
    start = START.replace(month=10, day=25, hour=9, minute=0)
    _, event = entry(replace(WAITING, start=start, end=start + timedelta(hours=1)))
    assert event.start.astimezone(start.tzinfo).isoformat() == "2026-10-25T09:00:00+01:00"
