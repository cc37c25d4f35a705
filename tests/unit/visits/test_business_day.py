"""The parts of a business's day, each by itself."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from chalicelib.visits.day import Day
from chalicelib.visits.forecast import Scene, play_on
from chalicelib.visits.lengths import Lengths
from chalicelib.visits.merge import OVERDUE_S, next_of
from chalicelib.visits.promises import Ledger, Outcome, Promise
from chalicelib.visits.punctuality import Punctuality
from chalicelib.visits.rest_of_day import foretell_day
from chalicelib.visits.ripple import ripple
from chalicelib.visits.venue import Venue
from chalicelib.visits.visit import State, Told, Visit
from infra.play.day import play_lines

MIN = 60.0
EVEN = (np.arange(200) + 0.5) / 200


def day_of(**services: float) -> Day:
    venue = Venue()
    venue.begin_day(services)
    return Day(venue, "a day", 0.0, ["ann"])


def test_a_length_is_as_booked_until_it_is_known_better() -> None:
    lengths = Lengths({"cut": 30.0})
    assert np.median(lengths.draw("cut", "ann", EVEN)) == pytest.approx(30 * MIN, rel=0.02)
    for _ in range(50):
        lengths.learn("cut", "ann", 60 * MIN)
    lengths.begin_day()
    assert np.median(lengths.draw("cut", "ann", EVEN)) > 50 * MIN
    assert lengths.usual_s("cut") > 50 * MIN


@pytest.mark.parametrize("age_min", [1, 30, 90, 1000])
def test_a_visit_that_runs_lasts_longer_than_it_has_lasted(age_min: float) -> None:
    assert Lengths({"cut": 30.0}).draw("cut", "ann", EVEN, age_min * MIN).min() > age_min * MIN


def test_who_was_told_in_time_comes_later_and_who_is_on_the_way_does_not() -> None:
    slot = 10 * 3600.0
    people = Punctuality()
    early, _ = people.arrivals(slot, [Told(slot - 90 * MIN, slot + 30 * MIN)], 0.0, booked=True)
    late, _ = people.arrivals(slot, [Told(slot - 5 * MIN, slot + 30 * MIN)], 0.0, booked=True)
    assert np.median(early) == pytest.approx(slot + 22 * MIN, abs=3 * MIN)
    assert np.median(late) == pytest.approx(slot - 8 * MIN, abs=3 * MIN)


def test_the_longer_nobody_comes_the_surer_nobody_will() -> None:
    chances = [Punctuality().arrivals(0.0, [], now, booked=True)[1] for now in (-9000.0, 0.0, 600.0, 3000.0)]
    assert chances == sorted(chances)
    assert chances[0] == pytest.approx(0.15)
    assert chances[-1] == 1.0


def scene(free_s: float) -> Scene:
    ready = np.array([[0.0, 900.0, 1800.0]])
    lengths = np.full((1, 3), 1200.0)
    return Scene(np.array([[free_s]]), ready, lengths, ready, lengths[0], ready[0], np.zeros(3, np.int64))


def test_a_delay_is_handed_on_and_never_makes_anybody_earlier() -> None:
    assert play_on(scene(0)).tolist() == [[0, 1200, 2400]]
    starts = [play_on(scene(60.0 * delay)) for delay in range(30)]
    assert all((second >= first).all() for first, second in itertools.pairwise(starts))


def here(name: str, *, slot: float | None, arrived: float, service: str = "cut") -> Visit:
    return Visit(name, service, min(arrived, slot or arrived), slot, state=State.HERE, arrived=arrived)


def test_nobody_is_begun_who_would_run_into_an_appointment() -> None:
    lengths = Lengths({"cut": 30.0, "fringe": 5.0})
    coming = Visit("booked", "cut", 0.0, 1200.0, staff="ann")
    long = here("long", slot=None, arrived=0.0)
    short = here("short", slot=None, arrived=60.0, service="fringe")
    assert next_of(120.0, "ann", [coming, long], lengths) is None
    assert next_of(120.0, "ann", [coming, long, short], lengths) is short
    assert next_of(3700.0, "ann", [long], lengths) is long


def test_who_comes_late_stands_behind_those_who_are_there() -> None:
    lengths = Lengths({"cut": 30.0})
    late = here("late", slot=0.0, arrived=900.0)
    in_time = here("in time", slot=600.0, arrived=300.0)
    assert next_of(960.0, "ann", [late, in_time], lengths) is in_time


def test_a_short_visit_goes_first_until_an_appointment_has_waited_enough() -> None:
    lengths = Lengths({"cut": 10.0, "fringe": 2.0})
    booked = here("booked", slot=0.0, arrived=0.0)
    short = here("short", slot=None, arrived=60.0, service="fringe")
    assert next_of(120.0, "ann", [booked, short], lengths) is short
    assert next_of(OVERDUE_S + 1, "ann", [booked, short], lengths) is booked


def test_the_ledger_tells_kept_changed_and_broken_apart() -> None:
    ledger = Ledger()
    for visit, untils in {"kept": [900], "broken": [600], "changed": [1800, 3600], "too late": [800, 3600]}.items():
        for number, until in enumerate(untils):
            ledger.give(Promise(visit, 0.0 if number == 0 else 500.0, until, "later"))
    outcomes = {
        visit: [one.outcome for one in ledger.settle(visit, started)]
        for visit, started in {"kept": 900.0, "broken": 700.0, "changed": 2400.0, "too late": 2400.0}.items()
    }
    assert outcomes == {
        "kept": [Outcome.KEPT],
        "broken": [Outcome.BROKEN],
        "changed": [Outcome.CHANGED, Outcome.KEPT],
        "too late": [Outcome.BROKEN, Outcome.KEPT],
    }
    assert ledger.worst_s == 1600.0


def test_later_customers_hear_once_when_a_visit_overruns() -> None:
    day = day_of(cut=30.0)
    for number in range(4):
        day.book(-3600.0, f"v{number}", "ann", "cut", 1800.0 * number)
    for number in range(3):
        day.arrive(-60.0, f"v{number}")
    day.start(0.0, "v0", "ann")
    said = [one for minute in range(0, 90, 5) for one in ripple(day, minute * MIN) if one.kind != "forecast"]
    assert {one.visit for one in said} >= {"v3"}
    assert all(one.come_at is not None and one.come_at >= day.visits[one.visit].due - 1 for one in said)
    assert len({(one.visit, one.come_at) for one in said}) == len({one.visit for one in said})


def test_taps_out_of_order_or_twice_change_nothing() -> None:
    day = day_of(cut=30.0)
    day.book(0.0, "v", None, "cut", 600.0)
    day.end(10.0, "v")
    day.start(20.0, "v", "ann")
    day.arrive(30.0, "v")
    day.start(40.0, "v", "bob")
    day.leave("v", came=False)
    day.end(50.0, "stranger")
    assert day.visits["v"].state.value == "in_service"
    assert day.visits["v"].served_by == "ann"
    day.end(60.0, "v")
    day.end(70.0, "v")
    assert day.visits["v"].state.value == "done"


def test_extremes_are_foretold_without_harm() -> None:
    day = day_of(nothing=0.0, endless=1e6)
    for number in range(200):
        day.book(0.0, f"v{number}", "stranger" if number % 2 else None, "endless" if number % 3 else "nothing", 600.0)
    foretold = foretell_day(day, 300.0)
    assert len(foretold) == 200
    assert all(np.isfinite(one.middle) for one in foretold.values())


def test_what_is_not_understood_is_answered_quietly() -> None:
    lines = ["not JSON", "[]", '{"type":"tick"}', '{"type":"dance","at":"2030-01-01T00:00:00Z"}', '{"type":"free"}']
    assert [json.loads(answer) for answer in play_lines(lines)] == [{"say": [], "next": None}] * len(lines)
