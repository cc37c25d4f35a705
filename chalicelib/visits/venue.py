"""What is known of one venue from its days: how long visits last, when people come, how well was foretold."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.visits.lengths import Lengths
from chalicelib.visits.promises import KEPT_WITHIN_S
from chalicelib.visits.punctuality import Punctuality
from chalicelib.visits.spread import Spread
from chalicelib.visits.waits.calibration import Calibration

AFAR, AFAR_WEIGHT = 0.5, 4.0  # share of walk-ins who are not at the door when they join; walk-ins that this counts as

IDLE_SHARE = 0.16  # a member may sit idle in this share of cases, as foretold,
IDLE_USUAL, IDLE_WEIGHT = 0.10, 40.0  # which is this share in fact; customers that this counts as


@dataclass(slots=True)
class Venue:
    """Outlives its days. Nothing of it is shared between venues."""

    lengths: Lengths = field(default_factory=Lengths)
    people: Punctuality = field(default_factory=Punctuality)
    spread: Spread = field(default_factory=Spread)
    quotes: Calibration = field(default_factory=lambda: Calibration(KEPT_WITHIN_S))
    told_later: int = 0  # customers who were told to come later and were served
    sat_idle: int = 0  # of these: for how many the member sat idle because of it
    walk_ins: int = 0
    at_the_door: int = 0

    def begin_day(self, booked_min: dict[str, float]) -> None:
        """What was learned so far is used today; services have these booked lengths."""
        self.lengths.booked_min = dict(booked_min)
        self.lengths.begin_day()
        self.people.begin_day()
        self.spread.begin_day()

    @property
    def idle_share(self) -> float:
        """In what share of cases a member may sit idle by what is foretold: less where it happens more often."""
        seen = (self.sat_idle + IDLE_USUAL * IDLE_WEIGHT) / (self.told_later + IDLE_WEIGHT)
        return IDLE_SHARE * min(1.0, IDLE_USUAL / seen)

    @property
    def afar(self) -> float:
        """The share of walk-ins who join from afar."""
        return 1 - (self.at_the_door + (1 - AFAR) * AFAR_WEIGHT) / (self.walk_ins + AFAR_WEIGHT)
