"""An appointment that takes place somewhere else, and one whose tool reminds: what is planned and what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.booking import Venue
from chalicelib.notices.notice import NoticeState
from chalicelib.tickets.documents import from_document, to_document
from chalicelib.tickets.ticket import is_elsewhere
from chalicelib.transit.itinerary import Place
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.salon import HOME, SALON, START, Salon, at, booking, handle

WEST = Venue("Salon Lind West", 48.21, 16.33)


def planned_salon(**settings: object) -> tuple[Salon, str]:
    """Booked on the 1st at 10:00, the origin known."""
    salon = Salon(business=replace(SALON, **settings))  # type: ignore[arg-type] # a test names the fields it changes
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.work()
    return salon, ticket.ticket_id


def texts_of(salon: Salon, kind: str) -> list[str]:
    return [notice.text for notice in salon.notices() if notice.kind == kind and notice.sent_at]


def test_a_booking_at_a_calendars_place_is_planned_to_there() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking(venue=WEST))
    found = set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    assert found
    there = Place(WEST.name, WEST.lat, WEST.lon)
    assert (found.venue, found.itineraries[0].legs[-1].destination) == (there, there)


def test_a_move_to_another_place_is_planned_anew_and_told_once() -> None:
    salon, key = planned_salon()
    salon.clock.advance(minutes=60)
    for _ in range(2):
        salon.book(booking(venue=WEST, version=2))
    assert salon.ticket(key).itineraries[0].legs[-1].destination.name == WEST.name
    assert texts_of(salon, "moved") == [
        f"Salon Lind: Thu 14:30 now at Salon Lind West. Leave by 13:55. {link(salon, key)}"
    ]


def test_another_time_and_another_place_are_one_text() -> None:
    salon, key = planned_salon()
    salon.book(booking(START + timedelta(hours=2), venue=WEST, version=2))
    assert texts_of(salon, "moved") == [
        f"Salon Lind: now Thu 16:30, not Thu 14:30, at Salon Lind West. Leave by 15:55. {link(salon, key)}"
    ]


def test_who_was_told_to_leave_for_the_old_place_is_told_the_way_to_the_new_one() -> None:
    salon, key = planned_salon()
    salon.until(at("3 13:45"))
    salon.book(booking(venue=WEST, version=2))
    (text,) = texts_of(salon, "moved")
    assert "now at Salon Lind West" in text
    assert "Bus 12 14:00 at Old Mill" in text
    told = salon.ticket(key).promise.itinerary
    assert told
    assert told.legs[-1].destination.name == WEST.name
    salon.until(at("3 16:00"))
    assert [kind for _, kind in salon.said()].count("moved") == 1


def test_there_and_back_again_is_told_twice_and_ends_where_it_began() -> None:
    salon, key = planned_salon()
    salon.book(booking(venue=WEST, version=2))
    salon.book(booking(version=3))
    assert [text.split(". ")[0] for text in texts_of(salon, "moved")] == [
        "Salon Lind: Thu 14:30 now at Salon Lind West",
        "Salon Lind: Thu 14:30 now at Salon Lind",
    ]
    assert salon.ticket(key).venue.name == "Salon Lind"


def test_a_chair_next_door_is_no_news() -> None:
    salon, key = planned_salon()
    salon.book(booking(venue=Venue("Ben's chair", SALON.lat + 0.0005, SALON.lon), version=2))
    assert texts_of(salon, "moved") == []
    assert salon.ticket(key).leave_by == at("13:55")


def test_what_was_to_be_sent_about_the_old_place_is_not_sent() -> None:
    salon, _ = planned_salon()
    salon.until(at("3 13:39"))
    salon.clock.advance(minutes=1)
    salon.queue_tickets_due(salon.now)
    for message in salon.queues.take("tickets"):
        handle(salon.services, message, salon.now)
    salon.bookings["b1"] = booking(venue=WEST, version=2)  # the tool's news is in the store, the ticket not yet
    salon.work()
    (held,) = [notice for notice in salon.notices() if notice.kind == "leave_by"]
    assert (held.state, held.reason) == (NoticeState.SUPPRESSED, "booking_moved")


def test_each_of_two_moves_gives_leave_by_anew_where_moves_are_not_told() -> None:
    salon, _ = planned_salon(notices={"moved": False})
    salon.book(booking(START + timedelta(minutes=30), version=2))
    salon.until(at("3 14:15"))
    salon.book(booking(START + timedelta(hours=2), version=3))
    salon.until(at("3 15:45"))
    assert [kind for _, kind in salon.said()].count("leave_by") == 2


def test_where_the_tool_reminds_we_do_not_and_say_the_rest() -> None:
    told = {}
    for reminds in (False, True):
        salon = Salon()
        (ticket,) = salon.book(booking(tool_reminds=reminds))
        set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
        salon.until(at("3 15:00"))
        told[reminds] = [kind for _, kind in salon.said()]
    assert told == {False: ["booked", "reminder", "leave_by"], True: ["booked", "leave_by"]}


def test_a_ticket_stored_before_places_were_told_reads_and_is_not_told_of_a_move() -> None:
    salon, key = planned_salon()
    document = to_document(salon.ticket(key))
    del document["ticket"]["tool_reminds"], document["promise"]["venue"]
    read = from_document(document)
    assert (read.tool_reminds, read.promise.venue, read.promise_stands) == (False, None, True)


degrees = st.tuples(st.floats(-89, 89), st.floats(-180, 180))


@given(degrees, degrees)
def test_elsewhere_is_the_same_both_ways_for_what_is_near_and_never_for_itself(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    here, there = Place("", *one), Place("", *other)
    assert not is_elsewhere(here, here)
    assert is_elsewhere(here, replace(here, lat=here.lat + 0.002))
    if abs(one[0] - other[0]) > 0.01:
        assert is_elsewhere(here, there)
        assert is_elsewhere(there, here)


def test_the_date_line_does_not_make_neighbours_strangers() -> None:
    assert not is_elsewhere(Place("", -17.0, 179.9999), Place("", -17.0, -179.9999))


def link(salon: Salon, key: str) -> str:
    return f"https://hub.example.com/t/{salon.ticket(key).token}"
