"""How a ticket follows its booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from chalicelib.bookings.booking import Status, Venue
from chalicelib.tickets.follow import follow, new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.ticket import Promise, TicketStatus
from chalicelib.transit.itinerary import Place
from tests.fakes.salon import ADA, HOME, SALON, START, at, booking

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

NOW = at("1 10:00")


def fresh(**changes: object) -> Ticket:
    made = new_ticket(booking(), ADA, SALON, NOW, Link("t", "s"))
    assert made
    return replace(made, **changes)  # type: ignore[arg-type] # a test names the fields it changes


def planned(**changes: object) -> Ticket:
    plan = {"origin": HOME, "status": TicketStatus.PLANNED, "leave_by": at("13:50"), "arrive_at": at("14:20")}
    return fresh(**plan | changes)


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.CANCELLED, Status.REJECTED, Status.NO_SHOW])
def test_only_a_confirmed_booking_makes_a_ticket(status: Status) -> None:
    assert new_ticket(booking(status=status), ADA, SALON, NOW, Link("t", "s")) is None


def test_a_booking_that_is_over_makes_no_ticket() -> None:
    assert new_ticket(booking(), ADA, SALON, START + timedelta(hours=1), Link("t", "s")) is None


def test_without_a_ticket_there_is_nothing_to_follow() -> None:
    assert follow(None, booking(), ADA, SALON, NOW) is None


def test_following_the_same_booking_again_changes_nothing() -> None:
    ticket = planned()
    assert follow(ticket, booking(), ADA, SALON, NOW) == ticket


def test_a_moved_booking_moves_the_ticket_and_keeps_its_link_origin_and_what_was_told() -> None:
    ticket = planned(promise=Promise(start=START, told_kinds=("booked",)))
    later = booking(START + timedelta(hours=2), version=2)
    moved = follow(ticket, later, ADA, SALON, NOW)
    assert moved
    assert (moved.token, moved.origin, moved.promise) == (ticket.token, HOME, ticket.promise)
    assert (moved.start, moved.leave_by, moved.itineraries) == (START + timedelta(hours=2), None, ())
    assert moved.status is TicketStatus.PLANNED
    assert follow(moved, later, ADA, SALON, NOW) == moved


def test_news_older_than_what_is_known_changes_nothing() -> None:
    ticket = follow(planned(), booking(START + timedelta(hours=2), version=3), ADA, SALON, NOW)
    assert follow(ticket, booking(START + timedelta(hours=1), version=2), ADA, SALON, NOW) == ticket


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.REJECTED])
def test_a_cancelled_booking_silences_the_ticket_and_booked_again_it_lives_again(status: Status) -> None:
    silenced = follow(
        planned(decision=2, promise=Promise(start=START, told_kinds=("booked", "reminder"), texts=1)),
        booking(status=status, version=2),
        ADA,
        SALON,
        NOW,
    )
    assert silenced
    assert silenced.status is TicketStatus.CANCELLED
    alive = follow(silenced, booking(version=3), ADA, SALON, NOW)
    assert alive
    assert (alive.status, alive.origin) == (TicketStatus.PLANNED, HOME)
    assert alive.promise == Promise(start=START, texts=1, void_before_decision=3)


def test_a_customer_who_is_no_longer_part_of_it_is_silenced() -> None:
    ticket = follow(planned(), booking(version=2), None, SALON, NOW)
    assert ticket
    assert ticket.status is TicketStatus.CANCELLED


def test_while_a_booking_waits_for_confirmation_again_so_does_its_ticket() -> None:
    waiting = follow(planned(), booking(status=Status.REQUESTED, version=2), ADA, SALON, NOW)
    assert waiting
    assert not waiting.confirmed
    assert waiting.status is TicketStatus.PLANNED
    confirmed = follow(waiting, booking(version=3), ADA, SALON, NOW)
    assert confirmed
    assert confirmed.confirmed


def test_a_no_show_is_a_no_show() -> None:
    ticket = follow(planned(status=TicketStatus.DONE), booking(status=Status.NO_SHOW, version=2), ADA, SALON, NOW)
    assert ticket
    assert ticket.status is TicketStatus.NO_SHOW


def test_a_venue_that_was_corrected_asks_for_a_new_plan_unless_the_visit_is_over() -> None:
    elsewhere = replace(SALON, lat=48.3)
    ticket = follow(planned(), booking(), ADA, elsewhere, NOW)
    assert ticket
    assert (ticket.venue.lat, ticket.leave_by) == (48.3, None)
    over = follow(planned(), booking(), ADA, elsewhere, START + timedelta(hours=1))
    assert over == planned()


WEST = Venue("Salon Lind West", 48.21, 16.33)
NEXT_DOOR = Venue("Ben's chair", SALON.lat + 0.0005, SALON.lon)


def test_a_booking_of_a_calendar_with_a_place_of_its_own_is_there() -> None:
    made = new_ticket(booking(venue=WEST), ADA, SALON, NOW, Link("t", "s"))
    assert made
    assert made.venue == Place(WEST.name, WEST.lat, WEST.lon)
    back = follow(made, booking(version=2), ADA, SALON, NOW)
    assert back
    assert back.venue == Place(SALON.name, SALON.lat, SALON.lon)


@pytest.mark.parametrize("status", [TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE, TicketStatus.UNDER_WAY])
def test_another_place_is_a_move_of_the_same_ticket(status: TicketStatus) -> None:
    ticket = planned(
        status=status, promise=Promise(start=START, venue=fresh().venue, told_kinds=("booked", "leave_by"))
    )
    west = booking(venue=WEST, version=2)
    moved = follow(ticket, west, ADA, SALON, NOW)
    assert moved
    assert (moved.token, moved.origin, moved.promise) == (ticket.token, HOME, ticket.promise)
    assert (moved.status, moved.leave_by, moved.promise_stands) == (TicketStatus.PLANNED, None, False)
    assert follow(moved, west, ADA, SALON, NOW) == moved


def test_another_chair_in_the_same_house_is_planned_anew_without_being_a_move() -> None:
    told = Promise(start=START, venue=fresh().venue, told_kinds=("booked",))
    ticket = planned(status=TicketStatus.TIME_TO_LEAVE, promise=told)
    moved = follow(ticket, booking(venue=NEXT_DOOR, version=2), ADA, SALON, NOW)
    assert moved
    assert (moved.venue.name, moved.status, moved.promise_stands) == (NEXT_DOOR.name, ticket.status, True)


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.NO_SHOW])
def test_a_move_does_not_revive_what_ended(status: Status) -> None:
    ended = follow(planned(), booking(status=status, version=2), ADA, SALON, NOW)
    elsewhere = follow(ended, booking(status=status, venue=WEST, version=3), ADA, SALON, NOW)
    assert ended
    assert elsewhere
    assert elsewhere.status is ended.status


def test_a_visit_that_began_goes_on_wherever_the_calendar_is_said_to_be() -> None:
    inside = planned(status=TicketStatus.IN_SERVICE)
    told = follow(inside, booking(venue=WEST, version=2), ADA, SALON, START + timedelta(minutes=5))
    assert told
    assert (told.status, told.venue.name) == (TicketStatus.IN_SERVICE, WEST.name)


def test_that_the_tool_reminds_is_taken_over() -> None:
    ticket = follow(planned(), booking(tool_reminds=True), ADA, SALON, NOW)
    assert ticket
    assert ticket.tool_reminds


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    zone = ZoneInfo("Europe/Vienna")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    second = first.replace(fold=1)
    made = new_ticket(booking(first), ADA, SALON, NOW, Link("t", "s"))
    moved = follow(made, booking(second, version=2), ADA, SALON, NOW)
    assert made
    assert moved
    assert moved.start - made.start == timedelta(hours=1)
    assert moved.start.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
