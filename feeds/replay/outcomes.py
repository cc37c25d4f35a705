"""From what was said to what came of it, ticket by ticket."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from feeds.replay.follow import Advice, follow
from feeds.replay.score import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feeds.replay.follow import World
    from feeds.replay.play import Day, Said


def outcomes_of(day: Day, said: Iterable[Said], world: World) -> list[Outcome]:
    """One outcome for each ticket that was told a way; in order of the first message."""
    by_ticket: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_ticket[one.order.ticket_id].append(one)
    found = []
    for words in by_ticket.values():
        advices = [Advice(one.at_s, one.word.leave_s, one.word.course) for one in words if one.word.course is not None]
        came = follow(advices, world)
        deadline_s = int(words[0].order.arrive_by.timestamp()) - day.origin
        warned = next((one.at_s for one in words if one.word.kind == "late"), None)
        found.append(
            Outcome(deadline_s, came.left_s, came.arrived_s, words[0].word.probability, len(words) - 1, warned)
        )
    return found
