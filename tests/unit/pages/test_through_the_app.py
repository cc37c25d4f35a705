"""A customer's link through the real app, ticket service, planner and timetable; only AWS is replaced."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from chalicelib import wiring
from chalicelib.bookings.booking import Customer, Status
from chalicelib.entrypoints.openapi import description
from chalicelib.notices.repository import Notices
from tests.fakes import signers
from tests.fakes.lindenau import SALON, START, WESTHOF, Lindenau
from tests.fakes.openapi import check_answer, validator
from tests.fakes.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.http import Gateway

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


@dataclass
class Phone:
    """What a customer's phone sends and gets."""

    gateway: Gateway
    town: Lindenau

    def ask(
        self, method: str, path: str, body: Any = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, sent, answer = self.gateway.answer(method, path, {"Host": "hub.example.com", **(headers or {})}, raw)
        check_answer(method, path, status, answer)
        return status, {name.lower(): value for name, value in sent}, answer


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Lindenau:
    folder = tmp_path_factory.mktemp("lindenau")
    town = Lindenau.founded(folder)
    town.compile_town(folder)
    town.open_salon()
    return town


@pytest.fixture(scope="module")
def phone(town: Lindenau) -> Iterator[Phone]:
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Gateway  # noqa: PLC0415 - as above

    wiring.install(town.hub)
    yield Phone(Gateway(app.app), town)
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub


def test_from_the_first_link_to_a_plan_and_back(phone: Phone) -> None:
    link = f"/t/{phone.town.book('journey').token}"
    status, headers, body = phone.ask("GET", link)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["cache-control"] == "private, no-store"
    assert "From where will you set out?" in Reading.of(body).text

    status, _, body = phone.ask("POST", f"{link}/origin", WESTHOF, JSON)
    ticket_json = json.loads(body)
    assert (status, ticket_json["status"]) == (200, "planned")
    assert ticket_json["options"]

    text = Reading.of(phone.ask("GET", link)[2]).text
    assert re.search(r"Leave by 1[34]:\d\d ", text)
    assert re.search(r"Tram 1 towards", text)
    assert "Times are from the timetable, without live data." in text
    assert "Timetable checked" in text

    status, headers, body = phone.ask("POST", f"{link}/origin", urlencode({"forget": "yes"}).encode(), FORM)
    assert (status, headers["location"], body) == (303, f"../{link.removeprefix('/t/')}", b"")
    assert json.loads(phone.ask("GET", f"{link}.json")[2])["status"] == "waiting_for_origin"


def test_a_stop_is_found_with_a_typo_and_becomes_the_origin(phone: Phone) -> None:
    link = f"/t/{phone.town.book('typo').token}"
    found = json.loads(phone.ask("GET", f"{link}/places?{urlencode({'q': 'weshof'})}")[2])["places"]
    assert found[0]["name"] == "Westhof"
    reading = Reading.of(phone.ask("GET", f"{link}?{urlencode({'q': 'sudtor'})}")[2])
    button = reading.all("button", name="stop_id")[0]
    assert button.text == "Südtor"
    status, _, _ = phone.ask("POST", f"{link}/origin", urlencode({"stop_id": button["value"]}).encode(), FORM)
    assert status == 303
    assert "You start from Südtor." in Reading.of(phone.ask("GET", link)[2]).text


def test_the_answer_in_the_bookings_form_is_the_origin_until_the_customer_says_otherwise(phone: Phone) -> None:
    ada = Customer("ada@example.com", "Ada Example", email="ada@example.com", address="westhof")
    link = f"/t/{phone.town.book('answered', customers=(ada,)).token}"
    ticket_json = json.loads(phone.ask("GET", f"{link}.json")[2])
    assert (ticket_json["origin"]["name"], ticket_json["origin_assumed"], ticket_json["status"]) == (
        "Westhof",
        True,
        "planned",
    )
    assert "We take it that you start from Westhof" in Reading.of(phone.ask("GET", link)[2]).text
    ticket_json = json.loads(
        phone.ask("POST", f"{link}/origin", {"stop_id": ticket_json["origin"]["stop_id"]}, JSON)[2]
    )
    assert ticket_json["origin_assumed"] is False
    assert "You start from Westhof." in Reading.of(phone.ask("GET", link)[2]).text


def test_from_the_form_of_a_booking_tool_to_the_text_that_says_what_we_take_it_for(phone: Phone) -> None:
    hub, now = phone.town.hub, phone.town.clock.now()
    hub.config.put_connection("salon", "own", {"provider": "standard", "secret": "a-secret"}, now)
    ada = {"name": "Ada", "phone": "+12025550123", "address": "Westhof"}
    data = {"uid": "42", "status": "booked", "start": START.isoformat(), "customers": [ada]}
    data |= {"end": (START + timedelta(minutes=45)).isoformat()}
    message = {"type": "booking.created", "timestamp": now.isoformat(), "data": data}
    body, headers = signers.standard(message, "a-secret", now, "m1")
    assert phone.ask("POST", "/hooks/own", body, headers)[0] == 202
    for queued in hub.queues.take("inbox"):  # type: ignore[attr-defined] # the memory's own
        assert hub.worker.process(queued["event_id"], now).state == "done"
    texts = [notice.text for notice in Notices(hub.documents).of_business("salon")]
    assert any(
        re.match(r"Salon Lind Thu 14:30: leave by 1[34]:\d\d if you set out from Westhof\.", text) for text in texts
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"stop_id": "atlantis"}, 400, "unknown_stop"),
        ({"lat": 0, "lon": 0}, 400, "outside_area"),
        ({"lat": "x", "lon": 0}, 400, "bad_coordinates"),
        (b"{", 400, "invalid_json"),
        ({"forget": ["yes"]}, 400, "bad_origin"),
        ({"forget": "yes"}, 400, "bad_origin"),
    ],
)
def test_what_cannot_be_used_is_refused_in_the_contracts_shape(phone: Phone, body: Any, status: int, code: str) -> None:
    link = f"/t/{phone.town.book('refused').token}"
    answered, _, answer = phone.ask("POST", f"{link}/origin", body, JSON)
    assert (answered, json.loads(answer)["error"]["code"]) == (status, code)


def test_a_starting_point_by_delete_is_gone(phone: Phone) -> None:
    link = f"/t/{phone.town.book('deleted').token}"
    phone.ask("POST", f"{link}/origin", WESTHOF, JSON)
    status, _, body = phone.ask("DELETE", f"{link}/origin")
    assert (status, json.loads(body)["origin"]) == (200, None)


def test_the_calendar_entry_names_the_public_address(phone: Phone) -> None:
    link = f"/t/{phone.town.book('calendar').token}"
    status, headers, body = phone.ask("GET", f"{link}.ics")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/calendar")
    assert f"URL:https://hub.example.com{link}" in body.decode().replace("\r\n ", "")


def test_a_moved_and_a_cancelled_booking_change_the_page_under_the_same_link(phone: Phone) -> None:
    ticket = phone.town.book("moved")
    link = f"/t/{ticket.token}"
    moved = {"start": START + timedelta(hours=2), "end": START + timedelta(hours=3)}
    assert phone.town.book("moved", version=2, **moved).token == ticket.token
    assert "Your appointment 16:30" in Reading.of(phone.ask("GET", link)[2]).text
    phone.town.book("moved", version=3, status=Status.CANCELLED, **moved)
    assert "This appointment was cancelled" in Reading.of(phone.ask("GET", link)[2]).text


def test_a_wrong_link_gets_one_and_the_same_page(phone: Phone) -> None:
    token = phone.town.book("secret").token
    answers = {phone.ask("GET", f"/t/{wrong}")[::2] for wrong in (token[:-1] + "_", token[:-1], "x", "a" * 24)}
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_crawlers_are_told_to_stay_away(phone: Phone) -> None:
    assert phone.ask("GET", "/robots.txt")[2] == b"User-agent: *\nDisallow: /\n"


def described(method: str, path: str, status: int) -> str:
    """The name of the shape that the description promises."""
    content = description()["paths"][path][method]["responses"][str(status)]["content"]
    name: str = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return name


def test_what_the_doors_answer_is_what_the_description_says(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_ADMIN_KEY", "the-admin-key")
    key = {"authorization": "Bearer the-admin-key", **JSON}
    link = f"/t/{phone.town.book('described').token}"
    connection = {"provider": "calcom", "secret": "a-shared-secret"}
    for part in (*phone.town.hub.minute_work[:1], *phone.town.hub.booking_tools_work[:1]):
        part(phone.town.clock.now())
    calls: list[tuple[str, str, str, Any, dict[str, str], int]] = [
        ("get", "/health", "/health", b"", {}, 200),
        ("post", f"{link}/origin", "/t/{token}/origin", WESTHOF, JSON, 200),
        ("post", f"{link}/origin", "/t/{token}/origin", {}, JSON, 400),
        ("post", f"{link}/origin", "/t/{token}/origin", WESTHOF, {**JSON, "sec-fetch-site": "cross-site"}, 403),
        ("get", f"{link}.json", "/t/{token}.json", b"", {}, 200),
        ("get", "/t/nothing.json", "/t/{token}.json", b"", {}, 404),
        ("get", f"{link}/places?q=markt", "/t/{token}/places", b"", {}, 200),
        ("get", "/admin/feeds/town", "/admin/feeds/{feed_id}", b"", key, 200),
        ("get", "/admin/feeds/town", "/admin/feeds/{feed_id}", b"", {}, 401),
        ("get", "/admin/feeds/nowhere", "/admin/feeds/{feed_id}", b"", key, 404),
        ("put", "/admin/feeds/town", "/admin/feeds/{feed_id}", {"gtfs": "x", "what": 1}, key, 400),
        ("put", "/admin/businesses/salon", "/admin/businesses/{business_id}", SALON, key, 200),
        ("put", "/admin/businesses/salon", "/admin/businesses/{business_id}", {**SALON, "timezone": "?"}, key, 400),
        ("get", "/admin/businesses/salon", "/admin/businesses/{business_id}", b"", key, 200),
        (
            "put", "/admin/businesses/salon/connections/c1",
            "/admin/businesses/{business_id}/connections/{connection_id}", connection, key, 200,
        ),
        (
            "get", "/admin/businesses/salon/tickets?date=2026-09-03",
            "/admin/businesses/{business_id}/tickets", b"", key, 200,
        ),
        ("get", "/admin/businesses/salon/tickets?date=x", "/admin/businesses/{business_id}/tickets", b"", key, 400),
        ("get", "/admin/businesses/salon/notices", "/admin/businesses/{business_id}/notices", b"", key, 200),
        (
            "get", "/admin/businesses/salon/notices/no-such-notice",
            "/admin/businesses/{business_id}/notices/{notice_id}", b"", key, 404,
        ),
        ("get", "/admin/businesses/salon/parked", "/admin/businesses/{business_id}/parked", b"", key, 200),
        (
            "post", "/admin/businesses/salon/parked/no-event/replay",
            "/admin/businesses/{business_id}/parked/{event_id}/replay", b"", key, 404,
        ),
        ("post", "/hooks/c1", "/hooks/{connection_id}", b"{}", JSON, 401),
        ("post", "/hooks/nobody", "/hooks/{connection_id}", b"{}", JSON, 404),
    ]  # a table, read by rows # fmt: skip
    for method, target, path, body, headers, status in calls:
        answered, _, answer = phone.ask(method.upper(), target, body, headers)
        assert answered == status, (method, target, answer)
        validator(described(method, path, status)).validate(json.loads(answer))
