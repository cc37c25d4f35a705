"""One day of one tiny network behind the shelf's and the live reader's doors, with delays set by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.bookings.business import Business
from chalicelib.tickets.plan import TripContext
from chalicelib.tickets.replanning.public_transport import PublicTransport
from chalicelib.transit.data.conditions import Conditions
from chalicelib.transit.data.feed import Feed
from chalicelib.transit.data.service_days import NoTimetable
from chalicelib.transit.reliability.feed_forecasts import Forecasts
from tests.fakes.memory import MemoryBucket
from tests.fakes.networks import DATE

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable

SALON = Business("salon", "Salon", "UTC", 50.2, 10.0, "town")
DAY = datetime.fromisoformat(DATE).replace(tzinfo=UTC)


def town_at(now: datetime, business: Business = SALON) -> TripContext:
    """What a question about the town's network carries, for this business at this moment."""
    return TripContext("town", business, now)


def clock(text: str) -> datetime:
    """Reads "08:30" as on the day of the network."""
    hour, minute = text.split(":")
    return DAY.replace(hour=int(hour), minute=int(minute))


@dataclass
class OneDay:
    """A shelf with one day of one feed."""

    timetable: Timetable
    known: bool = True
    realtime: tuple[str, ...] = ()

    def feed(self, feed_id: str) -> Feed | None:
        return Feed(feed_id, (), self.realtime, timezone="UTC") if self.known else None

    def day(self, feed_id: str, date: str) -> Timetable:
        if date != DATE:
            raise NoTimetable("outside_calendar", f"{feed_id} does not know {date}")
        return self.timetable

    def walking(self, *_: Any) -> None:
        """No streets: as the crow flies."""


@dataclass
class LiveNow:
    """Live data as they are now; `asked` are the least ages that readers wanted."""

    found: Conditions | None = None
    age_s: int | None = None
    asked: list[int] = field(default_factory=list)

    def conditions(self, *_: Any, at_least: int = 0, **__: Any) -> tuple[Conditions | None, int | None]:
        self.asked.append(at_least)
        return self.found, self.age_s


def conditions(
    timetable: Timetable, late_min: dict[str, int] | None = None, cancelled: tuple[str, ...] = ()
) -> Conditions:
    """Whole runs late by minutes (also negative: early), or cancelled; by trip_id."""
    trips = [timetable.text("run_trip_id", run) for run in range(timetable.n_runs)]
    at, shift = list[int](), list[int]()
    for run, trip in enumerate(trips):
        if trip in (late_min or {}):
            calls = range(int(timetable.run_first[run]), int(timetable.run_first[run + 1]))
            at += calls
            shift += [60 * (late_min or {})[trip]] * len(calls)
    index, added = np.array(at, np.int32), np.array(shift, np.int32)
    return Conditions(
        timetable.meta["feed_version"],
        DATE,
        observed_at=1,
        at=index,
        arrives=timetable.st_arrives[index] + added,
        departs=timetable.st_departs[index] + added,
        skipped=np.zeros(len(at), bool),
        cancelled=np.array([trips.index(trip) for trip in cancelled], np.int32),
        live=np.array(sorted(trips.index(trip) for trip in (late_min or {})), np.int32),
        passed=np.array(
            [
                (trips.index(trip), timetable.run_first[trips.index(trip)], 0, 60 * minutes)
                for trip, minutes in sorted((late_min or {}).items())
            ],
            np.int32,
        ).reshape(-1, 4),
    )


@dataclass
class Traffic:
    """The real `PublicTransport` on a tiny network whose traffic a test directs.

    `seen`: the feed has live data, so that chances can be told; what was learned lies in `bucket`.
    """

    timetable: Timetable
    known: bool = True
    seen: bool = False

    def __post_init__(self) -> None:
        self.live, self.bucket = LiveNow(), MemoryBucket()
        service_days: Any = OneDay(self.timetable, self.known, ("https://example.com/tu.pb",) if self.seen else ())
        live: Any = self.live
        self.travel = PublicTransport(service_days, live, Forecasts(self.bucket))

    def now_is(self, *, age_s: int = 20, cancelled: tuple[str, ...] = (), **late_min: int) -> None:
        """From now on these runs are late by minutes, those are cancelled, the rest is as timetabled."""
        self.live.found = conditions(self.timetable, late_min, cancelled)
        self.live.age_s = age_s
