"""Quiet hours: from 21:00 to 08:00 where the recipient is, and where the venue is; the action decides.

Only what must be acted on before they end is sent then. A phone of another zone may be carried by somebody who is at
the venue already: so it is quiet while it is so in either zone.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.foundation.instants import find_zone

QUIET_BEGIN, QUIET_END = time(21), time(8)
READ_AND_ACT_MIN = 30  # what arrives at 08:00 must leave this long to act on it, else it goes out at night


def zone_of(name: str | None, otherwise: str) -> ZoneInfo:
    """The recipient's zone; the venue's where theirs is unknown."""
    return (find_zone(name) if name else None) or ZoneInfo(otherwise)


def quiet_until(now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the quiet hours that `now` lies in, or None outside of them."""
    local = now.astimezone(zone)
    if QUIET_END <= local.time() < QUIET_BEGIN:
        return None
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_BEGIN else 0)
    return datetime.combine(day, QUIET_END, zone)


def send_time(now: datetime, act_by: datetime, *zones: ZoneInfo) -> datetime:
    """When something to act on by `act_by` goes out: now, or when it is quiet in none of the zones.

    Where there is no such moment before it is too late to act, only the last zone, the venue's, counts: there they act.
    """
    morning = now
    for _ in (*zones, *zones):  # the end of one zone's night may lie in the other's
        morning = max((end for zone in zones if (end := quiet_until(morning, zone))), default=morning)
    if morning + timedelta(minutes=READ_AND_ACT_MIN) <= act_by:
        return morning
    if len(zones) > 1:
        return send_time(now, act_by, zones[-1])
    return now
