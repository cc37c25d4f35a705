"""What a customer can say on the page: read, answered in one sentence, and refused where it makes no sense."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.pages.customer.ticket_endpoints import TicketEndpoints
from chalicelib.tickets.said.wish import What, rides_key
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.visits import NOON, WAITING, Visits, at, planned

JSON, FORM = {"content-type": "application/json"}, {"content-type": "application/x-www-form-urlencoded"}
MORNING = at("12:47")


def endpoints(ticket: Any = None) -> tuple[TicketEndpoints, Visits, str]:
    visits = Visits()
    added = visits.add(ticket or planned())
    return TicketEndpoints(visits, visits, visits, "https://hub.example.com"), visits, added.token


def say(pages: TicketEndpoints, token: str, **fields: Any) -> Any:
    return pages.say(token, JSON, json.dumps(fields).encode(), MORNING)


def page_of(pages: TicketEndpoints, token: str, **query: str) -> str:
    return pages.get(token, query, {}, MORNING).body.decode()


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"what": "late", "minutes": 10}, "Salon Lind knows that you will be about 10 minutes late."),
        ({"what": "late", "minutes": "1"}, "Salon Lind knows that you will be about 1 minute late."),
        ({"what": "here"}, "Noted: you are here."),
        ({"what": "cannot_come"}, "Your appointment stands until they cancel it."),
        ({"what": "another_time"}, "Your appointment stands until it is moved."),
        ({"what": "by", "value": "car", "minutes": 20}, "You come by yourself: we tell you when to leave."),
        ({"what": "language", "value": "de"}, "Ab jetzt auf Deutsch."),
        ({"what": "channel", "value": "mail"}, "Messages come that way from now on."),
        ({"what": "reminder_only"}, "We only remind you from now on."),
        ({"what": "stop"}, "No more texts. Your appointment stands, and this page stays up to date."),
        ({"what": "forget"}, "Forgotten: where you set out from"),
    ],
)
def test_each_answer_says_what_now_happens(fields: dict[str, Any], answer: str) -> None:
    pages, visits, token = endpoints()
    page = say(pages, token, **fields)
    assert page.status == 200, page.body
    assert answer in json.loads(page.body)["answer"]
    assert [one.what for one in visits.heard] == [fields["what"]]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b'{"what": "dance"}', b'{"what": "late"}', b'{"what": "late", "minutes": 0}',
        b'{"what": "late", "minutes": 181}', b'{"what": "late", "minutes": "many"}',
        b'{"what": "late", "minutes": true}',
        b'{"what": "language", "value": "tlh"}', b'{"what": "channel", "value": "pigeon"}', b'{"what": "message"}',
        b'{"what": "by", "value": "boat", "minutes": 5}', b'{"what": "choose"}', b'{"what": "choose", "value": 7}',
    ],
)  # a table, read by rows # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_reason(body: bytes) -> None:
    pages, visits, token = endpoints()
    page = pages.say(token, JSON, body, MORNING)
    assert page.status == 400
    assert json.loads(page.body)["error"]["message"]
    assert not visits.heard


def test_a_form_leads_back_to_the_page_which_says_what_now_happens() -> None:
    pages, _, token = endpoints()
    page = pages.say(token, FORM, urlencode({"what": "late", "minutes": "20"}).encode(), MORNING)
    assert (page.status, page.headers["Location"]) == (303, f"../{token}?done=late#said")
    assert "about 20 minutes late" in page_of(pages, token, done="late")


def test_another_site_may_not_say_anything() -> None:
    pages, visits, token = endpoints()
    page = pages.say(token, JSON | {"sec-fetch-site": "cross-site"}, b'{"what": "here"}', MORNING)
    assert (page.status, visits.heard) == (403, [])


def test_nothing_is_said_of_a_visit_that_is_over() -> None:
    pages, visits, token = endpoints(replace(planned(), status=TicketStatus.CANCELLED))
    assert say(pages, token, what="late", minutes=5).status == 409
    assert visits.heard == []
    assert "/say" not in page_of(pages, token)


def test_a_link_that_opens_nothing_hears_nothing() -> None:
    pages, _, _ = endpoints()
    assert say(pages, "nothing", what="here").status == 404


def test_another_itinerary_is_taken_and_becomes_the_first() -> None:
    pages, visits, token = endpoints()
    other = visits.tickets[token].itineraries[1]
    key = " ".join(rides_key(other))
    assert f'value="{key}"' in page_of(pages, token)
    answered = json.loads(say(pages, token, what="choose", value=key).body)
    assert visits.tickets[token].itineraries[0] == other
    assert answered["ticket"]["leave_by"] == answered["ticket"]["options"][0]["leave_at"]


def test_who_comes_by_car_has_a_time_to_leave_without_any_feed() -> None:
    pages, visits, token = endpoints(WAITING)
    say(pages, token, what="by", value="car", minutes=20)
    ticket = visits.tickets[token]
    assert ticket.leave_by is not None
    assert (ticket.start - ticket.leave_by).total_seconds() >= 20 * 60
    assert ticket.status is TicketStatus.PLANNED
    page = page_of(pages, token)
    assert "Leave by" in page
    assert "From where will you set out?" not in page
    assert "where it stands" not in page.lower()


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    pages, _, token = endpoints()
    first = pages.get(token, {}, {}, MORNING)
    again = pages.get(token, {}, {"if-none-match": first.headers["ETag"]}, MORNING)
    assert (again.status, again.body) == (304, b"")
    say(pages, token, what="here")
    assert pages.get(token, {}, {"if-none-match": first.headers["ETag"]}, MORNING).status == 200


def test_what_the_browser_kept_is_erased_when_it_is_over_or_to_be_forgotten() -> None:
    pages, _, token = endpoints()
    assert "Clear-Site-Data" not in pages.get(token, {}, {}, MORNING).headers
    assert "Clear-Site-Data" in pages.get(token, {"done": "forget"}, {}, MORNING).headers
    over, _, gone = endpoints(replace(planned(), status=TicketStatus.DONE))
    assert "Clear-Site-Data" in over.get(gone, {}, {}, MORNING).headers


def test_the_service_worker_lies_beside_the_pages() -> None:
    pages, _, _ = endpoints()
    page = pages.get("sw.js", {}, {}, NOON)
    assert page.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_small_in_every_language_and_says_what_was_said(language: str) -> None:
    ticket = replace(planned(), said=replace(planned().said, language=language))
    pages, _, token = endpoints(ticket)
    for fields in ({"what": "late", "minutes": 10}, {"what": "cannot_come"}, {"what": "another_time"}):
        say(pages, token, **fields)
    page = pages.get(token, {"done": What.LATE}, {}, MORNING)
    assert len(page.body) < 40_000
    assert f'lang="{language}"' in page.body.decode()


def test_the_way_is_a_picture_that_says_what_it_shows() -> None:
    pages, _, token = endpoints()
    page = page_of(pages, token)
    assert '<svg class="strip"' in page
    assert 'role="img" aria-label=' in page


def test_the_booking_tools_own_pages_cancel_and_move_where_it_names_them() -> None:
    tool = "https://calendly.com/cancellations/AAAA"
    pages, _, token = endpoints(replace(planned(), cancel_url=tool))
    page = page_of(pages, token)
    assert f'href="{tool}" rel="noreferrer noopener">Cancel on the booking page' in page
    assert "I need another time" in page
    assert 'value="cannot_come"' not in page
