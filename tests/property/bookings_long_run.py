"""Very many histories of booking tools, without what makes a test comfortable.

`python -m tests.property.bookings_long_run [COUNT] [SEED]`: each history has its own number, and the first that ends
wrong is named by it; the same number is the same history again (`… 1 NUMBER`). Ends with 0 when all of them end right.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.fakes.asked_tools import ASKED, PUSHING
from tests.fakes.fetched_tools import FETCHED
from tests.fakes.histories import KINDS, by_feed, in_any_order, with_losses
from tests.fakes.histories_of_tickets import told_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.fakes.booking_tools import Tool

TOLD: tuple[tuple[Callable[..., None], Iterable[type[Tool]]], ...] = (
    (in_any_order, PUSHING),
    (with_losses, ASKED),
    (by_feed, FETCHED),
    (told_once, PUSHING),
)
STORIES: list[tuple[Any, Callable[..., None]]] = [(kind, story) for story, kinds in TOLD for kind in kinds]


def history(seed: int) -> str:
    """Plays the history of that number; answers what it was."""
    chance = random.Random(seed)
    kind, story = STORIES[seed % len(STORIES)]
    actions = [
        (chance.choice(KINDS), chance.randrange(4), chance.randrange(13)) for _ in range(chance.randrange(1, 12))
    ]
    try:
        story(kind(), actions, chance)
    except Exception as error:
        raise AssertionError(f"history {seed} of {kind.__name__} ({story.__name__}) ends wrong: {actions}") from error
    return f"{kind.__name__}, {story.__name__}"


def main() -> None:
    """Plays histories and says how many of which."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun = time.monotonic()
    played: Counter[str] = Counter()
    for number in range(first, first + count):
        played[history(number)] += 1
        if (number - first + 1) % 10_000 == 0:
            print(f"{number - first + 1} histories in {time.monotonic() - begun:.0f} s", flush=True)
    for story, times in sorted(played.items()):
        print(f"{times:9} {story}")
    print(f"{count} histories of {len(STORIES)} kinds, all right, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
