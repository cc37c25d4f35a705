"""What the hub does without being called: polls, reads back, renews channels, notices silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.connections.feed_fetch import fetch_feed
from chalicelib.bookings.connections.tool_hosts import ToolHosts
from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.ports import Unavailable
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import SECRET, deliver, next_poll, only
from tests.fakes.ical_text import event, feed
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer


@pytest.fixture(name="polled")
def _polled(room: BookingsRoom, tool: ToolServer) -> BookingsRoom:
    room.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics")
    return room


def test_a_feed_is_polled_with_its_etag_and_what_is_gone_was_cancelled(polled: BookingsRoom, tool: ToolServer) -> None:
    tool.answers["/salon.ics"] = Reply(feed(event("a"), event("b")), headers={"ETag": '"1"'})
    assert next_poll(polled) == ["done: "]
    assert {booking.customers[0].phone for booking in polled.all_bookings()} == {"+447700900123"}
    tool.answers["/salon.ics"] = Reply(b"", 304)
    assert next_poll(polled) == []
    assert tool.asked[-1].headers["if-none-match"] == '"1"'
    tool.answers["/salon.ics"] = Reply(feed(event("b", "20260106T100000Z")))
    assert next_poll(polled) == ["done: "]
    states = sorted((booking.status.value, booking.start.day) for booking in polled.all_bookings())
    assert states == [("booked", 6), ("cancelled", 5)]


def test_new_stamps_alone_are_no_news(polled: BookingsRoom, tool: ToolServer) -> None:
    for stamp in ("20260101T000000Z", "20260102T000000Z"):
        tool.answers["/salon.ics"] = Reply(feed(event("a", "20260105T100000Z", f"DTSTAMP:{stamp}")))
        next_poll(polled)
    assert len([one for one in polled.documents.tables["inbox"].values() if one["provider"] == "ical"]) == 1
    assert len(polled.followed) == 1


def test_the_services_length_is_used_where_the_feed_says_none(polled: BookingsRoom, tool: ToolServer) -> None:
    polled.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics", length_min={"Cut": 45, "*": 20})
    events = [event("a", "20260105T100000Z", "CATEGORIES:Cut"), event("b"), event("c")]
    events = [one.replace("DURATION:PT30M\r\n", "") for one in events[:2]] + events[2:]
    tool.answers["/salon.ics"] = Reply(feed(*events))
    assert next_poll(polled) == ["done: "]
    assert sorted((one.end - one.start).seconds // 60 for one in polled.all_bookings()) == [20, 30, 45]


def test_a_feed_that_becomes_again_what_it_was_is_read_again(polled: BookingsRoom, tool: ToolServer) -> None:
    for day in (5, 6, 5):
        tool.answers["/salon.ics"] = Reply(feed(event("a", f"2026010{day}T100000Z")))
        assert next_poll(polled) == ["done: "]
        assert only(polled).start.day == day
    assert next_poll(polled) == []


def test_an_older_reading_does_not_count_after_a_newer_one(polled: BookingsRoom, tool: ToolServer) -> None:
    for day in (5, 6):
        tool.answers["/salon.ics"] = Reply(feed(event("a", f"2026010{day}T100000Z")))
        polled.clock.advance(minutes=16)
        polled.chores.do_due(polled.clock.now())
    older, newer = polled.queues.take("inbox")
    assert polled.worker.process(newer["event_id"], polled.clock.now()).state == "done"
    outcome = polled.worker.process(older["event_id"], polled.clock.now())
    assert outcome.note == "a later reading of the feed is known already"
    assert only(polled).start.day == 6


def test_a_feed_that_lost_everything_is_parked_not_believed(polled: BookingsRoom, tool: ToolServer) -> None:
    tool.answers["/salon.ics"] = Reply(feed(*(event(f"e{n}") for n in range(5))))
    next_poll(polled)
    tool.answers["/salon.ics"] = Reply(feed())
    assert next_poll(polled) == ["parked: the feed has lost all of 5 coming appointments: is it broken?"]
    assert {booking.status for booking in polled.all_bookings()} == {Status.BOOKED}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"", 404), "HTTP 404"),
        (Reply(b"", 302, {"Location": "/salon.ics"}), "not a public one"),
        (Reply(b"", 302, {"Location": "ftp://example.com/"}), "neither http nor https"),
        (Reply(b"x" * (9 * 1024 * 1024)), "larger than"),
    ],
)
def test_a_feed_that_fails_is_noted_and_tried_later(
    polled: BookingsRoom, tool: ToolServer, reply: Reply, words: str
) -> None:
    tool.answers["/salon.ics"] = reply
    assert next_poll(polled) == []
    seen = polled.overview.connection("feed", polled.clock.now())
    assert seen is not None
    assert words in seen["failure"]
    assert seen["health"] == "failing"
    tool.answers["/salon.ics"] = Reply(feed(event("a")))
    assert polled.chores.do_due(polled.clock.now()).polled == []  # not at once
    assert next_poll(polled) == ["done: "]
    assert polled.overview.connection("feed", polled.clock.now())["health"] == "ok"  # type: ignore[index]  # it is there


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "169.254.169.254", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0"],  # noqa: S104 - to be refused
)
def test_private_addresses_are_not_fetched(address: str) -> None:
    hosts = ToolHosts(resolve=lambda _host, _port: ["93.184.216.34", address])
    with httpx.Client(transport=hosts) as client, pytest.raises(Parked, match="not a public one"):
        fetch_feed(client, "https://x.example.com/salon.ics", {}, 1000)


def test_redirects_of_a_feed_are_followed_but_not_without_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        target = {"/a": "webcal://two.example.com/b", "/round": "/round"}.get(request.url.path)
        host = request.headers["host"].encode()
        return httpx.Response(302, headers={"location": target}) if target else httpx.Response(200, content=host)

    hosts = ToolHosts(resolve=lambda _host, _port: ["93.184.216.34"], inner=lambda: httpx.MockTransport(answer))
    with httpx.Client(transport=hosts) as client:
        assert fetch_feed(client, "webcal://me:pw@one.example.com/a", {}, 1000).body == b"two.example.com"
        with pytest.raises(Parked, match="one redirect to the next"):
            fetch_feed(client, "https://one.example.com/round", {}, 1000)


def test_bookings_are_read_back_hourly_and_repaired(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("acuity", "acuity", credentials="tool", api_url=tool.url)
    appointment: dict[str, Any] = {
        "id": 1,
        "firstName": "Ada",
        "duration": "30",
        "datetime": "2026-01-05T10:00:00+0200",
    }
    tool.answers["/appointments"] = Reply([appointment])
    tool.answers["/appointments/1"] = Reply(appointment | {"canceled": True})
    done = room.chores.do_due(room.clock.now())
    assert done.reconciled == ["acuity"]
    room.drain()
    assert only(room).status is Status.BOOKED  # the webhook was lost, the booking is not
    tool.answers["/appointments"] = Reply([])
    room.clock.advance(minutes=30)
    assert room.chores.do_due(room.clock.now()).reconciled == []
    room.clock.advance(minutes=30)
    assert room.chores.do_due(room.clock.now()).reconciled == ["acuity"]
    room.drain()
    assert only(room).status is Status.CANCELLED


def test_channels_are_opened_and_renewed_before_they_end(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("g", "google", credentials="tool", api_url=tool.url, account="a")
    tool.answers["/calendars/a/events/watch"] = Reply({"expiration": "1767862800000"})  # 2026-01-08T09:00Z
    tool.answers["/calendars/a/events"] = Reply({"items": [], "nextSyncToken": "s"})
    assert room.chores.do_due(room.clock.now()).renewed == ["g"]
    assert b"https://hub.example.com/hooks/g" in next(one.body for one in tool.asked if one.method == "POST")
    for _ in range(4 * 6):
        room.clock.advance(hours=6)
        room.chores.do_due(room.clock.now())
        room.drain()
    opened = [asked for asked in tool.asked if asked.path.endswith("/watch")]
    assert len(opened) >= 2


def test_graph_subscriptions_are_made_prolonged_and_made_anew(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("m", "graph", credentials="tool", api_url=tool.url, account="a@example.com")
    tool.answers["/subscriptions"] = Reply({"id": "sub1"})
    tool.answers["/users/a@example.com/calendarView/delta"] = Reply({"value": []})
    tool.answers["/subscriptions/sub1"] = [Reply({}), Reply({}, 404)]
    for _ in range(30):
        room.chores.do_due(room.clock.now())
        room.drain()
        room.clock.advance(hours=6)
    methods = [asked.method for asked in tool.asked if asked.path.startswith("/subscriptions")]
    assert methods[:4] == ["POST", "PATCH", "PATCH", "POST"]


def test_the_operator_sees_the_last_event_and_no_secret(room: BookingsRoom) -> None:
    deliver(room, calcom_payload())
    room.clock.advance(seconds=10)
    with pytest.raises(BadSignature):
        room.call("cal", calcom_signed(calcom_payload(), "wrong-secret"))
    seen = room.overview.connection("cal", room.clock.now())
    assert seen is not None
    assert (seen["last_event"]["state"], seen["refused"]["count"], seen["health"]) == ("done", 1, "ok")
    assert seen["last_event"]["changed"] == [only(room).booking_id]
    assert SECRET not in str(seen)
    assert "Ada" not in str(seen)
    assert room.overview.connection("nobody", room.clock.now()) is None


def test_a_mapping_is_tried_against_the_last_payload(room: BookingsRoom) -> None:
    assert "error" in room.overview.try_mapping("cal", {}, room.clock.now())
    deliver(room, calcom_payload())
    mapping = {"uid": "payload.uid", "start": "payload.startTime", "end": "payload.endTime"}
    tried = room.overview.try_mapping("cal", mapping | {"name": "payload.attendees[0].name"}, room.clock.now())
    assert [one["uid"] for one in tried["reports"]] == ["uid-a"]
    assert "customer" in room.overview.try_mapping("cal", mapping, room.clock.now())["error"]


def test_of_many_appointments_only_what_changed_is_followed_but_all_after_a_crash(
    polled: BookingsRoom, tool: ToolServer
) -> None:
    many = [event(f"e{n}") for n in range(30)]
    tool.answers["/salon.ics"] = Reply(feed(*many))
    followed: list[str] = []

    def follow(booking: Booking, _now: datetime) -> None:
        followed.append(booking.booking_id)
        if len(followed) == 10:
            raise Unavailable("the tickets' table is away for a moment")

    polled.worker = polled.new_worker(follow=follow)
    polled.clock.advance(minutes=16)
    polled.chores.do_due(polled.clock.now())
    (message,) = polled.queues.take("inbox")
    with pytest.raises(Unavailable):
        polled.worker.process(message["event_id"], polled.clock.now())
    seen = polled.overview.connection("feed", polled.clock.now())
    assert seen is not None
    assert (seen["health"], seen["failure"]) == ("failing", "the tickets' table is away for a moment")
    polled.clock.advance(seconds=30)
    assert polled.worker.process(message["event_id"], polled.clock.now()).state == "done"
    assert len(set(followed)) == 30
    followed.clear()
    tool.answers["/salon.ics"] = Reply(feed(*many[:-1], event("e29", "20260107T100000Z")))
    assert next_poll(polled) == ["done: "]
    assert len(followed) == 1
    assert polled.overview.connection("feed", polled.clock.now())["health"] == "ok"  # type: ignore[index]  # it is there
    assert str(tool.url) not in str(seen["settings"])  # a feed's address is a secret


def test_what_is_not_understood_when_reading_back_is_parked_once(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("acuity", "acuity", credentials="tool", api_url=tool.url)
    tool.answers["/appointments"] = Reply([{"id": 1, "firstName": "Ada", "duration": "x"}])
    for _ in range(5):
        room.chores.do_due(room.clock.now())
        room.drain()
        room.clock.advance(hours=1)
    assert len(room.parking.of_business("salon")) == 1


def test_a_connection_that_fails_as_nobody_foresaw_keeps_no_other_from_its_turn(
    polled: BookingsRoom, tool: ToolServer
) -> None:
    polled.connect("odd", "ical", None, feed_url="https://[::1/odd.ics")
    polled.connect("accents", "ical", None, feed_url=f"{tool.url}/accents.ics")
    tool.answers["/accents.ics"] = Reply(feed(event("c")), headers={"ETag": '"\xe9"'})
    tool.answers["/salon.ics"] = Reply(feed(event("a")))
    for _ in range(2):
        polled.clock.advance(minutes=16)
        done = polled.chores.do_due(polled.clock.now())
        assert sorted(done.polled) == ["accents", "feed"]
        assert list(done.failed) == ["odd"]


def test_a_round_ends_in_time_and_goes_on_in_the_next_minute(polled: BookingsRoom, tool: ToolServer) -> None:
    polled.connect("other", "ical", None, feed_url=f"{tool.url}/salon.ics")
    tool.answers["/salon.ics"] = Reply(feed(event("a")))
    polled.clock.advance(minutes=16)
    seconds = iter((0.0, 0.0, 25.0))
    first = polled.chores.do_due(polled.clock.now(), lambda: next(seconds)).polled
    polled.clock.advance(minutes=1)
    second = polled.chores.do_due(polled.clock.now()).polled
    assert sorted(first + second) == ["feed", "other"]
    assert len(first) == 1


def test_one_business_with_slow_tools_leaves_the_minute_to_others(polled: BookingsRoom, tool: ToolServer) -> None:
    for number in range(5):
        polled.connect(f"slow{number}", "ical", None, feed_url=f"{tool.url}/gone.ics")
    tool.answers["/salon.ics"] = Reply(feed(event("a")))
    seconds = iter(range(0, 1000, 10))  # every glance at the clock finds it ten seconds later
    done = polled.chores.do_due(polled.clock.now(), lambda: float(next(seconds)))
    assert len(done.failed) + len(done.polled) == 1  # the others of the same business wait for the next minute


def test_who_failed_comes_after_who_did_not(polled: BookingsRoom, tool: ToolServer) -> None:
    polled.connect("bad", "ical", None, feed_url=f"{tool.url}/gone.ics")
    tool.answers["/salon.ics"] = Reply(feed(event("a")))
    polled.chores.do_due(polled.clock.now())
    polled.clock.advance(minutes=16)
    asked = len(tool.asked)
    polled.chores.do_due(polled.clock.now())
    assert [one.path for one in tool.asked[asked:]] == ["/salon.ics", "/gone.ics"]


def test_a_tool_that_opens_no_channel_is_read_back_all_the_same_and_once_an_hour(
    room: BookingsRoom, tool: ToolServer
) -> None:
    room.connect("g", "google", credentials="tool", account="salon@example.com", api_url=tool.url)
    tool.answers["/calendars/salon%40example.com/events"] = Reply({"items": []})
    done = room.chores.do_due(room.clock.now())
    assert done.reconciled == ["g"]
    assert "HTTP 404" in done.failed["g"]
    room.clock.advance(minutes=6)
    assert room.chores.do_due(room.clock.now()).reconciled == []
