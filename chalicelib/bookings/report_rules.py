"""What the connection's settings make of a report before it is folded into its booking. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from chalicelib.bookings.booking import Booking, Report


def is_wanted(report: Report, event_types: Collection[str]) -> bool:
    """Whether a report's event type is one that the business wants; no `event_types`: all; a report of none: yes."""
    if not event_types:
        return True
    names = {name.casefold() for name in (report.service, *report.services) if name}
    return not names or bool(names & {wanted.casefold() for wanted in event_types})


def with_length(report: Report, length_min: Mapping[str, int]) -> Report:
    """The report with its service's length where the tool gives no end: found by any of its names, else by "*"."""
    if not length_min or report.start is None or (report.end is not None and report.end > report.start):
        return report
    names = [name for name in (report.service or "*", *report.services, "*") if name in length_min]
    return replace(report, end=report.start + timedelta(minutes=length_min[names[0]])) if names else report


def came_too_late(report: Report, booking: Booking, received_at: datetime) -> bool:
    """Whether a booking that was not known before was over when its report came: a wrong date, or a late delivery."""
    return report.status is Status.BOOKED and booking.version == 1 and booking.end <= received_at
