"""What tickets and notices need to know of the room before: bookings and businesses, read through any documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.booking import Booking
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Documents


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
