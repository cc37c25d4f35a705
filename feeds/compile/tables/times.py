"""GTFS times and dates as numbers.

A time counts from local noon minus 12 h of its service date (GTFS reference, "Time"): midnight except on the two days
a year when clocks change. It may pass 24:00:00.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

TIME = re.compile(r"(\d{1,3}):([0-5]?\d):([0-5]?\d)")
WHOLE = re.compile(r"([0-9]{1,9})(?:\.0*)?", re.ASCII)  # int32
DAY_S = 24 * 3600
# what feeds write for "since ever" and "for ever" is further away, and date arithmetic would end before it does
EARLIEST, LATEST = date(1970, 1, 2), date(2199, 12, 30)
NOT_READABLE = -math.inf
"""What the parsers answer for text that is no value of their kind; an empty text is NaN."""


def seconds(text: str) -> float:
    """Seconds of "H:MM:SS" or "HH:MM:SS"."""
    if not text:
        return math.nan
    match = TIME.fullmatch(text)
    if not match:
        return NOT_READABLE
    hours, minutes, secs = map(int, match.groups())
    return hours * 3600 + minutes * 60 + secs


def whole(text: str) -> float:
    """A whole number ≥ 0; also as pandas writes a column that has gaps: "600.0"."""
    if not text:
        return math.nan
    match = WHOLE.fullmatch(text)
    return int(match[1]) if match else NOT_READABLE


def decimal(text: str) -> float:
    """A finite decimal number."""
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        return NOT_READABLE
    return value if math.isfinite(value) else NOT_READABLE


def ordinal(text: str) -> float:
    """The proleptic ordinal (`date.toordinal`) of "YYYYMMDD", inside `EARLIEST` … `LATEST`."""
    if not text:
        return math.nan
    try:
        text = text.removesuffix(".0")  # pandas
        if len(text) != 8 or not text.isascii() or not text.isdigit():  # noqa: PLR2004 - the format's length
            return NOT_READABLE
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return min(max(day, EARLIEST), LATEST).toordinal()
    except ValueError:
        return NOT_READABLE


def one_of(allowed: range) -> Callable[[str], float]:
    """A parser of whole numbers inside a range."""

    def parse(text: str) -> float:
        value = whole(text)
        return value if math.isnan(value) or value in allowed else NOT_READABLE

    return parse


def origin(day: date, zone: str) -> int:
    """POSIX seconds from which the times of a service date count."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    return int(noon.timestamp()) - 12 * 3600


def shift_s(day: date, day_zone: str, days: int, zone: str) -> int:
    """What to add to times of the service date `days` after `day` (in `zone`) to count them from `day`'s origin."""
    return origin(day + timedelta(days=days), zone) - origin(day, day_zone)
