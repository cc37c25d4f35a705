"""All parsers of the hub by name, each with its cases: (what it is, a function that tries it)."""

from __future__ import annotations

from tests.fakes.extreme_bookings import BOOKINGS
from tests.fakes.extreme_documents import DOCUMENTS
from tests.fakes.extreme_doors import DOORS
from tests.fakes.extreme_transit import TRANSIT

PARSERS = {**BOOKINGS, **DOORS, **TRANSIT, **DOCUMENTS}
