"""The endpoints below /t/: what they answer to right, wrong, strange and hostile requests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.foundation.ports import Unavailable
from chalicelib.pages.customer.ticket_endpoints import TicketEndpoints
from chalicelib.pages.page import robots_txt
from chalicelib.tickets.origin import at_stop
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.reading import Reading
from tests.fakes.visits import HOME, MILL, NOON, STATION, WAITING, Visits, at, planned

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
TOKEN = WAITING.token


def endpoints(visits: Visits | None = None) -> tuple[TicketEndpoints, Visits]:
    visits = visits or Visits()
    if not visits.tickets:
        visits.add(WAITING)
    return TicketEndpoints(visits, visits, visits, "https://hub.example.com"), visits


def post(pages: TicketEndpoints, body: Any, headers: dict[str, str] | None = None) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return pages.origin(TOKEN, JSON if headers is None else headers, raw, NOON)


def error_of(page: Any) -> tuple[int, str]:
    return page.status, json.loads(page.body)["error"]["code"]


def test_a_place_sent_as_json_is_set_planned_and_answered_with_the_ticket() -> None:
    pages, visits = endpoints()
    answer = post(pages, {"lat": HOME.lat, "lon": HOME.lon})
    assert answer.status == 200
    answered = json.loads(answer.body)
    assert answered["status"] == "planned"
    assert answered["leave_by"] == "2026-09-03T13:36:00+02:00"
    assert len(answered["options"]) == 3
    assert answered["customer"] == {"name": "Ada Example"}
    assert "example.com" not in answer.body.decode()
    assert "5550123" not in answer.body.decode()
    assert visits.tickets[TOKEN].origin == HOME


def test_json_under_a_forms_content_type_as_curl_sends_it_is_json() -> None:
    pages, visits = endpoints()
    answer = post(pages, {"lat": HOME.lat, "lon": HOME.lon}, FORM)
    assert answer.status == 200
    assert visits.tickets[TOKEN].origin == HOME


def test_a_stop_sent_as_a_form_leads_back_to_the_page() -> None:
    pages, visits = endpoints()
    answer = post(pages, urlencode({"stop_id": "mill"}).encode(), FORM)
    assert (answer.status, answer.headers["Location"], answer.body) == (303, f"../{TOKEN}", b"")
    assert visits.tickets[TOKEN].origin == at_stop(MILL, 3)


@pytest.mark.parametrize("minutes", [0, 5, 60])
def test_how_far_the_stop_is_can_be_said(minutes: int) -> None:
    for body, headers in (
        ({"stop_id": "mill", "minutes": minutes}, JSON),
        (urlencode({"stop_id": "mill", "minutes": minutes}).encode(), FORM),
    ):
        pages, visits = endpoints()
        assert post(pages, body, headers).status in {200, 303}
        assert visits.tickets[TOKEN].origin == at_stop(MILL, minutes)
    assert json.loads(pages.get(f"{TOKEN}.json", {}, {}, NOON).body)["origin"]["minutes"] == minutes


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_origin"),
        ({"lat": 48.2}, 400, "bad_coordinates"),
        ({"lat": 48.2, "lon": None}, 400, "bad_coordinates"),
        ({"lat": 91, "lon": 16}, 400, "bad_coordinates"),
        ({"lat": 48.2, "lon": -180.01}, 400, "bad_coordinates"),
        ({"lat": "north", "lon": 16}, 400, "bad_coordinates"),
        ({"lat": True, "lon": 16}, 400, "bad_coordinates"),
        ({"lat": 10**400, "lon": 16}, 400, "bad_coordinates"),
        ({"lat": [48], "lon": {}}, 400, "bad_coordinates"),
        ({"lat": 48.2, "lon": 16.3, "stop_id": "mill"}, 400, "bad_origin"),
        ({"stop_id": 7}, 400, "bad_origin"),
        ({"stop_id": ""}, 400, "bad_origin"),
        ({"stop_id": "x" * 300}, 400, "bad_origin"),
        ({"stop_id": "\ud800"}, 400, "bad_origin"),
        ({"stop_id": "atlantis"}, 400, "unknown_stop"),
        ({"stop_id": "mill", "minutes": -1}, 400, "bad_origin"),
        ({"stop_id": "mill", "minutes": 61}, 400, "bad_origin"),
        ({"stop_id": "mill", "minutes": 2.5}, 400, "bad_origin"),
        ({"stop_id": "mill", "minutes": True}, 400, "bad_origin"),
        ({"stop_id": "mill", "minutes": "9" * 3000}, 400, "bad_origin"),
        ({"stop_id": "mill", "minutes": "\u0663"}, 400, "bad_origin"),
        ({"lat": 48.2, "lon": 16.3, "minutes": 3}, 400, "bad_origin"),
        ({"lat": 52.52, "lon": 13.4}, 400, "outside_area"),
        ({"lat": 0, "lon": 0}, 400, "outside_area"),
        ([48.2, 16.3], 400, "invalid_json"),
        (b"{lat: 48.2}", 400, "invalid_json"),
        (b'{"lat": NaN, "lon": 16}', 400, "bad_coordinates"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b"[" * 4000, 400, "invalid_json"),
        (b" " * 5000, 413, "too_large"),
        (b"", 400, "invalid_json"),
    ],
)
def test_a_starting_point_that_cannot_be_used_is_refused_with_its_reason(body: Any, status: int, code: str) -> None:
    pages, visits = endpoints()
    assert error_of(post(pages, body)) == (status, code)
    assert visits.tickets[TOKEN] == WAITING


@given(st.binary(max_size=300), st.sampled_from([JSON, FORM, {}, {"content-type": "text/plain; charset=x"}]))
def test_no_body_at_all_makes_a_door_fail(body: bytes, headers: dict[str, str]) -> None:
    pages, _ = endpoints()
    assert post(pages, body, headers).status in {200, 303, 400}


def test_a_place_a_little_outside_the_network_is_accepted() -> None:
    pages, visits = endpoints()
    assert post(pages, {"lat": 48.30, "lon": 16.35}).status == 200
    assert visits.tickets[TOKEN].origin is not None


def test_a_place_is_accepted_while_the_network_is_not_known_yet_but_a_stop_is_not() -> None:
    pages, visits = endpoints(Visits(stops=None, box=None))
    assert error_of(post(pages, {"stop_id": "mill"})) == (503, "no_timetable")
    assert post(pages, {"lat": HOME.lat, "lon": HOME.lon}).status == 200
    assert visits.tickets[TOKEN].origin == HOME


def test_a_form_that_cannot_be_used_leads_back_with_a_sentence() -> None:
    pages, _ = endpoints()
    answer = post(pages, b"lat=52.52&lon=13.4", FORM)
    assert answer.headers["Location"] == f"../{TOKEN}?trouble=outside_area#from"
    answered = pages.get(TOKEN, {"trouble": "outside_area"}, {}, NOON)
    assert "too far from the public transport" in Reading.of(answered.body).one("p", role="alert").text


@pytest.mark.parametrize(("headers", "body"), [(FORM, b"forget=yes"), (JSON, b'{"forget": true}')])
def test_the_starting_point_can_be_forgotten(headers: dict[str, str], body: bytes) -> None:
    pages, visits = endpoints(Visits({TOKEN: planned()}))
    assert post(pages, body, headers).status in {200, 303}
    assert visits.tickets[TOKEN].origin is None
    assert visits.tickets[TOKEN].status is TicketStatus.WAITING_FOR_ORIGIN


def test_delete_forgets_the_starting_point() -> None:
    pages, visits = endpoints(Visits({TOKEN: planned()}))
    assert pages.forget(TOKEN, {}, NOON).status == 200
    assert visits.tickets[TOKEN].origin is None


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"origin": "null", "host": "hub.example.com"}, True),
        ({"origin": "https://hub.example.com", "host": "hub.example.com"}, True),
        ({"origin": "https://HUB.example.com", "host": "hub.example.com"}, True),
        ({"origin": "https://evil.example.org", "host": "hub.example.com"}, False),
        ({"origin": "https://hub.example.com.evil.example.org", "host": "hub.example.com"}, False),
        ({"origin": "https://[", "host": "hub.example.com"}, False),
        ({"origin": "", "host": "hub.example.com"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://hub.example.com", "host": "hub.example.com"}, False),
    ],
)
def test_only_our_own_page_or_no_page_may_set_a_starting_point(headers: dict[str, str], passes: bool) -> None:  # noqa: FBT001 - a column of the table
    pages, visits = endpoints()
    answer = post(pages, {"stop_id": "mill"}, {**JSON, **headers})
    assert answer.status == (200 if passes else 403)
    assert (visits.tickets[TOKEN].origin == at_stop(MILL)) is passes


def test_a_visit_that_is_over_takes_no_starting_point() -> None:
    for ticket in (replace(WAITING, status=TicketStatus.CANCELLED), replace(WAITING, end=NOON)):
        pages, visits = endpoints(Visits({TOKEN: ticket}))
        assert error_of(post(pages, {"stop_id": "mill"})) == (409, "over")
        assert visits.tickets[TOKEN] == ticket


UNKNOWN = ["", "nothing", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "%2e" + TOKEN, "\ud800", "x" * 5000]


@pytest.mark.parametrize("token", UNKNOWN)
def test_whatever_leads_to_no_ticket_is_answered_alike(token: str) -> None:
    pages, _ = endpoints()
    page = pages.get(token, {}, {}, NOON)
    assert (page.status, page.body) == (404, pages.get("abcdefgh2345Sechsundzwanzi", {}, {}, NOON).body)
    for answer in (
        pages.get(token + ".json", {}, {}, NOON),
        pages.get(token + ".ics", {}, {}, NOON),
        pages.places(token, {"q": "mill"}, {}, NOON),
        pages.origin(token, JSON, b"{}", NOON),
    ):
        assert error_of(answer) == (404, "not_found")
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("name", [TOKEN + ".", TOKEN + ".html", TOKEN + ".json.json", TOKEN + ".ics/"])
def test_only_the_known_endings_exist(name: str) -> None:
    pages, _ = endpoints()
    assert pages.get(name, {}, {}, NOON).status == (200 if name == TOKEN + "." else 404)


def test_a_ticket_of_a_business_that_is_gone_is_gone() -> None:
    pages, _ = endpoints(Visits(businesses={}))
    assert pages.get(TOKEN, {}, {}, NOON).status == 404


def test_while_the_store_does_not_answer_a_person_gets_a_page_that_tries_again() -> None:
    pages, _ = endpoints(Visits(unreachable={"by_token"}))
    page = pages.get(TOKEN, {}, {"accept-language": "de"}, NOON)
    assert (page.status, page.headers["Retry-After"]) == (503, "10")
    reading = Reading.of(page.body)
    assert reading.one("main")["data-again-s"] == "10"
    assert not reading.all("meta", **{"http-equiv": "refresh"}), "it would throw back whoever reads or listens"
    assert (reading.one("a")["href"], reading.one("a").text) == ("", "Neu laden"), "for who has no script"
    assert "Ihr Termin ist davon nicht berührt." in Reading.of(page.body).text
    with pytest.raises(Unavailable):
        pages.get(TOKEN + ".json", {}, {}, NOON)


@pytest.mark.parametrize("call", ["set_origin", "by_token"])
def test_a_form_that_could_not_be_saved_says_so(call: str) -> None:
    pages, visits = endpoints(Visits(unreachable={call}))
    assert post(pages, b"stop_id=mill", FORM).headers["Location"] == f"../{TOKEN}?trouble=busy#from"
    with pytest.raises(Unavailable):
        post(pages, {"stop_id": "mill"})
    visits.unreachable.clear()
    answered = pages.get(TOKEN, {"trouble": "busy"}, {}, NOON)
    assert "could not be saved just now" in Reading.of(answered.body).one("p", role="alert").text


def test_json_gives_the_contracts_ticket_with_the_age_of_its_live_data() -> None:
    pages, _ = endpoints(Visits({TOKEN: planned()}))
    page = pages.get(TOKEN + ".json", {}, {}, at("12:47"))
    answered = json.loads(page.body)
    assert page.headers["Content-Type"] == "application/json"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert answered["live_data_age_s"] == 120
    assert answered["token"] == TOKEN
    assert answered["options"][0]["legs"][1]["route_name"] == "12"


def test_stops_are_found_by_name() -> None:
    pages, _ = endpoints()
    answer = pages.places(TOKEN, {"q": "  central  "}, {}, NOON)
    assert json.loads(answer.body) == {"places": [STATION.to_json()]}
    assert json.loads(pages.places(TOKEN, {}, {}, NOON).body) == {"places": []}
    assert json.loads(pages.places(TOKEN, {"q": " "}, {}, NOON).body) == {"places": []}


def test_stops_are_found_on_the_page_without_script() -> None:
    pages, _ = endpoints()
    reading = Reading.of(pages.get(TOKEN, {"q": "mill"}, {}, NOON).body)
    assert reading.one("button", name="stop_id")["value"] == "mill"
    assert reading.one("input", name="q")["value"] == "mill"


def test_a_search_without_a_timetable_says_so() -> None:
    pages, _ = endpoints(Visits(stops=None))
    assert error_of(pages.places(TOKEN, {"q": "mill"}, {}, NOON)) == (503, "no_timetable")
    page = Reading.of(pages.get(TOKEN, {"q": "mill"}, {}, NOON).body)
    assert "Stops cannot be searched just now" in page.one("p", role="alert").text


def test_a_closed_visit_searches_nothing() -> None:
    pages, _ = endpoints(Visits({TOKEN: replace(WAITING, status=TicketStatus.DONE)}, stops=None))
    assert "mill" not in pages.get(TOKEN, {"q": "mill"}, {}, NOON).body.decode()


def test_crawlers_are_told_to_stay_away() -> None:
    assert robots_txt().body == b"User-agent: *\nDisallow: /\n"
