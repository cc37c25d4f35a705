"""Who plays in the demo: a salon beside the busiest stop of a network, and customers who live near others.

Everything is chosen from the timetable itself with a seed, so the same feed and date give the same morning.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from chalicelib.foundation.distance import DEGREE_M
from chalicelib.transit.data.timetable import CAN_BOARD
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary

MORNING_S = (7 * 3600, 12 * 3600)
DEPARTURES_MIN = 6  # in the morning, at a stop where a customer of the demo lives
HOME_M = (900, 14_000)  # from the salon, as the crow flies
TRAVEL_MAX = timedelta(minutes=100)
NAMES = (
    "Ada Novak",
    "Bruno Keller",
    "Clara Simon",
    "Deniz Aydin",
    "Elif Berg",
    "Farid Haddad",
    "Greta Lund",
    "Hugo Marin",
)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the demo. `home` is where she sets out; None: she never says."""

    name: str
    phone: str
    home: Place | None


@dataclass(frozen=True, slots=True)
class Cast:
    """The salon and its customers."""

    venue: Place
    customers: tuple[Customer, ...]


def _near(place: Place, metres: float, angle: float, name: str) -> Place:
    north, east = metres * math.sin(angle), metres * math.cos(angle)
    scale = DEGREE_M * math.cos(math.radians(place.lat))
    return Place(name, round(place.lat + north / DEGREE_M, 6), round(place.lon + east / scale, 6))


def _stop(timetable: Timetable, index: int) -> Place:
    return Place(timetable.text("stop_name", index), float(timetable.stop_lat[index]), float(timetable.stop_lon[index]))


def _departures(timetable: Timetable) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    times, flags = timetable.st_departs, timetable.st_flags
    morning = (times >= MORNING_S[0]) & (times < MORNING_S[1]) & ((flags & CAN_BOARD) != 0)
    return np.bincount(timetable.st_stop[morning], minlength=timetable.n_stops)


def _by_ride(itineraries: tuple[Itinerary, ...]) -> bool:
    best = itineraries[0] if itineraries else None
    return best is not None and len(best.legs) > 1 and best.arrive_at - best.leave_at <= TRAVEL_MAX


def choose(timetable: Timetable, *, seed: int = 7) -> Cast:
    """The cast for a day. Raises `ValueError` if the network has too little service that morning."""
    dice = random.Random(seed)  # noqa: S311 - a play, not a secret
    departures = _departures(timetable)
    busiest = int(departures.argmax())
    venue = _near(_stop(timetable, busiest), 90, dice.uniform(0, 6.28), "Salon Lind")
    scale = DEGREE_M * math.cos(math.radians(venue.lat))
    metres = np.hypot((timetable.stop_lat - venue.lat) * DEGREE_M, (timetable.stop_lon - venue.lon) * scale)
    served = np.flatnonzero((departures >= DEPARTURES_MIN) & (metres >= HOME_M[0]) & (metres <= HOME_M[1]))
    candidates = [int(index) for index in served]
    dice.shuffle(candidates)
    zone = ZoneInfo(timetable.meta["timezone"])
    ten = datetime.fromtimestamp(timetable.meta["origin_epoch"] + 10 * 3600, UTC).astimezone(zone)
    homes: list[Place] = []
    network = Network(timetable)
    for index in candidates:
        stop = _stop(timetable, index)
        home = _near(stop, dice.uniform(40, 300), dice.uniform(0, 6.28), f"near {stop.name}")
        if _by_ride(plan(Request(home, venue, arrive_by=ten), network)):
            homes.append(home)
        if len(homes) == len(NAMES) - 1:
            break
    if len(homes) < len(NAMES) - 1:
        raise ValueError(f"only {len(homes)} of {len(NAMES) - 1} customers find a way to the busiest stop that morning")
    people = [
        Customer(name, f"+1202555{110 + n:04d}", home)
        for n, (name, home) in enumerate(zip(NAMES, [*homes, None], strict=True))
    ]
    return Cast(venue, tuple(people))
