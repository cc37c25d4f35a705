"""A cancel needs no more than the appointment's id; nothing less than the tool's own word is one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.business import Connection
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import ComingBooking, Context, Ignored, Raw, Reading
from tests.fakes import signers
from tests.fakes.calcom import calcom_item, calcom_payload
from tests.fakes.damaged_bookings import BUSINESS, SETTINGS, Answers
from tests.fakes.hub import NOW, SECRET, deliver, hourly, only
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

MAPPING = {"uid": "id", "status": "status", "start": "start", "end": "end", "name": "name"}
WHOLE = {"id": "7", "status": "booked", "name": "Ada", "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T10:30:00Z"}


def says(room: BookingsRoom, connection_id: str, body: Any) -> str:
    room.inbox.accept(connection_id, Raw(json.dumps(body).encode(), query={"key": SECRET}), room.clock.now())
    (outcome,) = room.drain()
    return outcome.state


@pytest.mark.parametrize("word", ["cancelled", "rejected"])
@pytest.mark.parametrize("more", [{}, {"start": None}, {"start": "soon"}, {"start": "2026-01-05T10:00:00Z"}])
def test_any_json_cancels_by_id_and_status_alone(room: BookingsRoom, word: str, more: dict[str, Any]) -> None:
    room.connect("j", "json", mapping=MAPPING)
    assert says(room, "j", WHOLE) == "done"
    room.clock.advance(seconds=1)
    assert says(room, "j", {"id": "7", "status": word} | more) == "done"
    assert (only(room).status, only(room).customers[0].name) == (word, "Ada")


def test_a_change_without_a_time_is_parked_and_changes_nothing(room: BookingsRoom) -> None:
    room.connect("j", "json", mapping=MAPPING)
    says(
        room,
        "j",
        WHOLE,
    )
    assert says(room, "j", {"id": "7", "status": "booked"}) == "parked"
    assert only(room).status is Status.BOOKED


@pytest.mark.parametrize("lost", ["startTime", "endTime", "attendees", "organizer"])
def test_a_cancel_of_calcom_needs_no_details(room: BookingsRoom, lost: str) -> None:
    deliver(room, calcom_payload())
    cancel = calcom_payload("BOOKING_CANCELLED", created_at="2026-01-01T09:30:00Z")
    cancel["payload"].pop(lost, None)
    assert deliver(room, cancel) == ["done: "]
    assert only(room).status is Status.CANCELLED


EVENT = "https://api.calendly.com/scheduled_events/E"
INVITEE = f"{EVENT}/invitees/I"


def calendly(event: str, minute: int, asked_at: str = EVENT, **payload: Any) -> dict[str, Any]:
    stamp = f"2026-01-01T08:{minute:02}:00Z"
    known: dict[str, Any] = {
        "uri": INVITEE,
        "event": asked_at,
        "email": "ada@example.com",
        "name": "Ada",
        "updated_at": stamp,
    }
    return {"event": event, "created_at": stamp, "payload": known | payload}


@pytest.mark.parametrize("lost", [Reply({}, 404), Reply({"resource": {}}), Reply({"resource": None})])
def test_a_cancel_of_calendly_whose_event_is_gone_is_a_cancel(
    room: BookingsRoom, tool: ToolServer, lost: Reply
) -> None:
    room.connect("c", "calendly", credentials="tool", api_url=tool.url)
    when = {"start_time": "2026-01-05T10:00:00Z", "end_time": "2026-01-05T10:30:00Z"}
    for number, (body, answer) in enumerate(
        [
            (calendly("invitee.created", 0, scheduled_event=when), Reply({}, 404)),
            (calendly("invitee.canceled", 1, asked_at=f"{tool.url}/scheduled_events/E"), lost),
        ]
    ):
        tool.answers["/scheduled_events/E"] = answer
        room.clock.advance(seconds=number)
        room.call("c", signers.calendly(json.dumps(body).encode(), SECRET, room.clock.now()))
        assert [outcome.state for outcome in room.drain()] == ["done"]
    assert only(room).status is Status.CANCELLED


CASES: list[tuple[str, Any, list[Any]]] = [
    ("calcom", None, [{"data": [calcom_item("7", status="cancelled") | {"start": None, "attendees": []}]}]),
    ("acuity", None, [[{"id": 7, "canceled": True, "datetime": "soon"}]]),
    (
        "square",
        {
            "type": "booking.updated",
            "event_id": "e",
            "data": {"object": {"booking": {"id": "7", "version": 2, "status": "CANCELLED_BY_CUSTOMER"}}},
        },
        [],
    ),
    (
        "nylas",
        {
            "id": "e",
            "type": "booking.cancelled",
            "time": 1767258000,
            "data": {
                "object": {"booking_id": "7", "booking_info": {"start_time": "soon", "guest_timezone": "Nowhere"}}
            },
        },
        [],
    ),
    (
        "standard",
        {
            "type": "booking.cancelled",
            "timestamp": "2026-01-01T09:00:00Z",
            "data": {"uid": "7", "status": "cancelled", "timezone": "Nowhere", "customers": [{"name": "x" * 999}]},
        },
        [],
    ),
    ("simplybook", {"notification_type": "cancel", "booking_id": "7"}, [{"id": 7, "status": "canceled"}]),
    ("savvycal", {"id": "1", "type": "event.changed", "payload": {"id": "7"}}, [{"id": "7", "state": "canceled"}]),
    ("hubspot", [{"objectTypeId": "0-47", "objectId": 7}], [{"properties": {"hs_meeting_outcome": "CANCELED"}}]),
    (
        "mindbody",
        {"messageId": "m", "eventId": "appointmentBooking.updated", "eventData": {"appointmentId": 7}},
        [{"Appointments": [{"Status": "Cancelled"}]}],
    ),
    ("graph", None, [{"value": [{"id": "7", "isCancelled": True, "start": {"dateTime": "soon"}}]}]),
    ("google", None, [{"items": [{"id": "7", "status": "cancelled", "start": {"dateTime": "soon"}}]}]),
    ("cronofy", None, [{"events": [{"event_uid": "7", "event_status": "cancelled", "start": "soon"}]}]),
]  # fmt: skip - one tool a case


@pytest.mark.parametrize(("name", "body", "answers"), CASES, ids=[case[0] for case in CASES])
def test_a_cancel_of_every_tool_needs_no_details(name: str, body: Any, answers: list[Any]) -> None:
    known = ComingBooking("7", NOW + timedelta(days=4), "", Status.BOOKED)
    connection = Connection("c", "salon", name, (SECRET,), SETTINGS)
    context = Context(connection, BUSINESS, NOW, NOW, Answers(answers[::-1]), {}, lambda: (known,))
    tool = provider(name)
    raw = Raw(json.dumps(body).encode())
    found = tool.upcoming(context) if body is None and tool.upcoming else tool.reports(raw, context)
    assert not isinstance(found, Ignored)
    reports = found.reports if isinstance(found, Reading) else found
    assert [(one.uid, one.status) for one in reports] == [("7", Status.CANCELLED)]


def test_an_appointment_whose_customer_the_tool_does_not_know_is_not_cancelled(
    room: BookingsRoom, tool: ToolServer
) -> None:
    room.connect("h", "hubspot", credentials="tool", api_url=tool.url)
    times = {"hs_meeting_start_time": "2026-01-05T10:00:00Z", "hs_meeting_end_time": "2026-01-05T10:30:00Z"}
    meeting = {"id": "7", "properties": times, "associations": {"contacts": {"results": [{"id": "501"}]}}}
    tool.answers["/crm/v3/objects/meetings/search"] = Reply({"results": [meeting]})
    tool.answers["/crm/v3/objects/meetings/7"] = Reply(meeting)
    tool.answers["/crm/v3/objects/contacts/501"] = [Reply({"properties": {"firstname": "Ada"}}), Reply({}, 404)]
    hourly(room)
    moved = times | {"hs_meeting_start_time": "2026-01-05T10:15:00Z"}
    tool.answers["/crm/v3/objects/meetings/search"] = Reply({"results": [meeting | {"properties": moved}]})
    assert hourly(room)[0].startswith("parked: ")
    assert only(room).status is Status.BOOKED
