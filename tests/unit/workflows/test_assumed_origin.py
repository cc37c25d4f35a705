"""The booking's form says where the customer comes from: taken as origin where it is certain, said, and put right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.foundation.commands import CompileFeed, to_message
from chalicelib.foundation.locales import LANGUAGES
from chalicelib.notices.rendering.gsm7 import segments, septets
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.timetable_changed import check_feed_days
from tests.fakes.salon import ADA, BEN, BRIDGE, HOME, MILL, START, Gazetteer, Salon, at, booking

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Booking
    from chalicelib.tickets.ticket import Ticket


def says(words: str, version: int = 1, **changes: object) -> Booking:
    return booking(START, replace(ADA, address=words), version=version, address=words, **changes)


def only(salon: Salon) -> Ticket:
    (key,) = salon.documents.tables["tickets"]
    return salon.ticket(key)


def test_a_certain_answer_is_the_origin_and_the_first_text_says_so() -> None:
    salon = Salon()
    (ticket,) = salon.book(says("Old Mill"))
    assert (ticket.origin, ticket.origin_assumed, ticket.status) == (MILL, True, TicketStatus.PLANNED)
    ((_, text),) = salon.texts.sent
    assert text == (
        "Salon Lind Thu 14:30: leave by 13:55 if you set out from Old Mill. If not, say so: "
        f"https://hub.example.com/t/{ticket.token} Reply STOP to end texts."
    )
    salon.until(at("3 16:00"))
    assert salon.said() == [("1 10:00", "booked"), ("2 17:00", "reminder"), ("3 13:40", "leave_by")]


def test_an_uncertain_answer_is_not_guessed_and_not_looked_for_again() -> None:
    salon = Salon()
    (ticket,) = salon.book(says("somewhere in town"))
    assert (ticket.origin, ticket.address_open) == (None, False)
    assert "From where will you set out?" in salon.texts.sent[0][1]
    salon.book(says("somewhere in town"))
    salon.until(at("2 17:01"))
    assert salon.places.asked == ["somewhere in town"]


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("name", ["Old Mill", "Bahnhof Charlottenburg/Wilmersdorfer Straße (Gleis 3)", ""])
def test_the_text_is_one_segment_in_every_language(locale: str, name: str, *, planned: bool) -> None:
    salon = Salon(places=Gazetteer(known={"there": replace(MILL, name=name)}))
    salon.town.note = "" if planned else "no_timetable"
    salon.book(booking(START, replace(ADA, address="there", locale=locale)))
    ((_, text),) = salon.texts.sent
    assert segments(text) == 1, text
    assert septets(text) is not None
    assert ("13:55" in text) is planned, text
    assert only(salon).token in text


def test_what_the_customer_says_wins_over_any_answer() -> None:
    salon = Salon()
    (ticket,) = salon.book(says("Old Mill"))
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.book(says("Long Bridge", version=2))
    assert (only(salon).origin, only(salon).origin_assumed) == (HOME, False)


def test_an_origin_that_is_said_to_be_right_is_the_customers_own() -> None:
    salon = Salon()
    (ticket,) = salon.book(says("Old Mill"))
    set_origin(salon.services, ticket.ticket_id, MILL, salon.now)
    assert (only(salon).origin, only(salon).origin_assumed) == (MILL, False)
    salon.book(says("Long Bridge", version=2))
    assert only(salon).origin == MILL
    assert [kind for _, kind in salon.said()] == ["booked"]


def test_an_assumption_that_is_taken_back_is_not_made_again() -> None:
    salon = Salon()
    (ticket,) = salon.book(says("Old Mill"))
    set_origin(salon.services, ticket.ticket_id, None, salon.now)
    salon.book(says("Old Mill", version=2, title="Cut and colour"))
    salon.until(at("2 17:01"))
    assert (only(salon).origin, only(salon).status) == (None, TicketStatus.WAITING_FOR_ORIGIN)
    assert salon.places.asked == ["Old Mill"]


def test_a_new_answer_takes_the_place_of_the_old_one() -> None:
    salon = Salon()
    salon.book(says("Old Mill"))
    salon.book(says("Long Bridge", version=2))
    assert (only(salon).origin, only(salon).origin_assumed) == (BRIDGE, True)
    salon.book(says("who knows", version=3))
    assert (only(salon).origin, only(salon).origin_assumed, only(salon).itineraries) == (None, False, ())


def test_without_a_timetable_it_is_looked_for_when_there_is_one() -> None:
    salon = Salon(places=Gazetteer(ready=False))
    salon.book(says("Old Mill"))
    assert (only(salon).origin, only(salon).address_open) == (None, True)
    assert salon.queues.take("feeds") == [to_message(CompileFeed("town", "days", ("2026-09-03",)))]
    salon.places.ready = True
    check_feed_days(salon.services, "town", ["2026-09-03"])
    salon.work()
    assert (only(salon).origin, only(salon).origin_assumed) == (MILL, True)
    assert [kind for _, kind in salon.said()] == ["booked"]  # the plan itself is told when it is time to leave


def test_if_nobody_says_that_there_is_a_timetable_it_is_looked_for_some_hours_later() -> None:
    salon = Salon(places=Gazetteer(ready=False))
    salon.book(says("Old Mill"))
    salon.places.ready = True
    salon.until(at("1 16:01"))
    assert only(salon).origin == MILL


def test_of_several_attendees_each_comes_from_where_they_said() -> None:
    salon = Salon()
    salon.book(booking(START, replace(ADA, address="Old Mill"), BEN, address="Long Bridge"))
    tickets = [salon.ticket(key) for key in salon.documents.tables["tickets"]]
    assert {one.customer.name: one.origin for one in tickets} == {"Ada Example": MILL, "Ben Example": None}


def test_nothing_is_looked_for_while_the_booking_waits_or_when_it_is_off() -> None:
    salon = Salon()
    salon.places.ready = False
    salon.book(says("Old Mill"))
    salon.places.ready = True
    for version, status in enumerate((Status.REQUESTED, Status.CANCELLED), 2):
        salon.book(says("Old Mill", version, status=status))
        assert only(salon).origin is None
    salon.book(says("Old Mill", 4))
    assert only(salon).origin == MILL


def test_where_the_customer_was_is_forgotten_with_the_answer_that_said_so() -> None:
    salon = Salon()
    salon.book(says("Old Mill"))
    salon.until(at("4 14:40"))
    forgotten = only(salon)
    assert (forgotten.origin, forgotten.address, forgotten.customer.address) == (None, "", None)
    follow_booking(salon.services, says("Old Mill"), salon.now)
    assert only(salon) == forgotten
    assert "Old Mill" not in str(salon.documents.tables["tickets"])
