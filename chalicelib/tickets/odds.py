"""How likely a way brings somebody there in time, for tickets: `chalicelib.transit.reliability` asked in their terms.

Rules
- Only feeds with live data are judged: of others nobody ever sees how late they run, and a number would be invented.
- The way that is worth most comes before the planner's own, with the minutes to spare that its line's history asks
  for. Somebody who waits at the stop walks no slower: the first walk keeps its length.
- The surest way is to walk; but who can ride with a good chance is not sent on a long walk instead.
- A told way is judged as it stands: by the same vehicles, missed ones and their successors included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.ticket import exact
from chalicelib.transit import access
from chalicelib.transit.legs import Teller
from chalicelib.transit.reliability import chances
from chalicelib.transit.reliability_odds import Course, Played, on_time

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.prepared import Prepared
    from chalicelib.transit.reliability_forecast import Forecast
    from chalicelib.transit.values import Option, Request

CHOSEN_MAX = 3  # robust ways beside the planner's, with different first rides
SHORT_WALK_MIN = 15  # nobody minds walking so far all the way
SURE = 0.8  # a ride with this chance is better than a long walk that is certain


@dataclass(frozen=True, slots=True)
class Odds:
    """Judges ways on one day at one moment."""

    day: Prepared
    forecast: Forecast

    def probability(self, option: Option, deadline: datetime) -> float | None:
        """The chance to arrive by the deadline when setting out as the option says.

        None where it cannot be said: added trips, vehicles that go on as another trip.
        """
        course = self._course(option)
        if course is None:
            return None
        teller = Teller(self.day.planned)
        arrivals = Played(self.forecast, course).arrivals(teller.seconds(option.leave_at))
        return on_time(arrivals, teller.seconds(deadline))

    def likeliest(self, request: Request, walking: access.Walking, now: datetime) -> tuple[Option, ...]:
        """The ways worth most, best first, and when to set out for them, as timetabled; () where there is none."""
        found = chances(request, self.day.planned, self.forecast, now, options=CHOSEN_MAX, walking=walking)
        rides_work = any(chance.probability >= SURE and _has_ride(chance.option) for chance in found)
        ordered = sorted(found, key=lambda chance: rides_work and _is_long_walk(chance.option))
        return tuple(self._walking_as_ever(chance.option, request, walking) for chance in ordered)

    def _walking_as_ever(self, option: Option, request: Request, walking: access.Walking) -> Option:
        first = option.legs[0]
        if first.ride is not None or len(option.legs) == 1:
            return option
        stops, seconds = access.reach(self.day.planned, request.origin, walking, outward=True)
        wanted = self.day.planned.stop_of.get(first.destination.stop_id or "")
        walk_s = next((int(s) for stop, s in zip(stops, seconds, strict=True) if stop == wanted), None)
        if walk_s is None:
            return option
        arrives = min(
            first.arrives, (exact(first.departs) + timedelta(seconds=walk_s)).astimezone(first.departs.tzinfo)
        )
        return replace(option, legs=(replace(first, arrives=arrives), *option.legs[1:]))

    def _course(self, option: Option) -> Course | None:
        walks, rides = [0], list[tuple[int, int]]()
        for leg in option.legs:
            if leg.ride is None:
                walks[-1] += int((leg.arrives - leg.departs).total_seconds())
                continue
            found = self.day.calls.of(leg)
            if found is None or int(self.day.planned.running.following[found[0]]) >= 0:
                return None
            rides.append(found[1:])
            walks.append(0)
        return Course(tuple(walks), tuple(rides))


def _has_ride(option: Option) -> bool:
    return any(leg.ride for leg in option.legs)


def _is_long_walk(option: Option) -> bool:
    walked = (option.legs[-1].arrives - option.legs[0].departs).total_seconds()
    return not _has_ride(option) and walked > 60 * SHORT_WALK_MIN
