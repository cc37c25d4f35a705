"""News of other service days than today's: a strike is announced before its day.

Updates that name a start_date are read against that day's timetable too, and kept for it; all others are about now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.transit import gtfs_realtime_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OTHER_DAYS_MAX = 7  # the nearest of those named; each costs a reading


def days_named(messages: Iterable[Any], ready: Iterable[str], current: Iterable[str]) -> list[str]:
    """Service dates (YYYY-MM-DD), ascending, that updates name, whose timetable is ready, and that are not current."""
    written = {entity.trip_update.trip.start_date for message in messages for entity in message.entity}
    by_written = {day.replace("-", ""): day for day in ready}
    named = {by_written[text.strip()] for text in written if isinstance(text, str) and text.strip() in by_written}
    today = min(current, default="")
    return sorted(day for day in named - set(current) if day > today)[:OTHER_DAYS_MAX]


def about_day(messages: Sequence[Any], day: str) -> list[Any]:
    """The messages with nothing in them but the updates that name this service date."""
    found = []
    for message in messages:
        part = gtfs_realtime_pb2.FeedMessage()
        part.header.CopyFrom(message.header)
        part.entity.extend(
            entity
            for entity in message.entity
            if isinstance(written := entity.trip_update.trip.start_date, str)
            and written.strip() == day.replace("-", "")
            and not entity.HasField("vehicle")
        )
        found.append(part)
    return found
