"""What is wrong with a feed, row by row, and what refuses it altogether."""

from __future__ import annotations

from dataclasses import dataclass, field

EXAMPLES_MAX = 5  # rows named one by one for each kind of finding; the others are counted
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
