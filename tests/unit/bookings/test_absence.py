"""A reading cancels what it does not name; what could not be read is named all the same, and stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from tests.fakes.calendar_mail import mailed
from tests.fakes.calendar_tools import GOOGLE, GRAPH, google_item, graph_item, push
from tests.fakes.hub import SECRET, hourly, next_poll, only
from tests.fakes.ical_text import event, feed
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

TWELVE = [event(f"e{n}", f"202601{5 + n:02}T100000Z") for n in range(12)]


@pytest.fixture(name="polled")
def _polled(room: BookingsRoom, tool: ToolServer) -> BookingsRoom:
    room.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics")
    return room


def show(room: BookingsRoom, tool: ToolServer, body: bytes) -> list[str]:
    tool.answers["/salon.ics"] = Reply(body)
    return next_poll(room)


def asked_again(room: BookingsRoom, minutes: int = 5) -> list[str]:
    room.clock.advance(minutes=minutes)
    room.chores.do_due(room.clock.now())
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]


def statuses(room: BookingsRoom) -> list[str]:
    return sorted(booking.status.value for booking in room.all_bookings())


def booked(room: BookingsRoom) -> list[str]:
    """Starts of what stands, by the clock of the business."""
    standing = [one for one in room.all_bookings() if one.status is Status.BOOKED]
    return sorted(f"{one.start:%d %H:%M}" for one in standing)


BAD: dict[str, str] = {
    "ends before it starts": "DTSTART:20260105T100000Z\r\nDTEND:20260105T095900Z",
    "a zone that is not defined": "DTSTART;TZID=Nowhere/Here:20260105T100000\r\nDURATION:PT30M",
    "a floating time": "DTSTART:20260105T100000\r\nDURATION:PT30M",
    "no time": "SUMMARY:x",
    "not a time": "DTSTART:banana",
    "not a length": "DTSTART:20260105T100000Z\r\nDURATION:banana",
    "a rule that cannot be followed": "DTSTART:20260105T100000Z\r\nRRULE:FREQ=SECONDLY",
    "a rule that is none": "DTSTART:20260105T100000Z\r\nRRULE:FREQ=NEVER",
    "a day with an hour at its end": "DTSTART;VALUE=DATE:20260105\r\nDTEND:20260105T103000Z",
    "an hour with a day at its end": "DTSTART:20260105T100000Z\r\nDTEND;VALUE=DATE:20260106",
    "an end in another century": "DTSTART:20260105T100000Z\r\nDTEND:21260105T103000Z",
    "twice a start": "DTSTART:20260105T100000Z\r\nDTSTART:20260106T100000Z",
    "a torn line": "DTSTART:20260105T100000Z\r\nthis is no property line at all ;;;",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_event_that_cannot_be_read_any_more_is_parked_and_its_booking_stays(
    polled: BookingsRoom, tool: ToolServer, bad: str
) -> None:
    show(polled, tool, feed(event("u"), event("v")))
    (outcome,) = show(polled, tool, feed(f"UID:u\r\n{bad}", event("v")))
    assert outcome.startswith("parked: 1 of 2 not understood")
    assert statuses(polled) == ["booked", "booked"]
    assert show(polled, tool, feed(event("v"))) == ["done: "]  # it is not named any more
    assert statuses(polled) == ["booked", "cancelled"]


def test_a_part_that_does_not_say_whose_it_is_may_be_what_is_missing(polled: BookingsRoom, tool: ToolServer) -> None:
    old = "SUMMARY:always without a name"
    show(polled, tool, feed(event("u"), event("v"), event("w"), old))
    show(polled, tool, feed(event("v"), event("w"), old))
    # that part was there before: it is not the missing one
    assert statuses(polled) == ["booked", "booked", "cancelled"]
    torn = event("v").replace("UID:v", "UI")
    for number in range(3):
        show(polled, tool, feed(torn, event("w", f"2026012{number}T100000Z"), old))
        assert [one.status for one in polled.all_bookings()].count(Status.CANCELLED) == 1


def test_google_events_that_cannot_be_read_after_a_lost_token_stay(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("g", "google", credentials="tool", api_url=tool.url, account="salon@example.com")
    bad = google_item(start="2026-01-05T10:00:00", updated="2026-01-02T08:00:00Z")
    tool.answers[GOOGLE] = [
        Reply({"items": [google_item(), google_item("g2")], "nextSyncToken": "s1"}),
        Reply({"error": {}}, 410),
        Reply({"items": [bad, google_item("g2")], "nextSyncToken": "s2"}),
    ]
    push(room, 1)
    assert push(room, 2)[0].startswith("parked: 1 of 2 not understood: start.dateTime has no UTC offset")
    assert statuses(room) == ["booked", "booked"]


@pytest.mark.parametrize(
    "bad", [{"start": {"dateTime": "2026-01-05T10:00:00", "timeZone": "Nowhere/Here"}}, {"start": None}, {"end": {}}]
)
def test_graph_events_that_cannot_be_read_stay(room: BookingsRoom, tool: ToolServer, bad: dict[str, Any]) -> None:
    room.connect("m", "graph", credentials="tool", api_url=tool.url, account="salon@example.com")
    link = {"@odata.deltaLink": f"{tool.url}{GRAPH}?$deltatoken=d1"}
    tool.answers[GRAPH] = [
        Reply({"value": [graph_item(), graph_item("m2")]} | link),
        Reply({"value": [graph_item(**bad), graph_item("m2")]} | link),
    ]
    for change in ({}, {"lifecycleEvent": "missed"}):
        value = [{"subscriptionId": "s", "clientState": SECRET, "changeType": "updated"} | change]
        room.call("m", (json.dumps({"value": value}).encode(), {}))
        room.drain()
    assert statuses(room) == ["booked", "booked"]


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": {}}, {"error": "?"}])
def test_an_answer_without_its_list_says_nothing(room: BookingsRoom, tool: ToolServer, answer: Any) -> None:
    room.connect("g", "google", credentials="tool", api_url=tool.url, account="salon@example.com")
    tool.answers[GOOGLE] = [Reply({"items": [google_item()]}), Reply(answer)]
    push(room, 1)
    assert push(room, 2) == ["parked: the tool's answer holds no items"]
    assert only(room).status is Status.BOOKED


def test_one_bad_appointment_of_a_list_does_not_stop_the_others(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("acuity", "acuity", credentials="tool", api_url=tool.url)
    good = {"id": 1, "firstName": "Ada", "duration": "30", "datetime": "2026-01-05T10:00:00+0200"}
    tool.answers["/appointments"] = Reply([good | {"id": 2, "duration": "x"}, good])
    room.chores.do_due(room.clock.now())
    (outcome,) = room.drain()
    assert (outcome.state, statuses(room)) == ("parked", ["booked"])


# a reading that is a mistake as a whole

HALF = feed(*TWELVE[:5])
CUT = feed(*TWELVE)[: len(feed(*TWELVE[:6]))]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HALF, "the feed has lost 7 of 12 coming appointments: is it broken?"),
        (CUT, "the feed ends in the middle"),
        (feed(*TWELVE).removesuffix(b"END:VCALENDAR\r\n"), "the feed ends in the middle"),
        (feed(), "the feed has lost all of 12 coming appointments: is it broken?"),
    ],
)
def test_a_reading_that_has_suddenly_lost_most_is_doubted_until_a_second_one_says_the_same(
    polled: BookingsRoom, tool: ToolServer, body: bytes, words: str
) -> None:
    show(polled, tool, feed(*TWELVE))
    assert show(polled, tool, body) == [f"parked: {words}"]
    assert statuses(polled) == ["booked"] * 12
    assert asked_again(polled, 4) == []
    assert [outcome.partition(":")[0] for outcome in asked_again(polled, 1)] == ["done"]
    assert statuses(polled).count("booked") == body.count(b"END:VEVENT")
    assert polled.parking.of_business("salon") == []


def test_a_reading_that_was_a_mistake_leaves_nothing_behind(polled: BookingsRoom, tool: ToolServer) -> None:
    show(polled, tool, feed(*TWELVE))
    show(polled, tool, HALF)
    tool.answers["/salon.ics"] = Reply(feed(*TWELVE))
    assert asked_again(polled) == ["done: "]
    assert statuses(polled) == ["booked"] * 12
    assert polled.parking.of_business("salon") == []
    assert show(polled, tool, HALF) == ["parked: the feed has lost 7 of 12 coming appointments: is it broken?"]


def test_a_second_mistake_that_misses_others_confirms_nothing(polled: BookingsRoom, tool: ToolServer) -> None:
    show(polled, tool, feed(*TWELVE))
    show(polled, tool, feed(*TWELVE[:5]))
    show(polled, tool, feed(*TWELVE[7:]))
    assert statuses(polled) == ["booked"] * 12
    assert [outcome.partition(":")[0] for outcome in asked_again(polled)] == ["done"]
    assert statuses(polled).count("booked") == 5


@pytest.mark.parametrize("left", [1, 6, 7])
def test_two_cancelled_or_half_of_many_is_a_days_work(polled: BookingsRoom, tool: ToolServer, left: int) -> None:
    before = TWELVE[:3] if left == 1 else TWELVE
    show(polled, tool, feed(*before))
    assert show(polled, tool, feed(*before[:left])) == ["done: "]
    assert statuses(polled).count("booked") == left


def test_a_list_that_has_suddenly_lost_most_is_doubted_too(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("g", "google", credentials="tool", api_url=tool.url, account="salon@example.com")
    tool.answers["/calendars/salon%40example.com/events/watch"] = Reply({})
    items = [google_item(f"g{n}") for n in range(5)]
    tool.answers[GOOGLE] = [Reply({"items": items}), Reply({"items": items[:2]})]
    room.chores.do_due(room.clock.now())
    room.drain()
    room.clock.advance(hours=1)
    room.chores.do_due(room.clock.now())
    assert [one.note for one in room.drain()] == ["the tool's list has lost 3 of 5 coming appointments: is it broken?"]
    assert statuses(room) == ["booked"] * 5
    assert asked_again(room) == ["done: "]
    assert statuses(room) == ["booked", "booked", "cancelled", "cancelled", "cancelled"]


# one occurrence of a series

SERIES = event("s", "20260105T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3")  # 12:00 in Vilnius
OVERRIDE = "UID:s\r\nSUMMARY:Ada\r\nDESCRIPTION:Phone: +447700900123\r\nRECURRENCE-ID;VALUE=DATE:20260112\r\n"


def test_an_override_that_names_a_day_moves_that_days_occurrence(polled: BookingsRoom, tool: ToolServer) -> None:
    moved = f"{OVERRIDE}DTSTART:20260112T140000Z\r\nDURATION:PT30M"
    show(polled, tool, feed(SERIES, moved))
    assert booked(polled) == ["05 12:00", "12 16:00", "19 12:00"]
    assert show(polled, tool, feed(SERIES, f"{moved}\r\nX-A:b")) == ["done: "]
    assert booked(polled) == ["05 12:00", "12 16:00", "19 12:00"]


@pytest.mark.parametrize(
    "gone",
    [
        "DTSTART;VALUE=DATE:20260112",
        "DTSTART;VALUE=DATE:20260112\r\nSTATUS:CANCELLED",
        "DTSTART:20260112T100000Z\r\nDTEND:20260112T090000Z\r\nSTATUS:CANCELLED",
        "STATUS:CANCELLED",
    ],
)
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("instant", [False, True])
def test_an_override_that_cancels_or_lasts_all_day_takes_the_occurrence_away(
    polled: BookingsRoom, tool: ToolServer, gone: str, *, known: bool, instant: bool
) -> None:
    if known:
        show(polled, tool, feed(SERIES))
    override = OVERRIDE.replace(";VALUE=DATE:20260112", ":20260112T100000Z") if instant else OVERRIDE
    assert show(polled, tool, feed(SERIES, override + gone))[0].startswith("done: ")
    assert booked(polled) == ["05 12:00", "19 12:00"]


@pytest.mark.parametrize(
    "override",
    [
        "RECURRENCE-ID;TZID=Nowhere/Here:20260112T110000\r\nDTSTART;TZID=Nowhere/Here:20260112T140000",
        "RECURRENCE-ID:20260112T100000Z\r\nDTSTART;TZID=Nowhere/Here:20260112T140000",
        "RECURRENCE-ID;VALUE=DATE:20260112\r\nDTSTART;TZID=Nowhere/Here:20260112T140000",
        "RECURRENCE-ID:20260112T100000Z\r\nDTSTART:20260112T140000Z\r\nDTEND:20260112T130000Z",
        "RECURRENCE-ID:20260112T100000Z\r\nDTSTART:banana",
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_an_override_that_cannot_be_read_leaves_that_occurrence_in_doubt(
    polled: BookingsRoom, tool: ToolServer, override: str, *, known: bool
) -> None:
    if known:
        show(polled, tool, feed(SERIES))
    (outcome,) = show(polled, tool, feed(SERIES, f"UID:s\r\n{override}"))
    assert outcome.startswith("parked: ")
    assert booked(polled) == ["05 12:00", "19 12:00"]  # nothing is told for the 12th
    assert [one.status.value for one in polled.all_bookings() if one.start.day == 12] == ["requested"] * known
    show(polled, tool, feed(SERIES, f"{OVERRIDE}DTSTART:20260112T140000Z\r\nDURATION:PT30M"))
    assert booked(polled) == ["05 12:00", "12 16:00", "19 12:00"]


def test_an_override_that_does_not_say_of_which_occurrence_leaves_the_series_as_it_was(
    polled: BookingsRoom, tool: ToolServer
) -> None:
    show(polled, tool, feed(SERIES))
    longer = SERIES.replace("COUNT=3", "COUNT=2")
    show(polled, tool, feed(longer, "UID:s\r\nRECURRENCE-ID:banana\r\nDTSTART:20260112T140000Z"))
    assert booked(polled) == ["05 12:00", "12 12:00", "19 12:00"]


def test_events_that_share_a_name_are_appointments_of_their_own_and_that_is_said(
    polled: BookingsRoom, tool: ToolServer
) -> None:
    same = [event("x", f"2026010{day}T100000Z", f"DTSTAMP:2026010{day}T000000Z") for day in (5, 6, 7)]
    said = "parked: 3 events at different times share the UID x: each was read as an appointment of its own"
    assert show(polled, tool, feed(*same)) == [said]
    assert booked(polled) == ["05 12:00", "06 12:00", "07 12:00"]
    assert show(polled, tool, feed(*same, event("y"))) == ["done: "]  # said once
    two = "parked: 2 events at different times share the UID x: each was read as an appointment of its own"
    assert show(polled, tool, feed(same[0], same[2], event("y"))) in ([two], ["done: "])
    assert booked(polled) == ["05 12:00", "05 12:00", "07 12:00"]
    show(polled, tool, feed(same[0], event("x", "20260107T150000Z"), event("y")))
    assert booked(polled) == ["05 12:00", "05 12:00", "07 17:00"]


def test_a_bad_event_is_parked_once_while_it_is_the_same(polled: BookingsRoom, tool: ToolServer) -> None:
    bad = "UID:bad\r\nDTSTART:banana"
    for number in range(4):
        show(polled, tool, feed(bad, f"DTSTAMP:2026010{number + 1}T000000Z\r\n" + event(f"e{number}")))
    (parked,) = polled.parking.of_business("salon")
    assert parked["reason"] == "1 of 2 not understood: DTSTART is not a time"
    show(polled, tool, feed(bad.replace("banana", "apple"), event("e9")))
    assert len(polled.parking.of_business("salon")) == 2


def test_a_bad_event_is_parked_again_when_nothing_parked_names_it_any_more(
    polled: BookingsRoom, tool: ToolServer
) -> None:
    bad = "UID:bad\r\nDTSTART:banana"
    show(polled, tool, feed(bad))
    show(polled, tool, feed(bad, event("e1")))
    assert polled.parking.replay_all("salon") == 1
    polled.drain()  # that reading is not the latest any more
    assert polled.parking.of_business("salon") == []
    show(polled, tool, feed(bad, event("e2")))
    assert len(polled.parking.of_business("salon")) == 1


def test_a_feed_that_says_cancel_cancels_what_it_names_and_nothing_else(polled: BookingsRoom, tool: ToolServer) -> None:
    show(polled, tool, feed(event("u"), event("v")))
    cancel = feed(event("u")).replace(b"VERSION:2.0", b"METHOD:CANCEL")
    assert show(polled, tool, cancel) == ["done: "]
    assert statuses(polled) == ["booked", "cancelled"]
    torn = feed("UID:v", "UID:w\r\nno property line ;;;").replace(b"VERSION:2.0", b"METHOD:CANCEL")
    show(polled, tool, torn)
    assert statuses(polled) == ["cancelled", "cancelled"]


def two_guests(method: str, sequence: int, *people: str, more: str = "") -> bytes:
    lines = [f"METHOD:{method}", "BEGIN:VEVENT", "UID:u", f"SEQUENCE:{sequence}", "DTSTART:20260105T100000Z"]
    lines += [f"ATTENDEE;CN={name}:mailto:{name}@example.com" for name in people]
    return "\r\n".join(["BEGIN:VCALENDAR", *lines, "DURATION:PT30M", more, "END:VEVENT", "END:VCALENDAR"]).encode()


@pytest.mark.parametrize("late", [False, True])
def test_a_cancel_by_mail_that_names_one_of_two_leaves_the_other(room: BookingsRoom, *, late: bool) -> None:
    room.connect("post", "itip")
    mails = [two_guests("REQUEST", 0, "ada", "bob"), two_guests("CANCEL", 1, "ada")]
    for mail in reversed(mails) if late else mails:
        mailed(room, mail)
    booking = only(room)
    assert (booking.status, [one.email for one in booking.customers]) == (Status.BOOKED, ["bob@example.com"])
    mailed(room, two_guests("CANCEL", 2, "bob"))
    assert only(room).status is Status.CANCELLED
    mailed(room, two_guests("REQUEST", 3, "ada"))
    assert [one.email for one in only(room).customers] == ["ada@example.com"]
    assert only(room).status is Status.BOOKED


@pytest.mark.parametrize(("people", "more"), [(("ada",), "STATUS:CANCELLED"), (("ada", "bob"), "X-A:b"), ((), "X-A:b")])
def test_a_cancel_by_mail_of_all_or_of_the_appointment_cancels_it(
    room: BookingsRoom, people: tuple[str, ...], more: str
) -> None:
    room.connect("post", "itip")
    mailed(room, two_guests("REQUEST", 0, "ada", "bob"))
    mailed(room, two_guests("CANCEL", 1, *people, more=more))
    assert only(room).status is Status.CANCELLED


def series_mail(method: str, sequence: int, *lines: str) -> bytes:
    ada = "ATTENDEE;CN=ada:mailto:ada@example.com"
    block = ["BEGIN:VEVENT", "UID:s", f"SEQUENCE:{sequence}", ada, *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", f"METHOD:{method}", *block, "END:VCALENDAR"]).encode()


def test_a_cancel_by_mail_may_name_an_occurrence_by_its_day(room: BookingsRoom) -> None:
    room.connect("post", "itip")
    weekly = ("DTSTART:20260105T100000Z", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;COUNT=3")
    mailed(room, series_mail("REQUEST", 0, *weekly))
    mailed(room, series_mail("CANCEL", 1, "RECURRENCE-ID;VALUE=DATE:20260112", "STATUS:CANCELLED"))
    assert booked(room) == ["05 12:00", "19 12:00"]
    changed = ("RECURRENCE-ID;VALUE=DATE:20260119", "DTSTART:20260119T140000Z", "DURATION:PT30M")
    mailed(room, series_mail("REQUEST", 2, *changed))
    assert booked(room) == ["05 12:00", "19 16:00"]


def test_a_mail_that_adds_an_occurrence_takes_none_away(room: BookingsRoom) -> None:
    room.connect("post", "itip")
    weekly = ("DTSTART:20260105T100000Z", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;COUNT=2")
    mailed(room, series_mail("REQUEST", 0, *weekly))
    mailed(room, series_mail("ADD", 1, "DTSTART:20260107T100000Z", "DURATION:PT30M"))
    assert booked(room) == ["05 12:00", "07 12:00", "12 12:00"]


def test_what_a_reading_missed_and_the_next_one_names_stands_again_though_the_tool_never_changed_it(
    room: BookingsRoom, tool: ToolServer
) -> None:
    room.connect("g", "google", credentials="tool", account="salon@example.com", api_url=tool.url)
    tool.answers[GOOGLE] = Reply({"items": [google_item("g1"), google_item("g2", "2026-01-06T10:00:00Z")]})
    push(room, 1)
    assert len(booked(room)) == 2
    tool.answers[GOOGLE] = Reply({"items": [google_item("g1")]})
    hourly(room)
    assert statuses(room) == ["booked", "cancelled"]
    tool.answers[GOOGLE] = Reply({"items": [google_item("g1"), google_item("g2", "2026-01-06T10:00:00Z")]})
    hourly(room)
    assert booked(room) == ["05 12:00", "06 12:00"]
    tool.answers[GOOGLE] = Reply({"items": [google_item("g1")]})
    hourly(room)
    assert statuses(room) == ["booked", "cancelled"], "and is cancelled again when it is missing again"
