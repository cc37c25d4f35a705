"""From what was sent to what came of it, customer by customer."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from feeds.replay.scoring.follow import follow_advice
from feeds.replay.scoring.score import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feeds.replay.advice import Messages
    from feeds.replay.play import ReplayDay, SentNotice
    from feeds.replay.scoring.follow import World


def outcomes_of(day: ReplayDay, sent: Iterable[SentNotice], messages: Messages, world: World) -> list[Outcome]:
    """One outcome for each customer who got an itinerary, in order of the first message. `sent`: those with a line."""
    by_guest: dict[int, list[SentNotice]] = defaultdict(list)
    for one in sent:
        by_guest[one.guest.number].append(one)
    found = []
    for number, theirs in by_guest.items():
        advices = messages.advices.get(number)
        if not advices:
            continue
        came = follow_advice(advices, world)
        warned = next((one.at for one in theirs if one.notice.kind == "late"), None)
        found.append(
            Outcome(
                int(theirs[0].guest.appointment.arrive_by.timestamp()) - day.origin,
                came.left_s,
                came.arrived_s,
                theirs[0].ticket.on_time_probability,
                len(theirs) - 1,
                None if warned is None else int(warned.timestamp()) - day.origin,
            )
        )
    return found
