"""Zones that nobody knows: nothing where the instant is known; named with a remedy where it is not."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.calendar.calendar_files import read_calendar
from chalicelib.bookings.providers.contract import Raw, Reading
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.connections import ConnectionEndpoints
from chalicelib.pages.page import NotFound
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload
from tests.fakes.damaged_bookings import Answers
from tests.fakes.damaged_bookings import read as read_with
from tests.fakes.hub import SECRET, deliver, next_poll, only
from tests.fakes.ical_text import feed
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Report
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

RAILS, WINDOWS = "Eastern Time (US & Canada)", "W. Europe Standard Time"
UNKNOWN = ["Etc/Unknown", RAILS, WINDOWS, "GMT+1", "../../etc/passwd", 5, [], ""]
FROM, TILL = "2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"
PHONE = "DESCRIPTION:Phone: +447700900123"
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


SALON_TIME = 'DTSTART;TZID="Salon\'s own (summer; winter)":20260105T100000\r\nDURATION:PT30M'


def test_an_operator_takes_a_zone_for_a_calendars_name_and_what_was_parked_is_booked(
    room: BookingsRoom, tool: ToolServer
) -> None:
    room.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics")
    tool.answers["/salon.ics"] = Reply(feed(f"UID:a\r\nSUMMARY:Ada\r\n{PHONE}\r\n{SALON_TIME}"))
    assert "unknown time zone" in next_poll(room)[0]
    endpoints = connections(room)
    name = "Salon's own (summer; winter)"
    taken = endpoints.take_zone("salon", "feed", {"name": name, "zone": "Europe/Vienna"})
    assert taken == {"connection_id": "feed", "zones": {name: "Europe/Vienna"}, "replayed": 1}
    assert [outcome.state for outcome in room.drain()] == ["done"]
    assert only(room).start.isoformat() == "2026-01-05T11:00:00+02:00"
    assert room.parking.of_business("salon") == []
    endpoints.take_zone("salon", "feed", {"name": name, "zone": "UTC"})  # nothing is parked, but it was another zone
    assert next_poll(room) == ["done: "]
    assert only(room).start.isoformat() == "2026-01-05T12:00:00+02:00"


def test_a_zone_that_a_file_defines_stays_its_own_and_a_bad_zone_is_refused(room: BookingsRoom) -> None:
    own = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:20200101T000000\r\nTZOFFSETFROM:+0300"
    own += "\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    event = "BEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Ada\r\nDTSTART;TZID=Own:20260105T100000\r\nEND:VEVENT\r\n"
    for defined, hour in ((own, 7), ("", 9)):
        data = f"BEGIN:VCALENDAR\r\n{defined}{event}END:VCALENDAR".encode()
        (entry,) = read_calendar(data, None, zones={"Own": "Europe/Vienna"}).entries
        assert entry.start.astimezone(UTC).hour == hour
    room.connect("feed", "ical", None, feed_url="https://example.com/a.ics")
    with pytest.raises(Invalid, match="zone: is not an IANA time zone"):
        connections(room).take_zone("salon", "feed", {"name": "Own", "zone": "Mars/Base"})
    with pytest.raises(NotFound):
        connections(room).take_zone("other", "feed", {"name": "Own", "zone": "UTC"})


def connections(room: BookingsRoom) -> ConnectionEndpoints:
    return ConnectionEndpoints(
        room.config, room.overview, room.inbox, room.clock, room.bookings, room.outages, room.parking
    )
