"""What makes one way better than another to a sensible person: the only place where that has numbers.

A way costs the minutes it takes, and on top of them what is here, in minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.transit.search.paths import Path

WALK_EXTRA_PER_MIN = 0.6  # a minute on foot is worth so much more than a minute in a seat
CHANGE_MIN = 5.0  # getting off, finding the stop, and the risk
TIGHT_PER_MIN = 1.5  # per minute that a change has less than EASY_S beyond what it takes
EASY_S = 240
ALTERNATIVE_MAX_MIN = 45.0  # an alternative that costs so much more than the best is none


def price_min(path: Path, lost_s: int, walked_s: int, spare_s: list[int]) -> float:
    """Minutes. `lost_s`: the time the way takes from one's day; `spare_s`: what each change has beyond its least."""
    tight_s = sum(max(EASY_S - spare, 0) for spare in spare_s)
    changes = max(len(path.rides) - 1, 0) * CHANGE_MIN
    return lost_s / 60 + walked_s / 60 * WALK_EXTRA_PER_MIN + changes + tight_s / 60 * TIGHT_PER_MIN
