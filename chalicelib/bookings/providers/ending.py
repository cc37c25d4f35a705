"""An ending needs no more than the appointment's id: a cancel is taken without the details that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers.contract import Gone, Parked

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.booking import Report

ENDINGS = frozenset({Status.CANCELLED, Status.REJECTED, Status.NO_SHOW})


def with_details(essence: Report, read_details: Callable[[], Report]) -> Report:
    """The whole report. Of an ending, or of one half of a move, the `essence` where the rest is missing or wrong."""
    if essence.status not in ENDINGS and essence.settle_at is None:
        return read_details()
    try:
        return read_details()
    except (Parked, Gone):
        return essence
