"""What it says that a vehicle is not heard of: nothing where its line never reports; else what silence taught."""

from __future__ import annotations

import io

import numpy as np
import pytest

from chalicelib.transit.data.lines import Lines
from chalicelib.transit.data.sightings import Sighting
from chalicelib.transit.reliability.arrival import Journey
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.forecast import Forecast, Observations, Passage
from chalicelib.transit.reliability.progress import advance_progress, progress_at_start
from tests.fakes.realtime_text import ORIGIN, seconds, timetable

DAY_S = 86_400
CALLS = "ABCDEFGH"
TABLE = timetable("r0 route=R: A 8:00, B 8:10, C 8:20, D 8:30, E 8:40, F 8:50, G 9:00, H 9:10")
LINES = Lines(TABLE)


def days(reported: str, count: int = 20) -> list[Sighting]:
    """Days on which the run passes all its calls a minute late, and is seen at some of them alone."""
    return [
        Sighting(f"r0|{day}", "R", stop, stop != "H", 60, ORIGIN - (count - day) * DAY_S + planned + 60, 8)
        for day in range(count)
        for stop, planned in ((stop, seconds("8:00") + 600 * CALLS.index(stop)) for stop in reported)
    ]


def forecast(delays: Delays, now: str, passed: Passage | None = None) -> Forecast:
    return Forecast(LINES, delays, seconds(now), Observations({0: passed} if passed else {}))


def learned(sightings: list[Sighting]) -> Delays:
    delays = Delays()
    delays.learn(sightings)
    return delays


def departs(delays: Delays, call: int, now: str, passed: Passage | None = None) -> float:
    return float(np.median(forecast(delays, now, passed).times(0, call, departing=True)))


def test_where_a_line_never_reports_not_seen_says_nothing() -> None:
    never_at_first, everywhere = learned(days("CDEFGH")), learned(days(CALLS))
    assert departs(never_at_first, 0, "8:08") < seconds("8:04"), "it has left, for all that anybody knows"
    assert departs(everywhere, 0, "8:08") > seconds("8:05"), "it would have been seen"
    assert departs(never_at_first, 0, "8:40") > seconds("8:14"), "it has not been seen at C either"


def test_a_vehicle_is_overdue_at_the_next_call_that_it_reports() -> None:
    passed = Passage(2, departing=True, delay_s=60)
    every_second, everywhere = learned(days("ACEGH")), learned(days(CALLS))
    assert departs(every_second, 5, "8:38", passed) == pytest.approx(departs(every_second, 5, "8:25", passed), abs=20)
    assert departs(everywhere, 5, "8:34", passed) > departs(everywhere, 5, "8:25", passed) + 45


def test_a_rider_gets_off_where_nothing_is_ever_reported_at_the_time_that_is_expected() -> None:
    delays, passed = learned(days("ABCDEF")), Passage(5, departing=True, delay_s=60)
    ride = progress_at_start(Journey((0, 60), ((0, 7),)), seconds("7:58"))
    assert advance_progress(ride, forecast(delays, "9:05", passed)).aboard
    assert advance_progress(ride, forecast(delays, "9:14", passed)).at_door


def runs(stood_s: int, count: int, calls: int) -> list[Sighting]:
    """Runs that pass their first calls in time, the last of those after standing for so long."""
    found = []
    for number in range(count):
        for at in range(calls):
            planned, late = seconds("8:00") + 600 * at, stood_s if at == calls - 1 else 0
            moment = ORIGIN - (count - number) * DAY_S + planned + late
            found.append(Sighting(f"s{number}", "S", CALLS[at], True, late, moment, 8, 0, at, 7 - at))
    return found


def test_what_silence_means_is_learned_from_who_was_heard_of_again_and_who_was_not() -> None:
    stand, vanish = learned(runs(900, 50, 3)), learned(runs(0, 50, 3))
    for delays in (stand, vanish):
        delays.learn(
            [Sighting(f"s{n}", "S", "H", False, 0, ORIGIN + n, 8, 0, 7, 0) for n in range(50) if delays is stand]
        )
        delays.forget_runs(float("inf"))
    before = Delays().silent_share(300)
    assert stand.silent_share(300) < before < vanish.silent_share(300)
    assert Delays().silent_share(100) == 0
    assert Delays().silent_share(300) < Delays().silent_share(1000) < Delays().silent_share(5000)


def test_an_overdue_vehicle_stands_or_goes_on_unseen_by_its_share() -> None:
    passed = Passage(0, departing=True, delay_s=0)
    delays = learned(days(CALLS))
    times = forecast(delays, "8:17", passed).times(0, 4, departing=True)
    share = delays.silent_share((17 - 10) * 60 - 140)
    assert 0.3 < share < 0.8
    standing = float(np.mean(times > seconds("8:43:30")))
    assert standing == pytest.approx(1 - share, abs=0.2)


def test_what_was_stored_before_silence_was_learned_goes_on_from_the_prior() -> None:
    taught = learned(runs(900, 50, 3))
    assert Delays.parse(taught.dump()).silent_share(300) == pytest.approx(taught.silent_share(300))
    with np.load(io.BytesIO(taught.dump())) as held:
        older = {name: held[name] for name in held.files if name != "silence"}
    out = io.BytesIO()
    np.savez_compressed(out, **older)
    assert Delays.parse(out.getvalue()).silent_share(300) == Delays().silent_share(300)
