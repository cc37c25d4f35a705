"""Tells on a terminal what the hub does: every notice as it goes out, with the time on the virtual clock."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

WIDTH = 96


@dataclass
class Teller:
    """Writes lines like `07:12  text to Ada Novak  “…”`; times in the venue's zone."""

    zone: ZoneInfo
    out: TextIO = field(default_factory=lambda: sys.stdout)
    day: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)

    def line(self, now: datetime, text: str) -> None:
        """One line of what happens."""
        local = now.astimezone(self.zone)
        day = f"{local:%A %Y-%m-%d}"
        if day != self.day:
            self.day = day
            print(f"\n{day}", file=self.out)
        first, *rest = textwrap.wrap(text, WIDTH) or [""]
        print(f"  {local:%H:%M}  {first}", file=self.out)
        for more in rest:
            print(f"         {more}", file=self.out)

    def notice(self, now: datetime, published: dict[str, Any], name: str) -> None:
        """One notice as it was published to the topic."""
        self.told.append(published)
        self.line(now, f"{published['channel']} to {name}: [{published['kind']}] {published['text']}")

    def plain(self, text: str = "") -> None:
        """Text without a time."""
        print(text, file=self.out)
