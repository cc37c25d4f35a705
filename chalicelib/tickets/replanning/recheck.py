"""Does a way that was told still hold? The same vehicles, as they run now, for somebody who sets out as told.

It is not a search: the calls of the told vehicles are looked up in the network, the walks take as long as told.
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
    from chalicelib.transit.itinerary import Itinerary
    from chalicelib.transit.search.network import Network

VEHICLE_UNKNOWN = "unknown_vehicle"  # the timetable has changed under the plan
VEHICLE_CANCELLED = "cancelled"  # the vehicle does not run, or does not stop there
VEHICLE_MISSED = "missed"  # it leaves before one can be there
VEHICLE_GONE = frozenset({VEHICLE_UNKNOWN, VEHICLE_CANCELLED})  # no waiting helps
CALLS_CACHED_MAX = 20_000  # rides that are looked up again and again
CATCH_SLACK_S = 20  # so much is nobody early or late


@dataclass(frozen=True, slots=True)
class CheckedItinerary:
    """How a told way stands: as it is now (`itinerary`, as far as it holds), and why and at which leg it breaks."""

    itinerary: Itinerary
    broken: str = ""
    broken_leg: int = 0  # index of the leg that cannot be taken

    @property
    def holds(self) -> bool:
        """Whoever sets out as told arrives by it."""
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
        """(run, call boarded at, call alighted at) of a ride as it was planned."""
        ride = leg.ride
        assert ride is not None
        stops = leg.origin.stop_id, leg.destination.stop_id
        return self.at(ride.trip_id, stops[0], ride.planned_departs, stops[1], ride.planned_arrives)

    def at(
        self, trip_id: str, board_stop: str | None, departs: datetime, alight_stop: str | None, arrives: datetime
    ) -> tuple[int, int, int] | None:
        """The same, by planned times and stop ids; None: this timetable has no such ride."""
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
            if (
                int(times[call]) == time_s
                and self.timetable.text("stop_id", int(self.timetable.st_stop[call])) == stop_id
            ):
                return call
        return None


def recheck(
    itinerary: Itinerary, network: Network, calls: CallFinder, set_out: datetime, change_s: int
) -> CheckedItinerary:
    """The told way for somebody who leaves at `set_out`. All instants in the timetable's zone."""
    zone, epoch = ZoneInfo(network.timetable.meta["timezone"]), int(network.timetable.meta["origin_epoch"])

    def instant(seconds: int) -> datetime:
        return datetime.fromtimestamp(epoch + seconds, UTC).astimezone(zone)

    at, legs, before = set_out.astimezone(zone), list[Leg](), None
    for number, leg in enumerate(itinerary.legs):
        if leg.ride is None:
            at, before = at + (leg.arrives - leg.departs), None
            legs.append(replace(leg, departs=at - (leg.arrives - leg.departs), arrives=at))
            continue
        found = calls.of(leg)
        why = VEHICLE_UNKNOWN if found is None else _why_not(network, *found)
        if why or found is None:
            return CheckedItinerary(_so_far(itinerary, legs, at, number), why, number)
        run, board, alight = found
        departs, arrives = instant(int(network.running.departs[board])), instant(int(network.running.arrives[alight]))
        ready = at + (_least_change(before, leg, change_s) if before else timedelta())
        if departs + timedelta(seconds=CATCH_SLACK_S) < ready:
            return CheckedItinerary(_so_far(itinerary, legs, at, number), VEHICLE_MISSED, number)
        live = replace(leg.ride, realtime=bool(network.running.live[run]))
        legs.append(replace(leg, departs=departs, arrives=arrives, ride=live))
        at, before = arrives, leg
    return CheckedItinerary(replace(itinerary, leave_at=set_out.astimezone(zone), arrive_at=at, legs=tuple(legs)))


def _why_not(network: Network, run: int, board: int, alight: int) -> str:
    running = network.running
    stops = running.flags[board] & CAN_BOARD and running.flags[alight] & CAN_ALIGHT
    return VEHICLE_CANCELLED if running.gone[run] or not stops else ""


def _least_change(before: Leg, after: Leg, change_s: int) -> timedelta:
    """Staying seated, or a change that the timetable itself made shorter, takes no longer than it did."""
    assert before.ride is not None
    assert after.ride is not None
    return min(timedelta(seconds=change_s), after.ride.planned_departs - before.ride.planned_arrives)


def _so_far(itinerary: Itinerary, legs: list[Leg], at: datetime, number: int) -> Itinerary:
    """What holds as it is now, the rest as it was told."""
    return replace(itinerary, legs=(*legs, *itinerary.legs[number:]), arrive_at=max(at, itinerary.arrive_at))
