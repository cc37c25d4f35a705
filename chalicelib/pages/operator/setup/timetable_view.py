"""What is shown of a compiled timetable: a map of its stops, and a trip to try it with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import cos, radians
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.foundation.invalid import Invalid
from chalicelib.transit.data.service_days import NoTimetable

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.transit.data.service_days import ServiceDays
    from chalicelib.transit.data.timetable import Timetable

MAP_WIDTH, MAP_HEIGHT = 800, 500
MAP_CELLS = 160  # dots side by side: more would lie on each other, and weigh
TRY_AT = time(9)  # tomorrow: when a city's timetable is at its fullest


@dataclass(frozen=True, slots=True)
class StopMap:
    """Dots in a picture of `width` by `height`; `venue` is None where it lies outside."""

    width: int
    height: int
    dots: tuple[tuple[int, int], ...]
    venue: tuple[int, int] | None
    stops: int


def map_of(timetable: Timetable, lat: float, lon: float) -> StopMap | None:
    """The stops where the vehicles stop, north up, and the venue among them."""
    lats, lons = timetable.arrays["stop_lat"], timetable.arrays["stop_lon"]
    if not len(lats):
        return None
    south, north, west, east = float(lats.min()), float(lats.max()), float(lons.min()), float(lons.max())
    squeeze = cos(radians((south + north) / 2))
    scale = min(
        MAP_WIDTH / max((east - west) * squeeze, 0.001), MAP_HEIGHT / max(north - south, 0.001)
    )  # picture's units a degree

    def at(one_lat: float, one_lon: float) -> tuple[int, int]:
        return round((one_lon - west) * squeeze * scale), round((north - one_lat) * scale)

    cell = MAP_WIDTH // MAP_CELLS
    dots = {tuple(part // cell * cell for part in at(float(a), float(b))) for a, b in zip(lats, lons, strict=True)}
    is_inside = south <= lat <= north and west <= lon <= east
    width, height = at(south, east)
    return StopMap(width, height, tuple(sorted(dots)), at(lat, lon) if is_inside else None, len(lats))  # type: ignore[arg-type] # pairs


def try_trip(days: ServiceDays, business: Business, origin: str, destination: str, now: datetime) -> dict[str, Any]:
    """A trip between two stops (or, without a destination, to the business) tomorrow at nine.

    {"from", "to", "at", "options": [Option…]}. Raises `Invalid` for names that no stop has, `Unavailable`.
    """
    from chalicelib.transit.itinerary import Place, Request  # noqa: PLC0415 - brings numpy
    from chalicelib.transit.places.stops import find_stops  # noqa: PLC0415 - the same
    from chalicelib.transit.search.network import Network  # noqa: PLC0415 - the same
    from chalicelib.transit.search.planner import plan  # noqa: PLC0415 - the same

    zone = ZoneInfo(business.timezone)
    start = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), TRY_AT, zone)
    try:
        timetable = days.day(business.feed, start.date().isoformat())
    except NoTimetable as missing:
        raise Invalid("no_timetable", f"Nothing can be tried yet: {missing}.") from None

    def stop_named(words: str) -> Place:
        found = find_stops(timetable, words, 1)
        if not found:
            raise Invalid("unknown_stop", f"No stop of this timetable is called {words[:80]!r}.")
        return found[0]

    begin = stop_named(origin)
    end = stop_named(destination) if destination else Place(business.name, business.lat, business.lon)
    options = plan(Request(begin, end, depart_at=start), Network(timetable, business.change_s))
    shown = [option.in_zone(zone).to_json() for option in options]
    return {"from": begin.name, "to": end.name, "at": start.isoformat(), "options": shown}
