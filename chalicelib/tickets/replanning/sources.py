"""What `PublicTransport` is made of: where timetables, live data and forecasts come from.

In the hub they are `transit.data.service_days.ServiceDays`, `transit.data.live.LiveConditions` and
`transit.reliability.itinerary_rating.Forecasts`; a replay has others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.reliability.forecast import Forecast


class Timetables(Protocol):
    """Compiled service days."""

    def feed(self, feed_id: str, /) -> Feed | None:
        """The configured feed. Raises `Unavailable`."""
        ...

    def day(self, feed_id: str, date: str, /) -> Timetable:
        """The service day (YYYY-MM-DD). Raises `NoTimetable`, `Unavailable`."""
        ...

    def walking(self, feed_id: str, timetable: Timetable, /) -> Walking | None:
        """Walks along streets; None: as the crow flies. Raises `NoTimetable`, `Unavailable`."""
        ...


class LiveData(Protocol):
    """What is different from the timetable now."""

    def conditions(
        self, feed_id: str, date: str, now: datetime, /, *, feed_version: str | None = None, at_least: int = 0
    ) -> tuple[Conditions | None, int | None]:
        """(conditions, age in s), as `transit.data.live.LiveConditions` explains it. Raises `Unavailable`."""
        ...


class Forecaster(Protocol):
    """When vehicles are expected."""

    def at(self, feed_id: str, timetable: Timetable, conditions: Conditions | None, now: datetime, /) -> Forecast:
        """The forecast of this moment. Raises `Unavailable`."""
        ...
