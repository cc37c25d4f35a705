"""The delay to expect of a line at a stop at an hour: offsets upon offsets, from the coarse to the fine.

Everywhere → that hour → the line → the line at that hour → the line at the stop → that at that hour. Each level
explains what the coarser ones left over, and counts for nothing while little was seen (shrinkage): with n passages it
is believed by n / (n + lean). An hour's neighbours count half. Hours lean heavily: on a day replayed against halves of
itself, what an hour seemed to teach about a line was mostly chance.

Scatter has levels too (everywhere, line, stop), and is wider in busy hours: by as much as was seen, from a prior.

What a line, or the whole network, did in the last hour is deliberately no level: it made forecasts worse, both of
vehicles under way, which speak for themselves, and of those to come.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIOR_MEAN_S, PRIOR_SCALE_S, PRIOR_N = 60.0, 180.0, 100.0
# the peaks of working days, on which most appointments are, where nothing was seen yet: later in the afternoon's, more
# scattered in both. A judgement: the shape is any city's, the size about half of what one recorded day shows
PEAK_S = {15: 60.0, 16: 120.0, 17: 150.0, 18: 120.0, 19: 60.0}
BUSY = {7: 1.1, 8: 1.2, 9: 1.1, 15: 1.2, 16: 1.3, 17: 1.3, 18: 1.3, 19: 1.1}
LEAN_BUSY = 3000.0
LEAN_SCALE = 8.0
DIFFER_S, LEAN_DOUBT = 150.0, 20.0  # how much the profile may be off where nothing was seen, and how soon that fades

Row = list[float]
N, SUM, SQUARES, HOURS_N = range(4)
HOURS_SUM = HOURS_N + 24


class Lean(NamedTuple):
    """The passages that a level has to outweigh: its own offset, its hours'."""

    own: float
    hour: float


ALL_LEAN, LINE_LEAN, STOP_LEAN = Lean(PRIOR_N, 10_000.0), Lean(15.0, 100.0), Lean(3.0, 20.0)


class Profile:
    """All levels of a feed."""

    def __init__(self) -> None:
        # rows: [n, sum of offsets, sum of squared deviations] + hourly n (24) + hourly sums (24)
        self.all = _row()
        self.busy = [[0.0, 0.0] for _ in range(24)]  # by hour: n, sum of squared deviations
        self.of_line: dict[str, Row] = {}
        self.of_stop: dict[tuple[str, str], Row] = {}

    def mean_s(self, line: str, stop_id: str, hour: int) -> float:
        """The delay to expect."""
        mean = _prior_s(hour)
        for one, lean in self._levels(line, stop_id):
            n, total = _at_hour(one, hour)
            mean += one[SUM] / (one[N] + lean.own) + total / (n + lean.hour)
        return mean

    def scale_s(self, line: str, stop_id: str, hour: int) -> float:
        """The scatter round it there at that hour (root mean square)."""
        square, lean = PRIOR_SCALE_S**2, PRIOR_N
        for one, _ in self._levels(line, stop_id):
            square = (one[SQUARES] + lean * square) / (one[N] + lean)
            lean = LEAN_SCALE
        return math.sqrt(square) * self._busy(hour)

    def _busy(self, hour: int) -> float:
        """By how much delays scatter more at that hour than all day."""
        usual = (self.all[SQUARES] + PRIOR_N * PRIOR_SCALE_S**2) / (self.all[N] + PRIOR_N)
        n, squares = self.busy[hour]
        return math.sqrt((squares / usual + LEAN_BUSY * BUSY.get(hour, 1.0) ** 2) / (n + LEAN_BUSY))

    def doubt_s(self, line: str, stop_id: str, hour: int) -> float:
        """How far the mean itself may be off: DIFFER_S where nothing was seen at that hour, less with each day."""
        row = self.of_stop.get((line, stop_id))
        seen = _at_hour(row, hour)[0] if row is not None else 0.0
        return DIFFER_S * math.sqrt(LEAN_DOUBT / (seen + LEAN_DOUBT))

    def passages_at(self, line: str, stop_id: str) -> float:
        """How many passages of the line were seen there."""
        row = self.of_stop.get((line, stop_id))
        return row[N] if row is not None else 0.0

    def take(self, line: str, stop_id: str, hour: int, delay_s: float) -> float:
        """Learns a passage; answers how far it was from what was expected."""
        self.of_line.setdefault(line, _row())
        self.of_stop.setdefault((line, stop_id), _row())
        left = delay_s - _prior_s(hour)
        for one, lean in self._levels(line, stop_id):
            left = _take(one, left, hour, lean)
        busy = self._busy(hour)
        for one, _ in self._levels(line, stop_id):
            one[SQUARES] += (left / busy) ** 2
        self.busy[hour][0] += 1
        self.busy[hour][1] += left * left
        return left

    def _levels(self, line: str, stop_id: str) -> Iterator[tuple[Row, Lean]]:
        yield self.all, ALL_LEAN
        if line in self.of_line:
            yield self.of_line[line], LINE_LEAN
        if (line, stop_id) in self.of_stop:
            yield self.of_stop[line, stop_id], STOP_LEAN


def _prior_s(hour: int) -> float:
    return PRIOR_MEAN_S + PEAK_S.get(hour, 0.0)


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
