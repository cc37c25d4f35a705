"""What a lost webhook would have said is read back: Cal.com and Calendly by their own interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from tests.fakes.calcom import calcom_item, calcom_payload
from tests.fakes.hub import deliver, hourly, only
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer


def test_calcom_a_lost_move_is_found_and_moves_the_booking(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("cal", "calcom", credentials="tool", api_url=tool.url)
    deliver(room, calcom_payload(uid="a"))
    before = only(room).booking_id
    tool.answers["/v2/bookings"] = Reply(
        {
            "status": "success",
            "data": [
                calcom_item("a", "cancelled", rescheduledToUid="b"),
                calcom_item("b", start="2026-01-06T10:00:00.000Z", rescheduledFromUid="a"),
                calcom_item("c", status="what"),
            ],
        }
    )
    assert hourly(room) == ["parked: 1 of 3 not understood: status is unknown: what"]
    booking = only(room)
    assert (booking.booking_id, booking.start.day, booking.status) == (before, 6, Status.BOOKED)
    assert tool.asked[0].headers["cal-api-version"] == "2024-08-13"


def test_calcom_reading_back_the_same_changes_nothing(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("cal", "calcom", credentials="tool", api_url=tool.url)
    deliver(room, calcom_payload(uid="uid-a"))
    known = only(room)
    early = "2026-01-01T07:59:59.000Z"  # the row is written just before the webhook is sent
    tool.answers["/v2/bookings"] = Reply({"data": [calcom_item("uid-a", updatedAt=early)]})
    assert hourly(room) == ["done: "]
    assert only(room) == known


def test_calendly_a_lost_cancel_is_found(room: BookingsRoom, tool: ToolServer) -> None:
    user = "https://api.calendly.com/users/U"
    room.connect("cly", "calendly", credentials="tool", api_url=tool.url, account=user)
    event = {"uri": f"{tool.url}/scheduled_events/E", "name": "Cut", "start_time": "2026-01-05T10:00:00Z"}
    event |= {"end_time": "2026-01-05T10:30:00Z"}
    ada = {"uri": "i1", "name": "Ada", "email": "ada@example.com", "updated_at": "2026-01-01T08:00:00Z"}
    tool.answers["/scheduled_events"] = Reply({"collection": [event], "pagination": {"next_page": None}})
    tool.answers["/scheduled_events/E/invitees"] = [
        Reply({"collection": [ada | {"status": "active"}], "pagination": {}}),
        Reply({"collection": [ada | {"status": "canceled", "updated_at": "2026-01-01T09:00:00Z"}]}),
    ]
    assert hourly(room) == ["done: "]
    assert only(room).status is Status.BOOKED
    assert hourly(room) == ["done: "]
    assert only(room).status is Status.CANCELLED
    assert tool.asked[0].query["user"] == user


def test_square_a_list_that_is_none_is_nothing_and_one_bad_booking_spoils_no_other(
    room: BookingsRoom, tool: ToolServer
) -> None:
    room.connect("sq", "square", credentials="tool", api_url=tool.url)
    good = {"id": "s1", "version": 0, "status": "ACCEPTED", "start_at": "2026-01-05T10:00:00Z", "customer_id": "C"}
    good |= {"appointment_segments": [{"duration_minutes": 30}]}
    tool.answers["/v2/customers/C"] = Reply({"customer": {"given_name": "Ada"}})
    tool.answers["/v2/bookings"] = [
        Reply({"bookings": 10**18}),
        Reply({"bookings": [7, good | {"version": "x"}, good]}),
    ]
    assert hourly(room) == ["done: "]
    assert hourly(room) == [
        "parked: 2 of 3 not understood: status is missing; booking.version is missing",
    ]
    assert only(room).customers[0].name == "Ada"


def test_a_next_page_without_an_address_is_the_end(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("cly", "calendly", credentials="tool", api_url=tool.url, account="https://api.calendly.com/users/U")
    tool.answers["/scheduled_events"] = Reply({"collection": [], "pagination": {"next_page": ""}})
    assert hourly(room) == ["done: "]
    assert len(tool.asked) == 1
