"""Tools that are asked before anything counts (SavvyCal, Mindbody, HubSpot, SimplyBook.me), and Nylas."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Raw
from tests.fakes import signers
from tests.fakes.hub import SECRET, only
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

URL = "https://hub.example.com/hooks/x"


def outcomes(room: BookingsRoom) -> list[str]:
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]


def test_savvycal_is_read_back(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("x", "savvycal", credentials="tool", api_url=tool.url)
    people = [{"display_name": "Host", "is_organizer": True}, {"display_name": "Ada", "email": "ada@example.com"}]
    event = {"id": "e1", "state": "confirmed", "summary": "Intro", "attendees": people}
    event |= {"start_at": "2026-01-05T10:00:00Z", "end_at": "2026-01-05T10:30:00Z"}
    tool.answers["/v1/events/e1"] = Reply(event)
    body = {"type": "event.created", "id": "p1", "occurred_at": "2026-01-01T08:00:00Z", "payload": {"id": "e1"}}
    room.call("x", signers.savvycal(body, SECRET))
    assert outcomes(room) == ["done: "]
    assert [customer.name for customer in only(room).customers] == ["Ada"]
    room.clock.advance(seconds=5)
    cancel = body | {"type": "event.canceled", "id": "p2", "occurred_at": "2026-01-01T10:00:00Z"}
    room.call("x", signers.savvycal(cancel, SECRET))
    assert outcomes(room) == ["done: "]
    assert only(room).status is Status.CANCELLED


def test_mindbody_is_read_back_in_the_configured_zone(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("x", "mindbody", credentials="tool", api_url=tool.url, timezone="America/New_York")
    appointment = {"Id": 7, "Status": "Booked", "ClientId": "c9", "SessionTypeName": "Yoga"}
    appointment |= {"StartDateTime": "2026-01-05T10:00:00", "EndDateTime": "2026-01-05T11:00:00"}
    tool.answers["/appointment/staffappointments"] = Reply({"Appointments": [appointment]})
    tool.answers["/client/clients"] = Reply({"Clients": [{"FirstName": "Ada", "MobilePhone": "+12025550143"}]})
    body = {"messageId": "m1", "eventId": "appointmentBooking.created", "eventData": {"appointmentId": 7}}
    room.call("x", signers.mindbody(body, SECRET))
    assert outcomes(room) == ["done: "]
    assert only(room).start.isoformat() == "2026-01-05T17:00:00+02:00"
    room.clock.advance(seconds=5)
    room.call("x", signers.mindbody(body | {"messageId": "m2", "eventId": "appointmentBooking.cancelled"}, SECRET))
    room.drain()
    assert only(room).status is Status.CANCELLED
    shaken = room.inbox.handshake("x", Raw(b"", query={}), room.clock.now())
    assert shaken is not None
    assert shaken.status == 200


def test_mindbody_without_a_zone_is_parked_never_guessed(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("x", "mindbody", credentials="tool", api_url=tool.url)
    appointment = {"Id": 7, "Status": "Booked", "ClientId": "c9", "StartDateTime": "2026-01-05T10:00:00"}
    tool.answers["/appointment/staffappointments"] = Reply({"Appointments": [appointment]})
    body = {"messageId": "m1", "eventId": "appointmentBooking.created", "eventData": {"appointmentId": 7}}
    room.call("x", signers.mindbody(body, SECRET))
    assert outcomes(room) == ["parked: StartDateTime has no UTC offset: set the connection's timezone"]


def test_hubspot_meetings_are_read_with_their_contacts(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("x", "hubspot", credentials="tool", api_url=tool.url)
    said = {"hs_meeting_title": "Demo", "hs_meeting_outcome": "SCHEDULED"}
    said |= {"hs_meeting_start_time": "2026-01-05T10:00:00Z", "hs_meeting_end_time": "2026-01-05T10:30:00Z"}
    linked = {"contacts": {"results": [{"id": "501", "type": "meeting_event_to_contact"}]}}
    tool.answers["/crm/v3/objects/meetings/9"] = [
        Reply({"id": "9", "properties": said, "associations": linked}),
        Reply({}, 404),
    ]
    contact = {"properties": {"firstname": "Ada", "lastname": "Example", "phone": "+12025550143"}}
    tool.answers["/crm/v3/objects/contacts/501"] = Reply(contact)
    event = {"eventId": 1, "subscriptionType": "object.creation", "objectTypeId": "0-47", "objectId": 9}
    other = event | {"objectTypeId": "0-1", "objectId": 501}
    for attempt in (0, 1):
        body = [event | {"attemptNumber": attempt}, other]
        room.call("x", signers.hubspot(body, SECRET, URL, room.clock.now()), URL)
        assert outcomes(room) == ["done: "]
        room.clock.advance(seconds=5)
    assert only(room).customers[0].phone == "+12025550143"
    assert only(room).status is Status.CANCELLED
    room.call("x", signers.hubspot([other], SECRET, URL, room.clock.now()), URL)
    assert outcomes(room) == ["done: no event about a meeting"]


@pytest.mark.parametrize(
    "body", [b'{"booking_id": 5, "notification_type": "create"}', b"booking_id=5&notification_type=create"]
)
def test_simplybook_comes_as_json_or_form_and_is_read_back(room: BookingsRoom, tool: ToolServer, body: bytes) -> None:
    room.connect("x", "simplybook", credentials="tool", api_url=tool.url, timezone="Europe/Vilnius")
    booking = {"id": 5, "status": "confirmed", "client": {"name": "Ada", "phone": "+447700900123"}}
    booking |= {"start_datetime": "2026-01-05 10:00:00", "end_datetime": "2026-01-05 10:30:00"}
    tool.answers["/admin/bookings/5"] = Reply(booking)
    room.inbox.accept("x", Raw(body, {}, {"key": SECRET}, ""), room.clock.now())
    assert outcomes(room) == ["done: "]
    assert only(room).start.isoformat() == "2026-01-05T10:00:00+02:00"
    tool.answers["/admin/bookings/5"] = Reply(booking | {"status": "canceled"})
    room.clock.advance(seconds=5)
    assert room.inbox.accept("x", Raw(body, {}, {"key": SECRET}, ""), room.clock.now()).duplicate
    outcomes(room)
    assert only(room).status is Status.CANCELLED
    with pytest.raises(BadSignature):
        room.inbox.accept("x", Raw(body, {}, {}, ""), room.clock.now())


def nylas(kind: str, time: int, **info: Any) -> dict[str, Any]:
    known = {
        "start_time": 1767607200,
        "end_time": 1767609000,
        "participants": [{"name": "Ada", "email": "a@example.com"}],
    }
    made = {"booking_id": "n1", "configuration_id": "cfg", "booking_info": known | {"title": "Cut"} | info}
    return {"id": f"{kind}{time}", "type": kind, "time": time, "data": {"object": made}}


def test_nylas_bookings_move_and_end(room: BookingsRoom) -> None:
    room.connect("x", "nylas", phone_field="mobile")
    fields = {"mobile": {"value": "+447700900123"}}
    for body in (
        nylas("booking.cancelled", 1767254600),
        nylas("booking.created", 1767254400, additional_fields=fields),
        nylas("booking.rescheduled", 1767254500, start_time=1767693600, end_time=1767695400),
    ):
        data, headers = signers.nylas(body, SECRET)
        room.call("x", (data, headers))
        assert outcomes(room) == ["done: "]
    assert (only(room).status, only(room).start.day) == (Status.CANCELLED, 5)
    shaken = room.inbox.handshake("x", Raw(b"", query={"challenge": "abc"}), room.clock.now())
    assert shaken is not None
    assert shaken.body == "abc"


def test_nylas_may_be_packed_and_may_lack_participants(room: BookingsRoom) -> None:
    room.connect("x", "nylas")
    room.call("x", signers.nylas(gzip.compress(json.dumps(nylas("booking.created", 1767254400)).encode()), SECRET))
    room.call("x", signers.nylas(nylas("booking.created", 1767254401, participants=None), SECRET))
    room.call("x", signers.nylas(gzip.compress(b" " * 5_000_000), SECRET))
    room.call("x", signers.nylas(b"\x1f\x8bbroken", SECRET))
    room.call("x", signers.nylas(nylas("event.updated", 1767254402), SECRET))
    assert outcomes(room) == [
        "done: ",
        "parked: data.object.booking_info.participants is missing",
        "parked: the body unpacks to more than 4194304 bytes",
        "parked: the body is broken gzip",
        "done: event.updated changes no appointment",
    ]
