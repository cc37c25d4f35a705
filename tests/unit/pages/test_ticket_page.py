"""What the ticket's page says in every stage of a visit, read from the rendered HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.pages.customer.ticket_page import no_ticket_page
from chalicelib.tickets.origin import at_stop
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.reading import Reading, page_of, read, read_stage
from tests.fakes.visits import (
    BY_BUS,
    CUSTOMER,
    HOME,
    MILL,
    NOON,
    NOTES,
    OPTIONS,
    SALON,
    SQUARE,
    STAGES,
    START,
    STATION,
    WAITING,
    at,
    itinerary_of,
    planned,
    ride,
    walk,
)

if TYPE_CHECKING:
    from chalicelib.transit.itinerary import Place

PAGE_MAX = 30_000  # bytes


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_a_small_well_formed_page_in_every_language(stage: str, language: str) -> None:
    ticket, now = STAGES[stage]
    page = page_of(replace(ticket, customer=replace(CUSTOMER, locale=language)), now, current_as_of=at("06:00"))
    reading = Reading.of(page.body)
    assert page.status == 200
    assert len(page.body) < PAGE_MAX
    assert reading.one("html")["lang"] == language
    assert len(reading.all("h1")) == 1
    assert "{" not in reading.text
    assert "None" not in reading.text


SAYS = [
    ("waiting", "Your appointment 14:30 tomorrow, Thursday 3 September Salon Lind"),
    ("waiting", "From where will you set out?"),
    ("planned", "Leave by 13:36"),
    ("planned", "You arrive at 14:19 Your appointment 14:30"),
    ("planned", "Live data 2 minutes old."),
    ("planned_tomorrow", "Leave by 13:36 tomorrow, Thursday 3 September"),
    ("planned_tomorrow", "Times are from the timetable, without live data."),
    ("planned_unsure", "On time in about 7 of 10 such trips."),
    ("time_to_leave", "Leave by 13:36"),
    ("time_to_leave", "Live data 40 minutes old. Times may have changed since."),
    ("leave_now", "Leave now The time to leave was 13:36. If you are already on your way, all is well."),
    ("planned_and_bike", "Leave 13:47, arrive 14:19 Bike Velo Lindenau 21 min (4.3 km)"),
    ("planned_and_bike", "5 free at the start · 7 free docks at the end · counted 2 min ago Rent from Velo Lindenau"),
    ("by_bike", "Leave by 13:47 You arrive at 14:19"),
    ("by_bike", "13:53 Old Mill bikes Bike Velo Lindenau 21 min (4.3 km)"),
    ("on_a_bike", "Give it back at Bridge bikes at 14:14."),
    ("by_a_bike_that_stands_somewhere", "13:58 Where it stands Bike Free 20 min (4.4 km)"),
    ("by_a_bike_that_stands_somewhere", "leave it where others stand · counted just now Open in map app"),
    ("late", "You would be about 11 minutes late. Let Salon Lind know; they may be able to wait."),
    ("under_way", "You arrive at 14:19 If you set out by 13:36. Get off at Market Square at 13:58."),
    ("arrived", "You should be there now Your appointment is at 14:30."),
    ("in_service", "Your appointment has begun It should last until about 15:15."),
    ("done", "This visit is over"),
    ("cancelled", "This appointment was cancelled Thursday 3 September, 14:30 There is no need to set out."),
    ("not_held", "did not take place"),
    ("no_show", "This appointment was missed"),
    ("without_plan_no_timetable", "timetable is not ready yet. Your plan appears here by itself"),
    ("without_plan_outside_calendar", "timetable for that day has not been published yet."),
    ("without_plan_no_way", "We found no way by public transport"),
    ("without_plan_no_way_yet", "Whether a shared bike can is known in the last hour before you would leave"),
    ("without_plan_outside_area", "Your starting point is too far from the public transport"),
    ("without_plan_venue_outside_area", "There is no public transport stop near Salon Lind."),
    ("without_plan_unknown_feed", "There is no public transport timetable for this place."),
    ("without_plan_sunspots", "We cannot plan your way just now. We will try again by ourselves."),
]


@pytest.mark.parametrize(("stage", "sentence"), SAYS)
def test_each_stage_says_what_to_do_now(stage: str, sentence: str) -> None:
    assert sentence in read_stage(stage).text


def test_every_stage_has_a_sentence_of_its_own() -> None:
    assert {stage for stage, _ in SAYS} == STAGES.keys()
    assert len(STAGES) >= len(TicketStatus) + len(NOTES)


def test_the_way_is_a_list_of_walks_rides_and_changes_in_order() -> None:
    steps = [" ".join(element.text.split()) for element in read_stage("planned").all("li")][:8]
    assert steps == [
        "13:36 Where you are",
        "Walk 6 min (400 m)",
        "2 minutes to spare",
        "13:44 Old Mill Bus 12 towards Market Square and beyond 14 min · live, 2 min late 13:58 Market Square",
        "5 minutes to change",
        "14:03 Market Square Tram D towards Long Bridge and beyond 11 min · live, on time 14:14 Long Bridge",
        "Walk 5 min (200 m)",
        "14:19 Salon Lind",
    ]


def test_other_ways_are_folded_away_with_their_times_and_lines() -> None:
    summaries = [" ".join(element.text.split()) for element in read_stage("planned").all("summary")]
    assert summaries[:3] == [
        "Other ways to come 2",
        "Leave 13:21, arrive 14:06 7 no changes",
        "Leave 13:25, arrive 14:24 on foot",
    ]


def test_at_most_four_other_ways_are_offered() -> None:
    many = planned(itineraries=OPTIONS * 4)
    assert len(read(many, at("12:47")).all("details", **{"class": "other"})) == 4


def test_where_and_what_if_late_are_links() -> None:
    reading = read_stage("planned")
    links = {element.text: element["href"] for element in reading.all("a")}
    assert links["Show on a map"].startswith("https://www.openstreetmap.org/?mlat=48.20050&mlon=16.37050")
    assert links["Open in map app"] == "geo:48.20050,16.37050?q=48.20050,16.37050(Salon%20Lind)"
    assert links["Add to calendar"] == f"{WAITING.token}.ics"
    assert links["Call +1 202-555-0199"] == "tel:+12025550199"
    without = read(planned(), at("12:47"), business=replace(SALON, phone=None))
    assert "Tell Salon Lind as early as you can" in without.text
    assert not [element for element in without.all("a") if element["href"].startswith("tel:")]


@pytest.mark.parametrize("stage", ["done", "cancelled", "no_show"])
def test_a_closed_visit_shows_nothing_personal_and_takes_nothing(stage: str) -> None:
    page = page_of(*STAGES[stage]).body.decode()
    for personal in ("Ada", "ada@example.com", "5550123", MILL.name, "13:36", "Where you are", "<form"):
        assert personal not in page
    if stage == "done":
        assert SALON.phone is not None
        assert not {"14:30", SALON.phone, "openstreetmap"} & set(re.split(r"[\s<>\"/]+", page))


def test_a_visit_whose_end_has_passed_is_over_even_before_anybody_says_so() -> None:
    assert "This visit is over" in read(planned(TicketStatus.UNDER_WAY), START + timedelta(hours=3)).text


def test_times_are_rounded_to_the_safe_side() -> None:
    itinerary = itinerary_of(
        walk(HOME, MILL, "13:36:40", "13:42"), ride(MILL, SQUARE, "13:44:50", "13:58:10", late_min=1)
    )
    text = read(planned(itineraries=(itinerary,)), at("12:47")).text
    assert "Leave by 13:36" in text
    assert "13:44 Old Mill" in text
    assert "13:59 Market Square" in text


def test_times_are_the_venues_wherever_the_customer_lives() -> None:
    abroad = replace(planned(), customer=replace(CUSTOMER, timezone="America/New_York"))
    assert "All times are local time at Salon Lind." in read(abroad, at("12:47")).text
    assert "local time" not in read_stage("planned").text
    utc = replace(planned(), itineraries=(BY_BUS,), leave_by=BY_BUS.leave_at.astimezone(tz=None))
    assert "Leave by 13:21" in read(utc, at("12:47")).text


def test_without_script_the_page_renews_itself_only_when_it_matters_and_no_form_is_open() -> None:
    def renews(stage: str) -> bool:
        return bool(read_stage(stage).all("meta", **{"http-equiv": "refresh"}))

    assert renews("time_to_leave")
    assert renews("under_way")
    assert not renews("planned_tomorrow")
    assert not renews("waiting")
    assert not renews("done")


@pytest.mark.parametrize(
    ("stage", "seconds"), [("time_to_leave", "30"), ("planned", "60"), ("planned_tomorrow", "1800"), ("done", "0")]
)
def test_an_open_page_looks_again_the_more_often_the_nearer_the_time(stage: str, seconds: str) -> None:
    assert read_stage(stage).one("main")["data-refresh-s"] == seconds


@pytest.mark.parametrize(
    ("stage", "in_head"),
    [("late", True), ("without_plan_no_way", True), ("planned", False), ("waiting", False), ("arrived", False)],
)
def test_who_cannot_be_in_time_finds_the_call_in_the_head_of_the_page_and_once(stage: str, in_head: bool) -> None:  # noqa: FBT001 - a parameter of the test
    reading = read_stage(stage)
    calls = [element for element in reading.all("a") if element["href"] == "tel:+12025550199"]
    assert len(calls) == 1
    order = [element.tag for element in reading.elements]
    head_ends = next(i for i, element in enumerate(reading.elements) if element.attributes.get("id") in {"from", "how"})
    assert (reading.elements.index(calls[0]) < head_ends) is in_head, order
    assert not read(*STAGES[stage], business=replace(SALON, phone=None)).all("a", href="tel:+12025550199")


def test_found_stops_are_buttons_that_send_the_stop() -> None:
    reading = read(WAITING, NOON, query="st", found=(STATION, SQUARE))
    assert "2 stops found. Choose yours: Central Station Market Square" in reading.text
    assert [element["value"] for element in reading.all("button", name="stop_id")] == ["station", "square"]
    assert {form["action"] for form in reading.all("form", method="post")} == {
        f"{WAITING.token}/origin",
        f"{WAITING.token}/say",
    }
    nothing = read(WAITING, NOON, query="Nowhere", found=())
    assert "No stop called “Nowhere” was found." in nothing.text


def test_a_starting_point_can_be_seen_changed_and_forgotten() -> None:
    named = read(replace(planned(), origin=MILL), at("12:47"))
    assert "You start from Old Mill." in named.text
    assert named.one("button", name="forget")["value"] == "yes"
    assert "You start from the place you shared." in read_stage("planned").text
    assert not read_stage("waiting").all("button", name="forget")


def test_who_starts_from_a_stop_is_asked_how_far_it_is() -> None:
    page = read(replace(planned(), origin=at_stop(MILL)), at("12:47"))
    assert "How far is your stop?" in page.text
    buttons = page.all("button", name="minutes")[-4:]  # after those that say how late one is
    assert [button["value"] for button in buttons] == ["0", "3", "5", "10"]
    assert [button["value"] for button in buttons if "aria-current" in button.attributes] == ["3"]
    assert page.one("input", name="stop_id")["value"] == MILL.stop_id
    assert "How far is your stop?" not in read(replace(planned(), origin=HOME), at("12:47")).text


@pytest.mark.parametrize(("place", "said"), [(MILL, "Old Mill"), (HOME, "the place that you gave")])
def test_a_starting_point_that_is_assumed_is_said_to_be_so_with_the_way_to_change_it(place: Place, said: str) -> None:
    named = replace(place, name=place.name if place is MILL else "")
    page = read(replace(planned(), origin=named, origin_assumed=True), at("12:47"))
    assert f"We take it that you start from {said}, as you wrote when you booked. If not, change it here." in page.text
    assert "You start from" not in page.text
    assert page.one("button", name="forget")["value"] == "yes"


def test_a_trouble_is_said_in_words_and_an_unknown_one_is_ignored() -> None:
    said = read(WAITING, NOON, trouble="outside_area").one("p", role="alert").text
    assert said == "That place is too far from the public transport that we know. Choose a stop instead."
    assert not read(WAITING, NOON, trouble="../../etc").all("p", role="alert")


def test_the_page_for_nothing_tells_nothing() -> None:
    page = no_ticket_page(NOON, "de-CH, en;q=0.5")
    assert page.status == 404
    assert "Unter dieser Adresse gibt es kein Ticket" in Reading.of(page.body).text
    assert page.body == no_ticket_page(NOON + timedelta(days=9), "de").body


@pytest.mark.parametrize(
    ("customer", "browser", "business", "language"),
    [
        ("fr-CA", "de", "es", "fr"),
        (None, "pt-BR, es;q=0.8", "de", "es"),
        ("xx", "tlh", "de_AT", "de"),
        (None, "", "nl", "en"),
    ],
)
def test_the_language_is_the_customers_else_the_browsers_else_the_businesses(
    customer: str | None, browser: str, business: str, language: str
) -> None:
    ticket = replace(WAITING, customer=replace(CUSTOMER, locale=customer))
    reading = read(ticket, NOON, accept_language=browser, business=replace(SALON, locale=business))
    assert reading.one("html")["lang"] == language
