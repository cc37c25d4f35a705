"""Where nothing is in time for what the booking became, or from where the customer now comes, it is said, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.bookings.booking import Status, Venue
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.salon import BRIDGE, HOME, SALON, Salon, at, booking

WEST = Venue("Salon Lind West", 48.21, 16.33)


def planned_salon(business_phone: str | None = SALON.phone) -> tuple[Salon, str]:
    """Booked on the 1st at 10:00, the origin known."""
    salon = Salon(business=replace(SALON, phone=business_phone))
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.work()
    return salon, ticket.ticket_id


def texts_of(salon: Salon, kind: str) -> list[str]:
    return [notice.text.split(" https:")[0] for notice in salon.notices() if notice.kind == kind and notice.sent_at]


@pytest.mark.parametrize(
    ("start", "venue", "text"),
    [
        ("3 04:00", None, "now Thu 04:00, not Thu 14:30. No bus or train is in time. +12025550199"),
        (
            "3 05:00",
            None,
            "now Thu 05:00, not Thu 14:30. 25 min late, there 05:25. Leave by 04:55. +12025550199",
        ),
        ("3 04:00", WEST, "now Thu 04:00, not Thu 14:30, at Salon Lind West. No bus or train is in time. +12025550199"),
        ("3 15:00", None, "now Thu 15:00, not Thu 14:30. Leave by 14:25."),
    ],
)
def test_a_move_to_a_time_that_nothing_is_in_time_for_says_so(start: str, venue: Venue | None, text: str) -> None:
    salon, _ = planned_salon()
    salon.book(booking(at(start), venue=venue, version=2))
    (said,) = texts_of(salon, "moved")
    assert said == f"Salon Lind: {text}"


@pytest.mark.parametrize("note", ["no_way", "outside_area", "venue_outside_area"])
def test_a_move_to_a_place_that_nothing_goes_to_says_so(note: str) -> None:
    salon, _ = planned_salon(business_phone=None)
    salon.town.note = note
    salon.book(booking(venue=WEST, version=2))
    assert texts_of(salon, "moved") == ["Salon Lind: Thu 14:30 now at Salon Lind West. No bus or train is in time."]


@pytest.mark.parametrize("note", ["outside_calendar", "unknown_feed"])
def test_where_we_do_not_know_we_do_not_say_that_there_is_no_way(note: str) -> None:
    salon, _ = planned_salon()
    salon.town.note = note
    salon.book(booking(at("3 16:30"), version=2))
    assert texts_of(salon, "moved") == ["Salon Lind: now Thu 16:30, not Thu 14:30."]


def test_who_never_said_where_from_is_told_of_no_way() -> None:
    salon = Salon()
    salon.book(booking())
    salon.book(booking(at("3 04:00"), version=2))
    assert texts_of(salon, "moved") == ["Salon Lind: now Thu 04:00, not Thu 14:30."]


def test_moved_when_it_is_too_late_already_one_text_says_both_and_the_business_hears_of_it() -> None:
    salon, key = planned_salon()
    salon.book(booking(at("3 18:30"), version=2))
    salon.until(at("3 14:05"))
    salon.book(booking(version=3))
    (said,) = texts_of(salon, "moved")[1:]
    assert said == ("Salon Lind: now Thu 14:30, not Thu 18:30. 10 min late, there 14:40. Leave by 14:10. +12025550199")
    assert texts_of(salon, "late") == []
    assert texts_of(salon, "customer_late") == ["Ada Example, Thu 14:30: will be there 14:40, 10 min late."]
    assert salon.ticket(key).promise.leave_by == at("14:10")


def test_a_plan_that_is_late_is_not_reminded_of_as_if_it_were_in_time() -> None:
    salon, _ = planned_salon()
    salon.book(booking(at("3 05:00"), version=2))
    salon.until(at("2 17:01"))
    (said,) = texts_of(salon, "reminder")
    assert "Leave by" not in said


def told_salon() -> tuple[Salon, str]:
    """At 13:41, one minute after Ada was told to leave by 13:55."""
    salon, key = planned_salon()
    salon.until(at("3 13:41"))
    assert texts_of(salon, "leave_by")
    return salon, key


def test_an_origin_without_a_way_breaks_the_told_time_and_that_is_said_once() -> None:
    salon, key = told_salon()
    salon.town.note = "outside_area"
    for place in (replace(BRIDGE, name="far"), replace(BRIDGE, name="farther"), None, replace(BRIDGE, name="far")):
        set_origin(salon.services, key, place, salon.now)
        salon.work()
    assert texts_of(salon, "late") == [
        "Salon Lind Thu 14:30: no bus or train gets you there in time any more. Please call +12025550199."
    ]
    assert texts_of(salon, "customer_late") == [
        "Ada Example, Thu 14:30: no bus or train gets them there in time any more."
    ]


def test_an_origin_without_a_way_is_for_the_page_to_say_where_no_time_was_told() -> None:
    salon, key = planned_salon()
    salon.until(at("3 12:00"))
    salon.town.note = "no_way"
    set_origin(salon.services, key, replace(BRIDGE, name="far"), salon.now)
    salon.until(at("3 15:00"))
    assert texts_of(salon, "late") == []
    assert texts_of(salon, "leave_by") == []


def test_a_way_that_comes_up_after_all_is_told() -> None:
    salon, key = told_salon()
    salon.town.note = "no_way"
    set_origin(salon.services, key, replace(BRIDGE, name="far"), salon.now)
    salon.work()
    salon.town.note = ""
    check_ticket(salon.services, key, salon.now)
    salon.work()
    assert [kind for _, kind in salon.said()[-3:]] == ["customer_late", "leave_by", "customer_on_time"]


def test_a_cancelled_booking_is_not_late() -> None:
    salon, key = told_salon()
    salon.book(booking(status=Status.CANCELLED, version=2))
    salon.town.note = "no_way"
    set_origin(salon.services, key, replace(BRIDGE, name="far"), salon.now)
    check_ticket(salon.services, key, salon.now + timedelta(minutes=1))
    salon.work()
    assert texts_of(salon, "late") == []


def test_who_gave_up_the_told_way_has_not_set_out_when_it_is_cancelled() -> None:
    salon, key = told_salon()
    salon.town.note = "no_way"
    set_origin(salon.services, key, replace(BRIDGE, name="far"), salon.now)
    set_origin(salon.services, key, None, salon.now)
    salon.until(at("3 14:00"))
    salon.book(booking(status=Status.CANCELLED, version=2))
    assert all("on your way" not in text for text in texts_of(salon, "cancelled"))
