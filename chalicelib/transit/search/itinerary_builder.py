"""A path becomes an itinerary: places, instants in the feed's zone, and per ride what a person has to find."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.transit.itinerary import Itinerary, Leg, Place, Ride

if TYPE_CHECKING:
    from chalicelib.transit.itinerary import Request
    from chalicelib.transit.search.network import Network
    from chalicelib.transit.search.paths import Path

# GTFS route_type (reference, routes.txt), and the hundreds of the extended types (Google's list of them)
MODES_BY_TYPE = {
    0: "tram",
    1: "subway",
    2: "rail",
    3: "bus",
    4: "ferry",
    5: "tram",
    6: "gondola",
    7: "funicular",
    11: "bus",
    12: "rail",
}
MODES_BY_HUNDRED = {
    1: "rail",
    2: "bus",
    3: "rail",
    4: "subway",
    5: "subway",
    6: "subway",
    7: "bus",
    8: "bus",
    9: "tram",
    10: "ferry",
    11: "air",
    12: "ferry",
    13: "gondola",
    14: "funicular",
    15: "taxi",
}


def mode_of(route_type: int) -> str:
    """The contract's mode of a GTFS route_type; what is not known is called a bus, as most are."""
    return MODES_BY_TYPE.get(route_type) or MODES_BY_HUNDRED.get(route_type // 100, "bus")


class ItineraryBuilder:
    """Makes the itineraries of one network."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._timetable = network.timetable
        self._zone = ZoneInfo(self._timetable.meta["timezone"])
        self._origin = int(self._timetable.meta["origin_epoch"])

    def instant(self, seconds: int) -> datetime:
        """Seconds from the day's origin as an aware datetime."""
        return datetime.fromtimestamp(self._origin + int(seconds), UTC).astimezone(self._zone)

    def seconds(self, instant: datetime) -> int:
        """The inverse, from any aware datetime; what is between two seconds belongs to the one before."""
        return int(instant.timestamp() // 1) - self._origin

    def itinerary(self, path: Path, request: Request, first_walk_s: int | None = None) -> Itinerary:
        """The path as an itinerary from door to door; `request` names its ends.

        `first_walk_s`: what the walk to the first stop takes, where there is more time for it than that.
        """
        legs: list[Leg] = []
        running, at, now, last = self._network.running, request.origin.doorstep, path.leave, -1
        for board, alight in path.rides:
            start = self.place(int(running.stop[board]))
            if at.stop_id is None or at.stop_id != start.stop_id:
                to_first_s = running.departs[board] - now if first_walk_s is None else first_walk_s
                walk_s = self._network.walk_s(last, board) if legs else to_first_s
                legs.append(self._leg_on_foot(at, start, now, now + walk_s))
            legs += self._rides(board, alight)
            at, now, last = self.place(int(running.stop[alight])), int(running.arrives[alight]), alight
        if path.arrive > now or not legs or request.destination.stop_id is None:
            legs.append(self._leg_on_foot(at, request.destination, now, path.arrive))
        return Itinerary(self.instant(path.leave), self.instant(path.arrive), max(len(path.rides) - 1, 0), tuple(legs))

    def _leg_on_foot(self, origin: Place, destination: Place, departs: int, arrives: int) -> Leg:
        return Leg("walk", origin, destination, self.instant(departs), self.instant(arrives))

    def _rides(self, board: int, alight: int) -> list[Leg]:
        """One leg, or several where the vehicle goes on as another trip."""
        first, following = self._network.running.first, self._network.running.following
        legs = []
        run, last = self._network.run_of(board), self._network.run_of(alight)
        while run != last:
            legs.append(self._ride(run, board, int(first[run + 1]) - 1))
            run = int(following[run])
            board = int(first[run])
        return [*legs, self._ride(run, board, alight)] if alight > board else legs

    def _ride(self, run: int, board: int, alight: int) -> Leg:
        running, timetable = self._network.running, self._timetable
        known = run < timetable.n_runs
        source = timetable.st_departs if known else running.departs, timetable.st_arrives if known else running.arrives
        added = None if known else running.added[run - timetable.n_runs]
        route = int(timetable.run_route[run]) if added is None else added.route
        has_phone = route >= 0 and "route_phone_text" in timetable.arrays
        order = timetable.text("route_phone", route) if has_phone else ""
        ride = Ride(
            timetable.text("run_trip_id", run) if added is None else added.trip_id,
            timetable.text("route_id", route) if route >= 0 else "",
            timetable.text("route_name", route) if route >= 0 else "",
            timetable.text("run_headsign", run) if added is None else added.headsign,
            self.instant(source[0][board]),
            self.instant(source[1][alight]),
            realtime=bool(running.live[run]),
            order=order if self._network.is_ordered(board, alight) else None,
        )
        origin, destination = (self._call(run, call) for call in (board, alight))
        mode = mode_of(int(timetable.route_type[route])) if route >= 0 else "bus"
        return Leg(
            mode, origin, destination, self.instant(running.departs[board]), self.instant(running.arrives[alight]), ride
        )

    def _call(self, run: int, call: int) -> Place:
        timetable, first = self._timetable, self._network.running.first
        sequence = int(timetable.st_sequence[call]) if call < len(timetable.st_sequence) else int(call - first[run]) + 1
        return self.place(int(self._network.running.stop[call]), sequence)

    def place(self, stop: int, sequence: int | None = None) -> Place:
        """A stop, or a call at it."""
        timetable = self._timetable
        lat, lon = float(timetable.stop_lat[stop]), float(timetable.stop_lon[stop])
        return Place(timetable.text("stop_name", stop), lat, lon, timetable.text("stop_id", stop), sequence)
