"""What the planner is asked and what it answers: plain values, as they are stored and go to JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import tzinfo


@dataclass(frozen=True, slots=True)
class Place:
    """A point, WGS 84 degrees; with `stop_id` it is that GTFS stop, with `stop_sequence` a call of a trip.

    A stop at 0, 0 has no known position. Of an origin, `walk_min` says how many minutes somebody needs to the place
    that they named, where it is not where they are.
    """

    name: str
    lat: float
    lon: float
    stop_id: str | None = None
    stop_sequence: int | None = None
    walk_min: int | None = None

    @property
    def has_position(self) -> bool:
        """Whether it is known where it is."""
        return bool(self.lat or self.lon)

    @property
    def doorstep(self) -> Place:
        """Where somebody is who named this place: at it, or near it, where it is some minutes away."""
        return Place("", self.lat, self.lon) if self.walk_min else self

    @property
    def walk_s(self) -> int:
        """Seconds from there to the place."""
        return 60 * (self.walk_min or 0)

    def to_json(self) -> dict[str, Any]:
        """As it is stored and answered."""
        extra = {"stop_id": self.stop_id, "stop_sequence": self.stop_sequence, "minutes": self.walk_min}
        return {"name": self.name, "lat": self.lat, "lon": self.lon} | {k: v for k, v in extra.items() if v is not None}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Place:
        """Inverse of `to_json`."""
        return cls(
            raw["name"], raw["lat"], raw["lon"], raw.get("stop_id"), raw.get("stop_sequence"), raw.get("minutes")
        )


@dataclass(frozen=True, slots=True)
class Ride:
    """What a leg by vehicle adds: the GTFS trip and its timetabled times (aware, feed's zone).

    `order` is set where the ride runs only for those who phone before: it is the number, "" where nobody says it.
    """

    trip_id: str
    route_id: str
    route_name: str
    headsign: str
    planned_departs: datetime
    planned_arrives: datetime
    realtime: bool = False
    order: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The ride's part of a leg."""
        return {
            "trip_id": self.trip_id,
            "route_id": self.route_id,
            "route_name": self.route_name,
            "headsign": self.headsign,
            "planned_departs": self.planned_departs.isoformat(),
            "planned_arrives": self.planned_arrives.isoformat(),
            "realtime": self.realtime,
            **({} if self.order is None else {"order": self.order}),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Ride:
        """Inverse of `to_json`; other keys are ignored."""
        return cls(
            raw["trip_id"],
            raw["route_id"],
            raw["route_name"],
            raw["headsign"],
            datetime.fromisoformat(raw["planned_departs"]),
            datetime.fromisoformat(raw["planned_arrives"]),
            realtime=raw["realtime"],
            order=raw.get("order"),
        )


@dataclass(frozen=True, slots=True)
class Rental:
    """What a leg by shared bike adds: whose it is, and what was free at both its ends when that was last counted."""

    system: str  # the operator's public name
    vehicles: int  # where it is taken
    docks: int | None  # where it is given back; None: it is left standing where others stand
    observed_at: datetime  # aware
    taken_at: str | None = None  # the operator's station_id; None: a vehicle that stands by itself
    given_back_at: str | None = None
    url: str = ""  # the operator's own page, where one rents

    def to_json(self) -> dict[str, Any]:
        """The rental's part of a Leg, under "rental"."""
        return {
            "system": self.system,
            "vehicles": self.vehicles,
            "docks": self.docks,
            "observed_at": self.observed_at.isoformat(),
            "from_station_id": self.taken_at,
            "to_station_id": self.given_back_at,
            "url": self.url,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Rental:
        """Inverse of `to_json`."""
        observed_at = datetime.fromisoformat(raw["observed_at"])
        stations = raw["from_station_id"], raw["to_station_id"]
        return cls(raw["system"], raw["vehicles"], raw["docks"], observed_at, *stations, raw["url"])


@dataclass(frozen=True, slots=True)
class Leg:
    """One ride or walk. Times are what we expect now (aware, feed's zone).

    `ride` is set for vehicles with a timetable, `rental` for shared ones; both are None when walking.
    """

    mode: str  # walk, bus, tram, subway, rail, ferry, bike, scooter, taxi, …
    origin: Place
    destination: Place
    departs: datetime
    arrives: datetime
    ride: Ride | None = None
    rental: Rental | None = None

    def in_zone(self, zone: tzinfo) -> Leg:
        """The same instants on the clocks of another zone."""
        ride, rental = self.ride, self.rental
        if ride:
            planned = ride.planned_departs.astimezone(zone), ride.planned_arrives.astimezone(zone)
            ride = replace(ride, planned_departs=planned[0], planned_arrives=planned[1])
        if rental:
            rental = replace(rental, observed_at=rental.observed_at.astimezone(zone))
        departs, arrives = self.departs.astimezone(zone), self.arrives.astimezone(zone)
        return replace(self, departs=departs, arrives=arrives, ride=ride, rental=rental)

    def to_json(self) -> dict[str, Any]:
        """As it is stored and answered; the ride's keys stand beside the leg's."""
        leg = {
            "mode": self.mode,
            "from": self.origin.to_json(),
            "to": self.destination.to_json(),
            "departs": self.departs.isoformat(),
            "arrives": self.arrives.isoformat(),
        }
        rental = {"rental": self.rental.to_json()} if self.rental else {}
        return leg | (self.ride.to_json() if self.ride else {}) | rental

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Leg:
        """Inverse of `to_json`."""
        return cls(
            raw["mode"],
            Place.from_json(raw["from"]),
            Place.from_json(raw["to"]),
            datetime.fromisoformat(raw["departs"]),
            datetime.fromisoformat(raw["arrives"]),
            Ride.from_json(raw) if "trip_id" in raw else None,
            Rental.from_json(raw["rental"]) if "rental" in raw else None,
        )


@dataclass(frozen=True, slots=True)
class Itinerary:
    """One way to come, door to door; instants are aware. `changes` are of vehicle, not in-seat continuations."""

    leave_at: datetime
    arrive_at: datetime
    changes: int
    legs: tuple[Leg, ...]

    def in_zone(self, zone: tzinfo) -> Itinerary:
        """The same instants on the clocks of another zone."""
        legs = tuple(leg.in_zone(zone) for leg in self.legs)
        leave_at, arrive_at = self.leave_at.astimezone(zone), self.arrive_at.astimezone(zone)
        return replace(self, leave_at=leave_at, arrive_at=arrive_at, legs=legs)

    def arriving_at(self, arrive_at: datetime) -> Itinerary:
        """The same, expected at the door at that instant: later, there is time to spare before the last walk.

        Sooner, the vehicles before it are expected sooner, too.
        """
        legs, until = list(self.legs), arrive_at
        for at in range(len(legs) - 1, -1, -1):
            leg = legs[at]
            if at < len(legs) - 1 and leg.arrives <= until:
                break
            is_walk = leg.ride is None and leg.rental is None and len(legs) > 1
            departs = _departs_for(leg, until) if is_walk else min(leg.departs, until)
            legs[at] = replace(leg, departs=departs, arrives=until)
            until = departs
        return replace(self, leave_at=min(self.leave_at, legs[0].departs), arrive_at=arrive_at, legs=tuple(legs))

    def to_json(self) -> dict[str, Any]:
        """As it is stored and answered: leave_at, arrive_at, changes, legs."""
        return {
            "leave_at": self.leave_at.isoformat(),
            "arrive_at": self.arrive_at.isoformat(),
            "changes": self.changes,
            "legs": [leg.to_json() for leg in self.legs],
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Itinerary:
        """Inverse of `to_json`."""
        return cls(
            datetime.fromisoformat(raw["leave_at"]),
            datetime.fromisoformat(raw["arrive_at"]),
            raw["changes"],
            tuple(Leg.from_json(leg) for leg in raw["legs"]),
        )


def _departs_for(leg: Leg, arrives: datetime) -> datetime:
    """When a leg departs that arrives then and takes as long; in UTC, for within a zone sums count the wall clock."""
    took = leg.arrives.astimezone(UTC) - leg.departs.astimezone(UTC)
    return (arrives.astimezone(UTC) - took).astimezone(leg.departs.tzinfo)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the planner. Exactly one of `arrive_by` (latest departure) and `depart_at` (earliest arrival).

    Both are aware datetimes. A place with `stop_id` means that stop (and its station); else its coordinates.
    """

    origin: Place
    destination: Place
    arrive_by: datetime | None = None
    depart_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.arrive_by is None) == (self.depart_at is None):
            raise ValueError("a request has either arrive_by or depart_at")

    @property
    def instant(self) -> datetime:
        """The one of the two that is given."""
        instant = self.arrive_by or self.depart_at
        assert instant is not None  # as checked when it was made
        return instant
