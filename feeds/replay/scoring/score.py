"""How it went: what became of the customers who followed the messages, in the numbers that the report shows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.replay.scoring.truth import NEVER_HAPPENED_S

if TYPE_CHECKING:
    from collections.abc import Sequence

MUCH_LATE_S = 600  # an appointment is lost
WARNED_LATE_S = 300  # whoever is later than this should have been told that they will be late,
WARNED_AHEAD_S = 600  # and this long before the appointment, so that the business can still do something
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0001)  # of probabilities; narrow where most of them are


@dataclass(frozen=True, slots=True)
class Outcome:
    """One customer. Times in s from the day's origin; `warned_s`: when "late" was said, None: never."""

    deadline_s: int
    left_s: int
    arrived_s: int
    probability: float | None
    texts_after: int
    warned_s: int | None

    @property
    def late_s(self) -> int:
        """Below 0: early."""
        return self.arrived_s - self.deadline_s


@dataclass(frozen=True, slots=True)
class Summary:
    """Shares are 0 … 1, times minutes. `warned`: of those > 5 min late, told 10 min before the appointment."""

    name: str
    tickets: int
    on_time: float
    much_late: float
    lead_min: float
    waited_min: float
    texts_after: float
    warned: float | None
    false_warnings: float | None


def summarise(name: str, outcomes: Sequence[Outcome]) -> Summary:
    """The row of a table; needs one outcome at least."""
    n = len(outcomes)
    late = [one for one in outcomes if one.late_s > WARNED_LATE_S]
    warned = [one for one in outcomes if one.warned_s is not None and one.warned_s <= one.deadline_s - WARNED_AHEAD_S]
    good = [one for one in outcomes if one.late_s <= 0]
    return Summary(
        name,
        n,
        len(good) / n,
        sum(one.late_s > MUCH_LATE_S for one in outcomes) / n,
        sum(one.deadline_s - one.left_s for one in outcomes) / n / 60,
        sum(-one.late_s for one in good) / max(len(good), 1) / 60,
        sum(one.texts_after for one in outcomes) / n,
        sum(one in warned for one in late) / len(late) if late else None,
        sum(one.late_s <= 0 for one in warned) / len(warned) if warned else None,
    )


def calibration(outcomes: Sequence[Outcome]) -> list[tuple[float, float, int]]:
    """(mean probability stated, share on time, tickets) by bins of the probability; empty bins are left out."""
    rows = []
    for low, high in itertools.pairwise(BINS):
        inside = [one for one in outcomes if one.probability is not None and low <= one.probability < high]
        if inside:
            stated = sum(one.probability or 0.0 for one in inside) / len(inside)
            rows.append((stated, sum(one.late_s <= 0 for one in inside) / len(inside), len(inside)))
    return rows


def minutes_late(outcomes: Sequence[Outcome], least: int = -30, most: int = 30) -> dict[int, int]:
    """How many arrived in each minute round the appointment; the ends hold all beyond, stranded ones at the most."""
    counts = dict.fromkeys(range(least, most + 1), 0)
    for one in outcomes:
        minute = most if one.arrived_s >= NEVER_HAPPENED_S else one.late_s // 60
        counts[min(max(minute, least), most)] += 1
    return counts
