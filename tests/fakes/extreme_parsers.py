"""All parsers, by name."""

from tests.fakes.extreme_bookings import BOOKINGS

PARSERS = {**BOOKINGS}
