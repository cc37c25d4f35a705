"""What set something off, as one short string: the correlation id. It goes through queues, log lines and notices.

A webhook's is its event id, as the tool was answered; everything else says what it is before the first colon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

CONDITIONS, TIMETABLE, OUTAGE, CLOCK, PAGE = "conditions", "timetable", "outage", "clock", "page"


def conditions_cause(feed_id: str, conditions_at: int) -> str:
    """New live data of a feed were published at `conditions_at` (POSIX s)."""
    return f"{CONDITIONS}:{feed_id}:{conditions_at}"


def timetable_cause(feed_id: str, day: str) -> str:
    """A feed has a new timetable for this local date (YYYY-MM-DD)."""
    return f"{TIMETABLE}:{feed_id}:{day}"


def outage_cause(business_id: str, outage_id: str) -> str:
    """An outage of a business or its tool began, changed or ended."""
    return f"{OUTAGE}:{business_id}:{outage_id}"


def clock_cause(now: datetime) -> str:
    """It became time, at this minute."""
    return f"{CLOCK}:{now:%Y-%m-%dT%H:%M}"


def page_cause(ticket_id: str, now: datetime) -> str:
    """The customer did something on the ticket's page."""
    return f"{PAGE}:{ticket_id}:{now:%Y-%m-%dT%H:%M:%S}"


def kind_of(correlation_id: str) -> str:
    """One of the words above; "event" for a webhook's, "" for none."""
    kind, colon, _ = correlation_id.partition(":")
    return kind if colon else "event" if correlation_id else ""


def detail_of(correlation_id: str) -> str:
    """What follows the kind: "town:1756900000"; of a webhook the event id."""
    kind, colon, rest = correlation_id.partition(":")
    return rest if colon else kind
