"""How likely a way brings somebody there in time, for tickets: `transit.reliability.chances` asked in their terms.

Rules
- Only feeds with live data are judged: of others nobody ever sees how late they run, and a number would be invented.
- The way that is worth most comes before the planner's own, with the minutes to spare that its line's history asks
  for. Somebody who waits at the stop walks no slower: the first walk keeps its length.
- The surest way is to walk; but who can ride with a good chance is not sent on a long walk instead.
- Who is on the way is where the vehicles have carried her: that is known only where most vehicles are seen to pass.
  Of an operator that tells delays alone, everybody would seem to wait at the first stop.
- A told way is judged as it stands: by the same vehicles, missed ones and their successors included, and on the way
  from where its vehicles have carried her.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.tickets.replanning.courses import Courses, walking_first
from chalicelib.tickets.ticket import VERY_LATE_S
from chalicelib.transit.reliability.arrival import on_time
from chalicelib.transit.reliability.chances import chances
from chalicelib.transit.reliability.following import (
    Ahead,
    ahead_of_start,
    ahead_on_the_way,
    as_it_comes,
    better_onward,
    middle_s,
)
from chalicelib.transit.reliability.progress import setting_out
from chalicelib.transit.search import access
from chalicelib.transit.search.legs import Teller

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.replanning.prepared import Prepared
    from chalicelib.tickets.ticket import Underway
    from chalicelib.transit.data import walking
    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.itinerary import Option, Place, Request
    from chalicelib.transit.reliability.chances import Chance
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.search.network import Network

CHOSEN_MAX = 3  # robust ways beside the planner's, with different first rides
SHORT_WALK_MIN = 15  # nobody minds walking so far all the way
SURE = 0.8  # a ride with this chance is better than a long walk that is certain


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes of following a way from now on.

    `probability` to be there by the deadline, `late_probability` to be there over `VERY_LATE_S` after it; `arrive_at`
    the arrival in the middle, None: more likely no vehicle comes any more; `underway` where she is, None: at home.
    """

    probability: float
    late_probability: float
    arrive_at: datetime | None
    underway: Underway | None


@dataclass(frozen=True, slots=True)
class Odds:
    """Judges ways on one day at one moment."""

    day: Prepared
    forecast: Forecast

    def outlook(self, option: Option, underway: Underway | None, deadline: datetime) -> Outlook | None:
        """What comes of an option for somebody who sets out as it says, and was last known to be there.

        None where it cannot be said: added trips, vehicles that go on as another trip, a ride that is not known.
        """
        ahead = self._ahead(option, underway)
        return self._told(ahead, deadline) if ahead else None

    def onward(
        self, option: Option, underway: Underway | None, venue: Place, goals: Reach, deadline: datetime, now: Network
    ) -> tuple[Option, Outlook] | None:
        """A way on from where she must be that is worth leaving the told one for, as it runs `now`."""
        ahead = self._ahead(option, underway)
        if ahead is None or ahead.progress is None:
            return None
        deadline_s = Teller(self.day.planned).seconds(deadline)
        found = better_onward(self.forecast, self.day.planned, goals, ahead, deadline_s)
        if found is None:
            return None
        way = self._courses.onward(found.course, ahead.progress, venue, self.forecast.now_s, now)
        return way, self._told(Ahead(ahead.progress, found.arrivals), deadline)

    def as_it_comes(self, option: Option, underway: Underway | None, venue: Place, now: Network) -> Option | None:
        """What is left of a way by the vehicles expected to take her: where one is missed, the next of its line.

        None where nothing is left to ride, or nothing comes any more.
        """
        ahead = self._ahead(option, underway)
        rest = as_it_comes(self.forecast, ahead.progress) if ahead and ahead.progress else None
        if ahead is None or ahead.progress is None or rest is None:
            return None
        return self._courses.onward(rest, ahead.progress, venue, self.forecast.now_s, now)

    def likeliest(
        self, request: Request, walking: walking.Walking, ready: datetime, *, early_s: int, target: float
    ) -> tuple[Chance, ...]:
        """The ways worth most, best first, and when to set out for them, as timetabled; () where there is none."""
        found = chances(
            request,
            self.day.planned,
            self.forecast,
            ready,
            target=target,
            early_s=early_s,
            options=CHOSEN_MAX,
            walking=walking,
            question=self.day.question(request, walking),
        )
        rides_work = any(chance.probability >= SURE and _has_ride(chance.option) for chance in found)
        ordered = sorted(found, key=lambda chance: rides_work and _is_long_walk(chance.option))
        return tuple(
            chance._replace(option=self._walking_as_ever(chance.option, request, walking)) for chance in ordered
        )

    @property
    def _courses(self) -> Courses:
        return Courses(self.day)

    def _ahead(self, option: Option, underway: Underway | None) -> Ahead | None:
        course = self._courses.of(option)
        if course is None:
            return None
        leave_s = Teller(self.day.planned).seconds(option.leave_at)
        if underway is None and self.forecast.now_s < leave_s:
            return ahead_of_start(self.forecast, course, leave_s)
        begun = self._courses.progress(course, underway) if underway else setting_out(course, leave_s)
        return ahead_on_the_way(self.forecast, begun) if begun else None

    def _told(self, ahead: Ahead, deadline: datetime) -> Outlook:
        teller, middle = Teller(self.day.planned), middle_s(ahead.arrivals)
        deadline_s = teller.seconds(deadline)
        return Outlook(
            on_time(ahead.arrivals, deadline_s),
            1 - on_time(ahead.arrivals, deadline_s + VERY_LATE_S),
            teller.instant(int(middle)) if middle is not None else None,
            self._courses.underway(ahead.progress) if ahead.progress else None,
        )

    def _walking_as_ever(self, option: Option, request: Request, walking: walking.Walking) -> Option:
        first = option.legs[0]
        if first.ride is not None or len(option.legs) == 1:
            return option
        stops, seconds = access.reach(self.day.planned, request.origin, walking, outward=True)
        wanted = self.day.planned.stop_of.get(first.destination.stop_id or "")
        walk_s = next((int(s) for stop, s in zip(stops, seconds, strict=True) if stop == wanted), None)
        return option if walk_s is None else walking_first(option, walk_s)


def _has_ride(option: Option) -> bool:
    return any(leg.ride for leg in option.legs)


def _is_long_walk(option: Option) -> bool:
    walked = (option.legs[-1].arrives - option.legs[0].departs).total_seconds()
    return not _has_ride(option) and walked > 60 * SHORT_WALK_MIN
