"""An outage as a value: who is out of service, since when, and when it will be back, as a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.foundation.instants import optional_instant, optional_text

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Document


SOON = timedelta(hours=1)  # whoever comes this soon after a tool is back may have wanted to change their booking


class What(StrEnum):
    """What is out of service."""

    BUSINESS = "business"
    BOOKING_TOOL = "booking_tool"


@dataclass(frozen=True, slots=True)
class Outage:
    """All instants are aware. `back_from` to `back_until`: when it will be over, always a range.

    A reported outage is over at `back_until` unless its operator changes it before; a detected one lasts until the tool
    answers. `spell` counts how often it came back within the hour. `said_from` to `said_until` is the first range of
    this spell, so that what came can be held against it. `version` is the optimistic lock.
    """

    outage_id: str
    business_id: str
    what: What
    since: datetime
    back_from: datetime
    back_until: datetime
    reason: str = "other"
    connection_id: str | None = None
    detected: bool = False
    opened_at: datetime | None = None  # when it became known here
    ended_at: datetime | None = None
    spell: int = 1
    version: int = 0
    said_from: datetime | None = None
    said_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it goes on, or is still to come."""
        return self.ended_at is None and (self.detected or now < self.back_until)


_INSTANTS = ("since", "back_from", "back_until", "opened_at", "ended_at", "said_from", "said_until")
_PLAIN = ("outage_id", "business_id", "reason", "connection_id", "detected", "spell", "version")


def to_json(outage: Outage) -> Document:
    """The outage as a document holds it."""
    instants = {name: optional_text(getattr(outage, name)) for name in _INSTANTS}
    return {name: getattr(outage, name) for name in _PLAIN} | instants | {"what": outage.what.value}


def from_json(known: Document) -> Outage:
    """Inverse of `to_json`."""
    instants: dict[str, Any] = {name: optional_instant(known.get(name)) for name in _INSTANTS}
    return Outage(**{name: known[name] for name in _PLAIN}, **instants, what=What(known["what"]))


def operator_view(outage: Outage, timezone: str, now: datetime) -> Document:
    """An outage for its operator, instants in this zone."""
    zone = ZoneInfo(timezone)
    instants = {name: getattr(outage, name) for name in ("since", "back_from", "back_until", "ended_at")}
    return {
        "outage_id": outage.outage_id,
        "business_id": outage.business_id,
        "what": outage.what.value,
        "connection_id": outage.connection_id,
        "reason": outage.reason,
        "detected": outage.detected,
        "open": outage.is_open(now),
        **{name: instant.astimezone(zone).isoformat() if instant else None for name, instant in instants.items()},
        "version": outage.version,
    }
