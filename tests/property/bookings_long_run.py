"""Very many histories of booking tools, without what makes a test comfortable.

`python -m tests.property.bookings_long_run [COUNT] [SEED]`: each history has its own number, and the first that ends
wrong is named by it; the same number is the same history again.
"""

from __future__ import annotations

import random
import sys
import time

from tests.property.asked_tools import ASKED, PUSHING
from tests.property.test_bookings_histories import KINDS, in_any_order, with_losses

STORIES = [(kind, in_any_order) for kind in PUSHING] + [(kind, with_losses) for kind in ASKED]


def history(seed: int) -> str:
    """Plays the history of that number; answers the tool's name."""
    chance = random.Random(seed)
    kind, story = STORIES[seed % len(STORIES)]
    actions = [
        (chance.choice(KINDS), chance.randrange(4), chance.randrange(13)) for _ in range(chance.randrange(1, 12))
    ]
    try:
        story(kind(), actions, chance)
    except Exception as error:
        raise AssertionError(f"history {seed} of {kind.provider} ends wrong: {actions}") from error
    return kind.provider


def main() -> None:
    """Plays histories and says how many."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun = time.monotonic()
    for number in range(first, first + count):
        history(number)
        if (number - first + 1) % 10_000 == 0:
            print(f"{number - first + 1} histories in {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{count} histories of {len(STORIES)} kinds, all right, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
