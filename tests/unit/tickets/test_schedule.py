"""When a ticket is checked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.keys import WATCH_SHARDS, latest_due_key, shard_for, utc_key
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.schedule import next_check, remind_at, watch_keys
from chalicelib.tickets.states import advance_by_clock
from chalicelib.tickets.ticket import Promise, TicketStatus
from chalicelib.transit.itinerary import Itinerary
from tests.fakes.salon import ADA, HOME, SALON, START, at, booking

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket


def ticket(**changes: object) -> Ticket:
    made = new_ticket(booking(), ADA, SALON, at("1 10:00"), Link("t", "s"))
    assert made
    return replace(made, **changes)  # type: ignore[arg-type] # a test names the fields it changes


PLAN = {"origin": HOME, "status": TicketStatus.PLANNED, "leave_by": at("13:50"), "arrive_at": at("14:20")}


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("1 10:00", "2 17:00"),  # the reminder
        ("2 17:00", "3 11:50"),  # the last planning without news
        ("3 11:50", "3 13:35"),  # time to leave
    ],
)
def test_a_planned_ticket_is_checked_when_something_is_to_be_done(now: str, then: str) -> None:
    assert next_check(ticket(**PLAN), SALON, at(now)) == at(then)


@pytest.mark.parametrize(
    ("status", "now"),
    [
        (TicketStatus.TIME_TO_LEAVE, "13:40"),
        (TicketStatus.UNDER_WAY, "13:50"),
        (TicketStatus.ARRIVED, "14:20"),
        (TicketStatus.IN_SERVICE, "14:30"),
        (TicketStatus.DONE, "15:30"),
        (TicketStatus.CANCELLED, "12:00"),
    ],
)
def test_what_the_clock_alone_moves_needs_no_check_until_it_forgets_where_the_customer_was(
    status: TicketStatus, now: str
) -> None:
    assert next_check(ticket(**PLAN | {"status": status}), SALON, at(now)) == at("4 14:30")


def test_the_clock_moves_a_told_ticket_on_whenever_it_is_read() -> None:
    told = ticket(**PLAN | {"status": TicketStatus.TIME_TO_LEAVE})
    states = {
        clock: advance_by_clock(told, at(clock)).status for clock in ("13:49", "13:50", "14:20", "14:30", "15:30")
    }
    assert states == {
        "13:49": TicketStatus.TIME_TO_LEAVE,
        "13:50": TicketStatus.UNDER_WAY,
        "14:20": TicketStatus.ARRIVED,
        "14:30": TicketStatus.IN_SERVICE,
        "15:30": TicketStatus.DONE,
    }


def test_an_untold_plan_under_live_data_is_checked_the_more_often_the_nearer_its_time_comes() -> None:
    plan = ticket(**PLAN | {"observed_at": at("11:00")})
    now, checks = at("11:50"), []
    while (check := next_check(plan, SALON, now)) and check <= at("13:35"):
        checks.append(f"{check:%H:%M}")
        now = check
    assert checks == ["13:00", "13:23", "13:31", "13:34", "13:35"]
    without = ticket(**PLAN)
    assert next_check(without, SALON, at("11:50")) == at("13:35"), "where nothing is live, nothing changes"


def test_watched_are_those_who_follow_a_promised_itinerary_until_they_should_be_there() -> None:
    itinerary = Itinerary(at("13:50"), at("14:20"), 0, ())
    promise = Promise(start=START, told_kinds=("leave_by",), itinerary=itinerary)
    told = ticket(**PLAN | {"status": TicketStatus.TIME_TO_LEAVE, "promise": promise})
    shard_of, until = watch_keys(told)
    assert shard_of == f"town#{shard_for('salon')}"
    assert until == "2026-09-03T12:30:00Z#salon"
    late = replace(told, arrive_at=at("14:50"))
    assert watch_keys(late)[1] == "2026-09-03T12:50:00Z#salon"
    for other in (
        ticket(**PLAN),
        replace(told, status=TicketStatus.ARRIVED, promise=replace(promise, told_kinds=())),
        replace(told, status=TicketStatus.CANCELLED),
        replace(told, start=at("16:00")),
    ):
        assert watch_keys(other) == (None, None)


def test_a_missing_timetable_is_asked_for_again() -> None:
    waiting = ticket(origin=HOME, status=TicketStatus.PLANNED, plan_note="no_timetable")
    assert next_check(waiting, SALON, at("1 08:00")) == at("1 14:00")


def test_what_has_ended_and_is_forgotten_is_never_checked_again() -> None:
    assert next_check(ticket(status=TicketStatus.DONE, forgotten=True), SALON, at("4 15:00")) is None


def test_the_next_check_is_always_in_the_future() -> None:
    for status in TicketStatus:
        for hour in range(120):
            now = at("1 00:00") + timedelta(hours=hour)
            check = next_check(ticket(**PLAN | {"status": status}), SALON, now)
            assert check is None or check > now


def test_the_reminder_is_at_five_where_the_venue_is_also_when_the_clocks_change() -> None:
    monday = datetime(2026, 10, 26, 9, tzinfo=UTC)  # summer time ends on Sunday the 25th
    assert remind_at(ticket(start=monday)) == datetime(2026, 10, 25, 16, tzinfo=UTC)


def test_keys_sort_like_time_and_nothing_is_due_too_early() -> None:
    moment = datetime(2026, 9, 3, 12, 0, 0, 1, tzinfo=UTC)
    assert utc_key(moment) == "2026-09-03T12:00:01Z"
    assert latest_due_key(moment) == "2026-09-03T12:00:00Z"
    assert utc_key(at("14:00")) == latest_due_key(at("14:00")) == "2026-09-03T12:00:00Z"


def test_shards_are_stable_and_all_used() -> None:
    assert {shard_for(f"ticket-{n}") for n in range(200)} == set(WATCH_SHARDS)
    assert shard_for("a") == shard_for("a")
