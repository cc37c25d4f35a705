"""A feed has new timetables: all its tickets of those days are checked, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckTicket, send_commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.workflows.services import Services


def check_feed_days(services: Services, feed_id: str, dates: Sequence[str]) -> int:
    """Sends the tickets of these local dates (YYYY-MM-DD) to the queue; how many. Raises `Unavailable`."""
    found = dict.fromkeys(key for day in dates for key in services.tickets.ids_of_feed_day(feed_id, day))
    send_commands(services.queues, *map(CheckTicket, found))
    return len(found)
