"""The way as one line: how long one walks, rides and has to spare. For a picture of 300 by 46 units. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.pages.customer.view import ItineraryView

WIDTH, NARROWEST = 300, 14  # units; a shorter part could not be seen
LABEL_FITS = 10  # units that a letter takes


@dataclass(frozen=True, slots=True)
class StripPart:
    """One part of the line. `late_min`: of a ride; `label` is its line where that fits."""

    kind: str  # walk, ride, spare
    x: int
    width: int
    label: str = ""
    late_min: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """The parts from left to right."""

    parts: tuple[StripPart, ...]


def strip_of(shown: ItineraryView) -> Strip | None:
    """The picture of an itinerary; None for one that is a single walk or ride."""
    parts: list[tuple[str, int, str, int]] = []
    for step in shown.steps:
        waits = step.spare_min or step.change_min or 0
        if waits:
            parts.append(("spare", waits, "", 0))
        if step.minutes:
            kind = "walk" if step.walking else "ride"
            parts.append((kind, step.minutes, "" if step.walking else step.line, step.late_min))
    if len(parts) < 2:  # noqa: PLR2004 - one part needs no picture
        return None
    free = WIDTH - NARROWEST * len(parts)
    total = sum(minutes for _, minutes, _, _ in parts)
    drawn, x = [], 0
    for kind, minutes, line, late_min in parts:
        width = NARROWEST + free * minutes // total
        label = line if len(line) * LABEL_FITS <= width else ""
        drawn.append(StripPart(kind, x, width, label, late_min))
        x += width
    return Strip(tuple(drawn))
