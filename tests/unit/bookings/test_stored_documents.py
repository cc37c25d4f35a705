"""Documents as an earlier version stored them, word for word, are read by this one: of each kind that the room has.

`stored_documents.json` was written by the code before its modules and names changed. A name in it that reads oddly
today (`told`, `looked_at`, `quiet_told_at`) is part of what is stored, and stays.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from chalicelib.bookings import fold
from chalicelib.bookings.booking import Status
from chalicelib.bookings.connections.activity import Activity, silent_for
from chalicelib.bookings.connections.chores import is_due
from chalicelib.bookings.connections.cursors import Cursors
from chalicelib.bookings.connections.silence import Silences
from chalicelib.bookings.inbox import events
from chalicelib.bookings.store import booking_from_json, booking_to_json
from chalicelib.outages import outage, watch
from chalicelib.outages.experience import Experience
from chalicelib.outages.watches import watch_of
from chalicelib.workflows.tool_failing import component_of, open_outage_of
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import SECRET, BookingsRoom

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document

STORED = json.loads((Path(__file__).parent / "stored_documents.json").read_text())
AT = datetime(2026, 1, 1, 10, 11, tzinfo=UTC)  # a minute after the last of them was written
BOOKING_ID = "b78a1efb995cdf2f6e85188cf"


def document(name: str) -> Document:
    found: Document = STORED[name]["document"]
    return found


def room_with(*names: str) -> BookingsRoom:
    """A room that holds these documents, its clock shortly after they were written."""
    room = BookingsRoom()
    room.clock.set(AT)
    for table in ("config", "inbox", "bookings"):
        room.documents.tables[table].clear()
    for name in names:
        table, stored = STORED[name]["table"], document(name)
        room.documents.tables[table][next(stored[key] for key in KEYS if key in stored)] = dict(stored)
    return room


KEYS = ("config_id", "event_id", "booking_id")


def test_a_business_with_its_open_outage() -> None:
    room = room_with("business", "connection", "outage_open")
    business = room.config.business("salon")
    assert business is not None
    assert (business.timezone, business.phone, business.lead_min) == ("Europe/Vilnius", "+447700900999", 15)
    (stored,) = room.outages.of_business("salon")
    assert stored == open_outage_of(business, "cal") == business.outages[0]
    assert stored.is_open(AT)
    assert room.config.businesses() == (business,)


def test_a_connection_whose_secret_rotates() -> None:
    connection = room_with("connection").config.connection("cal")
    assert connection is not None
    assert connection.active_secrets(AT) == ("a-newer-secret", SECRET)
    assert connection.active_secrets(AT + timedelta(days=1)) == ("a-newer-secret",)


@pytest.mark.parametrize(("name", "due_after_min"), [("chore", 60), ("chore_failed", 5)])
def test_chores(name: str, due_after_min: int) -> None:
    looked_at = datetime.fromisoformat(document(name)["looked_at"])
    assert not is_due(document(name), looked_at + timedelta(minutes=due_after_min - 1))
    assert is_due(document(name), looked_at + timedelta(minutes=due_after_min))


def test_what_a_connection_did_lately() -> None:
    room = room_with("business", "connection", "chore", "activity")
    known = Activity(room.documents).get("cal")
    assert silent_for(known, AT, ZoneInfo("Europe/Vilnius")) is None
    shown = room.overview.connection("cal", AT)
    assert shown is not None
    assert (shown["health"], shown["events"], shown["last_event"]["state"]) == ("failing", 4, "done")
    room.documents.tables["config"]["seen#cal"]["quiet_told_at"] = AT.isoformat()
    Activity(room.documents).remember_event(document("event_done"), "done", "", (), AT)
    assert "quiet_told_at" not in Activity(room.documents).get("cal")  # a call ends the silence


def test_where_reading_ended_and_when_silences_were_looked_for() -> None:
    room = room_with("cursor", "silences")
    assert Cursors(room.documents).get("g")["sync_token"] == "t-1"
    looked_at = datetime.fromisoformat(document("silences")["looked_at"])
    Silences(room.documents, room.config, print).report_new(looked_at + timedelta(minutes=59))
    assert room.documents.get("config", "silences#") == document("silences")
    Silences(room.documents, room.config, print).report_new(looked_at + timedelta(minutes=60))
    assert room.documents.get("config", "silences#") != document("silences")


def test_watches_and_past_outages() -> None:
    failing, closed = watch_of(document("watch_failing")), watch_of(document("watch_closed"))
    assert (failing.is_failing, failing.is_certain(AT), failing.failures) == (True, True, 14)
    assert (closed.is_failing, closed.answered_at) == (False, AT - timedelta(minutes=21))
    for name in ("watch_failing", "watch_closed"):
        assert watch.to_json(watch_of(document(name))) == document(name)["watch"]
    room, nothing = room_with("business", "connection", "lasted"), room_with("business")
    known, prior = (
        Experience(one.documents).expect(component_of("calcom", "cal"), AT, AT).back_until for one in (room, nothing)
    )
    assert known < prior, "the seven minutes after the first quarter of an hour count"


def test_an_outage_that_the_hub_found_ends_with_the_tools_answer() -> None:
    over = outage.from_json(document("outage_over")["outage"])
    assert over.ended_at is not None
    assert outage.to_json(over) == document("outage_over")["outage"] | {"said_from": None, "said_until": None}
    room = room_with("business", "connection", "outage_open", "watch_failing")
    room.tool_access.record_call(room.config.connection("cal"))(None, AT)  # type: ignore[arg-type,misc] # it is there
    room.detector.detect(AT)
    (stored,) = room.outages.of_business("salon")
    assert stored.ended_at == AT


def test_events_in_each_state() -> None:
    room = room_with("business", "connection", "event_done", "event_parked", "event_open")
    assert room.worker.process(document("event_done")["event_id"], AT).state == "gone"
    (parked,) = room.parking.of_business("salon")
    assert parked["reason"] == "triggerEvent is unknown: BOOKING_WHATEVER"
    room.parking.replay(parked["event_id"], "salon")
    assert [outcome.state for outcome in room.drain()] == ["parked"]
    assert room.worker.process(document("event_open")["event_id"], AT).state == "done"
    assert [booking.status for booking in room.all_bookings()] == [Status.BOOKED]


def test_events_that_wait_or_read_back_are_swept() -> None:
    room = room_with("business", "connection", "event_waiting", "event_read_back")
    assert room.inbox.sweep(AT) == 1  # reading back; the other one is not due
    room.clock.advance(minutes=10)
    assert room.inbox.sweep(room.clock.now()) == 2  # it is due, and the other one is queued once more
    ids = {message["event_id"] for message in room.queues.take("inbox")}
    assert ids == {document("event_waiting")["event_id"], "cal-reconcile"}


def test_a_body_in_the_bucket() -> None:
    room = room_with("event_in_bucket")
    stored = document("event_in_bucket")
    room.bucket.put(stored["body_key"], zlib.compress(b"{}"))
    assert events.raw_of(stored, room.bucket).body == b"{}"
    assert events.raw_of(document("event_open"), room.bucket).body.startswith(b'{"')


def test_a_delivery_that_came_before_is_still_known() -> None:
    """The event's id is made of what the older version made it of."""
    room = room_with("business", "connection", "event_done")
    assert room.call("cal", calcom_signed(calcom_payload(uid="a"), SECRET)).duplicate


def test_a_booking_that_was_moved_is_found_by_each_uid_and_moves_on() -> None:
    room = room_with("business", "connection", "booking", "pointer")
    booking = room.bookings.booking(BOOKING_ID)
    assert booking == room.bookings.booking(document("pointer")["booking_id"])
    assert booking is not None
    assert (booking.version, booking.start.isoformat()) == (2, "2026-01-06T12:00:00+02:00")
    stored = document("booking")
    assert booking_to_json(booking_from_json(stored["booking"])) == stored["booking"]
    assert fold.Thread.from_json(stored["thread"]).to_json() == stored["thread"]
    moved = calcom_payload(
        "BOOKING_RESCHEDULED",
        uid="c",
        rescheduleUid="b",
        start="2026-01-07T10:00:00Z",
        end="2026-01-07T10:30:00Z",
        created_at="2026-01-01T10:11:00Z",
    )
    room.call("cal", calcom_signed(moved, SECRET))
    assert [outcome.state for outcome in room.drain()] == ["done"]
    again = room.bookings.booking(BOOKING_ID)
    assert again is not None
    assert (again.version, again.start.day) == (3, 7)
