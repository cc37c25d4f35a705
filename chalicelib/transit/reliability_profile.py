"""The delay to expect of a line at a stop at an hour: offsets upon offsets, from the coarse to the fine.

Everywhere → that hour → the line → the line at that hour → the line at the stop → that at that hour. Each level
explains what the coarser ones left over, and counts for nothing while little was seen (shrinkage): with n passages it
is believed by n / (n + lean). An hour's neighbours count half. Hours lean heavily: on a day replayed against halves of
itself, what an hour seemed to teach about a line was mostly chance.

What a line did in the last hour is deliberately no level: it made forecasts worse, both of vehicles under way, which
speak for themselves, and of those to come.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIOR_MEAN_S, PRIOR_SCALE_S, PRIOR_N = 60.0, 180.0, 100.0
LEAN_SCALE = 8.0
DIFFER_S, LEAN_DOUBT = 150.0, 20.0  # how much the profile may be off where nothing was seen, and how soon that fades

Row = list[float]
N, SUM, SQUARES, HOURS_N = range(4)
HOURS_SUM = HOURS_N + 24


class Lean(NamedTuple):
    """The passages that a level has to outweigh: its own offset, its hours'."""

    own: float
    hour: float


ALL, LINE, STOP = Lean(PRIOR_N, 10_000.0), Lean(15.0, 100.0), Lean(3.0, 20.0)


class Profile:
    """All levels of a feed."""

    def __init__(self) -> None:
        # rows: [n, sum of offsets, sum of squared deviations] + hourly n (24) + hourly sums (24)
        self.all = _row()
        self.of_line: dict[str, Row] = {}
        self.of_stop: dict[tuple[str, str], Row] = {}

    def mean_s(self, line: str, stop_id: str, hour: int) -> float:
        """The delay to expect."""
        mean = PRIOR_MEAN_S
        for one, lean in self._levels(line, stop_id):
            n, total = _at_hour(one, hour)
            mean += one[SUM] / (one[N] + lean.own) + total / (n + lean.hour)
        return mean

    def scale_s(self, line: str, stop_id: str) -> float:
        """The scatter round it there (root mean square)."""
        square, lean = PRIOR_SCALE_S**2, PRIOR_N
        for one, _ in self._levels(line, stop_id):
            square = (one[SQUARES] + lean * square) / (one[N] + lean)
            lean = LEAN_SCALE
        return math.sqrt(square)

    def doubt_s(self, line: str, stop_id: str, hour: int) -> float:
        """How far the mean itself may be off: DIFFER_S where nothing was seen at that hour, less with each day."""
        row = self.of_stop.get((line, stop_id))
        seen = _at_hour(row, hour)[0] if row is not None else 0.0
        return DIFFER_S * math.sqrt(LEAN_DOUBT / (seen + LEAN_DOUBT))

    def take(self, line: str, stop_id: str, hour: int, delay_s: float) -> float:
        """Learns a passage; answers how far it was from what was expected."""
        self.of_line.setdefault(line, _row())
        self.of_stop.setdefault((line, stop_id), _row())
        left = delay_s - PRIOR_MEAN_S
        for one, lean in self._levels(line, stop_id):
            left = _take(one, left, hour, lean)
        for one, _ in self._levels(line, stop_id):
            one[SQUARES] += left * left
        return left

    def _levels(self, line: str, stop_id: str) -> Iterator[tuple[Row, Lean]]:
        yield self.all, ALL
        if line in self.of_line:
            yield self.of_line[line], LINE
        if (line, stop_id) in self.of_stop:
            yield self.of_stop[line, stop_id], STOP


def _row() -> Row:
    return [0.0] * (HOURS_SUM + 24)


def _at_hour(one: Row, hour: int) -> tuple[float, float]:
    """Number and sum at an hour; its neighbours count half."""
    before, after = (hour - 1) % 24, (hour + 1) % 24
    n = one[HOURS_N + hour] + 0.5 * (one[HOURS_N + before] + one[HOURS_N + after])
    return n, one[HOURS_SUM + hour] + 0.5 * (one[HOURS_SUM + before] + one[HOURS_SUM + after])


def _take(one: Row, left: float, hour: int, lean: Lean) -> float:
    """Takes what the coarser levels left over; answers what is still left."""
    n, total = _at_hour(one, hour)
    beyond = left - one[SUM] / (one[N] + lean.own)
    one[N] += 1
    one[SUM] += left
    one[HOURS_N + hour] += 1
    one[HOURS_SUM + hour] += beyond
    return beyond - total / (n + lean.hour)
