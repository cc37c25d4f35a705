"""The table of states: complete, without dead ends, and led by the clock as the plan says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.states import TABLE, Trigger, advance, next_move, status_after
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.salon import ADA, HOME, SALON, at, booking

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

S, T = TicketStatus, Trigger


def ticket(status: TicketStatus = S.PLANNED, *, planned: bool = True) -> Ticket:
    """Leave by 13:50, arrive 14:20, appointment from 14:30 to 15:30."""
    made = new_ticket(booking(), ADA, SALON, at("1 10:00"), Link("t", "s"))
    assert made
    plan = {"origin": HOME, "leave_by": at("13:50"), "arrive_at": at("14:20")} if planned else {}
    return replace(made, status=status, **plan)  # type: ignore[arg-type] # three fields of their own types


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("13:34", S.PLANNED),
        ("13:35", S.TIME_TO_LEAVE),
        ("13:49", S.TIME_TO_LEAVE),
        ("13:50", S.UNDER_WAY),
        ("14:19", S.UNDER_WAY),
        ("14:20", S.ARRIVED),
        ("14:30", S.IN_SERVICE),
        ("15:29", S.IN_SERVICE),
        ("15:30", S.DONE),
        ("20:00", S.DONE),
    ],
)
def test_the_clock_leads_a_planned_visit_through_all_its_states(moment: str, status: TicketStatus) -> None:
    assert advance(ticket(), SALON, at(moment)).status is status


def test_it_does_not_matter_how_often_one_checks() -> None:
    checked = ticket()
    for minute in range(180):
        checked = advance(checked, SALON, at("13:00") + timedelta(minutes=minute))
        assert checked == advance(ticket(), SALON, at("13:00") + timedelta(minutes=minute))


@pytest.mark.parametrize("status", [S.WAITING_FOR_ORIGIN, S.PLANNED])
def test_without_a_plan_a_visit_is_in_service_from_its_start(status: TicketStatus) -> None:
    unplanned = ticket(status, planned=False)
    assert advance(unplanned, SALON, at("14:29")).status is status
    assert advance(unplanned, SALON, at("14:30")).status is S.IN_SERVICE
    assert advance(unplanned, SALON, at("15:30")).status is S.DONE


def test_who_is_late_arrives_after_the_start() -> None:
    late = replace(ticket(), arrive_at=at("14:45"))
    assert advance(late, SALON, at("14:40")).status is S.UNDER_WAY
    assert advance(late, SALON, at("14:45")).status is S.IN_SERVICE


@pytest.mark.parametrize("status", [S.CANCELLED, S.NO_SHOW, S.DONE])
def test_what_has_ended_is_not_moved_by_the_clock(status: TicketStatus) -> None:
    assert next_move(ticket(status), SALON) is None


@pytest.mark.parametrize(
    ("status", "trigger", "target"),
    [
        (S.WAITING_FOR_ORIGIN, T.ORIGIN_SET, S.PLANNED),
        (S.UNDER_WAY, T.ORIGIN_SET, S.PLANNED),
        (S.IN_SERVICE, T.ORIGIN_SET, S.IN_SERVICE),
        (S.PLANNED, T.ORIGIN_REMOVED, S.WAITING_FOR_ORIGIN),
        (S.TIME_TO_LEAVE, T.REPLANNED, S.PLANNED),
        (S.UNDER_WAY, T.REPLANNED, S.UNDER_WAY),
        (S.UNDER_WAY, T.MOVED, S.WAITING_FOR_ORIGIN),
        (S.DONE, T.MOVED, S.WAITING_FOR_ORIGIN),
        (S.CANCELLED, T.MOVED, S.CANCELLED),
        (S.TIME_TO_LEAVE, T.CANCELLED, S.CANCELLED),
        (S.DONE, T.CANCELLED, S.DONE),
        (S.DONE, T.NO_SHOW, S.NO_SHOW),
        (S.CANCELLED, T.BOOKED_AGAIN, S.WAITING_FOR_ORIGIN),
    ],
)
def test_what_happens_moves_a_ticket_as_the_table_says(
    status: TicketStatus, trigger: Trigger, target: TicketStatus
) -> None:
    assert status_after(status, trigger) is target


def test_the_table_has_each_move_once_and_every_state_leads_on() -> None:
    happenings = [(move.source, move.trigger) for move in TABLE if move.trigger is not T.TIME]
    assert len(happenings) == len(set(happenings))
    assert all((move.at is not None) == (move.trigger is T.TIME) for move in TABLE)
    assert {move.source for move in TABLE} == set(S)
