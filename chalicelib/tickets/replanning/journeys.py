"""Between what a ticket holds (options, planned rides) and what a day's timetable knows (courses, calls).

Calls are numbers of one compiled timetable and mean nothing in the next; tickets hold trips, stops and planned times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.ticket import Aboard, Underway, with_fixed_offset
from chalicelib.transit.itinerary import Request
from chalicelib.transit.reliability.arrival import Journey
from chalicelib.transit.reliability.progress import Progress
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.paths import Path

if TYPE_CHECKING:
    from chalicelib.tickets.replanning.prepared_days import PreparedDay
    from chalicelib.transit.itinerary import Itinerary, Place
    from chalicelib.transit.search.network import Network


@dataclass(frozen=True, slots=True)
class Journeys:
    """Translates for one day."""

    day: PreparedDay

    def of(self, itinerary: Itinerary) -> Journey | None:
        """The walks and rides of an option.

        None where a ride is not in the timetable (added trips), its vehicle goes on as another trip, or it is none of
        public transport: nobody has learned how long that takes.
        """
        walks, rides = [0], list[tuple[int, int]]()
        for leg in itinerary.legs:
            if leg.ride is None and leg.mode != "walk":
                return None
            if leg.ride is None:
                walks[-1] += int((leg.arrives - leg.departs).total_seconds())
                continue
            found = self.day.calls.of(leg)
            if found is None or int(self.day.planned.running.following[found[0]]) >= 0:
                return None
            rides.append(found[1:])
            walks.append(0)
        return Journey(tuple(walks), tuple(rides))

    def progress(self, journey: Journey, underway: Underway) -> Progress | None:
        """Where she was on that course; None: the course has no such stage, or the timetable no such ride."""
        since_s = underway.since.timestamp() - self._epoch
        if underway.stage > len(journey.rides):
            return None
        if underway.aboard is None:
            return Progress(journey, underway.stage, since_s)
        at = underway.aboard
        found = self.day.calls.at(at.trip_id, at.board_stop, at.departs, at.alight_stop, at.arrives)
        return Progress(journey, underway.stage, since_s, found) if found else None

    def underway(self, progress: Progress) -> Underway:
        """The inverse, as a ticket holds it."""
        teller = ItineraryBuilder(self.day.planned)
        since = teller.instant(int(progress.since_s)).astimezone(UTC)
        if progress.aboard is None:
            return Underway(progress.stage, since)
        run, board, alight = progress.aboard
        table = self.day.timetable
        ride = Aboard(
            table.text("run_trip_id", run),
            table.text("stop_id", int(table.st_stop[board])),
            teller.instant(int(table.st_departs[board])).astimezone(UTC),
            table.text("stop_id", int(table.st_stop[alight])),
            teller.instant(int(table.st_arrives[alight])).astimezone(UTC),
        )
        return Underway(progress.stage, since, ride)

    def onward(self, journey: Journey, progress: Progress, venue: Place, now_s: int, now: Network) -> Itinerary:
        """A way on for somebody who is there, as it runs `now`: first the rest of the ride that she is in, if any."""
        teller, running = ItineraryBuilder(now), now.running
        first = journey.rides[0][0]
        at = first if journey.aboard else progress.journey.rides[progress.stage][0]
        leave_s = int(running.departs[first]) if journey.aboard else int(max(progress.since_s, now_s))
        arrive_s = int(running.arrives[journey.rides[-1][1]]) + journey.walks_s[-1]
        instant = teller.instant(arrive_s)
        request = Request(teller.place(int(running.stop[at])), venue, arrive_by=instant)
        itinerary = teller.itinerary(Path(leave_s, arrive_s, journey.rides), request)
        return itinerary if itinerary.legs[0].ride else with_first_walk(itinerary, journey.walks_s[0])

    @property
    def _epoch(self) -> int:
        return int(self.day.timetable.meta["origin_epoch"])


def with_first_walk(itinerary: Itinerary, walk_s: int) -> Itinerary:
    """The option whose first walk takes so long; what is left is waited for at the stop."""
    first = itinerary.legs[0]
    arrives = min(
        first.arrives, (with_fixed_offset(first.departs) + timedelta(seconds=walk_s)).astimezone(first.departs.tzinfo)
    )
    return replace(itinerary, legs=(replace(first, arrives=arrives), *itinerary.legs[1:]))
