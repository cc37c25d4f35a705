"""Shared bikes in the life of a ticket: shown to whoever opens the page, told only where nothing else comes in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.notices.rendering.gsm7 import segments
from chalicelib.tickets.plan import NO_ITINERARY_YET
from chalicelib.tickets.promised_itinerary import boardings_of
from chalicelib.tickets.replanning.bikes import with_bike
from chalicelib.tickets.schedule import bike_check_times
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.bikes.recheck import rental_leg
from chalicelib.transit.itinerary import Place, Request
from tests.fakes.bike_salon import HALL, PARK, PIER, PORT, BikeSalon, bike
from tests.fakes.salon import HOME, SALON, START, ZONE, at

if TYPE_CHECKING:
    from chalicelib.transit.bikes.search import Station


def test_it_is_one_more_way_after_the_others_within_the_last_hour_only() -> None:
    salon = BikeSalon(PARK, PORT)
    ticket_id = salon.booked()
    assert bike(salon.show(ticket_id)) is None, "nobody knows what stands there in three hours"
    salon.until(at("3 13:10"))
    shown = salon.show(ticket_id)
    assert [rental_leg(itinerary) is not None for itinerary in shown.itineraries] == [False, False, False, True]
    found = bike(shown)
    assert found is not None
    assert found.arrive_at == START - timedelta(minutes=SALON.early_min)
    assert at("13:10") <= found.leave_at <= at("14:10")
    assert [str(leg.departs.tzinfo) for leg in found.legs] == [str(ZONE)] * 3
    assert bike(salon.ticket(ticket_id)) is None, "what is kept does not grow old"


def test_an_empty_station_takes_it_away_and_a_fresh_count_brings_it_back() -> None:
    salon = BikeSalon(PARK, PORT)
    ticket_id = salon.booked()
    salon.until(at("3 13:20"))
    assert bike(salon.show(ticket_id))
    for stations in ((replace(PARK, vehicles=1), PORT), (PARK, replace(PORT, docks=1)), (PARK,), ()):
        salon.stations = stations
        salon.until(salon.now + timedelta(minutes=1))
        assert bike(salon.show(ticket_id)) is None
    salon.stations = (PARK, PORT)
    salon.until(salon.now + timedelta(minutes=1))
    assert bike(salon.show(ticket_id))


def test_numbers_older_than_ten_minutes_are_not_offered() -> None:
    salon = BikeSalon(PARK, PORT)
    ticket_id = salon.booked()
    salon.counted_at = at("3 13:15")
    for minute, offered in ((20, True), (25, True), (26, False)):
        salon.until(at(f"3 13:{minute}"))
        assert bool(bike(salon.show(ticket_id))) is offered


def test_a_feed_without_shared_bikes_costs_nothing() -> None:
    salon = BikeSalon(PARK, PORT)
    salon.feed_walks.gbfs = ()
    ticket_id = salon.booked()
    salon.until(at("3 13:20"))
    assert salon.show(ticket_id) == salon.ticket(ticket_id)
    assert salon.feed_walks.asked == []


def test_beside_a_bus_in_time_a_bike_is_never_told() -> None:
    salon = BikeSalon(PARK, PORT)
    salon.booked()
    salon.until(START)
    assert [kind for _, kind in salon.said()] == ["booked", "leave_by"]
    assert "Bus 12" in salon.texts_of("leave_by")[0]


def test_where_nothing_else_comes_the_bike_is_told_in_words_of_its_own() -> None:
    salon = BikeSalon(PARK, PORT, bikes_only=True)
    ticket_id = salon.booked()
    assert salon.ticket(ticket_id).plan_note == NO_ITINERARY_YET
    salon.until(at("3 14:00"))
    (text,) = salon.texts_of("leave_by")
    found = bike(salon.ticket(ticket_id))
    leg = rental_leg(found) if found else None
    assert leg is not None
    assert f"Bike Velo {leg.departs.astimezone(ZONE):%H:%M} at Stadtpark, there 14:25." in text
    ticket = salon.ticket(ticket_id)
    assert (ticket.on_time_probability, ticket.plan_note) == (None, "")
    assert ticket.arrive_at is not None
    assert ticket.arrive_at <= START
    salon.until(START + timedelta(hours=2))
    assert salon.ticket(ticket_id).status is TicketStatus.DONE
    assert [kind for _, kind in salon.said()].count("leave_by") == 1


@pytest.mark.parametrize(
    ("locale", "from_a_station", "from_where_it_stands"),
    [
        ("en", "leave by 13:59. Bike Velo 14:02 at Stadtpark, there 14:25.", "leave by 14:00 by bike, there 14:25."),
        (
            "de",
            "bis 13:59 losgehen. Rad Velo 14:02 ab Stadtpark, Ankunft 14:25.",
            "losgehen, mit dem Rad, Ankunft 14:25.",
        ),
        ("fr", "avant 13:59. Vélo Velo 14:02 à Stadtpark, arrivée 14:25.", "avant 14:00 à vélo, arrivée 14:25."),
        ("es", "las 13:59. Bici Velo 14:02 en Stadtpark, llega a las 14:25.", "las 14:00 en bici, llega a las 14:25."),
    ],
)
def test_a_bike_is_told_in_every_language(locale: str, from_a_station: str, from_where_it_stands: str) -> None:
    docked, free = BikeSalon(PARK, PORT, bikes_only=True), BikeSalon(bikes_only=True)
    free.standing = ((48.2205, 16.3320, 10**6), (48.2010, 16.3690, 10**6))
    for salon, words in ((docked, from_a_station), (free, from_where_it_stands)):
        salon.booked(locale)
        salon.until(at("3 14:00"))
        (text,) = salon.texts_of("leave_by")
        assert words in text
        assert segments(text) == 1


def told_the_bike(*stations: Station) -> tuple[BikeSalon, str]:
    salon = BikeSalon(*stations, bikes_only=True)
    ticket_id = salon.booked()
    while not salon.texts_of("leave_by"):
        salon.until(salon.now + timedelta(minutes=1))
    return salon, ticket_id


def test_whoever_was_told_a_bike_is_told_when_its_station_runs_empty() -> None:
    salon, ticket_id = told_the_bike(PARK, PORT, HALL)
    salon.stations = (replace(PARK, vehicles=0), PORT, HALL)
    salon.until(salon.now + timedelta(minutes=4))
    found = salon.ticket(ticket_id).itineraries[0]
    leg = rental_leg(found)
    assert leg is not None
    assert leg.origin.name == "Rathaus"
    (text,) = salon.texts_of("replan") or salon.texts_of("late")
    assert "at Rathaus" in text
    promised = salon.ticket(ticket_id).promise.itinerary
    assert promised is not None
    assert boardings_of(promised) == boardings_of(found)


def test_a_bus_that_runs_after_all_takes_the_place_of_an_empty_station() -> None:
    salon, ticket_id = told_the_bike(PARK, PORT)
    salon.stations = (replace(PARK, vehicles=0), PORT)
    salon.town.note = ""
    salon.until(salon.now + timedelta(minutes=4))
    assert any(leg.ride for leg in salon.ticket(ticket_id).itineraries[0].legs)
    assert "Bus 12" in (salon.texts_of("replan") + salon.texts_of("late"))[0]


def test_full_docks_lead_to_the_next_station_without_a_text() -> None:
    salon, ticket_id = told_the_bike(PARK, PORT, PIER)
    salon.stations = (PARK, replace(PORT, docks=0), PIER)
    before = [kind for _, kind in salon.said()]
    salon.until(salon.now + timedelta(minutes=4))
    leg = rental_leg(salon.show(ticket_id).itineraries[0])
    assert leg is not None
    assert leg.destination.name == "Am Steg"
    assert [kind for _, kind in salon.said()] == before


def test_while_nothing_fresh_is_known_the_word_stands() -> None:
    salon, ticket_id = told_the_bike(PARK, PORT)
    salon.counted_at = salon.now - timedelta(minutes=11)
    told = salon.ticket(ticket_id).promise.itinerary
    salon.until(salon.now + timedelta(minutes=10))
    assert salon.ticket(ticket_id).promise.itinerary == told
    assert not salon.texts_of("replan")
    assert not salon.texts_of("late")


def test_nobody_is_sent_off_hours_too_early_because_a_bike_is_there_now() -> None:
    salon = BikeSalon(PARK, PORT, bikes_only=True)
    ticket_id = salon.booked()
    salon.until(at("3 12:30"))
    assert salon.ticket(ticket_id).itineraries == ()
    assert [kind for _, kind in salon.said()] == ["booked"]


def test_where_a_bus_comes_late_the_bike_is_told_once_it_is_known_to_be_in_time() -> None:
    salon = BikeSalon(PARK, PORT)
    salon.town.cancelled = {f"{hour}:{minute:02}" for hour in (12, 13) for minute in (0, 15, 30, 45)}
    salon.town.cancelled |= {f"{hour:02}:{minute:02}" for hour in range(5, 12) for minute in (0, 15, 30, 45)}
    ticket_id = salon.booked()
    first = salon.ticket(ticket_id)
    assert first.arrive_at == at("14:25"), "the first bus of the day is just in time"
    salon.town.cancelled |= {"14:00"}
    salon.until(at("3 12:00"))
    late = salon.ticket(ticket_id)
    assert late.arrive_at == at("14:40")
    salon.until(at("3 13:45"))
    ticket = salon.ticket(ticket_id)
    assert rental_leg(ticket.itineraries[0])
    assert ticket.arrive_at is not None
    assert ticket.arrive_at <= START


def test_the_alternative_of_somebody_late_is_a_bike_that_is_less_late() -> None:
    salon = BikeSalon(PARK, PORT)
    ticket_id = salon.booked()
    salon.clock.set(at("3 14:20"))
    salon.publish()
    late = replace(salon.ticket(ticket_id), status=TicketStatus.TIME_TO_LEAVE)
    bus = late.itineraries[0]
    shift = timedelta(hours=1)
    behind = replace(bus, leave_at=bus.leave_at + shift, arrive_at=bus.arrive_at + shift)
    found = bike(with_bike(replace(late, itineraries=(behind,)), salon.bikes, salon.context))
    assert found is not None
    assert found.leave_at == salon.now
    assert START < found.arrive_at < behind.arrive_at
    assert bike(with_bike(late, salon.bikes, salon.context)) is None, "the bus is in time"


@pytest.mark.parametrize("status", [TicketStatus.UNDER_WAY, TicketStatus.ARRIVED, TicketStatus.CANCELLED])
def test_who_is_under_way_or_needs_no_way_is_shown_none(status: TicketStatus) -> None:
    salon = BikeSalon(PARK, PORT)
    ticket_id = salon.booked()
    salon.until(at("3 13:20"))
    assert bike(with_bike(replace(salon.ticket(ticket_id), status=status), salon.bikes, salon.context)) is None


def test_looks_are_frequent_only_for_those_whom_bikes_concern() -> None:
    salon = BikeSalon(PARK, PORT, bikes_only=True)
    ticket = salon.ticket(salon.booked())
    now = salon.now
    assert list(bike_check_times(ticket, now)) == [START - timedelta(hours=2)]
    assert list(bike_check_times(ticket, START - timedelta(minutes=30))) == [START - timedelta(minutes=20)]
    assert list(bike_check_times(ticket, START)) == []
    assert list(bike_check_times(replace(ticket, plan_note="no_way"), now)) == []
    found = salon.bikes.find("town", Request(HOME, ticket.venue, depart_at=now), now)
    assert found is not None
    by_bike = replace(ticket, plan_note="", itineraries=(found.itinerary(Request(HOME, ticket.venue, depart_at=now)),))
    assert list(bike_check_times(by_bike, now)) == [now + timedelta(minutes=2)]


def test_questions_without_a_timetable_are_not_answered_with_a_bike() -> None:
    salon = BikeSalon(PARK, PORT)
    salon.publish()
    venue = Place("Salon Lind", SALON.lat, SALON.lon)
    request = Request(HOME, venue, arrive_by=salon.now + timedelta(minutes=50))
    for note in ("no_timetable", "outside_calendar", "unknown_feed"):
        salon.town.note = note
        assert salon.travel.plan(request, salon.context).itineraries == ()
    salon.town.note = "outside_area"
    assert rental_leg(salon.travel.plan(request, salon.context).itineraries[0])
