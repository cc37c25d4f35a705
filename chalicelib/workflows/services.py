"""What the workflows around tickets work with, and how they read the room before theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.links import new_secret
from chalicelib.tickets.origin import NoPlaces
from chalicelib.tickets.repository import Tickets

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.booking import Booking
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Documents, Queues
    from chalicelib.foundation.unit_of_work import UnitOfWork
    from chalicelib.tickets.origin import Places
    from chalicelib.tickets.replanning.live_travel import LiveTravel


@dataclass(frozen=True, slots=True)
class Readers:
    """The present state of a booking and of a business, by id. Both may raise `Unavailable`."""

    booking: Callable[[str], Booking | None]
    business: Callable[[str], Business | None]


def readers_of(documents: Documents) -> Readers:
    """Those of the room `bookings`."""
    from chalicelib.bookings.config import Config  # noqa: PLC0415 - brings pydantic
    from chalicelib.bookings.store import Bookings  # noqa: PLC0415 - comes with it

    return Readers(Bookings(documents).booking, Config(documents).business)


@dataclass(frozen=True, slots=True)
class Services:
    """What is asked of others. `travel` and `places` are made when they are first asked for: they bring numpy.

    `public_url` is where the pages are: https://host, without the path. `new_secret` is the randomness.
    """

    documents: Documents
    queues: Queues
    readers: Callable[[Documents], Readers]
    travel: Callable[[], LiveTravel]
    public_url: str
    new_secret: Callable[[], str] = new_secret
    places: Callable[[], Places] = NoPlaces
    reminders_within: timedelta = timedelta()  # reminders go out over so long a time; 0: all at once

    @property
    def tickets(self) -> Tickets:
        """Tickets as they are stored."""
        return Tickets(self.documents)

    def booking(self, booking_id: str) -> Booking | None:
        """The booking as it is now; None: there is none. Raises `Unavailable`."""
        return self.readers(self.documents).booking(booking_id)

    def business(self, business_id: str) -> Business | None:
        """The business as it is now; None: it is not configured (any more). Raises `Unavailable`."""
        return self.readers(self.documents).business(business_id)

    def within(self, unit: UnitOfWork) -> Services:
        """The same for one batch: everything is read from the unit of work, written and sent through it."""
        return replace(self, documents=unit, queues=unit)
