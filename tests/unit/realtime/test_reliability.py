"""Delays learned from passages, forecasts from them, and the probabilities of itineraries."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from chalicelib.transit.data.lines import Lines
from chalicelib.transit.data.sightings import Sighting, line_of
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.reliability.arrival import NEVER_S, Journey, Simulation, share_on_time
from chalicelib.transit.reliability.delays import POINTS, Delays
from chalicelib.transit.reliability.feed_forecasts import Forecasts, delays_key
from chalicelib.transit.reliability.forecast import Forecast, Observations, Passage
from chalicelib.transit.reliability.itinerary_rating import Aim, question_for, rate_itineraries
from chalicelib.transit.reliability.profile import PRIOR_MEAN_S
from chalicelib.transit.reliability.progress import Progress, advance_progress, progress_at_start
from chalicelib.transit.search.network import Network
from feeds.realtime.matching.passages import Tracker
from feeds.replay.scoring.truth import Truth
from tests.fakes.memory import MemoryBucket
from tests.fakes.realtime_text import ORIGIN, posix, seconds, timetable

if TYPE_CHECKING:
    from chalicelib.transit.reliability.itinerary_rating import Question

# one bus every ten minutes from A to C, and one connecting line from C to D
TABLE = timetable(
    "\n".join(
        [f"r{n} route=R: A 8:{n}0, B 8:{n}5, C {8 + (n + 1) // 6}:{(n + 1) % 6}0" for n in range(6)]
        + [
            f"s{n} route=S: C {8 + (n + 1) // 4}:{15 * ((n + 1) % 4) + 2:02}, D {9 + n // 4}:{15 * (n % 4):02}"
            for n in range(8)
        ]
    )
)
LINES = Lines(TABLE)


def passages(late_s: int, spread_s: int = 0, days: int = 20, line: str = "R", stops: str = "ABC") -> list[Sighting]:
    """Days on which every run of a line passes its stops so late."""
    rng, found = random.Random(1), []
    for day in range(days):
        for run in range(6):
            own = late_s + rng.randint(-spread_s, spread_s)
            for at, stop in enumerate(stops):
                planned = ORIGIN - (days - day) * 86_400 + seconds("8:00") + run * 600 + at * 300
                departing = stop != stops[-1]
                found.append(Sighting(f"{run}|{day}", line, stop, departing, own, planned + own, 8))
    return found


def learned(*batches: list[Sighting]) -> Delays:
    delays = Delays()
    for batch in batches:
        delays.learn(batch)
    return delays


def forecast(delays: Delays, now: str = "7:00", passed: dict[int, Passage] | None = None) -> Forecast:
    return Forecast(LINES, delays, seconds(now), Observations(passed or {}))


def call(trip: int, at: int) -> int:
    return int(TABLE.run_first[trip]) + at


def test_without_history_the_documented_prior_speaks() -> None:
    delays = Delays()
    assert delays.mean_s("R", "A", hour=8) == PRIOR_MEAN_S
    quantiles = forecast(delays).times(0, call(0, 0), departing=True)
    assert len(quantiles) == POINTS
    assert (np.diff(quantiles) >= 0).all()
    assert seconds("8:00") < np.median(quantiles) < seconds("8:03")


def test_what_a_line_does_every_day_is_what_is_expected_of_it() -> None:
    delays = learned(passages(300))
    assert delays.mean_s("R", "A", hour=8) == pytest.approx(300, abs=25)
    middle = np.median(forecast(delays).times(0, call(0, 0), departing=True))
    assert middle - seconds("8:00") == pytest.approx(300, abs=30)


def test_a_line_never_seen_leans_on_what_the_others_do() -> None:
    delays = learned(passages(300))
    assert 60 < delays.mean_s("S", "C", hour=8) < 300


def test_a_line_that_scatters_has_wide_forecasts() -> None:
    def width(delays: Delays) -> float:
        low, high = np.quantile(forecast(delays).times(0, call(0, 0), departing=True), [0.1, 0.9])
        return float(high - low)

    assert width(learned(passages(0, spread_s=600))) > 2 * width(learned(passages(0, spread_s=20)))


def test_a_run_seen_late_is_expected_late_and_one_not_seen_is_not() -> None:
    delays = learned(passages(0, spread_s=60))
    now = forecast(delays, "8:10", {0: Passage(call(0, 0), departing=True, delay_s=540)})
    assert np.median(now.times(0, call(0, 1), departing=True)) > seconds("8:12")
    assert np.median(now.times(1, call(1, 1), departing=True)) < seconds("8:18")


def test_what_has_passed_is_certain_and_what_has_not_is_not_before_now() -> None:
    now = forecast(learned(passages(0)), "8:07", {0: Passage(call(0, 0), departing=True, delay_s=60)})
    assert set(now.times(0, call(0, 0), departing=True)) == {seconds("8:01")}
    assert now.times(0, call(0, 1), departing=True).min() >= seconds("8:07") - 120


def test_recovery_is_learned_and_not_assumed() -> None:
    def left(recovers: float) -> float:
        delays, rng = Delays(), random.Random(2)
        for day in range(60):
            own = rng.randint(-600, 600)
            for at, stop in enumerate("ABC"):
                planned = ORIGIN - (60 - day) * 86_400 + seconds("8:00") + at * 600
                delay = int(own * recovers**at)
                delays.learn([Sighting(f"x|{day}", "R", stop, True, delay, planned + delay, 8)])
        return delays.remaining_share(10, 400)

    assert left(1.0) > 0.9
    assert left(0.3) < 0.6


def test_who_is_early_waits_for_her_time_and_who_is_late_stays_late_where_that_is_what_happens() -> None:
    delays, rng = Delays(), random.Random(2)
    for day in range(200):
        own = rng.choice([-400, 400])
        for at, stop in enumerate("ABC"):
            planned = ORIGIN - (200 - day) * 86_400 + seconds("8:00") + at * 300
            delay = own if own > 0 else own // 4**at
            delays.learn([Sighting(f"x|{day}", "R", stop, True, delay, planned + delay, 8)])

    def delay_at_b(delay_s: int, now: str) -> float:
        passed = {0: Passage(call(0, 0), departing=True, delay_s=delay_s)}
        return float(np.median(forecast(delays, now, passed).times(0, call(0, 1), departing=True))) - seconds("8:05")

    assert delay_at_b(400, "8:07") > 300
    assert -200 < delay_at_b(-400, "7:54") < 0


def test_a_vehicle_overdue_at_its_next_stop_is_later_everywhere_ahead_until_it_is_rather_silent_than_late() -> None:
    delays, passed = learned(passages(0, spread_s=60)), {0: Passage(call(0, 0), departing=True, delay_s=0)}
    soon, overdue, silent = (
        np.median(forecast(delays, now, passed).times(0, call(0, 2), departing=False))
        for now in ("8:04", "8:07", "8:09")
    )
    assert overdue - soon > 60
    assert silent == soon


def test_a_vehicle_that_falls_silent_carries_its_rider_on_as_expected() -> None:
    delays, passed = learned(passages(0, spread_s=60)), {0: Passage(call(0, 1), departing=True, delay_s=0)}
    aboard = Progress(Journey((0, 60), ((call(0, 0), call(0, 2)),)), 0, seconds("8:00"), (0, call(0, 0), call(0, 2)))
    assert not advance_progress(aboard, forecast(delays, "8:11", passed)).at_door
    alighted = advance_progress(aboard, forecast(delays, "8:14", passed))
    assert alighted.at_door
    assert seconds("8:09") < alighted.since_s < seconds("8:13")


def test_a_feed_that_stands_still_makes_no_vehicle_late_or_silent() -> None:
    delays, passed = learned(passages(0, spread_s=60)), {0: Passage(call(0, 0), departing=True, delay_s=0)}
    seen = Forecast(LINES, delays, seconds("8:09"), Observations(passed, at_s=seconds("8:04")))
    assert not seen.is_silent(0)


def test_she_waits_for_her_vehicle_while_it_may_come_and_else_takes_the_next_of_its_line() -> None:
    waiting = progress_at_start(Journey((0, 0), ((call(1, 1), call(1, 2)),)), seconds("8:12"))
    late_one_before = Passage(call(0, 1), departing=True, delay_s=8 * 60)  # 8:13 at B, theirs is still to come
    theirs = Passage(call(1, 0), departing=True, delay_s=120)
    delays = learned(passages(0))
    assert advance_progress(waiting, forecast(delays, "8:14", {0: late_one_before, 1: theirs})).aboard is None
    assert advance_progress(waiting, forecast(delays, "8:14", {0: late_one_before})).aboard is None
    never_seen = {0: Passage(call(0, 1), departing=True, delay_s=30 * 60)}  # 8:35 at B
    assert advance_progress(waiting, forecast(delays, "8:36", never_seen)).aboard == (0, call(0, 1), call(0, 2))
    gone = {0: late_one_before, 1: Passage(call(1, 1), departing=True, delay_s=120)}
    assert advance_progress(waiting, forecast(delays, "8:18", gone)).aboard == (1, call(1, 1), call(1, 2))


def test_a_vehicle_once_missed_stays_missed_however_late_it_is_further_on() -> None:
    waiting = progress_at_start(Journey((0, 0), ((call(1, 0), call(1, 2)),)), seconds("8:12"))
    delays, early = learned(passages(0)), Passage(call(1, 0), departing=True, delay_s=60)  # 8:11, a minute before them
    missed = waiting
    for now in ("8:14", "8:16"):
        missed = advance_progress(missed, forecast(delays, now, {1: early}))
        assert missed.aboard is None
    slower = Passage(call(1, 1), departing=True, delay_s=150)  # by that it would have left at 8:12:30
    assert advance_progress(missed, forecast(delays, "8:19", {1: slower})).aboard is None


def test_the_same_passage_teaches_once() -> None:
    once, twice = learned(passages(200)), learned(passages(200), passages(200))
    assert once.passages == twice.passages


def test_a_passage_far_beyond_reason_teaches_nothing() -> None:
    assert learned([Sighting("t", "R", "A", True, 7000, ORIGIN, 8)]).passages == 0


def back_at_its_first_stop() -> list[Sighting]:
    """A run on time to its end, then seen to arrive at its first stop again, still under its old name."""
    onward = [
        Sighting("0|x", "R", stop, stop != "C", 0, ORIGIN + seconds(when), 8, 0, call(0, at))
        for at, (stop, when) in enumerate(zip("ABC", ("8:00", "8:05", "8:10"), strict=True))
    ]
    return [*onward, Sighting("0|x", "R", "A", False, 18 * 60, ORIGIN + seconds("8:18"), 8, 0, call(0, 0))]


def test_a_vehicle_back_at_the_first_stop_of_a_trip_that_it_has_ended_was_not_late_there() -> None:
    *onward, back = back_at_its_first_stop()
    assert learned([*onward, back]).passages == learned(onward).passages
    tracker = Tracker()
    for one in (*onward, back):
        believed = tracker.take([one], one.at)
    assert believed[0] == Passage(call(0, 2), departing=False, delay_s=0)
    truth = Truth(TABLE)
    truth.take([*onward, back])
    departs, arrives = truth.times()
    assert (departs[call(0, 0)], arrives[call(0, 2)]) == (seconds("8:00"), seconds("8:10"))


def test_what_was_learned_survives_its_blob() -> None:
    delays = learned(passages(120, spread_s=100))
    again = Delays.parse(delays.dump())
    assert again.passages == delays.passages
    assert again.mean_s("R", "B", hour=8) == pytest.approx(delays.mean_s("R", "B", hour=8), abs=0.1)
    assert np.allclose(again.addition_quantiles(5, 0, hour=8), delays.addition_quantiles(5, 0, hour=8))


def test_of_a_blob_in_another_format_nothing_is_known() -> None:
    blob = io.BytesIO()
    np.savez_compressed(blob, stop_keys=np.array([]), passages=np.array(7))
    assert Delays.parse(blob.getvalue()).passages == 0


def test_lines_are_the_same_line_in_every_version_of_a_feed() -> None:
    assert line_of("42801-20160512154122_v40.34") == "42801"
    assert line_of("U5") == "U5"


def test_who_is_early_at_the_stop_catches_more_and_who_misses_takes_the_next() -> None:
    delays = learned(passages(0, spread_s=120))
    simulation = Simulation(forecast(delays), Journey((300, 0), ((call(1, 0), call(1, 2)),)))
    shares = [
        share_on_time(simulation.arrivals(seconds("8:10") - 300 - spare), seconds("8:25")) for spare in (-240, 0, 240)
    ]
    assert shares[0] < shares[1] < shares[2]
    assert share_on_time(simulation.arrivals(seconds("8:10") - 300 + 200), seconds("8:40")) > 0.9


def test_a_cancelled_vehicle_is_not_waited_for_in_vain() -> None:
    delays = learned(passages(0, spread_s=30))
    now = Forecast(LINES, delays, seconds("7:00"), Observations(cancelled=frozenset({1})))
    arrivals = Simulation(now, Journey((0, 0), ((call(1, 0), call(1, 2)),))).arrivals(seconds("8:05"))
    assert np.median(arrivals) > seconds("8:28")


def test_where_nothing_follows_a_missed_vehicle_strands() -> None:
    simulation = Simulation(forecast(learned(passages(0))), Journey((0, 0), ((call(5, 0), call(5, 2)),)))
    assert (simulation.arrivals(seconds("9:30")) == NEVER_S).all()


def request(by: str) -> Request:
    origin, destination = (Place(stop, lat, 10.0, stop_id=stop) for stop, lat in (("A", 50.0), ("D", 50.3)))
    return Request(origin, destination, arrive_by=datetime.fromtimestamp(posix(by), UTC))


def question(by: str) -> Question:
    return question_for(request(by), Network(TABLE))


def test_a_higher_target_leaves_earlier_and_is_surer() -> None:
    delays = learned(passages(60, spread_s=200), passages(60, spread_s=200, line="S", stops="CD"))
    now = datetime.fromtimestamp(posix("7:00"), UTC)
    easy, sure = (rate_itineraries(question("9:05"), forecast(delays), now, Aim(target))[0] for target in (0.5, 0.98))
    assert sure.itinerary.leave_at <= easy.itinerary.leave_at
    assert sure.probability >= easy.probability
    assert 0 <= easy.probability <= 1


def test_itineraries_that_have_to_be_begun_in_the_past_are_none() -> None:
    now = datetime.fromtimestamp(posix("9:00"), UTC)
    assert rate_itineraries(question("9:05"), forecast(Delays(), "9:00"), now) == ()


def test_the_same_question_has_the_same_answer() -> None:
    now = datetime.fromtimestamp(posix("7:00"), UTC)
    first, second = (rate_itineraries(question("9:05"), forecast(learned(passages(60, 99))), now) for _ in "ab")
    assert first == second


def test_the_hub_forecasts_with_what_polling_learned() -> None:
    bucket = MemoryBucket()
    forecasts = Forecasts(bucket)
    now = datetime.fromtimestamp(posix("7:00"), UTC)
    before = np.median(forecasts.at("city", TABLE, None, now).times(0, call(0, 0), departing=True))
    bucket.put(delays_key("city"), learned(passages(400)).dump())
    again = np.median(Forecasts(bucket).at("city", TABLE, None, now).times(0, call(0, 0), departing=True))
    assert again > before + 200
