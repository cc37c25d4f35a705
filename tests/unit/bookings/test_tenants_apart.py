"""Nothing of one business's files or tools is left in the process for another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.hub import BUSINESS, NOW
from tests.fakes.ical_text import event
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer


def in_own_zone(name: str, offset: str, *, torn: bool = False) -> bytes:
    """A feed that defines a zone of that name, with an appointment at 12:00 in it."""
    zone = [f"BEGIN:VTIMEZONE\r\nTZID:{name}", "BEGIN:STANDARD", "DTSTART:19700101T000000", f"TZOFFSETFROM:{offset}"]
    zone += [f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE"]
    times = [
        f"BEGIN:VEVENT\r\n{event('u').replace('DTSTART:20260105T100000Z', f'DTSTART;TZID={name}:20260105T120000')}"
    ]
    bad = ["no property line ;;;"] * torn
    return "\r\n".join(["BEGIN:VCALENDAR", *bad, *zone, *times, "END:VEVENT", "END:VCALENDAR"]).encode()


@pytest.mark.parametrize("name", ["Customized Time Zone", "/example.com/Vienna", "W", "GMT+1"])
@pytest.mark.parametrize("torn", [False, True])
def test_each_feed_has_its_own_zones(room: BookingsRoom, tool: ToolServer, name: str, *, torn: bool) -> None:
    offsets = {"a": "+0200", "b": "+0100", "c": "-0330"}
    for business, offset in offsets.items():
        room.config.put_business(business, BUSINESS, NOW)
        body = {"provider": "ical", "feed_url": f"{tool.url}/{business}.ics"}
        room.config.put_connection(business, business, body, NOW)
        tool.answers[f"/{business}.ics"] = Reply(in_own_zone(name, offset, torn=torn))
    room.clock.advance(minutes=16)
    room.chores.do_due(room.clock.now())
    room.drain()
    starts = {one["business_id"]: one["booking"]["start"] for one in room.documents.tables["bookings"].values()}
    assert {business: start[11:16] for business, start in starts.items()} == {"a": "12:00", "b": "13:00", "c": "17:30"}


def test_a_zone_that_only_another_file_defines_is_unknown(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics")
    defined = in_own_zone("Customized Time Zone", "+0200")
    undefined = defined[: defined.index(b"BEGIN:VTIMEZONE")] + defined[defined.index(b"BEGIN:VEVENT") :]
    for body, state in ((defined, "done"), (undefined.replace(b"UID:u", b"UID:v"), "parked")):
        tool.answers["/salon.ics"] = Reply(body)
        room.clock.advance(minutes=16)
        room.chores.do_due(room.clock.now())
        assert [outcome.state for outcome in room.drain()] == [state]


def test_a_tools_cookies_are_not_kept_for_the_next_business(room: BookingsRoom, tool: ToolServer) -> None:
    tool.answers["/one"] = Reply({}, headers={"Set-Cookie": "session=of-the-first; Path=/"})
    client = room.tool_access.client()
    for _ in range(2):
        client.get(f"{tool.url}/one")
    assert "cookie" not in tool.asked[-1].headers
