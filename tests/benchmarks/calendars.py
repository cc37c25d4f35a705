"""Calendars as others wrote them: how many files and events of each collection are read, and why the others are parked.

`python -m tests.benchmarks calendars`, over ../shared/data/ics (one folder a collection) beside the checkout.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.bookings.calendar.calendar_files import read_calendar
from chalicelib.bookings.calendar.series import occurrences
from chalicelib.bookings.providers.contract import Parked

ICS = Path(__file__).resolve().parents[3] / "shared" / "data" / "ics"
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
REASONS_SHOWN = 12


@dataclass
class Figures:
    """Of one collection; `reasons` are those of parked events and files, without what they quote."""

    files: int = 0
    files_parked: int = 0
    events: int = 0
    read: int = 0
    all_day: int = 0
    occurrences: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, data: bytes) -> None:
        """Adds one file."""
        self.files += 1
        self.events += len(re.findall(rb"(?im)^BEGIN:VEVENT", data))
        try:
            calendar = read_calendar(data, None)
        except Parked as reason:
            self.files_parked += 1
            self.reasons[str(reason)] += 1
            return
        expanded = occurrences(calendar, FIRST, LAST)
        parked = [one for one in (*calendar.unread, *expanded.unread) if not one.is_finding]
        self.read += len(calendar.entries) + len(calendar.cancels) - len(expanded.unread)
        self.all_day += calendar.all_day
        self.occurrences += len(expanded.found)
        self.reasons.update(re.sub(r": .*", "", one.reason) for one in parked)


def figures() -> dict[str, Figures]:
    """Collection → its figures."""
    found: dict[str, Figures] = {}
    for path in sorted(ICS.rglob("*.ics")):
        found.setdefault(path.relative_to(ICS).parts[0], Figures()).add(path.read_bytes())
    return found


def main() -> None:
    """Prints the figures of each collection."""
    if not ICS.exists():
        print(f"{ICS} is missing")
        return
    for name, one in figures().items():
        print(f"{name}: {one.files} files ({one.files_parked} parked whole), {one.events} events: {one.read} read")
        print(f"  with {one.occurrences} occurrences from {FIRST:%Y} to {LAST:%Y}, {one.all_day} all day, parked:")
        for reason, times in one.reasons.most_common(REASONS_SHOWN):
            print(f"  {times:6} {reason}")


if __name__ == "__main__":
    main()
