"""Translates between what a ticket holds (itineraries, rides) and what a day's timetable knows (journeys, calls).

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
    """Translates for one service day."""

    day: PreparedDay

    def of(self, itinerary: Itinerary) -> Journey | None:
        """The walks and rides of an itinerary.

        None where a ride is not in the timetable (added trips), its vehicle goes on as another trip, or the ride is
        none of public transport: nobody has learned how long that takes.
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
        """How far they were on that journey; None: it has no such stage, or the timetable no such ride."""
        since_s = underway.since.timestamp() - int(self.day.timetable.meta["origin_epoch"])
        if underway.stage > len(journey.rides):
            return None
        if underway.aboard is None:
            return Progress(journey, underway.stage, since_s)
        at = underway.aboard
        found = self.day.calls.at(at.trip_id, at.board_stop, at.departs, at.alight_stop, at.arrives)
        return Progress(journey, underway.stage, since_s, found) if found else None

    def underway(self, progress: Progress) -> Underway:
        """Inverse of `progress`: as a ticket holds it, UTC."""
        builder = ItineraryBuilder(self.day.planned)
        since = builder.instant(int(progress.since_s)).astimezone(UTC)
        if progress.aboard is None:
            return Underway(progress.stage, since)
        run, board, alight = progress.aboard
        table = self.day.timetable
        ride = Aboard(
            table.text("run_trip_id", run),
            table.text("stop_id", int(table.st_stop[board])),
            builder.instant(int(table.st_departs[board])).astimezone(UTC),
            table.text("stop_id", int(table.st_stop[alight])),
            builder.instant(int(table.st_arrives[alight])).astimezone(UTC),
        )
        return Underway(progress.stage, since, ride)

    def onward(self, journey: Journey, progress: Progress, venue: Place, now_s: int, network: Network) -> Itinerary:
        """The rest of a journey as an itinerary, as it runs in `network`, for somebody who is where `progress` says.

        A ride that they are aboard comes first. `now_s`: seconds from the day's origin.
        """
        builder, running = ItineraryBuilder(network), network.running
        first = journey.rides[0][0]
        at = first if journey.aboard else progress.journey.rides[progress.stage][0]
        leave_s = int(running.departs[first]) if journey.aboard else int(max(progress.since_s, now_s))
        arrive_s = int(running.arrives[journey.rides[-1][1]]) + journey.walks_s[-1]
        request = Request(builder.place(int(running.stop[at])), venue, arrive_by=builder.instant(arrive_s))
        itinerary = builder.itinerary(Path(leave_s, arrive_s, journey.rides), request)
        return itinerary if itinerary.legs[0].ride else with_first_walk(itinerary, journey.walks_s[0])


def with_first_walk(itinerary: Itinerary, walk_s: int) -> Itinerary:
    """The itinerary with a first walk of `walk_s` seconds; the rest of the time is waited at the stop."""
    first = itinerary.legs[0]
    there = (with_fixed_offset(first.departs) + timedelta(seconds=walk_s)).astimezone(first.departs.tzinfo)
    return replace(itinerary, legs=(replace(first, arrives=min(first.arrives, there)), *itinerary.legs[1:]))
