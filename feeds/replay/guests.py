"""The customers of a replay: each row of the tickets file as a booking and the ticket that the hub makes of it.

They all visit one business. It has the hub's defaults, except that nobody has to be there before the appointment
begins. The booking tool reminds its customers itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Booking, Customer, Status, Venue
from chalicelib.bookings.business import Business
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link, ticket_id
from chalicelib.tickets.origin import with_origin
from feeds.replay.sources import FEED

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket
    from feeds.replay.appointments import Appointment

APPOINTMENT = timedelta(minutes=30)  # how long each lasts; nothing depends on it
BOOKED_BEFORE = timedelta(days=1)  # so that a reminder is due, too
PHONE = "+12025550123"
NAME = "Your appointment"


@dataclass(frozen=True)
class Guest:
    """One customer; their ticket as it is when they have said where they come from and nothing is planned yet."""

    number: int
    appointment: Appointment
    booking: Booking
    ticket: Ticket


def replay_business(timezone: str) -> Business:
    """The business that all of them visit. Its own place does not matter: each booking names where it is."""
    return Business("replay", NAME, timezone, 0.0, 0.0, FEED, phone=PHONE, early_min=0, notices={"booked": False})


def guest_of(appointment: Appointment, number: int, business: Business) -> Guest:
    """The booking and the ticket of a row."""
    venue = Venue(NAME, appointment.destination.lat, appointment.destination.lon)
    customer = Customer("customer", "Customer", phone=PHONE)
    booking = Booking(
        appointment.ticket_id,
        business.business_id,
        "replay",
        Status.BOOKED,
        appointment.arrive_by,
        appointment.arrive_by + APPOINTMENT,
        business.timezone,
        (customer,),
        NAME,
        1,
        venue=venue,
        tool_reminds=True,
    )
    made_at = appointment.arrive_by - BOOKED_BEFORE
    key = ticket_id(appointment.ticket_id, customer.key)
    ticket = new_ticket(booking, customer, business, made_at, Link(key, key))
    assert ticket is not None
    greeted, _ = decide(Situation.of(ticket, business, made_at))
    return Guest(number, appointment, booking, with_origin(greeted, appointment.origin))
