"""`python -m infra.play day`: lines of a venue's day on standard input, one answer to each on standard output.

The venue's customers and staff are played by whoever writes the lines; what they are told, and who is next, is decided
by the code that the hub runs. Days follow one another and are learned from.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.visits import ripple
from chalicelib.visits.day import Day
from chalicelib.visits.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.visits.ripple import Say

DOORS_AFTER_S = 3600.0  # a day is announced this long before its doors open
QUIET: dict[str, object] = {"say": [], "next": None}
TEXT = {"later": "Running late: come at {come_at} (UTC), you will be seen by {seen_until}."}


@dataclass(slots=True)
class Player:
    """The venues met so far, and the day that is on."""

    venues: dict[str, Venue] = field(default_factory=dict)
    venue: str = ""
    day: Day | None = None

    def answer(self, line: dict[str, object]) -> dict[str, object]:
        """What is said, and who is next, after one line; quiet for what is not understood."""
        try:
            return self._answer(line)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            print(f"not understood ({error!r}): {json.dumps(line)[:200]}", file=sys.stderr)
            return QUIET

    def _answer(self, line: dict[str, object]) -> dict[str, object]:
        now = _instant(line["at"])
        if line["type"] == "open":
            self._open(now, line)
            return QUIET
        if self.day is None:
            return QUIET
        if line["type"] == "free":
            found = self.day.free(now, str(line["staff"]))
            return {"say": [], "next": found.visit if found else None}
        return {"say": [_said(one) for one in self._tell(self.day, now, line)], "next": None}

    def _open(self, now: float, line: dict[str, object]) -> None:
        name, day, staff, services = line["venue"], line["day"], line["staff"], line["services"]
        if not isinstance(staff, list) or not isinstance(services, dict):
            raise TypeError("staff is a list, services a map")
        if self.day is None or (self.venue, self.day.day) != (name, day):
            venue = self.venues.setdefault(str(name), Venue())
            venue.begin_day({str(service): float(minutes) for service, minutes in services.items()})
            self.venue, self.day = str(name), Day(venue, str(day), now + DOORS_AFTER_S, [])
        self.day.staff = [str(one) for one in staff]

    def _tell(self, day: Day, now: float, line: dict[str, object]) -> list[Say]:
        what, visit, staff = line["type"], str(line.get("visit")), line.get("staff")
        if what == "tick" and round(now - day.doors) % ripple.EVERY_S == 0:
            return ripple.ripple(day, now)
        if what == "walk_in":
            return ripple.quote(day, now, day.join(now, visit, str(line["service"])))
        if what == "booked":
            day.book(now, visit, str(staff) if staff else None, str(line["service"]), _instant(line["slot"]))
        elif what == "arrived":
            day.arrive(now, visit)
        elif what == "started":
            day.start(now, visit, str(staff))
        elif what == "ended":
            day.end(now, visit)
        elif what in {"gone", "no_show"}:
            day.leave(visit, came=what == "gone")
        return []


def _instant(text: object) -> float:
    return datetime.fromisoformat(str(text)).timestamp()


def _said(one: Say) -> dict[str, object]:
    times = {
        name: datetime.fromtimestamp(round(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None
        for name, at in (("come_at", one.come_at), ("seen_from", one.seen_from), ("seen_until", one.seen_until))
    }
    text = None
    if one.kind in TEXT:
        text = TEXT[one.kind].format(**{name: (time or "")[11:16] for name, time in times.items()})
    return {"visit": one.visit, "kind": one.kind, **times, "text": text}


def play_lines(lines: Iterable[str]) -> Iterable[str]:
    """One answer to each line."""
    player = Player()
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        yield json.dumps(player.answer(found) if isinstance(found, dict) else QUIET, separators=(",", ":"))


def main(arguments: list[str]) -> int:
    """Plays until the input ends."""
    if arguments:
        print("python -m infra.play day reads lines from standard input and takes no arguments", file=sys.stderr)
        return 2
    for answer in play_lines(sys.stdin):
        print(answer, flush=True)
    return 0
