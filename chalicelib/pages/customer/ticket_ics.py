"""The appointment as a calendar entry (RFC 5545), with an alarm when it is time to leave.

Times are in UTC: an appointment is one instant, and a zone whose clock changes are listed one by one (as zones are that
come without a rule) is not understood by every calendar.
The entry says nothing about where the customer comes from: calendars are shared and synchronised elsewhere.
"""

from __future__ import annotations

import math
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from unicodedata import category

from chalicelib.notices.rendering.street_address import address_lines
from chalicelib.pages.page import NOTHING_ELSE, PRIVATE, Page
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    import icalendar

    from chalicelib.pages.customer.ticket_request import TicketRequest

NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})  # Unicode's general categories


def ticket_ics(request: TicketRequest) -> Page:
    """The calendar entry. Its UID stays when the appointment moves, its SEQUENCE grows with the booking's version."""
    import icalendar  # noqa: PLC0415 - other endpoints start without it

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//live-ticket-hub//ticket//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(request))
    headers = {
        **PRIVATE,
        "Content-Type": "text/calendar; charset=utf-8; method=PUBLISH",
        "Content-Disposition": 'inline; filename="appointment.ics"',
        "Content-Security-Policy": NOTHING_ELSE,
    }
    return Page(200, headers, calendar.to_ical())


def _event(request: TicketRequest) -> icalendar.cal.Event:
    import icalendar  # noqa: PLC0415 - as above

    ticket, words, link = request.ticket, request.words, request.links.absolute
    is_cancelled = ticket.status is TicketStatus.CANCELLED
    leave_by = None if is_cancelled else ticket.leave_by
    leave = words.say("ics_leave", time=words.leaving(leave_by)) if leave_by else ""
    business, place = _line(request.business.name), _line(ticket.venue.name)
    event = icalendar.Event()
    event.add("uid", f"{ticket.ticket_id}@live-ticket-hub")  # never the token: the UID is shown to other people
    event.add("sequence", ticket.booking_version)
    event.add("dtstamp", (ticket.updated_at or request.now).astimezone(UTC))
    event.add("dtstart", ticket.start.astimezone(UTC))
    event.add("dtend", ticket.end.astimezone(UTC))
    event.add("summary", words.say("ics_summary", business=business))
    names = (business, place if place != business else "", *address_lines(ticket, request.business, words.language))
    event.add("location", ", ".join(filter(None, map(_line, names))))
    event.add("geo", (ticket.venue.lat, ticket.venue.lon))
    event.add("url", link)
    event.add("description", "\n".join([*([leave] if leave else []), words.say("ics_more", link=link)]))
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    if leave_by and leave_by < ticket.start:
        event.add_component(_alarm(ticket.start - leave_by, leave))
    return event


def _alarm(ahead: timedelta, text: str) -> icalendar.cal.Alarm:
    """Rings `ahead` before the start, in whole minutes and rather too early; relative, as every calendar knows it."""
    import icalendar  # noqa: PLC0415 - as above

    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -timedelta(minutes=math.ceil(ahead.total_seconds() / 60)))
    return alarm


def _line(name: str) -> str:
    """A name without line ends, controls and broken characters, which RFC 5545 has no place for."""
    return " ".join("".join(" " if category(letter) in NO_TEXT else letter for letter in name).split())
