"""The appointment as a calendar entry (RFC 5545), with an alarm when it is time to leave.

The entry says nothing about where the customer comes from: calendars are shared and synchronised elsewhere.
"""

from __future__ import annotations

import math
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from unicodedata import category

from chalicelib.foundation.locales import language_of
from chalicelib.pages.customer.view import venue_zone_of
from chalicelib.pages.customer.wording import Wording
from chalicelib.pages.page import NOTHING_ELSE, PRIVATE, Page
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    from datetime import datetime

    import icalendar

    from chalicelib.bookings.business import Business
    from chalicelib.pages.customer.links import TicketLinks
    from chalicelib.tickets.ticket import Ticket

NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})  # Unicode's general categories


def ticket_ics(
    ticket: Ticket, business: Business, now: datetime, *, links: TicketLinks, accept_language: str = ""
) -> Page:
    """The calendar entry. Its UID stays when the appointment moves, its SEQUENCE grows with the booking's version."""
    import icalendar  # noqa: PLC0415 - other doors start without it

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//live-ticket-hub//ticket//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(ticket, business, now, links, accept_language))
    calendar.add_missing_timezones()
    headers = {
        **PRIVATE,
        "Content-Type": "text/calendar; charset=utf-8; method=PUBLISH",
        "Content-Disposition": 'inline; filename="appointment.ics"',
        "Content-Security-Policy": NOTHING_ELSE,
    }
    return Page(200, headers, calendar.to_ical())


def _event(
    ticket: Ticket, business: Business, now: datetime, links: TicketLinks, accept_language: str
) -> icalendar.cal.Event:
    import icalendar  # noqa: PLC0415 - as above

    zone = venue_zone_of(ticket)
    words = Wording(language_of(ticket.customer.locale, accept_language, business.locale), now.astimezone(zone))
    cancelled = ticket.status is TicketStatus.CANCELLED
    told = [words.say("ics_leave", time=words.leaving(ticket.leave_by))] if ticket.leave_by and not cancelled else []
    event = icalendar.Event()
    event.add("uid", f"{ticket.ticket_id}@live-ticket-hub")  # never the token: the UID is shown to other people
    event.add("sequence", ticket.booking_version)
    event.add("dtstamp", (ticket.updated_at or now).astimezone(UTC))
    event.add("dtstart", ticket.start.astimezone(zone))
    event.add("dtend", ticket.end.astimezone(zone))
    event.add("summary", words.say("ics_summary", business=_line(business.name)))
    event.add("location", _address(ticket, business))
    event.add("geo", (ticket.venue.lat, ticket.venue.lon))
    event.add("url", links.absolute)
    event.add("description", "\n".join([*told, words.say("ics_more", link=links.absolute)]))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    if told and ticket.leave_by and ticket.leave_by < ticket.start:
        event.add_component(_alarm(ticket.start - ticket.leave_by, told[0]))
    return event


def _alarm(ahead: timedelta, text: str) -> icalendar.cal.Alarm:
    """Rings `ahead` before the start, in whole minutes and rather too early; relative, as every calendar knows it."""
    import icalendar  # noqa: PLC0415 - as above

    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -timedelta(minutes=math.ceil(ahead.total_seconds() / 60)))
    return alarm


def _address(ticket: Ticket, business: Business) -> str:
    name, whose = _line(ticket.venue.name), _line(business.name)
    return f"{whose}, {name}" if name and name != whose else whose


def _line(name: str) -> str:
    """A name without line ends, controls and broken characters, which RFC 5545 has no place for."""
    return " ".join("".join(" " if category(letter) in NO_TEXT else letter for letter in name).split())
