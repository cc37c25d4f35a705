"""Tools whose lists we know from others only: a list says whom to ask about, and a wrong list is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from tests.fakes.hub import hourly
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import Asked, ToolServer

START, END = "2026-01-05T10:00:00Z", "2026-01-05T10:30:00Z"
Case = tuple[str, str, dict[str, Any], str, dict[str, Any]]
"""Provider, address of its list, the list with appointment 7, address of one, that one."""
ADA = {"firstname": "Ada", "phone": "+12025550143"}
EVENT = {"id": "7", "state": "confirmed", "start_at": START, "end_at": END, "attendees": [{"name": "Ada"}]}
BOOKING = {"id": 7, "status": "confirmed", "client": {"name": "Ada"}}
BOOKING |= {"start_datetime": "2026-01-05 12:00:00", "end_datetime": "2026-01-05 12:30:00"}
MEETING = {"id": "7", "properties": {"hs_meeting_start_time": START, "hs_meeting_end_time": END}}
LINKED = {"associations": {"contacts": {"results": [{"id": "501"}]}}}
CASES: list[Case] = [
    ("savvycal", "/v1/events", {"entries": [EVENT], "metadata": {"after": None}}, "/v1/events/7", EVENT),
    ("simplybook", "/admin/bookings", {"data": [BOOKING]}, "/admin/bookings/7", BOOKING),
    (
        "hubspot", "/crm/v3/objects/meetings/search", {"results": [MEETING]}, "/crm/v3/objects/meetings/7",
        MEETING | LINKED,
    ),
]  # a table, read by rows # fmt: skip
APPOINTMENTS = "/appointment/staffappointments"


def connected(room: BookingsRoom, tool: ToolServer, provider: str) -> None:
    room.connect("x", provider, credentials="tool", api_url=tool.url, timezone="Europe/Vilnius")
    tool.answers["/crm/v3/objects/contacts/501"] = Reply({"properties": ADA})
    tool.answers["/client/clients"] = Reply({"Clients": [{"FirstName": "Ada"}]})


def standing(room: BookingsRoom) -> list[tuple[str, str]]:
    return [
        (one.customers[0].name, one.start.isoformat()) for one in room.all_bookings() if one.status is Status.BOOKED
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_lost_booking_is_found_read_once_and_cancelled_when_the_tool_no_longer_knows_it(
    room: BookingsRoom, tool: ToolServer, case: Case
) -> None:
    name, listing, listed, alone, one = case
    connected(room, tool, name)
    tool.answers |= {listing: Reply(listed), alone: Reply(one)}
    for _ in range(2):
        assert hourly(room) == ["done: "]
        assert standing(room) == [("Ada", "2026-01-05T12:00:00+02:00")]
    assert [asked.path for asked in tool.asked].count(alone) == 1  # what is as we know it is not asked for again
    empty: dict[str, Any] = {key: [] if isinstance(value, list) else value for key, value in listed.items()}
    tool.answers |= {listing: Reply(empty), alone: Reply({}, 404)}
    assert hourly(room) == ["done: "]
    assert standing(room) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_a_list_forgets_is_asked_for_and_stays(room: BookingsRoom, tool: ToolServer, case: Case) -> None:
    name, listing, listed, alone, one = case
    connected(room, tool, name)
    tool.answers |= {listing: Reply(listed), alone: Reply(one)}
    hourly(room)
    empty: dict[str, Any] = {key: [] if isinstance(value, list) else value for key, value in listed.items()}
    tool.answers[listing] = Reply(empty)
    assert hourly(room) == ["done: "]
    assert len(standing(room)) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
@pytest.mark.parametrize(
    ("answer", "words"),
    [({"unexpected": 1}, "is missing in the tool's list"), ([], "is missing in the tool's list")],
)
def test_a_list_of_another_shape_is_parked_not_believed(
    room: BookingsRoom, tool: ToolServer, case: Case, answer: Any, words: str
) -> None:
    connected(room, tool, case[0])
    tool.answers[case[1]] = Reply(answer)
    (outcome,) = hourly(room)
    assert outcome.startswith("parked: ")
    assert words in outcome


class Mindbody:
    """Answers by what is asked for: `appointments` by id, `PAGE` at a time."""

    def __init__(self, tool: ToolServer, appointments: dict[int, dict[str, Any]]) -> None:
        self.appointments, self._plain = appointments, tool.reply
        self.listed: int | None = None  # how many the list holds, None: all
        tool.reply = self.reply  # type: ignore[method-assign] # a server that computes its answers

    def reply(self, asked: Asked) -> Reply:
        plain = self._plain(asked)
        if asked.path != APPOINTMENTS:
            return plain
        if "request.appointmentIds" in asked.query:
            found = self.appointments.get(int(asked.query["request.appointmentIds"]))
            return Reply({"Appointments": [found] if found else []})
        offset, limit = int(asked.query["request.offset"]), int(asked.query["request.limit"])
        there = list(self.appointments.values())[: self.listed]
        total = {"TotalResults": len(there)}
        return Reply({"Appointments": there[offset : offset + limit], "PaginationResponse": total})


def appointment(number: int, **changes: Any) -> dict[str, Any]:
    day, hour = divmod(number, 20)
    times = {
        "StartDateTime": f"2026-01-{day + 5:02}T{hour:02}:00:00",
        "EndDateTime": f"2026-01-{day + 5:02}T{hour:02}:30:00",
    }
    return {"Id": number, "Status": "Booked", "ClientId": "C"} | times | changes


def test_mindbody_is_listed_page_by_page_a_reading_at_a_time(room: BookingsRoom, tool: ToolServer) -> None:
    connected(room, tool, "mindbody")
    salon = Mindbody(tool, {number: appointment(number) for number in range(1, 402)})
    for many in (200, 400, 401):  # one reading asks for no more
        hourly(room)
        assert len(standing(room)) == many
    salon.appointments[5] |= {"Status": "Cancelled"}
    salon.appointments[6] |= {"Status": "No Show"}
    salon.appointments[7] |= {"StartDateTime": "2026-01-05T07:15:00"}
    before = len(tool.asked)
    assert hourly(room) == ["done: "]
    assert len(standing(room)) == 399
    assert len(tool.asked) - before == 3 + 3 + 3  # pages, appointments that differ, their clients


def test_a_tool_that_suddenly_knows_nobody_is_not_believed(room: BookingsRoom, tool: ToolServer) -> None:
    connected(room, tool, "mindbody")
    salon = Mindbody(tool, {number: appointment(number) for number in range(1, 6)})
    hourly(room)
    salon.appointments.clear()
    words = "the tool lists nothing and knows none of 5 coming appointments: is it the right account?"
    assert hourly(room) == [f"parked: {words}"]
    assert len(standing(room)) == 5


def test_a_list_that_does_not_go_on_is_parked(room: BookingsRoom, tool: ToolServer) -> None:
    connected(room, tool, "savvycal")
    tool.answers["/v1/events"] = Reply({"entries": [EVENT], "metadata": {"after": "more"}})
    assert hourly(room) == ["parked: the tool's list gives the same page again"]


def test_times_without_a_zone_are_parked_when_read_back_too(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("x", "simplybook", credentials="tool", api_url=tool.url)
    tool.answers["/admin/bookings"] = Reply({"data": [BOOKING]})
    assert hourly(room) == ["parked: start_datetime has no UTC offset: set the connection's timezone"]
