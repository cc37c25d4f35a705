"""Which question is asked for a ticket, and which answer is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.plan import is_plan_wanted
from chalicelib.tickets.ticket import Promise, TicketStatus
from tests.fakes.salon import ADA, HOME, SALON, START, Town, at, booking, plan_ticket

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

NOW = at("3 09:00")


def ticket(**changes: object) -> Ticket:
    made = new_ticket(booking(), ADA, SALON, at("1 10:00"), Link("t", "s"))
    assert made
    return replace(made, origin=HOME, **changes)  # type: ignore[arg-type] # a test names the fields it changes


def test_the_plan_arrives_the_businesss_minutes_before_the_appointment() -> None:
    town = Town()
    found = plan_ticket(ticket(), replace(SALON, early_min=10), town, NOW)
    assert town.asked[0].arrive_by == at("14:20")
    assert (found.leave_by, found.arrive_at, found.plan_note) == (at("13:40"), at("14:10"), "")
    assert found.status is TicketStatus.PLANNED
    assert [itinerary.leave_at for itinerary in found.itineraries] == [at("13:40"), at("13:25"), at("13:10")]


def test_options_that_would_have_to_start_in_the_past_are_none() -> None:
    found = plan_ticket(ticket(), SALON, Town(), at("13:45"))
    assert [itinerary.leave_at for itinerary in found.itineraries] == [at("13:55")]


def test_who_cannot_be_on_time_gets_the_earliest_arrival() -> None:
    found = plan_ticket(ticket(), SALON, Town(), at("14:05"))
    assert (found.leave_by, found.arrive_at) == (at("14:10"), at("14:40"))


def test_after_the_start_it_is_still_planned_until_the_end() -> None:
    assert plan_ticket(ticket(), SALON, Town(), at("14:45")).arrive_at == at("15:25")
    assert plan_ticket(ticket(), SALON, Town(), at("15:05")).plan_note == "no_way"
    over = ticket()
    assert plan_ticket(over, SALON, Town(), at("15:30")) == over


def test_where_nothing_runs_early_enough_the_first_arrival_is_planned() -> None:
    early = replace(ticket(), start=at("05:20"), end=at("06:20"))
    found = plan_ticket(early, SALON, Town(), at("2 20:00"))
    assert (found.leave_by, found.arrive_at) == (at("04:55"), at("05:25"))


@pytest.mark.parametrize("note", ["no_timetable", "outside_calendar", "unknown_feed", "outside_area"])
def test_without_a_plan_the_ticket_says_why(note: str) -> None:
    town = Town(note=note)
    found = plan_ticket(ticket(), SALON, town, NOW)
    assert (found.plan_note, found.leave_by, found.itineraries) == (note, None, ())
    assert len(town.asked) == 1


def test_a_ticket_without_an_origin_is_not_planned() -> None:
    town = Town()
    assert plan_ticket(ticket(), SALON, town, NOW).origin
    bare = replace(ticket(), origin=None)
    assert plan_ticket(bare, SALON, town, NOW) == bare
    assert not is_plan_wanted(bare)


def test_after_the_customer_was_told_to_leave_a_check_does_not_plan_again() -> None:
    assert is_plan_wanted(ticket())
    assert not is_plan_wanted(ticket(promise=Promise(start=START, told_kinds=("booked", "leave_by"))))
    assert not is_plan_wanted(ticket(status=TicketStatus.CANCELLED))
