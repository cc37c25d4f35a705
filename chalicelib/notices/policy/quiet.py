"""Quiet hours: from 21:00 to 08:00, or as the business says, where the recipient is, and where the venue is.

The action decides: only what must be acted on before they end is sent then. A phone of another zone may be carried by
somebody who is at the venue already: so it is quiet while it is so in either zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.bookings.business import QUIET_FROM, QUIET_UNTIL
from chalicelib.foundation.instants import find_zone

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business

READ_AND_ACT_MIN = 30  # what arrives at 08:00 must leave this long to act on it, else it goes out at night


def zone_of(name: str | None, otherwise: str) -> ZoneInfo:
    """The recipient's zone; the venue's where theirs is unknown."""
    return (find_zone(name) if name else None) or ZoneInfo(otherwise)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times from which and until which nobody is woken; the same twice: never."""

    begin: time
    end: time

    @classmethod
    def of(cls, business: Business) -> QuietHours:
        """Those that a business wishes."""
        return cls(time.fromisoformat(business.quiet_from), time.fromisoformat(business.quiet_until))

    def has(self, at: time) -> bool:
        """Whether a local time lies in them."""
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


USUAL = QuietHours(time.fromisoformat(QUIET_FROM), time.fromisoformat(QUIET_UNTIL))


def quiet_until(now: datetime, zone: ZoneInfo, hours: QuietHours = USUAL) -> datetime | None:
    """The end of the quiet hours that `now` lies in, or None outside of them."""
    local = now.astimezone(zone)
    if not hours.has(local.time()):
        return None
    day = local.date() + timedelta(days=1 if local.time() >= hours.end else 0)
    return datetime.combine(day, hours.end, zone)


def send_time(now: datetime, act_by: datetime, *zones: ZoneInfo, hours: QuietHours = USUAL) -> datetime:
    """When something to act on by `act_by` goes out: now, or when it is quiet in none of the zones.

    Where there is no such moment before it is too late to act, only the last zone, the venue's, counts: there they act.
    """
    morning = now
    for _ in (*zones, *zones):  # the end of one zone's night may lie in the other's
        morning = max((end for zone in zones if (end := quiet_until(morning, zone, hours))), default=morning)
    if morning + timedelta(minutes=READ_AND_ACT_MIN) <= act_by:
        return morning
    if len(zones) > 1:
        return send_time(now, act_by, zones[-1], hours=hours)
    return now
