"""The real planner behind a ticket: reasons, live data, and stop ids that a new timetable does not know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.transit.itinerary import Place, Request
from tests.fakes.networks import network
from tests.fakes.one_day import Traffic, clock, town_at

NINE = clock("09:00")
A, B, FAR = Place("A", 50.0, 10.0, "A"), Place("B", 50.1, 10.0, "B"), Place("far", -60.0, 0.0)
TO_B = Request(A, B, arrive_by=NINE)


def traffic(*, known: bool = True) -> Traffic:
    return Traffic(network("early: A 08:00, B 08:20\nlate: A 08:30, B 08:50"), known)


def test_it_answers_with_the_timetables_version_and_no_age_without_live_data() -> None:
    answer = traffic().travel.plan(TO_B, town_at(NINE))
    assert answer.itineraries[0].leave_at == clock("08:30")
    assert (answer.note, answer.observed_at, answer.feed_version) == ("", None, "test")


def test_a_day_that_the_feed_does_not_know_is_a_note_not_an_error() -> None:
    question = Request(A, B, arrive_by=NINE + timedelta(days=9))
    assert traffic().travel.plan(question, town_at(NINE)).note == "outside_calendar"


def test_a_feed_that_is_not_configured_is_a_note() -> None:
    assert traffic(known=False).travel.plan(TO_B, town_at(NINE)).note == "unknown_feed"


@pytest.mark.parametrize(
    ("origin", "destination", "note"),
    [(FAR, B, "outside_area"), (A, FAR, "venue_outside_area"), (B, A, "no_way")],
)
def test_where_nothing_leads_there_it_says_why(origin: Place, destination: Place, note: str) -> None:
    question = Request(origin, destination, arrive_by=NINE)
    assert traffic().travel.plan(question, town_at(NINE)).note == note


def test_live_data_change_the_plan_and_their_age_is_told() -> None:
    town = traffic()
    town.now_is(cancelled=("late",), age_s=40)
    answer = town.travel.plan(TO_B, town_at(NINE))
    assert answer.itineraries[0].leave_at == clock("08:00")
    assert answer.observed_at == NINE - timedelta(seconds=40)
    town.now_is(early=5)
    assert town.travel.plan(TO_B, town_at(NINE)).itineraries[0].leave_at == clock("08:30")


def test_live_data_too_old_to_use_are_not_used_but_their_age_is_told() -> None:
    town = traffic()
    town.live.age_s = 4000
    answer = town.travel.plan(TO_B, town_at(NINE))
    assert answer.itineraries[0].leave_at == clock("08:30")
    assert answer.observed_at == NINE - timedelta(seconds=4000)


def test_a_stop_that_the_timetable_no_longer_knows_counts_as_the_place_where_it_was() -> None:
    question = Request(Place("was here", -60.0, 0.0, "gone"), B, arrive_by=NINE)
    assert traffic().travel.plan(question, town_at(NINE)).note == "outside_area"


def test_after_a_message_about_newer_conditions_older_ones_are_not_good_enough() -> None:
    town = traffic()
    town.travel.expect("town", 500)
    town.travel.expect("town", 400)
    town.travel.plan(TO_B, town_at(NINE))
    assert town.live.asked == [500]


def test_the_soonest_arrival_is_that_of_the_best_itinerary_for_who_sets_out_now() -> None:
    town = traffic()
    for leaves in ("07:50", "08:10", "08:31"):
        question = Request(A, B, depart_at=clock(leaves))
        found = town.travel.plan(question, town_at(clock(leaves))).itineraries
        soonest = town.travel.soonest(question, town_at(clock(leaves)))
        assert soonest == min((itinerary.arrive_at for itinerary in found), default=None)
    assert traffic(known=False).travel.soonest(Request(A, B, depart_at=NINE), town_at(NINE)) is None
