"""Reports read one by one from a list: what cannot be read is left out with its reason, and the others stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.providers.contract import Context


@dataclass
class Collected:
    """Reports that were read so far, and the reasons of what could not be."""

    reports: list[Report] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def add(self, read: Callable[[Any], Report | None], item: Any) -> None:
        """Adds what `read` makes of an item: a report, nothing (None), or the reason why it is parked."""
        try:
            report = read(item)
        except Parked as reason:
            self.unread.append(str(reason))
        else:
            self.reports += [report] if report else []

    def add_all(self, read: Callable[[Any], Report | None], items: Any) -> None:
        """The same for each item of a list; whatever else stands in its place holds none."""
        for item in items if isinstance(items, list) else ():
            self.add(read, item)

    def reading(self, cursor: Mapping[str, Any] | None = None) -> Reading:
        """All of it as a reading."""
        return Reading(tuple(self.reports), tuple(self.unread), cursor)


def cancel_missing(found: Reading, context: Context) -> Reading:
    """A reading of all that is coming, with a cancel for each coming booking that is not among its reports."""
    order = reading.stamp(context.now)
    listed = {report.uid for report in found.reports}
    missing = (Report(uid, order, Status.CANCELLED) for uid in context.coming_uids() if uid not in listed)
    return Reading((*found.reports, *missing), found.unread, found.cursor)
