"""Who is a customer, and what is a visit, where a calendar is all that the tool has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.services import Services, readers_of
from tests.fakes.calendar_tools import GOOGLE, GRAPH, google_item, graph_item, push
from tests.fakes.hub import SECRET, next_poll, only
from tests.fakes.ical_text import event, feed
from tests.fakes.salon import URL, Town
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from datetime import datetime

    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer


class Calendar:
    """A calendar of one of three kinds whose one event has one guest, and the tickets that follow it."""

    def __init__(self, room: BookingsRoom, tool: ToolServer, **settings: Any) -> None:
        self.room, self.tool, self.number = room, tool, 0
        own = {"credentials": "tool", "api_url": tool.url, "account": "salon@example.com"}
        room.connect("g", "google", **own, **settings)
        room.connect("m", "graph", **own, **settings)
        room.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics", **settings)
        services = Services(room.documents, room.queues, readers_of, Town, URL)

        def follow(booking: Any, now: datetime) -> object:
            return follow_booking(services, booking, now)

        room.worker = room.new_worker(follow=follow)

    def google(self, **changes: Any) -> None:
        self.number += 1
        item = google_item(updated=f"2026-01-01T08:{self.number:02}:00Z") | changes
        self.tool.answers[GOOGLE] = Reply({"items": [item], "nextSyncToken": "s"})
        push(self.room, self.number)

    def graph(self, **changes: Any) -> None:
        self.number += 1
        item = graph_item(lastModifiedDateTime=f"2026-01-01T08:{self.number:02}:00Z", **changes)
        self.tool.answers[GRAPH] = Reply({"value": [item]})
        self.room.clock.advance(seconds=1)
        body = b'{"value": [{"clientState": "%s"}]}' % SECRET.encode()
        self.room.call("m", (body, {}))
        self.room.drain()

    def ics(self, *lines: str, summary: str = "Haircut") -> None:
        one = event("u", "20260105T100000Z", *lines).replace("SUMMARY:Ada", f"SUMMARY:{summary}")
        self.tool.answers["/salon.ics"] = Reply(feed(one.replace("\r\nDESCRIPTION:Phone: +447700900123", "")))
        next_poll(self.room)

    def show(self, kind: str, *, declined: bool = False) -> None:
        """The event with its one guest, who comes or declined."""
        if kind == "google":
            answer = "declined" if declined else "accepted"
            self.google(attendees=[{"email": "ada@example.com", "displayName": "Ada", "responseStatus": answer}])
        elif kind == "graph":
            status = {"response": "declined" if declined else "accepted"}
            ada = {"emailAddress": {"name": "Ada", "address": "ada@example.com"}, "status": status}
            self.graph(attendees=[ada])
        else:
            answer = "DECLINED" if declined else "ACCEPTED"
            self.ics(f"ATTENDEE;CN=Ada;PARTSTAT={answer}:mailto:ada@example.com")

    def tickets(self) -> list[tuple[str, str]]:
        found = self.room.documents.tables["tickets"].values()
        return sorted((one["ticket"]["customer"]["name"], one["ticket"]["status"]) for one in found)


@pytest.fixture(name="calendar")
def _calendar(room: BookingsRoom, tool: ToolServer) -> Calendar:
    return Calendar(room, tool)


KINDS = ("google", "graph", "ics")


@pytest.mark.parametrize("kind", KINDS)
def test_the_only_guest_who_declines_is_cancelled_and_nobody_is_made_up(calendar: Calendar, kind: str) -> None:
    calendar.show(kind)
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]
    calendar.show(kind, declined=True)
    assert calendar.tickets() == [("Ada", "cancelled")]
    assert only(calendar.room).status is Status.CANCELLED
    calendar.show(kind)
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]


@pytest.mark.parametrize("kind", KINDS)
def test_who_declined_from_the_first_makes_no_ticket(calendar: Calendar, kind: str) -> None:
    calendar.show(kind, declined=True)
    assert calendar.tickets() == []


@pytest.mark.parametrize("summary", ["Canceled: Haircut", "Abgesagt: Haircut", "Annulé : Haircut", "Cancelado: X"])
@pytest.mark.parametrize("known", [False, True])
def test_a_title_that_says_cancelled_cancels(calendar: Calendar, summary: str, *, known: bool) -> None:
    ada = "ATTENDEE;CN=Ada:mailto:ada@example.com"
    if known:
        calendar.ics(ada, "STATUS:CONFIRMED")
        calendar.graph()
    calendar.ics(ada, "STATUS:CONFIRMED", summary=summary)
    calendar.graph(subject=summary)
    assert {status for _, status in calendar.tickets()} == ({"cancelled"} if known else set())


def test_a_title_that_only_speaks_of_cancelling_is_a_visit(calendar: Calendar) -> None:
    calendar.ics("ATTENDEE;CN=Ada:mailto:ada@example.com", summary="Cancelled order: pick up")
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]


GUESTS = [{"email": "ada@example.com", "displayName": "Ada"}]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"eventType": "focusTime"}, "blocked"),
        ({"eventType": "outOfOffice"}, "blocked"),
        ({"eventType": "workingLocation"}, "cancelled"),
        ({"eventType": "birthday"}, "cancelled"),
        ({"transparency": "transparent"}, "cancelled"),
        ({"attendees": None, "description": None, "summary": "Lunch"}, "blocked"),
        ({"attendees": None, "description": None, "summary": None}, "blocked"),
        ({"start": {"date": "2026-01-05"}, "end": {"date": "2026-01-06"}}, "cancelled"),
    ],
)
def test_what_is_no_visit_in_google_makes_no_ticket(
    calendar: Calendar, change: dict[str, Any], after: str, *, known: bool
) -> None:
    if known:
        calendar.google(attendees=GUESTS)
    calendar.google(**({"attendees": GUESTS} | change))
    assert calendar.tickets() == [("Ada", "cancelled")] * known
    assert [one.status.value for one in calendar.room.all_bookings()] == [after] * (known or after == "blocked")


@pytest.mark.parametrize("shown_as", ["free", "oof", "workingElsewhere"])
def test_what_is_no_visit_in_outlook_makes_no_ticket(calendar: Calendar, shown_as: str) -> None:
    calendar.graph(showAs=shown_as)
    assert calendar.tickets() == []
    calendar.graph(showAs="busy")
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:OOF", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"]
)
def test_what_is_no_visit_in_a_feed_makes_no_ticket(calendar: Calendar, line: str) -> None:
    ada = "ATTENDEE;CN=Ada:mailto:ada@example.com"
    calendar.ics(ada, line)
    assert calendar.tickets() == []
    calendar.ics(ada, "TRANSP:OPAQUE")
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]


def test_lunch_is_known_as_a_block_by_its_times_alone(calendar: Calendar) -> None:
    calendar.ics("ORGANIZER:mailto:bea@example.com", summary="Lunch with the bank")
    block = only(calendar.room)
    assert (block.status, block.customers, block.title, f"{block.start:%H:%M}") == (Status.BLOCKED, (), "", "12:00")
    calendar.ics("ORGANIZER:mailto:bea@example.com", "ATTENDEE;CN=Ada:mailto:ada@example.com")
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]


@pytest.mark.parametrize(
    ("needs", "tickets"), [([], ["Haircut"]), (["busy"], []), (["reachable"], []), (["reachable", "busy"], [])]
)
def test_what_counts_as_a_visit_is_the_operators_to_say(
    room: BookingsRoom, tool: ToolServer, needs: list[str], tickets: list[str]
) -> None:
    calendar = Calendar(room, tool, visit_needs=needs)
    calendar.ics("TRANSP:TRANSPARENT")
    assert [name for name, _ in calendar.tickets()] == tickets


def test_an_appointment_that_the_salon_itself_declined_is_cancelled(calendar: Calendar) -> None:
    calendar.google(attendees=GUESTS)
    calendar.google(attendees=[*GUESTS, {"email": "x@example.com", "self": True, "responseStatus": "declined"}])
    calendar.graph()
    calendar.graph(responseStatus={"response": "declined"})
    assert {status for _, status in calendar.tickets()} == {"cancelled"}


@pytest.mark.parametrize("torn", ["this is no property line ;;;", "ATTENDEE;CN=;;\x01=:mailto"])
def test_an_event_whose_guests_cannot_be_read_stays_as_it_was(calendar: Calendar, torn: str) -> None:
    calendar.show("ics")
    calendar.ics(torn)
    assert calendar.tickets() == [("Ada", "waiting_for_origin")]
    calendar.google(attendees=GUESTS)
    calendar.google(attendees=None, attendeesOmitted=True, description=None)
    calendar.google(attendees="?", description=None)
    assert calendar.tickets() == [("Ada", "waiting_for_origin")] * 2
