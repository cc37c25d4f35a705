"""The rulebook, rule by rule: what is true, what was told, what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.notices.policy import RULES, decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.tickets.states import advance
from chalicelib.tickets.ticket import TEXTS_MAX, Promise, TicketStatus
from tests.fakes.salon import HOME, SALON, START, Town, at, plan_ticket
from tests.fakes.tickets import SAID_BEFORE, ticket_at

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket

S = TicketStatus


def latecomer() -> Ticket:
    """At 14:05 the next bus arrives at 14:40."""
    return advance(plan_ticket(ticket_at(at("13:00"), "booked"), SALON, Town(), at("14:05")), SALON, at("14:05"))


def says(given: Ticket, now: datetime, business: Business = SALON) -> list[tuple[str, str]]:
    """(kind, variant) of what is said; deciding a second time says nothing more."""
    after, said = decide(Situation.of(given, business, now))
    assert decide(Situation.of(after, business, now)) == (after, ())
    assert after.decision - given.decision >= len(said)
    return [(say.kind, say.variant) for say in said]


@pytest.mark.parametrize(
    ("now", "origin", "said"),
    [
        ("1 10:00", False, [("booked", "ask")]),
        ("1 10:00", True, [("booked", "planned")]),
        ("3 13:41", True, [("booked", "leave")]),
        ("3 14:29", False, [("booked", "ask")]),
        ("3 14:30", False, []),
    ],
)
def test_a_new_booking_is_answered_once(now: str, said: list[tuple[str, str]], *, origin: bool) -> None:
    assert says(ticket_at(at(now), origin=origin), at(now)) == said


def test_a_booking_that_nobody_can_be_on_time_for_says_so_in_the_same_text() -> None:
    now = at("14:05")
    late = advance(plan_ticket(ticket_at(at("1 10:00")), SALON, Town(), now), SALON, now)
    assert says(late, now) == [("booked", "late"), ("customer_late", "plain")]


def test_an_origin_without_a_way_is_not_asked_for_again() -> None:
    now = at("1 10:00")
    without = replace(ticket_at(now, origin=False), origin=HOME, status=S.PLANNED, plan_note="no_way")
    assert says(without, now) == [("booked", "plain")]


@pytest.mark.parametrize(
    ("now", "told", "said"),
    [
        ("2 16:59", ["booked"], []),
        ("2 17:00", ["booked"], [("reminder", "planned")]),
        ("2 23:00", ["booked"], [("reminder", "planned")]),  # held up, still useful: quiet hours decide when
        ("3 12:39", ["booked"], [("reminder", "planned")]),
        ("3 12:40", ["booked"], []),  # the day's own text is near
        ("2 17:00", ["booked", "reminder"], []),
        ("2 17:00", ["booked", "leave_by"], []),
    ],
)
def test_the_reminder_comes_the_day_before_at_five(now: str, told: list[str], said: list[tuple[str, str]]) -> None:
    assert says(ticket_at(at(now), *told), at(now)) == said


def test_without_an_origin_the_reminder_is_plain() -> None:
    assert says(ticket_at(at("2 17:00"), "booked", origin=False), at("2 17:00")) == [("reminder", "plain")]


@pytest.mark.parametrize(("told_at", "said"), [("2 13:59", [("reminder", "planned")]), ("2 14:01", [])])
def test_what_was_told_shortly_before_needs_no_reminder(told_at: str, said: list[tuple[str, str]]) -> None:
    promise = Promise(start=START, told_kinds=("booked",), told_at=at(told_at))
    assert says(replace(ticket_at(at("2 17:00")), promise=promise), at("2 17:00")) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [("13:39", []), ("13:40", [("leave_by", "plain")]), ("13:55", [("leave_by", "plain")]), ("13:56", [])],
)
def test_time_to_leave_is_said_a_quarter_of_an_hour_before(now: str, said: list[tuple[str, str]]) -> None:
    assert says(ticket_at(at(now), "booked", "reminder"), at(now)) == said


def test_the_business_chooses_how_long_before() -> None:
    early = replace(SALON, lead_min=40)
    given = advance(ticket_at(at("13:00"), "booked", "reminder"), early, at("13:20"))
    assert says(given, at("13:20"), early) == [("leave_by", "plain")]


def test_who_cannot_be_on_time_is_told_so_once() -> None:
    now = at("14:05")
    assert says(latecomer(), now) == [("late", "plain"), ("customer_late", "plain")]


@pytest.mark.parametrize(
    ("late_s", "said"),
    [
        (120, [("leave_by", "plain")]),
        (121, [("late", "plain")]),
        (300, [("late", "plain")]),
        (301, [("late", "plain"), ("customer_late", "plain")]),
    ],
)
def test_the_business_hears_of_more_than_five_minutes_only(late_s: int, said: list[tuple[str, str]]) -> None:
    late = replace(
        latecomer(),
        arrive_at=START + timedelta(seconds=late_s),
        promise=Promise(start=START, told_kinds=SAID_BEFORE),
    )
    assert says(late, at("14:05")) == said


def follower(on_time: float, late: float, way: str = "13:55") -> Ticket:
    """On the way since 13:55 to be there at 14:25; how sure that is by now."""
    given = ticket_at(at("13:41"), *SAID_BEFORE)
    told, _ = decide(Situation.of(given, SALON, at("13:41")))
    under_way = advance(replace(told, on_time_probability=on_time, late_probability=late), SALON, at(way))
    expected = START + timedelta(minutes=9 if late > 0.5 else -5)
    return replace(under_way, arrive_at=expected)


@pytest.mark.parametrize(
    ("on_time", "late", "now", "said"),
    [
        (0.9, 0.05, "14:00", []),
        (0.1, 0.6, "14:00", []),  # likely, and there is time for it to change
        (0.1, 0.6, "14:17", []),
        (0.1, 0.6, "14:18", [("late", "on_the_way"), ("customer_late", "plain")]),  # twelve minutes before
        (0.3, 0.4, "14:18", []),
        (0.0, 0.96, "14:00", [("late", "on_the_way"), ("customer_late", "plain")]),
        (0.0, 0.95, "14:00", []),
        (0.0, 0.96, "14:35", []),  # nobody could do anything with it
    ],
)
def test_on_the_way_lateness_is_told_by_its_chance(
    on_time: float, late: float, now: str, said: list[tuple[str, str]]
) -> None:
    assert says(follower(on_time, late), at(now)) == said


@pytest.mark.parametrize(
    ("late", "expected_min", "now", "said"),
    [
        (0.31, 3, "14:18", ["late"]),  # and the business with it, once it is more than five minutes
        (0.31, 3, "14:17", []),
        (0.3, 3, "14:18", []),
        (0.31, 2, "14:18", []),  # nobody is told of a lateness that is none
    ],
)
def test_at_the_last_call_what_is_to_be_feared_is_told_if_it_is_late_in_the_middle(
    late: float, expected_min: int, now: str, said: list[str]
) -> None:
    expected = replace(follower(0.1, late), arrive_at=START + timedelta(minutes=expected_min))
    assert [kind for kind, _ in says(expected, at(now))] == said


@pytest.mark.parametrize(("on_time", "said"), [(0.95, []), (0.96, ["on_time_again", "customer_on_time"])])
def test_that_it_is_good_again_is_told_when_that_is_as_good_as_certain(on_time: float, said: list[str]) -> None:
    late, _ = decide(Situation.of(follower(0.0, 0.99), SALON, at("14:00")))
    better = replace(late, on_time_probability=on_time, late_probability=0.01, arrive_at=START - timedelta(minutes=3))
    assert [kind for kind, _ in says(better, at("14:05"))] == said


def test_three_minutes_that_become_six_are_told_to_the_business_then() -> None:
    given = replace(latecomer(), arrive_at=START + timedelta(minutes=3))
    told, _ = decide(Situation.of(given, SALON, at("14:05")))
    assert says(told, at("14:06")) == []
    assert says(replace(told, arrive_at=START + timedelta(minutes=6)), at("14:06")) == [("customer_late", "plain")]


@pytest.mark.parametrize(
    ("start", "now", "told", "said"),
    [
        ("3 16:30", "2 10:00", ["booked"], [("moved", "planned")]),
        ("3 16:30", "2 10:00", ["booked", "reminder"], [("moved", "planned")]),
        ("3 16:30", "3 15:45", ["booked", "leave_by"], [("moved", "leave")]),
        ("4 14:30", "3 10:00", ["booked"], [("moved", "planned")]),
    ],
)
def test_a_move_is_told_once_with_leave_by_where_it_is_time(
    start: str, now: str, told: list[str], said: list[tuple[str, str]]
) -> None:
    moved = replace(ticket_at(at("1 10:00"), *told, origin=False), start=at(start), end=at(start) + timedelta(hours=1))
    moved = plan_ticket(replace(moved, origin=HOME), SALON, Town(), at("1 10:00"))
    assert says(advance(moved, SALON, at(now)), at(now)) == said


def test_after_a_move_reminder_and_time_to_leave_are_told_for_the_new_start() -> None:
    moved = replace(ticket_at(at("1 10:00"), "booked", "reminder", "leave_by"), start=START + timedelta(days=2))
    after, (say,) = decide(Situation.of(moved, SALON, at("2 09:00")))
    assert (say.was, say.overtakes) == (START, True)
    assert after.promise.told_kinds == ("booked", "moved")
    assert after.promise.void_before_decision == after.decision


@pytest.mark.parametrize(
    ("told", "now", "said"),
    [
        (["booked"], "2 18:00", []),  # the booking tool has said it; nobody is on the way
        (["booked", "reminder"], "2 18:00", [("cancelled", "plain")]),
        (["booked", "leave_by"], "3 13:45", [("cancelled", "plain")]),
        (["booked", "leave_by", "cancelled"], "3 13:45", []),
        (["booked", "leave_by"], "3 14:30", []),  # it would have begun: too late to matter
    ],
)
def test_a_cancellation_is_told_to_those_who_may_be_preparing_to_come(
    told: list[str], now: str, said: list[tuple[str, str]]
) -> None:
    assert says(replace(ticket_at(at("2 10:00"), *told), status=S.CANCELLED), at(now)) == said


def test_who_has_set_out_is_not_told_to_stay_at_home() -> None:
    told = ticket_at(at("2 10:00"), "booked", "leave_by")
    leave_by = at("13:50")
    off = replace(told, status=S.CANCELLED, promise=replace(told.promise, leave_by=leave_by))
    assert says(off, leave_by) == [("cancelled", "plain")]
    assert says(off, leave_by + timedelta(minutes=1)) == [("cancelled", "on_the_way")]


@pytest.mark.parametrize("status", [S.UNDER_WAY, S.ARRIVED, S.IN_SERVICE, S.DONE, S.NO_SHOW])
def test_who_is_there_or_on_the_way_is_left_alone(status: TicketStatus) -> None:
    assert says(replace(ticket_at(at("3 13:00"), "booked", "reminder"), status=status), at("3 14:00")) == []


def test_nothing_is_told_about_what_is_not_confirmed() -> None:
    assert says(replace(ticket_at(at("1 10:00")), confirmed=False), at("1 10:00")) == []


@pytest.mark.parametrize("kind", ["booked", "reminder", "leave_by", "moved", "cancelled", "late"])
def test_a_kind_that_is_switched_off_is_settled_in_silence(kind: str) -> None:
    silent = replace(SALON, notices={kind: False})
    now, given = {
        "booked": (at("1 10:00"), ticket_at(at("1 10:00"))),
        "reminder": (at("2 17:00"), ticket_at(at("2 17:00"), "booked")),
        "leave_by": (at("13:40"), ticket_at(at("13:40"), "booked", "reminder")),
        "moved": (at("2 10:00"), replace(ticket_at(at("1 10:00"), "booked"), start=START + timedelta(hours=3))),
        "cancelled": (at("2 18:00"), replace(ticket_at(at("2 18:00"), "reminder"), status=S.CANCELLED)),
        "late": (at("14:05"), latecomer()),
    }[kind]
    assert kind in [said for said, _ in says(given, now)]
    assert kind not in [said for said, _ in says(given, now, silent)]
    assert kind in decide(Situation.of(given, silent, now))[0].promise.told_kinds


def test_at_most_three_texts_interrupt() -> None:
    given = ticket_at(at("13:40"), "booked", "reminder")
    tired = replace(given, promise=replace(given.promise, texts=TEXTS_MAX))
    assert says(tired, at("13:40")) == []


def test_every_rule_says_what_it_is_for() -> None:
    assert all(rule.__doc__ for rule in RULES)
