"""What a customer said about their visit, as the ticket remembers it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

HEARD_MAX = 8  # of the newest texts: a carrier that delivers one again does so within minutes


@dataclass(frozen=True, slots=True)
class Said:
    """Everything is empty until it is said. `start` is of the appointment that it was said about."""

    start: datetime | None = None
    late_min: int | None = None  # after `start`; None although `late_at` is set: by how much was not said
    late_at: datetime | None = None
    here_at: datetime | None = None
    on_way_at: datetime | None = None
    coming_at: datetime | None = None
    cannot_come_at: datetime | None = None
    another_time_at: datetime | None = None
    passed_on_at: datetime | None = None  # a message of theirs was given to the business, and they were told so
    by: str = ""  # "car", "foot", "bike": they come by themselves, in `by_min` minutes
    by_min: int = 0
    chosen: tuple[str, ...] = ()  # the rides of the itinerary that they want to take (`wish.rides_key`)
    language: str = ""  # "": as the booking says
    channel: str = ""  # "": as it comes
    reminder_only: bool = False
    heard: tuple[str, ...] = ()  # ids of the texts that were understood

    def to_json(self) -> dict[str, Any]:
        """As it is stored: only what was said."""
        said: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                plain = list(value) if isinstance(value, tuple) else value
                said[one.name] = plain.isoformat() if isinstance(plain, datetime) else plain
        return said

    @classmethod
    def from_json(cls, known: dict[str, Any]) -> Said:
        """Inverse of `to_json`; what a later version added is passed over."""
        names = {one.name for one in fields(cls)}
        values = {name: value for name, value in known.items() if name in names}
        for name, value in values.items():
            if name == "start" or name.endswith("_at"):
                values[name] = datetime.fromisoformat(value)
            elif isinstance(value, list):
                values[name] = tuple(value)
        return cls(**values)


NOTHING_SAID = Said()
