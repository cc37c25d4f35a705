"""The planner against a planner that tries everything, on networks that hypothesis makes up."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings

from chalicelib.transit.kernel.parts import BUILT, Kernel
from chalicelib.transit.search.batch import Batch, plan_many
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from tests.fakes.brute import Brute
from tests.fakes.drawn import many, questions, request
from tests.fakes.networks import ORIGIN

if TYPE_CHECKING:
    from datetime import datetime
    from types import ModuleType

    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary
    from tests.fakes.brute import Answer
    from tests.fakes.drawn import Question

EXAMPLES = int(os.environ.get("TRANSIT_EXAMPLES", "40"))
quick = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def interpreted(part: str) -> ModuleType:
    """A part of the kernel as plain Python, whether or not it is compiled."""
    path = Path(__file__).parents[2] / "chalicelib" / "transit" / "kernel" / f"{part}.py"
    loader = importlib.machinery.SourceFileLoader(f"{part}_interpreted", str(path))
    spec = importlib.util.spec_from_loader(f"{part}_interpreted", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


PLAIN = Kernel(*(interpreted(part) for part in Kernel._fields))


def ask(
    network: Network, origin: int, destination: int, time: int, *, arrive_by: bool, options: int
) -> tuple[Itinerary, ...]:
    asked = request(network.timetable, origin, destination, time, arrive_by=arrive_by)
    return plan(asked, network, itineraries_max=options)


def seconds(instant: datetime) -> int:
    return int(instant.timestamp()) - ORIGIN


def numbers(options: tuple[Itinerary, ...]) -> Answer | None:
    """Leave, arrive, rides of the first option that rides; brute force knows no walk all the way."""
    for itinerary in options:
        if any(leg.ride for leg in itinerary.legs):
            return seconds(itinerary.leave_at), seconds(itinerary.arrive_at), itinerary.changes + 1
    return None


def without_walking(table: Timetable, origin: int, destination: int) -> bool:
    """Brute force only rides, so questions that a footpath answers are left to other tests."""
    return destination not in Brute(table, None).walks(origin)


@quick
@given(questions())
def test_arrive_by_is_the_latest_departure_then_the_earliest_arrival_then_the_fewest_changes(
    question: Question,
) -> None:
    table, conditions, origin, destination, time = question
    if without_walking(table, origin, destination):
        network = Network(table).under(conditions)
        got = numbers(ask(network, origin, destination, time, arrive_by=True, options=1))
        assert got == Brute(table, conditions).arrive_by(origin, destination, time)


@quick
@given(questions())
def test_depart_at_is_the_earliest_arrival_then_the_latest_departure_then_the_fewest_changes(
    question: Question,
) -> None:
    table, conditions, origin, destination, time = question
    if without_walking(table, origin, destination):
        network = Network(table).under(conditions)
        got = numbers(ask(network, origin, destination, time, arrive_by=False, options=1))
        assert got == Brute(table, conditions).depart_at(origin, destination, time)


@quick
@given(questions())
def test_interpreted_and_compiled_kernels_give_the_same_options(question: Question) -> None:
    table, conditions, origin, destination, time = question
    answers = [
        [ask(Network(table, kernel=kernel).under(conditions), origin, destination, time, arrive_by=by, options=4)
         for by in (True, False)]
        for kernel in (PLAIN, BUILT)
    ]  # a table, read by rows # fmt: skip
    assert answers[0] == answers[1]


@quick
@given(questions())
def test_both_directions_agree_with_each_other(question: Question) -> None:
    table, conditions, origin, destination, time = question
    network = Network(table).under(conditions)
    there = numbers(ask(network, origin, destination, time, arrive_by=True, options=1))
    if there:
        leave, arrive, _ = there
        again = numbers(ask(network, origin, destination, leave, arrive_by=False, options=1))
        assert again == there
        assert numbers(ask(network, origin, destination, arrive, arrive_by=True, options=1)) == there


@quick
@given(questions())
def test_every_option_can_be_travelled(question: Question) -> None:
    table, conditions, origin, destination, time = question
    network = Network(table).under(conditions)
    brute = Brute(table, conditions)
    for arrive_by in (True, False):
        for itinerary in ask(network, origin, destination, time, arrive_by=arrive_by, options=4):
            check(itinerary, brute, table)
            assert seconds(itinerary.arrive_at) <= time if arrive_by else seconds(itinerary.leave_at) >= time


def check(itinerary: Itinerary, brute: Brute, table: Timetable) -> None:
    """Legs join in place and time, every ride exists and runs, every change is possible, the ends are the ends."""
    legs = itinerary.legs
    assert (legs[0].departs, legs[-1].arrives) == (itinerary.leave_at, itinerary.arrive_at)
    assert all(before.arrives <= after.departs for before, after in itertools.pairwise(legs))
    trips = [table.text("run_trip_id", run) for run in range(table.n_runs)]
    off, changes, place = None, -1, legs[0].origin.stop_id
    for leg in legs:
        assert leg.departs <= leg.arrives
        if leg.ride is None:
            assert place == leg.origin.stop_id
            place = leg.destination.stop_id
            continue
        run = trips.index(leg.ride.trip_id) if leg.ride.trip_id in trips else len(trips) + int(leg.ride.trip_id[5:])
        assert run not in brute.gone
        on = brute.runs[run][(leg.origin.stop_sequence or 0) - 1]
        if off is None or not (brute.stays(off.run) == run and on.at == 0 and off.at == len(brute.runs[off.run]) - 1):
            changes += 1
            assert on.boards
            assert place == leg.origin.stop_id
            if off:
                least = brute.change(off, on)
                assert off.alights
                assert least is not None
                assert off.arrives + least <= on.departs
        off = brute.runs[run][(leg.destination.stop_sequence or 0) - 1]
        assert (seconds(leg.departs), seconds(leg.arrives)) == (on.departs, off.arrives)
        assert on.at < off.at
        place = leg.destination.stop_id
    assert off is None or off.alights
    assert itinerary.changes == max(changes, 0)


def summary(itinerary: Itinerary | None) -> tuple[int, int, int] | None:
    return (seconds(itinerary.leave_at), seconds(itinerary.arrive_at), itinerary.changes) if itinerary else None


@quick
@given(many())
def test_a_batch_gives_what_each_question_alone_gives(asked: tuple[Any, Any, list[tuple[int, int, int, bool]]]) -> None:
    table, conditions, questions = asked
    requests = [request(table, a, b, time, arrive_by=by) for a, b, time, by in questions]
    batch = Batch(requests, Network(table))
    for changed in (None, conditions):
        network = Network(table).under(changed)
        answers = batch.answers(network)
        brute = Brute(table, changed)
        for ticket, one in enumerate(requests):
            alone, itinerary = next(iter(plan(one, network, itineraries_max=1)), None), answers.itinerary(ticket)
            assert summary(itinerary) == summary(alone)
            if itinerary:
                check(itinerary, brute, table)
        batch.learn(answers)


@quick
@given(many())
def test_an_interpreted_batch_gives_the_same_rides(
    asked: tuple[Any, Any, list[tuple[int, int, int, bool]]],
) -> None:
    table, conditions, questions = asked
    requests = [request(table, a, b, time, arrive_by=by) for a, b, time, by in questions]
    plain, built = (plan_many(requests, Network(table, kernel=kernel).under(conditions)) for kernel in (PLAIN, BUILT))
    assert [plain.path(i) for i in range(len(requests))] == [built.path(i) for i in range(len(requests))]
