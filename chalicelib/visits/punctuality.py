"""When people come: how early or late they are, how many never come; and how late a member of staff begins. Pure.

Before anything is seen, customers with an appointment are as published for outpatients: 5, 50, 90 and 95 % of them
come 46 and 8 minutes before, 7 and 12 minutes after the time that they were told; 15 % do not come. Who has just said
that they will come, without an appointment, keeps to the time three times as closely and does come.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.visits.visit import Told

    Floats = NDArray[np.float64]

MIN_S = 60.0
PRIOR_SHARES = (0.0, 0.05, 0.5, 0.9, 0.95, 1.0)
PRIOR_MIN = (-60.0, -46.0, -8.0, 7.0, 12.0, 20.0)
PRIOR_PEOPLE = 100.0  # customers that these count as
WALK_IN_SCALE, WALK_IN_NO_SHOW = 0.3, 0.02
ABOUT_NOW_S = 5 * MIN_S  # a walk-in later than all before may still come, about now
NO_SHOW, NO_SHOW_WEIGHT = 0.15, 40.0
TRAVEL_S = 20 * MIN_S  # from setting out to being there: who is on the way is not reached, nobody is there sooner
SEEN_MAX = 2000  # latest customers remembered
STAFF_LATE = (0.0,) * 9 + (900.0,)  # before any first start is seen
STAFF_LATEST_S = 3600.0
SHARES = (np.arange(200) + 0.5) / 200


@dataclass(slots=True)
class Punctuality:
    """What is known of one venue's people."""

    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=SEEN_MAX))
    _came: float = 0.0
    _missed: float = 0.0
    _staff_late: deque[float] = field(default_factory=lambda: deque(STAFF_LATE, maxlen=100))
    noise: Floats = field(default_factory=lambda: MIN_S * np.interp(SHARES, PRIOR_SHARES, PRIOR_MIN))  # seconds late

    def begin_day(self) -> None:
        """What was learned so far is used today."""
        prior = MIN_S * np.interp(SHARES, PRIOR_SHARES, PRIOR_MIN)
        weight = len(self._seen) / (PRIOR_PEOPLE + len(self._seen))
        own = np.quantile(self._seen, SHARES) if self._seen else prior
        self.noise = weight * own + (1 - weight) * prior

    def learn_arrival(self, late_s: float) -> None:
        """A customer with an appointment, told no other time, came so much after it."""
        self._came += 1
        self._seen.append(late_s)

    def learn_missed(self) -> None:
        """Somebody with an appointment did not come."""
        self._missed += 1

    def learn_staff(self, late_s: float) -> None:
        """A member began so much after the doors opened, or could have."""
        self._staff_late.append(min(max(late_s, 0.0), STAFF_LATEST_S))

    def arrivals(self, slot: float, told: Sequence[Told], now: float, *, booked: bool) -> tuple[Floats, float]:
        """Possible arrivals after `now`, equally likely, and the probability that they do not come at all."""
        noise = self.noise * (1.0 if booked else WALK_IN_SCALE)
        arrivals = slot + noise
        for one in told:
            reached = one.at <= arrivals - TRAVEL_S if booked else np.full(len(noise), fill_value=True)
            soonest = one.at + (TRAVEL_S if booked else 0.0)
            arrivals = np.where(reached, np.maximum(one.come_at + noise, soonest), arrivals)
        left = arrivals[arrivals > now]
        missing = self.no_show if booked else WALK_IN_NO_SHOW
        remaining = (1 - missing) * len(left) / len(arrivals)
        if not len(left):
            return np.array([now + ABOUT_NOW_S]), (1.0 if booked else 0.5)
        return left, missing / (missing + remaining)

    @property
    def no_show(self) -> float:
        """The share of appointments that are not kept."""
        return (self._missed + NO_SHOW * NO_SHOW_WEIGHT) / (self._missed + self._came + NO_SHOW_WEIGHT)

    def draw_staff(self, shares: Floats, over_s: float) -> Floats:
        """How late a member begins, given that it is more than `over_s`."""
        late = np.sort([one for one in self._staff_late if one > over_s] or [over_s + 10 * MIN_S])
        return np.asarray(late[(shares * len(late)).astype(int)])
