"""Reports read one by one from a list: what cannot be read is left out with its reason, and the others stay."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked, Reading, Unread
from chalicelib.bookings.providers.signing import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.booking import Report


@dataclass
class Collected:
    """Reports that were read so far, and what could not be. `uid_at` is where an item says whose it is."""

    uid_at: str = "id"
    reports: list[Report] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def add(self, read: Callable[[Any], Report | None], item: Any) -> None:
        """Adds what `read` makes of an item: a report, nothing (None), or the reason why it is parked."""
        try:
            report = read(item)
        except Parked as reason:
            uid = reading.clean(reading.at(item, self.uid_at), reading.UID_MAX)
            self.unread.append(Unread(str(reason), uid, _content_of(item)))
        else:
            self.reports += [report] if report else []

    def add_all(self, read: Callable[[Any], Report | None], items: Any) -> None:
        """The same for each item of a list; whatever else stands in its place holds none."""
        for item in items if isinstance(items, list) else ():
            self.add(read, item)

    def add_page(self, read: Callable[[Any], Report | None], page: Any, path: str) -> None:
        """The same for the list at a path of a tool's answer. Parks where there is none: that is half an answer."""
        items = reading.at(page, path)
        if not isinstance(items, list):
            raise Parked(f"the tool's answer holds no {path}")
        self.add_all(read, items)

    def reading(self, cursor: Mapping[str, Any] | None = None) -> Reading:
        """All of it as a reading."""
        return Reading(tuple(self.reports), tuple(self.unread), cursor)


def _content_of(item: Any) -> str:
    """What tells an item from others: the digest of its JSON."""
    try:
        return digest_of(json.dumps(item, sort_keys=True, default=str))
    except (RecursionError, ValueError, TypeError):
        return digest_of("an item that is no JSON")
