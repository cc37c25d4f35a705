"""Tools that have to be asked: Square and Acuity as real HTTP servers, their trouble, and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.foundation.ports import Unavailable
from tests.fakes import signers
from tests.fakes.hub import SECRET, only
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

URL = "https://hub.example.com/hooks/square"
CUSTOMER = Reply({"customer": {"given_name": "Ada", "family_name": "Example", "phone_number": "+447700900123"}})


def square_event(version: int = 0, status: str = "ACCEPTED", start: str = "2026-01-05T10:00:00Z") -> dict[str, Any]:
    booking = {
        "id": "bk1",
        "version": version,
        "status": status,
        "start_at": start,
        "location_id": "L1",
        "customer_id": "C1",
        "appointment_segments": [{"duration_minutes": 30, "service_variation_id": "S1", "team_member_id": "T1"}],
    }
    kind = "booking.created" if version == 0 else "booking.updated"
    return {
        "type": kind,
        "event_id": f"e{version}",
        "data": {"type": "booking", "id": f"bk1:{version}", "object": {"booking": booking}},
    }


@pytest.fixture(name="square")
def _square(room: BookingsRoom, tool: ToolServer) -> BookingsRoom:
    room.connect("square", "square", credentials="tool", api_url=tool.url)
    tool.answers["/v2/customers/C1"] = CUSTOMER
    return room


def send(room: BookingsRoom, *bodies: dict[str, Any]) -> list[str]:
    outcomes = []
    for body in bodies:
        room.call("square", signers.square(body, SECRET, URL), URL)
        outcomes += [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]
    return outcomes


def test_square_asks_for_the_customer(square: BookingsRoom, tool: ToolServer) -> None:
    assert send(square, square_event()) == ["done: "]
    booking = only(square)
    assert booking.customers[0].phone == "+447700900123"
    assert (booking.end - booking.start).total_seconds() == 1800
    assert tool.asked[0].headers["authorization"] == "Bearer a-token"


def test_square_versions_decide_not_the_order_of_delivery(square: BookingsRoom) -> None:
    moved = square_event(1, start="2026-01-06T10:00:00Z")
    send(square, square_event(2, "CANCELLED_BY_CUSTOMER", "2026-01-06T10:00:00Z"), moved, square_event())
    assert (only(square).status, only(square).start.day) == (Status.CANCELLED, 6)


def test_without_credentials_it_is_parked_saying_so(room: BookingsRoom) -> None:
    room.connect("square", "square")
    assert send(room, square_event()) == [
        "parked: credentials are missing: the tool has to be asked, and the connection names none"
    ]


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_tool_that_stumbles_is_asked_again(square: BookingsRoom, tool: ToolServer, status: int) -> None:
    tool.queued = [Reply(b"", status), Reply(b"", status)]
    assert send(square, square_event()) == ["done: "]
    assert square.pauses == [0.25, 0.5]


def test_retry_after_is_kept_when_short_and_left_to_the_queue_when_long(square: BookingsRoom, tool: ToolServer) -> None:
    tool.queued = [Reply(b"", 429, {"Retry-After": "2"})]
    assert send(square, square_event()) == ["done: "]
    assert square.pauses == [2.0]
    tool.queued = [Reply(b"", 429, {"Retry-After": "3600"})]
    with pytest.raises(Unavailable):
        send(square, square_event(1))
    assert square.pauses == [2.0]


def test_a_tool_that_keeps_failing_is_left_alone_for_a_minute(square: BookingsRoom, tool: ToolServer) -> None:
    tool.queued = [Reply(b"", 500)] * 100
    for _ in range(4):
        with pytest.raises(Unavailable):
            square.worker.process(square.call("square", signers.square(square_event(), SECRET, URL), URL).event_id,
                                  square.clock.now())  # a table, read by rows # fmt: skip
    assert len(tool.asked) == 5
    tool.queued = []
    square.clock.advance(seconds=61)
    assert "done" in [outcome.state for outcome in square.drain()]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply({}, 401), "the tool refuses the connection's credentials (HTTP 401)"),
        (Reply({}, 404), "booking.customer_id: the tool knows no such customer"),
        (Reply({}, 418), "the tool answers HTTP 418"),
        (Reply(b"", 302, {"Location": "http://example.com/"}), "the tool answers HTTP 302"),
        (Reply(b"<html>"), "the tool's answer is not JSON"),
        (Reply(b"[" * 100_000), "the tool's answer is not JSON"),
        (Reply({"customer": {}}), "the customer has neither name, mail address nor phone"),
        (Reply(b" " * (9 * 1024 * 1024)), "the tool's answer is larger than 8388608 bytes"),
    ],
)
def test_what_the_tool_answers_wrongly_is_parked(
    square: BookingsRoom, tool: ToolServer, reply: Reply, reason: str
) -> None:
    tool.answers["/v2/customers/C1"] = reply
    assert send(square, square_event()) == [f"parked: {reason}"]
    assert "a-token" not in str(square.parking.of_business("salon"))


def test_a_token_is_fetched_with_the_refresh_token_and_kept(square: BookingsRoom, tool: ToolServer) -> None:
    square.secrets.secrets["oauth"] = {"refresh_token": "r", "client_id": "c", "token_url": f"{tool.url}/token"}
    square.connect("square", "square", credentials="oauth", api_url=tool.url)
    tool.answers["/token"] = Reply({"access_token": "fresh", "expires_in": 3600})
    send(square, square_event(), square_event(1))
    assert [asked.path for asked in tool.asked].count("/token") == 1
    assert tool.asked[-1].headers["authorization"] == "Bearer fresh"
    tool.answers["/token"] = Reply({"error": "invalid_grant"}, 400)
    square.clock.advance(hours=2)
    assert send(square, square_event(2)) == ["parked: the tool's token service refuses the credentials (HTTP 400)"]


APPOINTMENT = {
    "id": 54321,
    "firstName": "Bob",
    "lastName": "Example",
    "phone": "",
    "email": "bob@example.com",
    "datetime": "2026-01-05T10:15:00-0700",
    "duration": "60",
    "type": "Regular Visit",
    "appointmentTypeID": 1,
    "calendarID": 27238,
    "timezone": "America/New_York",
    "canceled": False,
    "forms": [{"values": [{"name": "Mobile", "value": "+12025550143"}]}],
}


def test_acuity_reads_the_appointment_and_reads_it_again_when_told_the_same_twice(
    room: BookingsRoom, tool: ToolServer
) -> None:
    room.connect("acuity", "acuity", credentials="tool", api_url=f"{tool.url}/api/v1", phone_field="mobile")
    tool.answers["/api/v1/appointments/54321"] = Reply(APPOINTMENT)
    call = signers.acuity(b"action=changed&id=54321&calendarID=27238&appointmentTypeID=1", SECRET)
    assert not room.call("acuity", call).duplicate
    room.drain()
    booking = only(room)
    assert booking.start.isoformat() == "2026-01-05T19:15:00+02:00"
    assert booking.customers[0].phone == "+12025550143"
    tool.answers["/api/v1/appointments/54321"] = Reply(APPOINTMENT | {"canceled": True})
    room.clock.advance(seconds=1)
    assert room.call("acuity", call).duplicate
    room.drain()
    assert only(room).status is Status.CANCELLED


def test_acuity_that_knows_no_such_appointment_any_more_cancelled_it(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("acuity", "acuity", credentials="tool", api_url=f"{tool.url}/api/v1")
    tool.answers["/api/v1/appointments/54321"] = [Reply(APPOINTMENT), Reply({}, 404)]
    for action in (b"scheduled", b"canceled"):
        room.call("acuity", signers.acuity(b"action=" + action + b"&id=54321", SECRET))
        room.drain()
        room.clock.advance(seconds=1)
    assert only(room).status is Status.CANCELLED
