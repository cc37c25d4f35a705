"""Does an itinerary still work? The same vehicles, as they run now, for somebody who sets out as they were told.

It is not a search: the calls of its vehicles are looked up in the network, its walks take as long as before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.transit.data.timetable import CAN_ALIGHT, CAN_BOARD
from chalicelib.transit.itinerary import Leg

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary, Place
    from chalicelib.transit.search.network import Network

VEHICLE_UNKNOWN = "unknown_vehicle"  # the timetable has changed under the plan
VEHICLE_CANCELLED = "cancelled"  # the vehicle does not run, or does not stop there
VEHICLE_MISSED = "missed"  # it leaves before one can be there
VEHICLE_GONE = frozenset({VEHICLE_UNKNOWN, VEHICLE_CANCELLED})  # no waiting helps
CALLS_CACHED_MAX = 20_000  # rides kept in memory: every update of a feed looks the same ones up again
CATCH_SLACK_S = 20  # a vehicle that leaves this much too soon may be caught: no walk is known to the second


@dataclass(frozen=True, slots=True)
class CheckedItinerary:
    """An itinerary as it is now, as far as it works; and where it does not, why, and at which leg."""

    itinerary: Itinerary
    broken: str = ""  # "" | "unknown_vehicle" | "cancelled" | "missed"
    broken_leg: int = 0  # index of the leg that cannot be taken
    observed_at: datetime | None = None  # of the live data used, UTC; None: there are none

    @property
    def holds(self) -> bool:
        """Whether whoever sets out as they were told arrives by it."""
        return not self.broken


class CallFinder:
    """Finds the runs of a timetable by trip_id; made once per timetable."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        self._known: dict[tuple[Any, ...], tuple[int, int, int] | None] = {}

    @cached_property
    def runs_of(self) -> dict[str, list[int]]:
        """Runs by trip_id."""
        blob, found = bytes(self.timetable.text_blob), dict[str, list[int]]()
        for run, (at, size) in enumerate(self.timetable.run_trip_id_text.tolist()):
            found.setdefault(blob[at : at + size].decode(), []).append(run)
        return found

    def of(self, leg: Leg) -> tuple[int, int, int] | None:
        """(run, call boarded at, call alighted at) of a ride as it was planned; None: not in this timetable."""
        ride = leg.ride
        assert ride is not None
        stops = leg.origin.stop_id, leg.destination.stop_id
        return self.at(ride.trip_id, stops[0], ride.planned_departs, stops[1], ride.planned_arrives)

    def at(
        self, trip_id: str, board_stop: str | None, departs: datetime, alight_stop: str | None, arrives: datetime
    ) -> tuple[int, int, int] | None:
        """The same, by planned times (aware) and stop ids; None: not in this timetable."""
        key = (trip_id, board_stop, alight_stop, departs.timestamp(), arrives.timestamp())
        if key not in self._known:
            if len(self._known) >= CALLS_CACHED_MAX:
                self._known.clear()
            self._known[key] = self._search(trip_id, board_stop, departs, alight_stop, arrives)
        return self._known[key]

    def _search(
        self, trip_id: str, board_stop: str | None, departs: datetime, alight_stop: str | None, arrives: datetime
    ) -> tuple[int, int, int] | None:
        epoch = int(self.timetable.meta["origin_epoch"])
        departs_s, arrives_s = int(departs.timestamp()) - epoch, int(arrives.timestamp()) - epoch
        for run in self.runs_of.get(trip_id, ()):
            first, end = (int(call) for call in self.timetable.run_first[run : run + 2])
            board = self._call(first, end, board_stop, departs_s, departing=True)
            alight = self._call(first, end, alight_stop, arrives_s, departing=False)
            if board is not None and alight is not None and board < alight:
                return run, board, alight
        return None

    def _call(self, first: int, end: int, stop_id: str | None, time_s: int, *, departing: bool) -> int | None:
        times = self.timetable.st_departs if departing else self.timetable.st_arrives
        for call in range(first, end):
            if int(times[call]) == time_s and self._is_at(int(self.timetable.st_stop[call]), stop_id):
                return call
        return None

    def _is_at(self, stop: int, stop_id: str | None) -> bool:
        """Whether a stop is the one named, or another platform of its station: platforms change, the call does not."""
        if self.timetable.text("stop_id", stop) == stop_id:
            return True
        parent = int(self.timetable.stop_parent[stop])
        return parent >= 0 and self.station_of.get(stop_id or "") == parent

    @cached_property
    def station_of(self) -> dict[str, int]:
        """Stations (indices of stops) by the stop_id of their platforms."""
        parents = self.timetable.stop_parent
        return {self.timetable.text("stop_id", stop): int(parents[stop]) for stop in range(len(parents))}


def recheck(
    itinerary: Itinerary, network: Network, calls: CallFinder, set_out: datetime, change_s: int
) -> CheckedItinerary:
    """The itinerary for somebody who leaves at `set_out`. All instants in the timetable's zone."""
    zone, epoch = ZoneInfo(network.timetable.meta["timezone"]), int(network.timetable.meta["origin_epoch"])

    def instant(seconds: int) -> datetime:
        return datetime.fromtimestamp(epoch + seconds, UTC).astimezone(zone)

    running = network.running
    at, legs, before = set_out.astimezone(zone), list[Leg](), None
    for leg in itinerary.legs:
        if leg.ride is None:
            at, before = at + (leg.arrives - leg.departs), None
            legs.append(replace(leg, departs=at - (leg.arrives - leg.departs), arrives=at))
            continue
        found = calls.of(leg)
        if found is None:
            return _broken(itinerary, legs, at, VEHICLE_UNKNOWN)
        run, board, alight = found
        stops = running.flags[board] & CAN_BOARD and running.flags[alight] & CAN_ALIGHT
        if running.gone[run] or not stops:
            return _broken(itinerary, legs, at, VEHICLE_CANCELLED)
        departs, arrives = instant(int(running.departs[board])), instant(int(running.arrives[alight]))
        ready = at
        if before:  # staying seated, or a change that the timetable itself made shorter, takes no longer than planned
            ready += min(timedelta(seconds=change_s), leg.ride.planned_departs - before.planned_arrives)
        if departs + timedelta(seconds=CATCH_SLACK_S) < ready:
            return _broken(itinerary, legs, at, VEHICLE_MISSED)
        live = replace(leg.ride, realtime=bool(running.live[run]))
        origin, destination = _as_now(leg.origin, network, board), _as_now(leg.destination, network, alight)
        legs.append(Leg(leg.mode, origin, destination, departs, arrives, live))
        at, before = arrives, leg.ride
    return CheckedItinerary(replace(itinerary, leave_at=set_out.astimezone(zone), arrive_at=at, legs=tuple(legs)))


def _as_now(known: Place, network: Network, call: int) -> Place:
    """Where a call is now: another platform, if the conditions say so."""
    table, stop = network.timetable, int(network.running.stop[call])
    stop_id = table.text("stop_id", stop)
    if stop_id == known.stop_id:
        return known
    lat, lon = float(table.stop_lat[stop]), float(table.stop_lon[stop])
    return replace(known, name=table.text("stop_name", stop), lat=lat, lon=lon, stop_id=stop_id)


def _broken(itinerary: Itinerary, legs: list[Leg], at: datetime, why: str) -> CheckedItinerary:
    """The legs that work as they are now, the rest as it was."""
    rest = itinerary.legs[len(legs) :]
    known = replace(itinerary, legs=(*legs, *rest), arrive_at=max(at, itinerary.arrive_at))
    return CheckedItinerary(known, why, len(legs))
