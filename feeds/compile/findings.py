"""What is wrong with a feed, row by row, and what refuses it altogether."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES_MAX = 5  # rows named one by one for each kind of finding; the others are counted
WAY_OF_A_TRIP = ("calendar.txt", "calendar_dates.txt", "routes.txt", "stops.txt", "trips.txt", "stop_times.txt")
LOSING = ("left out", "never runs", "nothing of this file runs")  # in the reason of a finding that costs trips
FINDINGS_SHOWN = 40  # lines on a terminal: a screen full; all of them are in the JSON


class Unusable(ValueError):
    """The feed cannot be used at all; the message says why, and who has to do what."""


class OutsideCalendar(ValueError):
    """The date asked for lies outside the feed's first and last service date, which the message names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw. `row` is the line of the file (the header is 1, empty lines do not count), 0: the file as a whole.

    `file` is "" where it is about the feed as a whole.
    """

    file: str
    row: int
    what: str
    why: str  # why it matters: what we do about it and what a traveller loses

    def to_json(self) -> dict[str, str]:
        """All values as text; `row` is empty for the file as a whole."""
        return {"file": self.file, "row": str(self.row or ""), "what": self.what, "why": self.why}

    def __str__(self) -> str:
        row = f":{self.row}" if self.row else ""
        place = f"{self.file}{row}: " if self.file else ""
        return f"{place}{self.what} ({self.why})"


@dataclass
class Findings:
    """Collects findings; of many alike it names the first few and counts the others."""

    _kept: dict[tuple[str, str], list[Finding]] = field(default_factory=dict)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, file: str, row: int, what: str, why: str, *, kind: str = "") -> None:
        """Notes one flaw. Findings of one file and kind (default: the same `why`) are alike."""
        key = (file, kind or why)
        self._counts[key] = self._counts.get(key, 0) + 1
        kept = self._kept.setdefault(key, [])
        if len(kept) < EXAMPLES_MAX:
            kept.append(Finding(file, row, what, why))

    def all(self) -> list[Finding]:
        """In the order of first appearance, with a line for what was only counted."""
        listed: list[Finding] = []
        for key, kept in self._kept.items():
            listed += kept
            more = self._counts[key] - len(kept)
            if more:
                listed.append(Finding(key[0], 0, f"{more} more rows like the one above", kept[-1].why))
        return listed

    def count(self) -> int:
        """How many flaws there are, the uncounted examples included."""
        return sum(self._counts.values())


def cause_of(findings: Sequence[Finding]) -> Finding | None:
    """The finding that costs most trips, where none is left; of several alike the earliest on a trip's way.

    What has no part in that (a second time zone, an unknown column) is never taken for the cause.
    """
    costs: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], Finding] = {}
    for one in findings:
        key = (one.file, one.why)
        if any(words in one.why for words in LOSING) or (one.file in WAY_OF_A_TRIP and "quotes" in one.what):
            more = one.what.partition(" more rows")[0]
            costs[key] = costs.get(key, 0) + (int(more) if more.isdigit() else 1)
            first.setdefault(key, one)
    quoted = [key for key in costs if "quotes" in first[key].what]
    way = {file: place for place, file in enumerate(WAY_OF_A_TRIP)}
    ranked = sorted(quoted or costs, key=lambda key: (-costs[key], way.get(key[0], len(way))))
    return first[ranked[0]] if ranked else None
