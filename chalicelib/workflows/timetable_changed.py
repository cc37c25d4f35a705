"""A feed has new timetables: all its tickets of those days are checked, in batches.

Rules
- One message for the days becomes one for each part of a day, and each of these goes through its part in steps of
  `FEED_STEP`: a step sends its batches, then the message for the next step. No step depends on how many there are.
- A message that comes twice has some tickets checked twice, which changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckFeedPart, CheckTickets, send_commands
from chalicelib.foundation.keys import FEED_PARTS, FORMER_PART
from chalicelib.workflows.ticket_due import DUE_BATCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.workflows.services import Services

FEED_STEP = 2000  # read and sent on in about a second


def check_feed_days(services: Services, feed_id: str, dates: Sequence[str]) -> None:
    """Has the tickets of these local dates (YYYY-MM-DD) checked. Raises `Unavailable`."""
    parts = (*FEED_PARTS, FORMER_PART)
    send_commands(services.queues, *(CheckFeedPart(feed_id, day, part) for day in dates for part in parts))


def check_feed_part(services: Services, command: CheckFeedPart) -> None:
    """Sends some of a part's tickets on to be checked, and the message for those after them. Raises `Unavailable`."""
    step = services.tickets.step_of_feed_part(
        command.feed_id, command.date, command.part, after=command.after, limit=FEED_STEP
    )
    batches = [tuple(step.ids[begin : begin + DUE_BATCH]) for begin in range(0, len(step.ids), DUE_BATCH)]
    send_commands(services.queues, *map(CheckTickets, batches))
    if step.next:
        send_commands(services.queues, CheckFeedPart(command.feed_id, command.date, command.part, step.next))
