"""What an operator sees about one reading of live data: numbers, and never an id of a person or vehicle."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

WRONG_FEED_BELOW = 0.05  # share of updates whose trip is known; what is left of such a feed tells nobody anything
WRONG_FEED_NEEDS = 10  # updates, before so low a share means anything


@dataclass
class MatchReport:
    """Counts of one reading. `rejected` counts entities, `ignored` parts of entities, both by reason.

    `matched` updates found their run; `other_day` named a day that this timetable does not hold (no fault), or a trip
    that we know on such a day; `unknown` found nothing. Instants are POSIX seconds, 0: the feed does not say.
    """

    entities: int = 0
    trip_updates: int = 0
    matched: int = 0
    other_day: int = 0
    unknown: int = 0
    vehicles: int = 0
    alerts: int = 0
    header_at: int = 0
    version: str = ""
    rejected: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    messages_rejected: Counter[str] = field(default_factory=Counter)

    @property
    def match_rate(self) -> float | None:
        """Share of trip updates whose trip this timetable knows; None: there were none."""
        known = self.matched + self.other_day
        return known / (known + self.unknown) if known + self.unknown else None

    @property
    def wrong_feed(self) -> bool:
        """Hardly any trip is known: another city's feed under this URL, or a timetable that is out of date."""
        judged = self.matched + self.other_day + self.unknown
        return judged >= WRONG_FEED_NEEDS and (self.match_rate or 0.0) < WRONG_FEED_BELOW

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values, for logs and status pages."""
        rate = self.match_rate
        return {
            "entities": self.entities,
            "trip_updates": self.trip_updates,
            "matched": self.matched,
            "other_day": self.other_day,
            "unknown": self.unknown,
            "match_rate": None if rate is None else round(rate, 4),
            "vehicles": self.vehicles,
            "alerts": self.alerts,
            "header_at": self.header_at,
            "version": self.version,
            "rejected": dict(sorted(self.rejected.items())),
            "ignored": dict(sorted(self.ignored.items())),
            "warnings": dict(sorted(self.warnings.items())),
            "messages_rejected": dict(sorted(self.messages_rejected.items())),
        }
