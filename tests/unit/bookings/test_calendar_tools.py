"""Google Calendar, Microsoft Graph and Cronofy: a push says nothing; what is read back counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Raw
from tests.fakes import signers
from tests.fakes.calendar_tools import GOOGLE, GRAPH, google_item, graph_item, push
from tests.fakes.hub import SECRET, only
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer


@pytest.fixture(name="google")
def _google(room: BookingsRoom, tool: ToolServer) -> BookingsRoom:
    room.connect("g", "google", credentials="tool", api_url=tool.url, account="salon@example.com", origin_field="from")
    return room


def test_google_reads_all_first_and_then_what_changed(google: BookingsRoom, tool: ToolServer) -> None:
    tool.answers[GOOGLE] = [
        Reply({"items": [google_item()], "nextPageToken": "p2"}),
        Reply({"items": [google_item("g2"), {"id": "g3", "status": "cancelled"}], "nextSyncToken": "s1"}),
        Reply({"items": [google_item(updated="2026-01-01T09:00:00Z", status="cancelled")], "nextSyncToken": "s2"}),
    ]
    assert push(google, 1, "sync") == ["done: kept until it is known: start"]
    first = google.all_bookings()[0]
    assert [customer.email for customer in first.customers] == ["ada@example.com"]
    assert (first.customers[0].phone, first.address) == ("+447700900123", "Station Street 5")
    push(google, 2)
    assert sorted(booking.status for booking in google.all_bookings()) == ["booked", "cancelled"]
    assert "timeMin" in tool.asked[0].query
    assert tool.asked[1].query["pageToken"] == "p2"
    assert tool.asked[2].query["syncToken"] == "s1"


def test_google_that_forgot_the_sync_token_is_read_whole_and_compared(google: BookingsRoom, tool: ToolServer) -> None:
    tool.answers[GOOGLE] = [
        Reply({"items": [google_item(), google_item("g2")], "nextSyncToken": "s1"}),
        Reply({"error": {}}, 410),
        Reply({"items": [google_item("g2")], "nextSyncToken": "s2"}),
    ]
    push(google, 1)
    google.clock.advance(seconds=30)
    push(google, 2)
    assert {booking.status for booking in google.all_bookings()} == {Status.BOOKED, Status.CANCELLED}


def test_google_events_that_are_odd_are_said_and_the_good_ones_kept(google: BookingsRoom, tool: ToolServer) -> None:
    bad = google_item("bad", "2026-01-05T10:00:00")
    all_day = google_item("day") | {"start": {"date": "2026-01-05"}, "end": {"date": "2026-01-06"}}
    tool.answers[GOOGLE] = Reply({"items": [bad, all_day, google_item()], "nextSyncToken": "s1"})
    assert push(google, 1) == ["parked: 1 of 2 not understood: start.dateTime has no UTC offset: 2026-01-05T10:00:00"]
    assert only(google).title == "Haircut"


def test_google_with_another_channel_token_is_refused(google: BookingsRoom) -> None:
    with pytest.raises(BadSignature):
        google.call("g", (b"", {"X-Goog-Channel-Token": "wrong", "X-Goog-Resource-State": "exists"}))


@pytest.fixture(name="graph")
def _graph(room: BookingsRoom, tool: ToolServer) -> BookingsRoom:
    room.connect("m", "graph", credentials="tool", api_url=tool.url, account="salon@example.com")
    return room


def notify(room: BookingsRoom, **item: Any) -> list[str]:
    value = [{"subscriptionId": "s", "clientState": SECRET, "changeType": "updated"} | item]
    room.call("m", (json.dumps({"value": value}).encode(), {}))
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]


def test_graph_shakes_hands_without_storing_anything(graph: BookingsRoom) -> None:
    accepted = graph.inbox.accept("m", Raw(b"", {}, {"validationToken": "Validation: <b>1</b>"}, ""), graph.clock.now())
    assert accepted.answer is not None
    assert (accepted.answer.status, accepted.answer.content_type) == (200, "text/plain")
    assert accepted.answer.body == "Validation: &lt;b&gt;1&lt;/b&gt;"
    assert not graph.documents.tables["inbox"]


def test_graph_reads_by_delta(graph: BookingsRoom, tool: ToolServer) -> None:
    delta = f"{tool.url}{GRAPH}?$deltatoken=d1"
    tool.answers[GRAPH] = [
        Reply({"value": [graph_item(), graph_item("series", type="seriesMaster")], "@odata.deltaLink": delta}),
        Reply({"value": [{"id": "m1", "@removed": {"reason": "deleted"}}], "@odata.deltaLink": delta}),
    ]
    assert notify(graph) == ["done: "]
    assert only(graph).customers[0].name == "Ada"
    graph.clock.advance(seconds=9)
    assert notify(graph, changeType="deleted") == ["done: "]
    assert only(graph).status is Status.CANCELLED
    assert tool.asked[1].query == {"$deltatoken": "d1"}


def test_graph_that_lost_changes_is_read_whole(graph: BookingsRoom, tool: ToolServer) -> None:
    delta = f"{tool.url}{GRAPH}?$deltatoken=d1"
    tool.answers[GRAPH] = [
        Reply({"value": [graph_item(), graph_item("m2")], "@odata.deltaLink": delta}),
        Reply({"value": [graph_item()], "@odata.deltaLink": delta}),
    ]
    notify(graph)
    graph.clock.advance(seconds=9)
    notify(graph, lifecycleEvent="missed")
    assert {booking.status for booking in graph.all_bookings()} == {Status.BOOKED, Status.CANCELLED}
    assert "startDateTime" in tool.asked[1].query


@pytest.mark.parametrize("value", [[], [{}], [{"clientState": "wrong"}], [{"clientState": SECRET}, {}], "x", None])
def test_graph_needs_the_client_state_on_every_item(graph: BookingsRoom, value: Any) -> None:
    with pytest.raises(BadSignature):
        graph.call("m", (json.dumps({"value": value}).encode(), {}))


def test_graph_never_sends_credentials_to_another_host(graph: BookingsRoom, tool: ToolServer) -> None:
    tool.answers[GRAPH] = Reply({"value": [], "@odata.nextLink": "https://evil.example.com/x"})
    assert notify(graph) == ["parked: the tool's answer leads to another host"]


def test_graph_zones_that_nobody_knows_are_said(graph: BookingsRoom, tool: ToolServer) -> None:
    odd = graph_item(start={"dateTime": "2026-01-05T10:00:00", "timeZone": "Customized Time Zone 1"})
    tool.answers[GRAPH] = Reply({"value": [odd], "@odata.deltaLink": f"{tool.url}/d"})
    assert "start.timeZone is an unknown time zone: Customized Time Zone 1" in notify(graph)[0]


def test_cronofy_reads_changes_page_by_page(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("c", "cronofy", credentials="tool", api_url=tool.url)
    event = {
        "event_uid": "c1",
        "summary": "Massage",
        "start": "2026-01-05T10:00:00Z",
        "end": {"time": "2026-01-05T11:00:00Z", "tzid": "Etc/UTC"},
        "deleted": False,
        "updated": "2026-01-01T08:00:00Z",
        "attendees": [{"email": "ada@example.com", "display_name": "Ada", "status": "accepted"}],
    }
    day = event | {"event_uid": "c2", "start": "2026-01-05", "end": "2026-01-06"}
    later = event | {"event_uid": "c3", "deleted": True}
    tool.answers["/v1/events"] = Reply({"events": [event, day], "pages": {"next_page": f"{tool.url}/v1/events/p2"}})
    tool.answers["/v1/events/p2"] = Reply({"events": [later], "pages": {}})
    change = {"notification": {"type": "change", "changes_since": "2026-01-01T07:00:00Z"}, "channel": {}}
    room.call("c", signers.cronofy(change, SECRET))
    assert [outcome.state for outcome in room.drain()] == ["done"]
    assert only(room).customers[0].name == "Ada"
    assert tool.asked[0].query["last_modified"].startswith("2026-01-01T07:00")
    room.call("c", signers.cronofy({"notification": {"type": "verification"}}, SECRET))
    assert [outcome.note for outcome in room.drain()] == ["verification changes no appointment"]
