"""One customer's way, watched from the first plan to the door: when a word is worth saying, and which. Pure.

Rules
- Planned: the best way (`reliability_choice`) is found again and again, more often as the time comes nearer, and told
  LEAD_S before it has to be begun; nothing is said before.
- Told: what was told stands. Only a chance that has become bad (below SHAKY, and WORSE below what was told) and a way
  that is BETTER is worth a word, and only while there is time to act on it. "Leave later" only if the way is LOST.
- Under way: where she is follows from the vehicles (`reliability_progress`). While her chance is good nothing is
  looked for. Else ways to go on from there are weighed against staying; one worth SWITCH_MIN minutes more is told.
- Late: said once, when being on time has become as good as impossible, or shortly before the last moment at which the
  venue can still do something with it if it is likely. On time again: said once, if late had been said.
- At most REPLANS_MAX changes of way, whatever happens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.reliability_choice import TARGET, best, candidates
from chalicelib.transit.reliability_odds import Played, on_time
from chalicelib.transit.reliability_progress import Progress, advance, remaining, setting_out
from chalicelib.transit.reliability_switch import onward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.network import Network
    from chalicelib.transit.reliability_choice import Choice
    from chalicelib.transit.reliability_forecast import Forecast
    from chalicelib.transit.reliability_odds import Course
    from chalicelib.transit.ways import Ends, Way

    Floats = NDArray[Any]

LEAD_S = 15 * 60  # how long before setting out the way is told
REACT_S = 3 * 60  # nobody sets out sooner than this after a text
SHAKY, WORSE, BETTER, LOST = 0.8, 0.15, 0.15, 0.4
SWITCH_MIN = 6.0
GOOD_MIN = 60.0  # what being on time is worth, in minutes of arriving late
REPLANS_MAX = 2
LATE_S = 5 * 60  # less is not called late on the way
HOPELESS, LIKELY_LATE = 0.05, 0.5  # share of histories that arrive before LATE_S; the second: more likely late
LAST_CALL_S = 12 * 60  # before the appointment: what is likely then is said
FIRST_LOOK_S, LOOK_S = 3 * 3600, 60
CALM, CALM_LOOK_S = 0.95, 120  # while all is well, looking every other minute is enough
FOLLOWED_S = 3600  # after the appointment


class Word(NamedTuple):
    """Something to say: kind leave_by, replan, late or on_time_again. `course` None: the way stays as told.

    `leave_s` is None on the way; `since_s` is when the course counts from (at the stop, or boarding of its ride), and
    `at_call` a call of the stop where she waits then.
    """

    kind: str
    course: Course | None
    leave_s: int | None
    since_s: float
    probability: float
    arrive_s: float
    at_call: int = -1


@dataclass(frozen=True, slots=True)
class Watched:
    """What is remembered of one way. Times in s from the day's origin; `told` is None until a way was told."""

    ends: Ends
    deadline_s: int
    lead_s: int = LEAD_S
    target: float = TARGET
    ways: tuple[Way, ...] | None = None
    told: Course | None = None
    leave_s: int = 0
    probability: float = 0.0
    progress: Progress | None = None
    replans: int = 0
    late_told: bool = False
    cleared: bool = False


class Looked(NamedTuple):
    """After a look: what to remember, what to say, and when to look again (None: never)."""

    watched: Watched
    word: Word | None
    next_look_s: int | None


def look(watched: Watched, forecast: Forecast, network: Network) -> Looked:
    """One look at one way. `network` is as timetabled; what is live is in the forecast."""
    now = forecast.now_s
    if now > watched.deadline_s + FOLLOWED_S:
        return Looked(watched, None, None)
    if watched.told is None:
        return _planning(watched, forecast, network)
    if watched.progress is None and now < watched.leave_s:
        return _waiting(watched, forecast, network)
    return _under_way(watched, forecast, network)


def _planning(watched: Watched, forecast: Forecast, network: Network) -> Looked:
    now = forecast.now_s
    if watched.ways is None:
        watched = replace(watched, ways=tuple(candidates(network, watched.ends, watched.deadline_s, now)))
    choice = _best(watched, forecast, network, now)
    if choice is None:
        return Looked(watched, None, None)
    tell_s = choice.leave_s - watched.lead_s
    if now < tell_s:
        far = tell_s - now
        return Looked(watched, None, now + max(LOOK_S, min(far, far // 2 if far > 20 * 60 else far)))
    word = Word("leave_by", choice.course, choice.leave_s, choice.leave_s, choice.probability, choice.arrive_s)
    return Looked(_told(watched, word), word, now + LOOK_S)


def _best(watched: Watched, forecast: Forecast, network: Network, earliest_s: int) -> Choice | None:
    ways = watched.ways or ()
    return best(forecast, network, watched.ends, ways, watched.deadline_s, earliest_s, watched.target)


def _told(watched: Watched, word: Word) -> Watched:
    return replace(
        watched, told=word.course, leave_s=int(word.leave_s or 0), probability=word.probability, progress=None
    )


def _waiting(watched: Watched, forecast: Forecast, network: Network) -> Looked:
    """Between the word and the door: the way stands unless it has become bad and there is a better one in time."""
    now = forecast.now_s
    told = watched.told
    assert told is not None
    share = on_time(Played(forecast, told).arrivals(watched.leave_s), watched.deadline_s)
    again = Looked(watched, None, now + (CALM_LOOK_S if share > CALM else LOOK_S))
    if share >= min(SHAKY, watched.probability - WORSE) or watched.replans >= REPLANS_MAX:
        return again
    choice = _best(watched, forecast, network, now + REACT_S)
    if choice is None or choice.probability < share + BETTER:
        return again
    if choice.leave_s > watched.leave_s + REACT_S and share > LOST:
        return again
    word = Word("replan", choice.course, choice.leave_s, choice.leave_s, choice.probability, choice.arrive_s)
    return Looked(replace(_told(watched, word), replans=watched.replans + 1), word, now + LOOK_S)


def _under_way(watched: Watched, forecast: Forecast, network: Network) -> Looked:
    told = watched.told
    assert told is not None
    progress = advance(watched.progress or setting_out(told, watched.leave_s), forecast)
    watched = replace(watched, progress=progress)
    rest, since = remaining(progress)
    arrivals = Played(forecast, rest).arrivals(since)
    share = on_time(arrivals, watched.deadline_s)
    word = None
    if share < SHAKY and watched.replans < REPLANS_MAX and not progress.at_door:
        word, arrivals = _switched(watched, forecast, network, arrivals)
        if word is not None and word.course is not None:
            watched = replace(watched, told=word.course, progress=_after(progress, word), replans=watched.replans + 1)
    watched, verdict = _late(watched, arrivals, forecast.now_s)
    if word is None:
        word = verdict
    elif verdict is not None:
        word = word._replace(kind=verdict.kind)
    done = progress.at_door and forecast.now_s > since
    pause_s = CALM_LOOK_S if share > CALM else LOOK_S
    return Looked(watched, word, None if done else forecast.now_s + pause_s)


def _switched(watched: Watched, forecast: Forecast, network: Network, staying: Floats) -> tuple[Word | None, Floats]:
    progress = watched.progress
    assert progress is not None
    found = onward(forecast, network, watched.ends.destination, progress)
    if not found:
        return None, staying
    way = max(found, key=lambda one: _worth(one.arrivals, watched.deadline_s))
    if _worth(way.arrivals, watched.deadline_s) < _worth(staying, watched.deadline_s) + SWITCH_MIN:
        return None, staying
    since = progress.since_s if progress.aboard else max(progress.since_s, float(forecast.now_s))
    share = on_time(way.arrivals, watched.deadline_s)
    at_call = progress.course.rides[progress.stage][0]
    return Word("replan", way.course, None, since, share, float(np.median(way.arrivals)), at_call), way.arrivals


def _worth(arrivals: Floats, deadline_s: float) -> float:
    late_min = min(max(float(np.median(arrivals)) - deadline_s, 0.0) / 60, GOOD_MIN)
    return GOOD_MIN * on_time(arrivals, deadline_s) - late_min


def _after(progress: Progress, word: Word) -> Progress:
    assert word.course is not None
    if progress.aboard and word.course.aboard:
        board, alight = word.course.rides[0]
        return Progress(word.course, 0, progress.since_s, (progress.aboard[0], board, alight))
    return Progress(word.course, 0, word.since_s + word.course.walks_s[0])


def _late(watched: Watched, arrivals: Floats, now: int) -> tuple[Watched, Word | None]:
    share = on_time(arrivals, watched.deadline_s)
    soon = on_time(arrivals, watched.deadline_s + LATE_S)
    middle = float(np.median(arrivals))
    if not watched.late_told:
        if soon < HOPELESS or (soon < LIKELY_LATE and now >= watched.deadline_s - LAST_CALL_S):
            return replace(watched, late_told=True), Word("late", None, None, now, share, middle)
    elif not watched.cleared and share > 1 - HOPELESS:
        return replace(watched, cleared=True), Word("on_time_again", None, None, now, share, middle)
    return watched, None
