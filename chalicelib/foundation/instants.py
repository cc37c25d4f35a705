"""Instants: who says what time it is, and how an instant and a zone are written in what is stored.

Beside the real clock there is a virtual one, which several processes on one machine share through `HUB_CLOCK`.
`HUB_CLOCK` is "START@RATE@EPOCH": at the real time EPOCH (seconds since 1970) the virtual clock shows START
(ISO 8601 with offset), and from there it runs RATE times as fast as real time. Or it is "file:PATH": then the clock
shows the instant that stands in that file, until somebody writes another one. Never set in AWS.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.ports import Clock

IN_FILE = "file:"


class RealClock:
    """What the machine says."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class VirtualClock:
    """Shows `start` at the real time `epoch_s` and runs `rate` times as fast as real time."""

    start: datetime
    rate: float
    epoch_s: float

    def now(self) -> datetime:
        """The virtual instant in UTC."""
        return self.start + timedelta(seconds=(time.time() - self.epoch_s) * self.rate)

    def as_text(self) -> str:
        """The value of `HUB_CLOCK` that makes another process show the same time."""
        return f"{self.start.isoformat()}@{self.rate!r}@{self.epoch_s!r}"


def virtual_clock(text: str) -> VirtualClock:
    """Reads "START@RATE@EPOCH". Raises `ValueError` that says what is wrong."""
    try:
        start, rate, epoch = text.split("@")
        instant = datetime.fromisoformat(start)
        clock = VirtualClock(instant.astimezone(UTC), float(rate), float(epoch))
    except ValueError as error:
        raise ValueError(f"HUB_CLOCK must look like 2026-01-31T06:00:00+01:00@60@1767000000, not {text!r}") from error
    if instant.tzinfo is None or clock.rate < 0:
        raise ValueError("HUB_CLOCK needs a start with an offset (…+01:00) and a rate of 0 or more")
    return clock


@dataclass(frozen=True, slots=True)
class FileClock:
    """Stands at the instant in a file; whoever moves it writes the file."""

    path: Path

    def now(self) -> datetime:
        """The instant in UTC."""
        return datetime.fromisoformat(self.path.read_text().strip()).astimezone(UTC)

    def set(self, now: datetime) -> None:
        """Moves the clock, for all who read it at once."""
        aside = self.path.with_name(f".{self.path.name}")
        aside.write_text(now.isoformat())
        aside.replace(self.path)


def clock_from(environment: Mapping[str, str]) -> Clock:
    """The virtual clock that `HUB_CLOCK` describes; without it the real one."""
    text = environment.get("HUB_CLOCK", "")
    if text.startswith(IN_FILE):
        return FileClock(Path(text.removeprefix(IN_FILE)))
    return virtual_clock(text) if text else RealClock()


# --- as text ---


def seconds_text(instant: datetime) -> str:
    """An instant in UTC as indexes sort it, to the second before: "2026-01-01T09:00:00Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def microseconds_text(instant: datetime) -> str:
    """The same where several may fall into one second: "2026-01-01T09:00:00.000000Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@overload
def optional_text(instant: datetime) -> str: ...
@overload
def optional_text(instant: None) -> None: ...
@overload
def optional_text(instant: datetime | None) -> str | None: ...
def optional_text(instant: datetime | None) -> str | None:
    """An instant as documents hold it, with its own offset; None stays None."""
    return instant.isoformat() if instant else None


@overload
def optional_instant(text: str) -> datetime: ...
@overload
def optional_instant(text: None) -> None: ...
@overload
def optional_instant(text: str | None) -> datetime | None: ...
def optional_instant(text: str | None) -> datetime | None:
    """Inverse of `optional_text`. Raises `ValueError`."""
    return datetime.fromisoformat(text) if text else None


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
