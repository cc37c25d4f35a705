"""Where somebody must be by now, what is ahead of them, and what else is worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from chalicelib.transit.data.lines import Lines
from chalicelib.transit.data.sightings import Sighting
from chalicelib.transit.data.walking import Reach
from chalicelib.transit.reliability.arrival import NEVER_S, Journey, share_on_time
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.forecast import Forecast, Observations, Passage
from chalicelib.transit.reliability.journey_ahead import ahead_of_start, ahead_on_the_way, better_onward, median_s
from chalicelib.transit.reliability.onward_journeys import OnwardSearch
from chalicelib.transit.reliability.progress import advance_progress, progress_at_start, rest_of
from chalicelib.transit.search.network import Network
from tests.fakes.realtime_text import ORIGIN, seconds, timetable

if TYPE_CHECKING:
    from chalicelib.transit.reliability.journey_ahead import Ahead

# R and, a little later, Q from A to C; S and T go on from C to E, U all the way but slowly
TABLE = timetable("""
    r0 route=R: A 8:00, B 8:10, C 8:20
    r1 route=R: A 8:30, B 8:40, C 8:50
    q0 route=Q: A 8:06, C 8:26
    q1 route=Q: A 8:36, C 8:56
    s0 route=S: C 8:26, E 8:36
    s1 route=S: C 8:59, E 9:09
    t0 route=T: B 8:22, E 8:46
    u0 route=U: A 7:30, E 8:40
""")
NETWORK, LINES = Network(TABLE), Lines(TABLE)
TRIPS = ("r0", "r1", "q0", "q1", "s0", "s1", "t0", "u0")
WALK_S = 300


def call(trip: str, at: int) -> int:
    return int(TABLE.run_first[TRIPS.index(trip)]) + at


def stop(name: str) -> int:
    return next(at for at in range(TABLE.n_stops) if TABLE.text("stop_id", at) == name)


def punctual() -> Delays:
    """Every line on time, give or take half a minute, for twenty days."""
    delays = Delays()
    for day in range(20):
        for run, trip in enumerate(TRIPS):
            for at in range(int(TABLE.run_first[run]), int(TABLE.run_first[run + 1])):
                late = (day * 7 + run) % 60 - 30
                name = TABLE.text("stop_id", int(TABLE.st_stop[at]))
                planned = int(TABLE.st_departs[at])
                last = at == int(TABLE.run_first[run + 1]) - 1
                moment = ORIGIN - (20 - day) * 86_400 + planned + late
                delays.learn(
                    [Sighting(f"{trip}|{day}", trip[0].upper(), name, not last, late, moment, planned // 3600)]
                )
    return delays


PUNCTUAL = punctual()


def forecast(now: str, passed: dict[int, Passage]) -> Forecast:
    return Forecast(LINES, PUNCTUAL, seconds(now), Observations(passed))


def test_progress_follows_the_vehicles_that_were_seen() -> None:
    journey = Journey((WALK_S, 0, WALK_S), ((call("r0", 0), call("r0", 2)), (call("s0", 0), call("s0", 1))))
    start = progress_at_start(journey, seconds("7:54"))
    waiting = advance_progress(start, forecast("8:00", {}))
    assert waiting == start
    aboard = advance_progress(start, forecast("8:05", {0: Passage(call("r0", 0), departing=True, delay_s=120)}))
    assert aboard.aboard == (0, call("r0", 0), call("r0", 2))
    assert aboard.since_s == seconds("8:02")
    changed = advance_progress(aboard, forecast("8:25", {0: Passage(call("r0", 2), departing=False, delay_s=120)}))
    assert (changed.stage, changed.aboard, changed.since_s) == (1, None, seconds("8:22"))
    rest, since = rest_of(changed)
    assert rest.rides == (journey.rides[1],)
    assert since == seconds("8:22")


def test_who_missed_the_vehicle_is_not_taken_for_aboard() -> None:
    journey = Journey((WALK_S, WALK_S), ((call("r0", 0), call("r0", 2)),))
    late_start = progress_at_start(journey, seconds("7:58"))
    passed = {0: Passage(call("r0", 1), departing=True, delay_s=0)}
    assert advance_progress(late_start, forecast("8:12", passed)).aboard is None
    passed[1] = Passage(call("r1", 0), departing=True, delay_s=0)
    next_run = advance_progress(late_start, forecast("8:31", passed))
    assert next_run.aboard == (1, call("r1", 0), call("r1", 2))


R_S = Journey((WALK_S, 0, WALK_S), ((call("r0", 0), call("r0", 2)), (call("s0", 0), call("s0", 1))))
DOOR = Reach(np.array([stop("E")], np.int32), np.array([WALK_S], np.int32))


def on_the_way(now: str, r_late_min: int, at: int = 0) -> tuple[Forecast, Ahead]:
    """Aboard r0, which was so late at that call."""
    moment = forecast(now, {0: Passage(call("r0", at), departing=True, delay_s=60 * r_late_min)})
    return moment, ahead_on_the_way(moment, progress_at_start(R_S, seconds("7:54")))


def test_before_setting_out_the_way_is_played_from_when_she_is_told_to_leave() -> None:
    ahead = ahead_of_start(forecast("7:40", {}), R_S, seconds("7:54"))
    assert ahead.progress is None
    assert median_s(ahead.arrivals) == pytest.approx(seconds("8:41"), abs=60)


def test_on_the_way_what_is_ahead_starts_where_the_vehicles_have_carried_them() -> None:
    _, ahead = on_the_way("8:03", 1)
    assert ahead.progress
    assert ahead.progress.aboard == (0, call("r0", 0), call("r0", 2))
    assert share_on_time(ahead.arrivals, seconds("8:50")) > 0.8


def test_another_journey_on_is_worth_it_only_when_the_promised_one_has_become_bad() -> None:
    moment, good = on_the_way("8:03", 1)
    assert better_onward(OnwardSearch(moment, NETWORK, DOOR), good, seconds("8:55")) is None
    moment, bad = on_the_way("8:12", 11)
    found = better_onward(OnwardSearch(moment, NETWORK, DOOR), bad, seconds("8:55"))
    assert found is not None
    assert found.journey.rides == ((call("r0", 0), call("r0", 1)), (call("t0", 0), call("t0", 1)))
    hopeless = better_onward(OnwardSearch(moment, NETWORK, DOOR), bad, seconds("8:20"))
    assert hopeless is None or share_on_time(hopeless.arrivals, seconds("8:20")) == 0.0


def test_who_has_not_set_out_is_offered_no_journey_on() -> None:
    moment = forecast("7:40", {})
    assert (
        better_onward(
            OnwardSearch(moment, NETWORK, DOOR), ahead_of_start(moment, R_S, seconds("7:54")), seconds("8:55")
        )
        is None
    )


@pytest.mark.parametrize(("stranded", "middle"), [(0.0, 100.0), (0.4, 100.0), (0.6, None)])
def test_the_middle_arrival_is_none_where_more_likely_nothing_comes(stranded: float, middle: float | None) -> None:
    arrivals = np.full(100, 100.0)
    arrivals[: int(100 * stranded)] = NEVER_S
    assert median_s(arrivals) == middle
