"""An operator's alert (GTFS-Realtime "Alert") as a plain value: what it says, when, and about what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Selector:
    """What an alert is about; a part that is "" stands for any. All parts given must fit."""

    agency_id: str = ""
    route_id: str = ""
    trip_id: str = ""
    stop_id: str = ""

    def fits(self, route_id: str, trip_id: str, stop_ids: frozenset[str]) -> bool:
        """Whether a ride (its route, trip and the stops where one boards or leaves it) is meant."""
        return (
            self.route_id in {"", route_id}
            and self.trip_id in {"", trip_id}
            and (not self.stop_id or self.stop_id in stop_ids)
        )


@dataclass(frozen=True, slots=True)
class Alert:
    """`header` and `description` map a language tag ("" where none is given) to text; periods are POSIX s, 0 open."""

    alert_id: str
    header: dict[str, str]
    description: dict[str, str]
    effect: str  # NO_SERVICE, DETOUR, … as in the specification
    cause: str
    url: str
    periods: tuple[tuple[int, int], ...]
    about: tuple[Selector, ...]

    def is_active(self, at: int) -> bool:
        """Whether it holds at an instant (POSIX s); without periods it always does."""
        return not self.periods or any(start <= at and (at < end or not end) for start, end in self.periods)

    def touches(self, route_id: str, trip_id: str, stop_ids: frozenset[str]) -> bool:
        """Whether a ride is meant."""
        return any(selector.fits(route_id, trip_id, stop_ids) for selector in self.about)

    def to_json(self) -> dict[str, Any]:
        """As it is published beside the conditions."""
        return {
            "alert_id": self.alert_id,
            "header": self.header,
            "description": self.description,
            "effect": self.effect,
            "cause": self.cause,
            "url": self.url,
            "periods": [list(period) for period in self.periods],
            "about": [[one.agency_id, one.route_id, one.trip_id, one.stop_id] for one in self.about],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Alert:
        """Inverse of `to_json`."""
        return cls(
            raw["alert_id"],
            raw["header"],
            raw["description"],
            raw["effect"],
            raw["cause"],
            raw["url"],
            tuple((start, end) for start, end in raw["periods"]),
            tuple(Selector(*parts) for parts in raw["about"]),
        )
