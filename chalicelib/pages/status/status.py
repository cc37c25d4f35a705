"""What a business's status says: what is out of service now, what will be, and what was. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.outages.outage import What

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.outages.outage import Outage

SHOWN_FOR = timedelta(days=90)  # as long as outages are kept
PAST_SHOWN_MAX = 50  # of what is over


@dataclass(frozen=True, slots=True)
class Status:
    """A business and its outages, each list with the latest first. `now` is in the business's zone.

    `closings` and `tool_failures` go on, `announced` are closings to come, `past` is what is over.
    """

    business: Business
    now: datetime
    closings: tuple[Outage, ...]
    tool_failures: tuple[Outage, ...]
    announced: tuple[Outage, ...]
    past: tuple[Outage, ...]

    @property
    def closing(self) -> Outage | None:
        """The closing that lasts longest of those that go on."""
        return max(self.closings, key=lambda one: one.back_until, default=None)

    @property
    def tool_failure(self) -> Outage | None:
        """The failure of online booking that lasts longest: however many parts fail, it is one."""
        return max(self.tool_failures, key=lambda one: one.back_until, default=None)

    @property
    def updated_at(self) -> datetime:
        """When what is said last changed, as far as it is known; `now` where nothing ever did."""
        known = (max(filter(None, (one.opened_at, one.ended_at, one.since))) for one in self.all_outages())
        return max(known, default=self.now)

    def all_outages(self) -> Iterator[Outage]:
        """Every outage, what goes on first."""
        yield from (*self.closings, *self.tool_failures, *self.announced, *self.past)


def status_of(business: Business, outages: Iterable[Outage], now: datetime) -> Status:
    """What the status says at `now`, an instant in the business's zone. One that was called off is not shown."""
    known = sorted(outages, key=lambda one: one.since, reverse=True)
    open_now = [one for one in known if one.is_open(now)]
    going = [one for one in open_now if one.since <= now]
    over = (one for one in known if not one.is_open(now) and max(now - SHOWN_FOR, one.since) < ended_at(one))
    return Status(
        business,
        now,
        tuple(one for one in going if one.what is What.BUSINESS),
        tuple(one for one in going if one.what is What.BOOKING_TOOL),
        tuple(one for one in open_now if one.since > now and one.what is What.BUSINESS),
        tuple(over)[:PAST_SHOWN_MAX],
    )


def ended_at(outage: Outage) -> datetime:
    """When an outage that is over ended: one that nobody ended was over when its range was."""
    return outage.ended_at or outage.back_until
