"""One feed, checked and numbered: what the tables say, as plain arrays of indices. Several parts make a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.tables.services import Services


@dataclass(frozen=True, slots=True)
class Stops:
    """Rows of stops.txt in file order. `placed` is False where there are no usable coordinates (then 0, 0)."""

    ids: list[str]
    names: list[str]
    lat: NDArray[Any]  # f8, WGS 84 degrees
    lon: NDArray[Any]
    kind: NDArray[Any]  # i1 location_type
    parent: NDArray[Any]  # i4 the platform of a boarding area, the station of all else, -1: none
    station: NDArray[Any]  # i4 the station, -1: none
    placed: NDArray[Any]  # bool


@dataclass(frozen=True, slots=True)
class Routes:
    """Rows of routes.txt; `type` is -1 where it cannot be read."""

    ids: list[str]
    names: list[str]
    type: NDArray[Any]  # i2
    phones: list[str]  # of the agency; "": not known


@dataclass(frozen=True, slots=True)
class Trips:
    """Usable rows of trips.txt: known route, known service."""

    ids: list[str]
    headsigns: list[str]
    route: NDArray[Any]  # i4
    service: NDArray[Any]  # i4
    block: NDArray[Any]  # i4 number of the block_id, -1: none
    direction: NDArray[Any]  # i1 direction_id, -1: none


@dataclass(frozen=True, slots=True)
class Calls:
    """stop_times of all trips, by trip and stop_sequence: trip t has rows first[t]:first[t + 1] (none: it is unusable).

    Times are seconds of the trip's own service date; flags as `st_flags` of the timetable.
    """

    first: NDArray[Any]  # i8 [n_trips + 1]
    stop: NDArray[Any]  # i4
    arrives: NDArray[Any]  # i4
    departs: NDArray[Any]  # i4
    sequence: NDArray[Any]  # i4
    flags: NDArray[Any]  # u1


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Usable rows of frequencies.txt."""

    trip: NDArray[Any]  # i4
    start_s: NDArray[Any]  # i4
    end_s: NDArray[Any]  # i4 exclusive
    headway_s: NDArray[Any]  # i4
    exact: NDArray[Any]  # bool


@dataclass(frozen=True, slots=True)
class Transfers:
    """Usable rows of transfers.txt; routes and trips -1: any; `min_s` -1: not given."""

    type: NDArray[Any]  # i1 0…5
    min_s: NDArray[Any]  # i4
    stops: NDArray[Any]  # i4 [n, 2] from, to; -1 only for in-seat types
    routes: NDArray[Any]  # i4 [n, 2]
    trips: NDArray[Any]  # i4 [n, 2]


@dataclass(frozen=True, slots=True)
class Pathways:
    """Walks inside stations; `s` -1 where the feed gives neither time nor length."""

    ends: NDArray[Any]  # i4 [n, 2]
    s: NDArray[Any]  # i4
    m: NDArray[Any]  # i4
    both: NDArray[Any]  # bool


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Which row of its table an id is: what other tables name becomes an index."""

    stops: dict[str, int]
    routes: dict[str, int]
    trips: dict[str, int]

    @classmethod
    def of(cls, stops: Stops, routes: Routes, trips: Trips) -> RowNumbers:
        """The numbers of these rows."""
        return cls(*({text: row for row, text in enumerate(rows.ids)} for rows in (stops, routes, trips)))


@dataclass(frozen=True, slots=True)
class FeedPart:
    """One feed or, after `join.join_feeds`, several."""

    zones: list[str]
    stops: Stops
    routes: Routes
    trips: Trips
    calls: Calls
    services: Services
    frequencies: Frequencies
    transfers: Transfers
    pathways: Pathways
