"""Zones that nobody knows: nothing where the instant is known; named with a remedy where it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers.contract import Raw, Reading
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload
from tests.fakes.damaged_bookings import Answers
from tests.fakes.damaged_bookings import read as read_with
from tests.fakes.hub import SECRET, deliver, only

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Report
    from tests.fakes.hub import BookingsRoom

RAILS, WINDOWS = "Eastern Time (US & Canada)", "W. Europe Standard Time"
UNKNOWN = ["Etc/Unknown", RAILS, WINDOWS, "GMT+1", "../../etc/passwd", 5, [], ""]
FROM, TILL = "2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"
PERSON = {"name": "Ada", "email": "ada@example.com"}


@pytest.mark.parametrize("zone", UNKNOWN)
def test_an_attendee_in_an_unknown_zone_is_booked_all_the_same(room: BookingsRoom, zone: Any) -> None:
    payload = calcom_payload(organizer={"timeZone": zone}, attendees=[PERSON | {"timeZone": zone}])
    assert deliver(room, payload) == ["done: "]
    assert (only(room).status, only(room).customers[0].timezone) == (Status.BOOKED, None)


@pytest.mark.parametrize("zone", [zone for zone in UNKNOWN if isinstance(zone, str)])
def test_our_own_format_too(room: BookingsRoom, zone: str) -> None:
    data: dict[str, Any] = {"uid": "42", "status": "booked", "start": FROM, "end": TILL, "timezone": zone}
    data |= {"customers": [PERSON | {"timezone": zone}]}
    room.connect("own", "standard")
    body = {"type": "booking.updated", "timestamp": "2026-01-01T08:00:00Z", "data": data}
    room.call("own", signers.standard(body, SECRET, room.clock.now(), "m1"))
    assert [outcome.state for outcome in room.drain()] == ["done"]
    assert only(room).customers[0].timezone is None


def reports_of(name: str, body: Any, *answers: Any) -> tuple[Report, ...]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = read_with(name, Raw(data), Answers(list(answers)), coming=())
    assert isinstance(found, Reading)
    assert not found.unread, found.unread
    return found.reports


@pytest.mark.parametrize("zone", UNKNOWN)
def test_every_tool_whose_times_are_instants(zone: Any) -> None:
    savvycal = {"type": "event.created", "id": "1", "payload": {"id": "e"}, "occurred_at": FROM}
    event = {"state": "confirmed", "start_at": FROM, "end_at": TILL, "attendees": [PERSON | {"time_zone": zone}]}
    info = {"start_time": 1767607200, "end_time": 1767610800, "organizer_timezone": zone, "guest_timezone": zone}
    made = {"booking_id": "b", "booking_info": info | {"participants": [PERSON]}}
    nylas = {"type": "booking.created", "id": "1", "time": 1767000000, "data": {"object": made}}
    scheduled = {"start_time": FROM, "end_time": TILL, "name": "Cut"}
    invitee = PERSON | {"uri": "u", "timezone": zone, "scheduled_event": scheduled}
    calendly = {"event": "invitee.created", "created_at": FROM, "payload": invitee}
    acuity = {"id": 1, "firstName": "A", "datetime": "2026-01-05T10:00:00+0000", "duration": "30", "timezone": zone}
    google = {"start": {"dateTime": FROM, "timeZone": zone}, "end": {"dateTime": TILL}, "attendees": [PERSON]}
    for found in (
        reports_of("savvycal", savvycal, event),
        reports_of("nylas", nylas),
        reports_of("calendly", calendly),
        reports_of("acuity", b"action=scheduled&id=1", acuity),
        [one for one in reports_of("google", b"", {"items": [google | {"id": "1"}]}) if one.uid == "1"],
    ):
        (report,) = found
        assert report.start is not None
        assert (report.status, report.start.isoformat(), report.timezone) == (
            "booked",
            "2026-01-05T10:00:00+00:00",
            None,
        )


GRAPH = {"value": [{"clientState": SECRET}]}
LOCAL = {"dateTime": "2026-01-05T10:00:00", "timeZone": "Salon Standard Time"}


def test_a_local_time_in_an_unknown_zone_is_parked_with_what_would_do() -> None:
    item = {"id": "1", "start": LOCAL, "end": LOCAL, "attendees": []}
    found = read_with("graph", Raw(json.dumps(GRAPH).encode()), Answers([{"value": [item]}]), coming=())
    assert isinstance(found, Reading)
    reason = found.unread[0].reason
    assert reason.startswith(
        "start.timeZone is an unknown time zone: Salon Standard Time (set the connection's zones to "
    )
    assert reason.endswith('{"Salon Standard Time": "Europe/Vilnius"}, if that is what it means)')


MAPPING = {"uid": "id", "start": "at", "length_min": "`30`", "name": "name", "timezone": "zone"}
ITEM = {"id": 7, "at": "2026-01-05T10:00", "name": "Ada", "zone": RAILS}


def post(room: BookingsRoom, body: Any, **settings: Any) -> str:
    room.connect("any", "json", mapping=MAPPING, signature={"scheme": "hex", "header": "X-Signature"}, **settings)
    data, headers = signers.savvycal(body, SECRET)
    room.call("any", (data, {"X-Signature": headers["x-savvycal-signature"].removeprefix("sha256=")}))
    (outcome,) = room.drain()
    return f"{outcome.state}: {outcome.note}"


def test_the_operator_says_what_a_tools_own_zone_names_stand_for(room: BookingsRoom) -> None:
    said = post(room, ITEM)
    assert said.startswith(
        "parked: start has no UTC offset: 2026-01-05T10:00; timezone is an unknown time zone: Eastern"
    )
    assert post(room, ITEM, zones={RAILS: "America/New_York"}) == "done: "
    assert only(room).start.isoformat() == "2026-01-05T17:00:00+02:00"


def test_a_zone_that_is_none_is_refused_as_a_remedy(room: BookingsRoom) -> None:
    with pytest.raises(Exception, match="is not an IANA time zone"):
        room.connect("any", "json", mapping=MAPPING, zones={"Here": "Nowhere/Land"})


def test_an_instant_beside_an_unknown_zone_is_read(room: BookingsRoom) -> None:
    assert post(room, ITEM | {"at": "2026-01-05T10:00:00Z"}) == "done: "


def test_without_any_zone_it_is_said_what_would_do(room: BookingsRoom) -> None:
    said = post(room, {name: value for name, value in ITEM.items() if name != "zone"})
    assert said == (
        "parked: start has no UTC offset: 2026-01-05T10:00 (set the connection's timezone, or the mapping's, "
        "such as Europe/Vilnius)"
    )
