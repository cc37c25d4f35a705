"""One small network per rule of the search; each answer is one line: times, then the rides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from chalicelib.transit.data.conditions import AddedRun, Conditions
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import RideAboard, plan, plan_from_ride
from chalicelib.transit.search.running import OtherTimetable
from tests.fakes.networks import DATE, ORIGIN, clock, network

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary


def written(itinerary: Itinerary | None) -> str:
    """`08:00-08:30 bus A>B, walk B>C`."""
    if itinerary is None:
        return "nothing"
    legs = [
        f"{leg.ride.trip_id if leg.ride else 'walk'} {leg.origin.stop_id}>{leg.destination.stop_id}"
        for leg in itinerary.legs
    ]
    return f"{itinerary.leave_at:%H:%M}-{itinerary.arrive_at:%H:%M} {', '.join(legs)}"


def ask(table: Timetable, asked: str, conditions: Conditions | None = None) -> str:
    """`A D by 09:00` or `A D at 08:00`."""
    origin, destination, kind, time = asked.split()
    prepared = Network(table).under(conditions)
    instant = datetime.fromtimestamp(ORIGIN + clock(time), UTC)
    when = (instant, None) if kind == "by" else (None, instant)
    options = plan(Request(prepared.place(origin), prepared.place(destination), *when), prepared, itineraries_max=1)
    return written(options[0] if options else None)


class Rule(NamedTuple):
    says: str
    runs: str
    asked: str
    answer: str
    paths: str = ""
    changes: str = ""
    follows: str = ""
    exceptions: str = ""


TWO = "first: A 08:00, B 08:10\nsecond: B 08:11, C 08:20\nthird: B 08:15, C 08:25"

RULES = [
    Rule("the latest departure counts, not the earliest arrival", "slow: A 08:10, B 08:50\nquick: A 08:00, B 08:10",
         "A B by 09:00", "08:10-08:50 slow A>B"),
    Rule("of equal departures the earlier arrival", "slow: A 08:00, B 08:50\nquick: A 08:00, B 08:10",
         "A B by 09:00", "08:00-08:10 quick A>B"),
    Rule("depart at: the earliest arrival, even by leaving later", "slow: A 08:00, B 08:50\nquick: A 08:20, B 08:30",
         "A B at 08:00", "08:20-08:30 quick A>B"),
    Rule("depart at: of equal arrivals the later departure", "early: A 08:00, B 08:30\nlate: A 08:20, B 08:30",
         "A B at 08:00", "08:20-08:30 late A>B"),
    Rule("of equal times the fewer changes", TWO + "\ndirect: A 08:00, C 08:20", "A C by 08:20",
         "08:00-08:20 direct A>C"),
    Rule("arriving exactly at the deadline is in time", "bus: A 08:00, B 08:10", "A B by 08:10", "08:00-08:10 bus A>B"),
    Rule("a second too late is too late", "bus: A 08:00, B 08:10:01", "A B by 08:10", "nothing"),
    Rule("leaving exactly when the bus does is possible", "bus: A 08:00, B 08:10", "A B at 08:00",
         "08:00-08:10 bus A>B"),
    Rule("a change takes the default minute at least", TWO, "A C at 08:00", "08:00-08:20 first A>B, second B>C"),
    Rule("transfers.txt may ask for more at a stop", TWO, "A C at 08:00", "08:00-08:25 first A>B, third B>C",
         changes="B 120"),
    Rule("or for nothing (a timed transfer)", "first: A 08:00, B 08:10\nsecond: B 08:10, C 08:20", "A C at 08:00",
         "08:00-08:20 first A>B, second B>C", changes="B 0"),
    Rule("or forbid to change there", TWO, "A C at 08:00", "nothing", changes="B no"),
    Rule("between two stops one walks a footpath", "first: A 08:00, B 08:10\nsecond: D 08:15, C 08:20", "A C at 08:00",
         "08:00-08:20 first A>B, walk B>D, second D>C", paths="B D 300"),
    Rule("a footpath leads only in its direction", "first: A 08:00, B 08:10\nsecond: D 08:15, C 08:20", "A C at 08:00",
         "nothing", paths="D B 300"),
    Rule("two footpaths are not joined", "first: A 08:00, B 08:10\nsecond: D 08:30, C 08:40", "A C at 08:00", "nothing",
         paths="B X 60\nX D 60"),
    Rule("the first walk leads to a stop nearby", "bus: B 08:10, C 08:20", "A C by 09:00",
         "08:05-08:20 walk A>B, bus B>C", paths="A B 300"),
    Rule("the last walk leads from one", "bus: A 08:00, B 08:10", "A C by 09:00", "08:00-08:15 bus A>B, walk B>C",
         paths="B C 300"),
    Rule("walking all the way is an answer", "bus: A 08:00, B 08:10", "A B by 09:00", "08:58-09:00 walk A>B",
         paths="A B 120"),
    Rule("nobody boards where it is not allowed", "bus: A- 08:00, B 08:10, C 08:20", "A C at 07:00", "nothing"),
    Rule("nobody alights where it is not allowed", "bus: A 08:00, B+ 08:10, C 08:20", "A B at 07:00", "nothing"),
    Rule("but one stays aboard there", "bus: A 08:00, B+ 08:10, C 08:20", "A C at 07:00", "08:00-08:20 bus A>C"),
    Rule("a block is ridden on without a change", "one: A 08:00, B 08:10\ntwo: B 08:10, C 08:20", "A C by 09:00",
         "08:00-08:20 one A>B, two B>C", follows="one two", changes="B no"),
    Rule("three trips of a block are one ride",
         "one: A 08:00, B 08:10\ntwo: B 08:10, C 08:20\nthree: C 08:20, D 08:30", "A D at 07:00",
         "08:00-08:30 one A>B, two B>C, three C>D", follows="one two\ntwo three", changes="B no\nC no"),
    Rule("two trips may go on as the same third one",
         "one: A 08:00, C 08:10\ntwo: B 08:00, C 08:10\nboth: C 08:15, D 08:20", "B D at 07:00",
         "08:00-08:20 two B>C, both C>D", follows="one both\ntwo both", changes="C no"),
    Rule("a block that runs backwards in time is no block", "one: A 08:00, B 08:10\ntwo: B 08:05, C 08:20",
         "A C at 07:00", "nothing", follows="one two"),
    Rule("a loop calls twice at a stop; the later call counts for boarding", "loop: A 08:00, B 08:10, A 08:20, C 08:30",
         "A C by 09:00", "08:20-08:30 loop A>C"),
    Rule("and the earlier one for alighting", "loop: A 08:00, B 08:10, C 08:20, B 08:30", "A B at 07:00",
         "08:00-08:10 loop A>B"),
    Rule("a hop may take no time", "bus: A 08:00, B 08:00, C 08:00", "A C by 08:00", "08:00-08:00 bus A>C"),
    Rule("so may a chain of hops and changes, in whatever order they are listed",
         "last: C 08:00, D 08:00\nmiddle: B 08:00, C 08:00\nfirst: A 08:00, B 08:00", "A D by 08:00",
         "08:00-08:00 first A>B, middle B>C, last C>D", changes="B 0\nC 0"),
    Rule("an express overtakes", "slow: A 08:00, B 08:30\nexpress: A 08:10, B 08:20", "A B at 08:00",
         "08:10-08:20 express A>B"),
    Rule("a trip goes on past midnight", "night: A 23:50, B 24:10", "A B at 23:00", "23:50-00:10 night A>B"),
    Rule("yesterday's tail is there", "night: A -00:10, B 00:10", "A B by 01:00", "23:50-00:10 night A>B"),
    Rule("a dwell is long enough to change into",
         "first: A 08:00, B 08:10\nwaits: X 08:00, B 08:05 08:20, C 08:30", "A C at 07:00",
         "08:00-08:30 first A>B, waits B>C"),
    Rule("a rule for two trips beats the stop's", TWO, "A C at 08:00", "08:00-08:25 first A>B, third B>C",
         exceptions="B B no first second"),
    Rule("a rule for one trip beats the stop's", TWO, "A C at 08:00", "08:00-08:20 first A>B, second B>C",
         changes="B 600", exceptions="B B 60 first"),
    Rule("the most specific rule wins", TWO, "A C at 08:00", "08:00-08:20 first A>B, second B>C",
         exceptions="B B no first\nB B 0 first second"),
    Rule("a rule may link stops that no footpath links", "first: A 08:00, B 08:10\nsecond: D 08:15, C 08:20",
         "A C at 08:00", "08:00-08:20 first A>B, walk B>D, second D>C", exceptions="B D 240 first second"),
]  # a table, read by rows # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=[rule.says for rule in RULES])
def test_rule(rule: Rule) -> None:
    table = network(rule.runs, paths=rule.paths, changes=rule.changes, follows=rule.follows, exceptions=rule.exceptions)
    assert ask(table, rule.asked) == rule.answer


def live(table: Timetable, late: dict[str, int] | None = None, cancelled: str = "", skipped: str = "") -> Conditions:
    """Runs that are so many minutes late as a whole, a cancelled run, a skipped call `trip stop`."""
    trips = [table.text("run_trip_id", run) for run in range(table.n_runs)]
    by = np.zeros(len(table.st_stop), np.int32)
    for trip, minutes in (late or {}).items():
        run = trips.index(trip)
        by[table.run_first[run] : table.run_first[run + 1]] = 60 * minutes
    skip = np.zeros(len(by), bool)
    if skipped:
        trip, stop = skipped.split()
        run = trips.index(trip)
        for call in range(table.run_first[run], table.run_first[run + 1]):
            skip[call] = table.text("stop_id", int(table.st_stop[call])) == stop
    at = np.flatnonzero((by != 0) | skip).astype(np.int32)
    gone = np.array([trips.index(cancelled)] if cancelled else [], np.int32)
    runs = np.array([trips.index(trip) for trip in late or {}], np.int32)
    arrives, departs = table.st_arrives[at] + by[at], table.st_departs[at] + by[at]
    return Conditions("test", DATE, 1, at, arrives, departs, skip[at], gone, runs)


def test_a_late_bus_can_be_caught() -> None:
    table = network("bus: A 08:00, B 08:10")
    assert ask(table, "A B at 08:05", live(table, {"bus": 7})) == "08:07-08:17 bus A>B"


def test_a_late_bus_misses_its_connection() -> None:
    table = network(TWO)
    assert ask(table, "A C at 08:00", live(table, {"first": 2})) == "08:02-08:25 first A>B, third B>C"


def test_a_cancelled_run_does_not_run() -> None:
    table = network(TWO)
    assert ask(table, "A C at 08:00", live(table, cancelled="second")) == "08:00-08:25 first A>B, third B>C"


def test_a_skipped_stop_is_passed() -> None:
    table = network("bus: A 08:00, B 08:10, C 08:20")
    skipped = live(table, skipped="bus B")
    assert ask(table, "A B at 08:00", skipped) == "nothing"
    assert ask(table, "B C at 08:00", skipped) == "nothing"
    assert ask(table, "A C at 08:00", skipped) == "08:00-08:20 bus A>C"


def test_a_late_vehicle_starts_its_next_run_late() -> None:
    table = network("one: A 08:00, B 08:10\ntwo: B 08:12, C 08:20", follows="one two")
    assert ask(table, "B C at 08:00", live(table, {"one": 5})) == "08:15-08:23 two B>C"


def test_unless_its_own_times_are_known() -> None:
    table = network("one: A 08:00, B 08:10\ntwo: B 08:12, C 08:20", follows="one two")
    assert ask(table, "B C at 08:00", live(table, {"one": 5, "two": 1})) == "08:13-08:21 two B>C"


def test_a_block_is_broken_where_a_run_of_it_is_cancelled() -> None:
    table = network("one: A 08:00, B 08:10\ntwo: B 08:12, C 08:20", follows="one two", changes="B no")
    assert ask(table, "A C at 07:00", live(table, cancelled="two")) == "nothing"


def test_an_added_run_is_ridden_like_any_other() -> None:
    table = network("bus: A 08:00, B 08:10")
    stops, times = np.array([1, 0], np.int32), np.array([clock("09:00"), clock("09:10")], np.int32)
    extra = AddedRun("extra", 0, "back", stops, times, times, np.array([3, 3], np.uint8))
    conditions = Conditions("test", DATE, 1, added=(extra,))
    assert ask(table, "B A at 08:00", conditions) == "09:00-09:10 extra B>A"


@pytest.mark.parametrize("wrong", ["time", "stop", "route", "backwards", "nothing"])
def test_an_added_run_that_cannot_be_keeps_nobody_from_riding_the_others(wrong: str) -> None:
    table = network("bus: A 08:00, B 08:10")
    stops = np.array([99 if wrong == "stop" else 1, 0], np.int32)
    first = {"time": -(2**31), "backwards": clock("10:00")}.get(wrong, clock("09:00"))
    times = np.array([first, clock("09:10")], np.int32)
    many = 0 if wrong == "nothing" else 2
    extra = AddedRun(
        "extra",
        99 if wrong == "route" else 0,
        "back",
        stops[:many],
        times[:many],
        times[:many],
        np.array([3, 3])[:many],
    )
    assert ask(table, "A B at 08:00", Conditions("test", DATE, 1, added=(extra,))) == "08:00-08:10 bus A>B"


def test_changes_of_calls_and_runs_that_are_not_there_are_left_out() -> None:
    table = network("bus: A 08:00, B 08:10, C 08:20")
    at = np.array([-1, 1, 2, 99], np.int32)
    times = np.array([0, clock("08:12"), 2**31 - 1, 0], np.int32)
    no_runs = np.array([-1, 99], np.int32)
    odd = Conditions("test", DATE, 1, at, times, times, np.zeros(4, bool), cancelled=no_runs, live=no_runs)
    assert ask(table, "A C at 08:00", odd) == "08:00-08:20 bus A>C"
    assert ask(table, "A B at 08:00", odd) == "08:00-08:12 bus A>B"


def test_conditions_of_another_timetable_are_refused() -> None:
    table = network("bus: A 08:00, B 08:10")
    with pytest.raises(OtherTimetable):
        Network(table).under(Conditions("other", DATE))


def test_predictions_that_run_backwards_are_straightened() -> None:
    table = network("bus: A 08:00, B 08:10, C 08:20")
    half_past = np.array([clock("08:30")], np.int32)
    at, live_runs = np.array([1], np.int32), np.array([0], np.int32)
    wrong = Conditions("test", DATE, 1, at, half_past, half_past, np.array([False]), live=live_runs)
    assert ask(table, "A C at 08:00", wrong) == "08:00-08:30 bus A>C"


def aboard(table: Timetable, destination: str, sequence: int, conditions: Conditions | None = None) -> list[str]:
    prepared = Network(table).under(conditions)
    return [
        written(itinerary)
        for itinerary in plan_from_ride(RideAboard("first", sequence), prepared.place(destination), prepared)
    ]


def test_who_is_aboard_goes_on_from_the_ride() -> None:
    assert aboard(network(TWO), "C", 1) == ["08:00-08:20 first A>B, second B>C"]


def test_who_is_aboard_a_late_ride_gets_the_next_connection() -> None:
    table = network(TWO)
    assert aboard(table, "C", 1, live(table, {"first": 3})) == ["08:03-08:25 first A>B, third B>C"]


def test_who_is_aboard_a_ride_that_ends_or_is_cancelled_has_no_journey_on() -> None:
    table = network(TWO)
    assert aboard(table, "C", 2) == []
    assert aboard(table, "C", 1, live(table, cancelled="first")) == []


def test_an_unknown_stop_is_named() -> None:
    table = network("bus: A 08:00, B 08:10")
    here = Place("?", 50.0, 10.0, "Q")
    request = Request(here, here, datetime.fromtimestamp(ORIGIN, UTC))
    with pytest.raises(ValueError, match="no stop 'Q'"):
        plan(request, Network(table))
