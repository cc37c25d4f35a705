"""One itinerary as a person follows it: walks and rides in order, with the changes between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from chalicelib.foundation.distance import DETOUR, distance_m

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.itinerary import Itinerary, Leg, Rental


@dataclass(frozen=True, slots=True)
class ItineraryStep:
    """A walk or a ride. `change_min`: minutes between getting off the ride before and this one, without a walk.

    `spare_min`: minutes that are to spare before it begins, after a walk, before the last walk, or at the first stop.
    What stands by itself has no `start`, what is left where others stand no `goal`.
    """

    mode: str
    departs: datetime
    arrives: datetime
    start: str
    goal: str
    minutes: int
    walk_m: int = 0
    line: str = ""
    headsign: str = ""
    live: bool = False
    late_min: int = 0  # expected against planned departure; negative: early
    change_min: int | None = None
    spare_min: int = 0
    order: str | None = None  # runs only for those who phone this number before; "": nobody says which
    begins: datetime | None = None  # of a first ride: when one is to be at its stop, where that is sooner
    state: str = "ahead"  # past, current, ahead
    rental: Rental | None = None
    ride_m: int = 0  # of a rental
    geo: str = ""  # of a rental that has no name: where it stands

    @property
    def on_board(self) -> bool:
        """Is the customer, as far as we know, riding this one now?"""
        return self.state == "current" and not self.walking

    @property
    def is_to_board(self) -> bool:
        """Is it a ride that goes on, or is still to come?"""
        return self.state != "past" and not self.walking

    @property
    def walking(self) -> bool:
        """On foot?"""
        return self.mode == "walk"


def steps_of(itinerary: Itinerary, *, now: datetime | None = None) -> tuple[ItineraryStep, ...]:
    """The itinerary's steps; with `now`, for somebody under way, each says whether it is past."""
    steps: list[ItineraryStep] = []
    for leg in itinerary.legs:
        step = _step(leg)
        if step.walking and steps and steps[-1].walking:
            last = steps[-1]
            minutes, walk_m = _minutes(last.departs, step.arrives), last.walk_m + step.walk_m
            steps[-1] = replace(last, arrives=step.arrives, goal=step.goal, minutes=minutes, walk_m=walk_m)
        elif step.arrives > step.departs or not step.walking or (steps and step.departs > steps[-1].arrives):
            steps.append(step)
    marked = [_with_first_spare(steps[0], itinerary)] if steps else []
    for before, step in pairwise(steps):
        if before.walking or step.walking:
            marked.append(replace(step, spare_min=_whole_minutes(before.arrives, step.departs)))
        else:
            marked.append(replace(step, change_min=_minutes(before.arrives, step.departs)))
    return tuple(replace(step, state=_state(step, now)) for step in marked)


def lines_of(itinerary: Itinerary) -> tuple[str, ...]:
    """The names of the lines taken, in order; empty for a walk and for a shared bike."""
    return tuple(leg.ride.route_name for leg in itinerary.legs if leg.ride)


def _step(leg: Leg) -> ItineraryStep:
    step = ItineraryStep(
        mode=leg.mode,
        departs=leg.departs,
        arrives=leg.arrives,
        start=leg.origin.name,
        goal=leg.destination.name,
        minutes=_minutes(leg.departs, leg.arrives),
    )
    start, goal = leg.origin, leg.destination
    is_known = start.has_position and goal.has_position
    length_m = round(distance_m(start.lat, start.lon, goal.lat, goal.lon) * DETOUR) if is_known else 0
    if leg.rental:
        geo = "" if leg.origin.name else f"geo:{leg.origin.lat:.6f},{leg.origin.lon:.6f}"
        return replace(step, line=leg.rental.system, rental=leg.rental, ride_m=length_m, geo=geo)
    if leg.ride is None:
        return replace(step, walk_m=length_m)
    late_s = (leg.departs - leg.ride.planned_departs).total_seconds()
    return replace(
        step,
        line=leg.ride.route_name,
        headsign=leg.ride.headsign,
        live=leg.ride.realtime,
        order=leg.ride.order,
        late_min=int(late_s / 60),
    )


def _with_first_spare(step: ItineraryStep, itinerary: Itinerary) -> ItineraryStep:
    spare_min = _whole_minutes(itinerary.leave_at, step.departs)
    return replace(step, spare_min=spare_min, begins=itinerary.leave_at) if spare_min and not step.walking else step


def _whole_minutes(start: datetime, end: datetime) -> int:
    return max(0, math.floor((end - start).total_seconds() / 60))


def _minutes(start: datetime, end: datetime) -> int:
    return max(0, math.ceil((end - start).total_seconds() / 60))


def _state(step: ItineraryStep, now: datetime | None) -> str:
    if now is None or now < step.departs:
        return "ahead"
    return "current" if now < step.arrives else "past"
