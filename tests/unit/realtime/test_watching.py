"""One customer's way watched to the door: what is said, and above all what is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.access import Reach
from chalicelib.transit.network import Network
from chalicelib.transit.reliability_delays import Delays
from chalicelib.transit.reliability_forecast import Forecast, Lines, Passed
from chalicelib.transit.reliability_progress import advance, remaining, setting_out
from chalicelib.transit.reliability_watch import LEAD_S, Looked, Watched, look
from chalicelib.transit.sightings import Sighting
from chalicelib.transit.ways import Ends
from tests.fakes.realtime_text import ORIGIN, seconds, timetable

if TYPE_CHECKING:
    from chalicelib.transit.reliability_watch import Word

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


@dataclass
class Morning:
    """A customer with an appointment at E, five minutes on foot from A and to the door."""

    by: str = "8:55"
    passed: dict[int, Passed] = field(default_factory=dict)
    said: list[tuple[int, Word]] = field(default_factory=list)

    def __post_init__(self) -> None:
        one = np.array([WALK_S], np.int32)
        ends = Ends(Reach(np.array([stop("A")], np.int32), one), Reach(np.array([stop("E")], np.int32), one), None)
        self.watched = Watched(ends, seconds(self.by))

    def look(self, clock: str, cancelled: frozenset[int] = frozenset()) -> Looked:
        forecast = Forecast(LINES, PUNCTUAL, self.passed, seconds(clock), cancelled)
        looked = look(self.watched, forecast, NETWORK)
        self.watched = looked.watched
        if looked.word:
            self.said.append((seconds(clock), looked.word))
        return looked

    def minutes(self, first: str, last: str, cancelled: frozenset[int] = frozenset()) -> None:
        for second in range(seconds(first), seconds(last) + 1, 60):
            self.look(f"{second // 3600}:{second // 60 % 60:02}", cancelled)

    def passes(self, trip: str, at: int, late_min: int) -> None:
        self.passed[TRIPS.index(trip)] = Passed(call(trip, at), departing=True, delay_s=60 * late_min)

    def kinds(self) -> list[str]:
        return [word.kind for _, word in self.said]


def test_nothing_is_said_before_it_is_time_and_then_once() -> None:
    morning = Morning()
    first = morning.look("6:00")
    assert first.word is None
    assert first.next_look_s is not None
    morning.minutes("7:00", "7:52")
    assert morning.kinds() == ["leave_by"]
    at_s, word = morning.said[0]
    assert word.course is not None
    assert word.course.rides[0] == (call("r0", 0), call("r0", 2))
    assert word.leave_s is not None
    assert seconds("7:50") <= word.leave_s <= seconds("7:55")
    assert at_s >= word.leave_s - LEAD_S
    assert word.probability > 0.8


def test_a_good_day_stays_silent_to_the_door() -> None:
    morning = Morning()
    morning.minutes("7:00", "8:00")
    morning.passes("r0", 0, 0)
    morning.minutes("8:01", "8:10")
    morning.passes("r0", 2, 0)
    morning.minutes("8:21", "8:26")
    morning.passes("s0", 1, 0)
    morning.minutes("8:37", "8:50")
    assert morning.kinds() == ["leave_by"]


def test_a_change_that_breaks_on_the_way_gets_another_way_from_where_she_sits() -> None:
    """r0 is so late at B that s0 at C is lost; t0 from B still comes in time."""
    morning = Morning()
    morning.minutes("7:00", "8:00")
    morning.passes("r0", 0, 10)
    morning.minutes("8:11", "8:14")
    assert morning.kinds() == ["leave_by", "replan"]
    word = morning.said[1][1]
    assert word.leave_s is None
    assert word.course is not None
    assert word.course.aboard
    assert word.course.rides == ((call("r0", 0), call("r0", 1)), (call("t0", 0), call("t0", 1)))


def test_late_is_said_once_when_nothing_helps_and_cleared_once_when_it_does() -> None:
    morning = Morning(by="8:50")
    morning.minutes("7:00", "8:00")
    morning.passes("r0", 0, 18)
    morning.passes("t0", 0, 0)
    morning.minutes("8:19", "8:24")
    assert morning.kinds() == ["leave_by", "late"]
    assert morning.said[1][1].arrive_s > seconds("8:55")
    morning.passes("r0", 1, 4)
    morning.passes("s0", 0, 0)
    morning.passes("r0", 2, 4)
    morning.passed[TRIPS.index("s0")] = Passed(call("s0", 0), departing=True, delay_s=60)
    morning.minutes("8:27", "8:40")
    assert morning.kinds() == ["leave_by", "late", "on_time_again"]


def test_a_cancelled_first_ride_is_replaced_while_there_is_time_to_act() -> None:
    morning = Morning(by="9:20")
    morning.minutes("7:30", "8:16")
    assert morning.kinds() == ["leave_by"]
    word = morning.said[0][1]
    assert word.course is not None
    first = LINES.run_of(word.course.rides[0][0])
    morning.minutes("8:17", "8:20", frozenset({first}))
    assert morning.kinds() == ["leave_by", "replan"]
    later = morning.said[1][1]
    assert later.leave_s is not None
    assert later.leave_s > seconds("8:17")
    assert later.course is not None
    assert LINES.run_of(later.course.rides[0][0]) != first


def test_after_the_appointment_nobody_is_watched_any_more() -> None:
    morning = Morning()
    assert morning.look("10:30").next_look_s is None


def test_where_nothing_runs_nothing_is_said() -> None:
    morning = Morning(by="7:20")
    assert morning.look("6:00") == Looked(morning.watched, None, None)


def forecast(now: str, passed: dict[int, Passed]) -> Forecast:
    return Forecast(LINES, PUNCTUAL, passed, seconds(now), frozenset())


def test_progress_follows_the_vehicles_that_were_seen() -> None:
    from chalicelib.transit.reliability_odds import Course  # noqa: PLC0415 - used here only

    course = Course((WALK_S, 0, WALK_S), ((call("r0", 0), call("r0", 2)), (call("s0", 0), call("s0", 1))))
    start = setting_out(course, seconds("7:54"))
    waiting = advance(start, forecast("8:00", {}))
    assert waiting == start
    aboard = advance(start, forecast("8:05", {0: Passed(call("r0", 0), departing=True, delay_s=120)}))
    assert aboard.aboard == (0, call("r0", 0), call("r0", 2))
    assert aboard.since_s == seconds("8:02")
    changed = advance(aboard, forecast("8:25", {0: Passed(call("r0", 2), departing=False, delay_s=120)}))
    assert (changed.stage, changed.aboard, changed.since_s) == (1, None, seconds("8:22"))
    rest, since = remaining(changed)
    assert rest.rides == (course.rides[1],)
    assert since == seconds("8:22")


def test_who_missed_the_vehicle_is_not_taken_for_aboard() -> None:
    from chalicelib.transit.reliability_odds import Course  # noqa: PLC0415 - used here only

    course = Course((WALK_S, WALK_S), ((call("r0", 0), call("r0", 2)),))
    late_start = setting_out(course, seconds("7:58"))
    passed = {0: Passed(call("r0", 1), departing=True, delay_s=0)}
    assert advance(late_start, forecast("8:12", passed)).aboard is None
    passed[1] = Passed(call("r1", 0), departing=True, delay_s=0)
    next_run = advance(late_start, forecast("8:31", passed))
    assert next_run.aboard == (1, call("r1", 0), call("r1", 2))
