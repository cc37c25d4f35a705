"""Nobody goes without a word on the day of the visit, and nobody hears it twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.business import StreetAddress
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.salon import ADA, HOME, MILL, SALON, START, Salon, at, booking

if TYPE_CHECKING:
    from chalicelib.transit.itinerary import Place


def booked_at(moment: str, **changes: Any) -> Salon:
    """A salon with an address; Ada books at that moment."""
    salon = Salon(business=replace(SALON, address=StreetAddress("Example Street 5")))
    salon.clock.set(at(moment))
    salon.book(booking(**changes))
    return salon


def with_origin(salon: Salon, origin: Place = HOME) -> Salon:
    (key,) = salon.documents.tables["tickets"]
    set_origin(salon.services, key, origin, salon.now)
    salon.work()
    return salon


def texts(salon: Salon, kind: str) -> list[str]:
    return [one.text.split(" https:")[0] for one in salon.notices() if one.kind == kind and one.sent_at]


def test_whoever_never_said_from_where_is_told_when_where_and_whom_to_call() -> None:
    salon = booked_at("1 10:00")
    salon.until(at("3 15:00"))
    assert salon.said() == [("1 10:00", "booked"), ("2 17:00", "reminder"), ("3 13:00", "on_the_day")]
    assert texts(salon, "on_the_day") == [
        "Salon Lind Thu 14:30, Example Street 5. Phone +12025550199. How to get there:"
    ]


def test_booked_in_the_afternoon_before_there_is_a_reminder() -> None:
    salon = booked_at("2 13:00")
    salon.until(at("3 15:00"))
    assert [kind for _, kind in salon.said()] == ["booked", "reminder", "on_the_day"]


@pytest.mark.parametrize(("booked", "hears"), [("3 08:30", True), ("3 11:00", False), ("3 13:30", False)])
def test_booked_on_the_day_shortly_before_that_was_the_word(booked: str, *, hears: bool) -> None:
    salon = booked_at(booked)
    salon.until(at("3 15:00"))
    assert [kind for _, kind in salon.said()] == ["booked"] + ["on_the_day"] * hears


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("3 10:30", [("3 08:00", "booked")]),  # it could wait, and is the word of the day
        ("3 09:30", [("2 23:00", "booked"), ("3 08:00", "on_the_day")]),  # it could not
    ],
)
def test_booked_in_the_night_is_heard_once_in_the_morning(start: str, said: list[tuple[str, str]]) -> None:
    salon = booked_at("2 23:00", start=at(start), end=at("3 11:00"))
    salon.until(at(start))
    assert salon.said() == said


def test_who_has_a_time_to_leave_needs_no_other_word() -> None:
    salon = with_origin(booked_at("1 10:00"))
    salon.until(at("3 15:00"))
    assert [kind for _, kind in salon.said()] == ["booked", "reminder", "leave_by"]


def test_where_nothing_brings_them_there_both_sides_are_told_once() -> None:
    salon = booked_at("1 10:00")
    salon.town.note = "no_way"
    with_origin(salon)
    salon.until(at("3 15:00"))
    assert salon.said()[2:] == [("3 13:00", "on_the_day"), ("3 13:00", "customer_late")]
    assert "no bus or train gets you there in time. +12025550199" in texts(salon, "on_the_day")[0]
    assert "no bus or train gets them there" in texts(salon, "customer_late")[0]


def test_a_way_that_turns_up_after_all_is_told_and_the_business_hears_that_too() -> None:
    salon = booked_at("1 10:00")
    salon.town.note = "no_way"
    with_origin(salon)
    salon.until(at("3 13:10"))
    salon.town.note = ""
    with_origin(salon, MILL)
    salon.until(at("3 15:00"))
    assert [kind for _, kind in salon.said()][2:] == ["on_the_day", "customer_late", "leave_by", "customer_on_time"]


def test_a_way_that_turns_up_late_is_told_as_late() -> None:
    salon = booked_at("1 10:00")
    salon.town.note = "no_way"
    with_origin(salon)
    salon.until(at("3 14:10"))
    salon.town.note = ""
    with_origin(salon, MILL)
    salon.until(at("3 15:00"))
    assert [kind for _, kind in salon.said()][2:] == ["on_the_day", "customer_late", "late", "customer_late"]
    assert texts(salon, "customer_late")[1].endswith("there 14:40, 10 min late.")


@pytest.mark.parametrize("note", ["unknown_feed", "no_timetable", "outside_calendar"])
def test_where_the_network_is_not_known_the_word_is_the_plain_one(note: str) -> None:
    salon = booked_at("1 10:00")
    salon.town.note = note
    with_origin(salon)
    salon.until(at("3 15:00"))
    assert [kind for _, kind in salon.said()][2:] == ["on_the_day"]
    assert "Phone +12025550199" in texts(salon, "on_the_day")[0]


def test_by_mail_it_is_the_same() -> None:
    salon = booked_at("1 10:00", customers=(replace(ADA, phone=None),))
    salon.until(at("3 15:00"))
    assert len(salon.mail.sent) == 3


def test_who_heard_it_hears_of_the_cancelling() -> None:
    salon = booked_at("2 18:00")
    salon.until(at("3 13:30"))
    salon.book(booking(version=2, status=Status.CANCELLED))
    assert [kind for _, kind in salon.said()] == ["booked", "on_the_day", "cancelled"]


# --- by telephone or screen ---


def test_who_meets_by_screen_is_reminded_an_hour_before_and_of_no_journey() -> None:
    salon = booked_at("1 10:00", remote=True)
    salon.until(at("3 16:00"))
    assert salon.said() == [("3 13:30", "reminder")]
    assert texts(salon, "reminder") == ["Reminder: Salon Lind Thu 14:30. All about it:"]


def test_a_tool_that_reminds_them_leaves_nothing_to_say() -> None:
    salon = booked_at("1 10:00", remote=True, tool_reminds=True)
    salon.until(at("3 16:00"))
    assert salon.said() == []


@pytest.mark.parametrize(("until", "kinds"), [("2 12:00", []), ("3 13:40", ["reminder", "cancelled"])])
def test_of_a_cancelling_they_hear_once_they_were_reminded(until: str, kinds: list[str]) -> None:
    salon = booked_at("1 10:00", remote=True)
    salon.until(at(until))
    salon.book(booking(version=2, status=Status.CANCELLED, remote=True))
    salon.until(at("3 16:00"))
    assert [kind for _, kind in salon.said()] == kinds
    assert all("set out" not in text for text in texts(salon, "cancelled"))


@pytest.mark.parametrize(("until", "kinds"), [("2 12:00", ["reminder"]), ("3 13:40", ["reminder", "moved"])])
def test_of_a_move_they_hear_once_they_were_reminded(until: str, kinds: list[str]) -> None:
    salon = booked_at("1 10:00", remote=True)
    salon.until(at(until))
    salon.book(booking(at("3 15:30"), version=2, remote=True))
    salon.until(at("3 16:00"))
    assert [kind for _, kind in salon.said()] == kinds


def test_who_was_to_come_and_need_not_is_told_so_and_the_other_way_round() -> None:
    salon = with_origin(booked_at("1 10:00"))
    salon.until(at("3 12:00"))
    salon.book(booking(version=2, remote=True))
    salon.until(at("3 12:10"))
    salon.book(booking(version=3))
    salon.until(at("3 15:00"))
    first, second = texts(salon, "moved")
    assert first == "Salon Lind: Thu 14:30 is by phone or screen now. No need to set out."
    assert second.startswith("Salon Lind: Thu 14:30 now at Salon Lind.")
    assert [kind for _, kind in salon.said()] == ["booked", "reminder", "moved", "moved", "leave_by"]
    assert salon.ticket(salon.services.tickets.of_booking("b1", salon.now)[0].ticket_id).start == START
