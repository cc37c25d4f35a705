"""How long visits last: log-normal, around the booked length until it is known better. Pure.

The middle of a service with one member of staff is drawn towards the service's, and that towards the booked length, by
how much has been seen (normal-normal shrinkage on the log scale); how fast everybody works today is a shift on top.
A visit that runs is conditioned on its age: what has already lasted long lasts longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SPREAD = 0.35  # standard deviation of log lengths, before any is seen
SPREAD_WEIGHT = 10.0  # visits that this counts as
BOOKED_WEIGHT = 4.0  # visits that the booked length counts as
SERVICE_WEIGHT = 8.0  # visits with a member that the service's own middle counts as
TODAY_WEIGHT = 12.0  # visits of a day that "as always" counts as
SHORTEST_S, LONGEST_S = 20.0, 6 * 3600.0  # others count as this
UNKNOWN_MIN = 30.0  # a service nobody described
_GRID = np.linspace(0.0005, 0.9995, 2000)
_NORMAL = np.array([NormalDist().inv_cdf(float(one)) for one in _GRID])


@dataclass(slots=True)
class Tally:
    """How many log lengths, their sum, and the sum of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """One more."""
        self.count += 1
        self.total += value
        self.squares += value * value


@dataclass(slots=True)
class Lengths:
    """What is known of one venue."""

    booked_min: dict[str, float] = field(default_factory=dict)
    _services: dict[str, Tally] = field(default_factory=dict)
    _pairs: dict[tuple[str, str | None], Tally] = field(default_factory=dict)
    _seconds: dict[str, Tally] = field(default_factory=dict)
    _today: Tally = field(default_factory=Tally)

    def begin_day(self) -> None:
        """How fast everybody works today is not known yet."""
        self._today = Tally()

    def learn(self, service: str, staff: str | None, length_s: float) -> None:
        """A visit has ended."""
        value = log(min(max(length_s, SHORTEST_S), LONGEST_S))
        self._today.add(value - self.middle(service, staff)[0])
        self._seconds.setdefault(service, Tally()).add(min(max(length_s, SHORTEST_S), LONGEST_S))
        self._services.setdefault(service, Tally()).add(value)
        self._pairs.setdefault((service, staff), Tally()).add(value)

    def middle(self, service: str, staff: str | None) -> tuple[float, float]:
        """Middle and spread of the logarithm of seconds, without today's shift."""
        booked = log(60 * max(1.0, self.booked_min.get(service, UNKNOWN_MIN)))
        tally = self._services.get(service, Tally())
        middle = (booked * BOOKED_WEIGHT + tally.total) / (BOOKED_WEIGHT + tally.count)
        around = tally.squares - 2 * middle * tally.total + tally.count * middle * middle
        spread2 = (SPREAD_WEIGHT * SPREAD**2 + around) / (SPREAD_WEIGHT + tally.count)
        pair = self._pairs.get((service, staff)) if staff else None
        if pair:
            middle = (middle * SERVICE_WEIGHT + pair.total) / (SERVICE_WEIGHT + pair.count)
        return middle, spread2**0.5

    def usual_s(self, service: str) -> float:
        """The mean length of a service, whoever does it."""
        seconds = self._seconds.get(service, Tally())
        booked_s = 60 * max(1.0, self.booked_min.get(service, UNKNOWN_MIN))
        return (booked_s * BOOKED_WEIGHT + seconds.total) / (BOOKED_WEIGHT + seconds.count)

    def draw(self, service: str, staff: str | None, shares: Floats, age_s: float = 0.0) -> Floats:
        """Whole lengths in seconds, one for each of these shares of cases, given that they are longer than `age_s`."""
        middle, spread = self.middle(service, staff)
        middle += self._today.total / (TODAY_WEIGHT + self._today.count)
        if age_s > 0:
            before = NormalDist(middle, spread).cdf(log(max(age_s, 1.0)))
            if before > _GRID[-1]:  # longer than anything seen: as much again, up to twice
                return np.asarray(age_s * (1 + 0.5 * shares))
            shares = before + (1 - before) * shares
        drawn: Floats = np.exp(middle + spread * np.interp(shares, _GRID, _NORMAL))
        return drawn
