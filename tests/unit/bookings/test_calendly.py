"""Calendly: invitees, moves in two halves, and a half that never comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox.accept import BadSignature
from tests.fakes import signers
from tests.fakes.hub import SECRET, only

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom

URI = "https://api.calendly.com/scheduled_events/E/invitees/"


def invitee(event: str, name: str, start: str, updated: str, **extra: Any) -> dict[str, Any]:
    scheduled = {
        "uri": "https://api.calendly.com/scheduled_events/E",
        "name": "Haircut",
        "start_time": f"2026-01-{start}:00.000000Z",
        "end_time": f"2026-01-{start[:-2]}45:00.000000Z",
        "event_type": "https://api.calendly.com/event_types/T",
    }
    payload = {
        "uri": URI + name,
        "email": "ada@example.com",
        "name": "Ada Example",
        "timezone": "Europe/Vilnius",
        "text_reminder_number": None,
        "questions_and_answers": [{"question": "Your phone number?", "answer": "+447700900321", "position": 0}],
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "updated_at": f"2026-01-01T{updated}:00.000000Z",
        "scheduled_event": scheduled,
    }
    return {"event": event, "created_at": f"2026-01-01T{updated}:01.000000Z", "payload": payload | extra}


BOOKED = invitee("invitee.created", "a", "05T10:00", "08:00")
LEFT = invitee("invitee.canceled", "a", "05T10:00", "08:30", rescheduled=True, new_invitee=URI + "b")
ARRIVED = invitee("invitee.created", "b", "06T11:00", "08:30", old_invitee=URI + "a")


@pytest.fixture(name="calendly")
def _calendly(room: BookingsRoom) -> BookingsRoom:
    room.connect("calendly", "calendly")
    return room


def send(room: BookingsRoom, *bodies: dict[str, Any]) -> list[str]:
    outcomes = []
    for body in bodies:
        room.call("calendly", signers.calendly(body, SECRET, room.clock.now()))
        outcomes += [outcome.state for outcome in room.drain()]
    return outcomes


def test_an_invitee_is_a_booking_with_the_phone_from_the_answers(calendly: BookingsRoom) -> None:
    send(calendly, BOOKED)
    booking = only(calendly)
    assert (booking.title, booking.customers[0].phone) == ("Haircut", "+447700900321")


@pytest.mark.parametrize("halves", [(LEFT, ARRIVED), (ARRIVED, LEFT)])
def test_a_move_never_looks_like_a_cancel(calendly: BookingsRoom, halves: tuple[dict[str, Any], ...]) -> None:
    send(calendly, BOOKED, *halves)
    assert only(calendly).start.day == 6
    assert {booking.status for booking in calendly.followed} == {Status.BOOKED}
    assert len({booking.booking_id for booking in calendly.followed}) == 1


def test_a_move_whose_other_half_never_comes_becomes_a_cancel_in_time(calendly: BookingsRoom) -> None:
    assert send(calendly, BOOKED, LEFT) == ["done", "waiting"]
    assert only(calendly).status is Status.BOOKED
    for _ in range(12):
        calendly.clock.advance(minutes=1)
        calendly.inbox.sweep(calendly.clock.now())
        calendly.drain()
    assert only(calendly).status is Status.CANCELLED
    assert calendly.followed[-1].status is Status.CANCELLED
    send(calendly, ARRIVED)  # late, but it comes
    assert (only(calendly).status, only(calendly).start.day) == (Status.BOOKED, 6)


def test_a_plain_cancel_is_one(calendly: BookingsRoom) -> None:
    send(calendly, invitee("invitee.canceled", "a", "05T10:00", "08:30"), BOOKED)
    assert only(calendly).status is Status.CANCELLED


def test_a_no_show_is_marked_and_taken_back(calendly: BookingsRoom) -> None:
    marked = {"event": "invitee_no_show.created", "created_at": "2026-01-05T11:00:00Z", "payload": {"uri": URI + "a"}}
    send(calendly, marked, BOOKED)
    assert only(calendly).status is Status.NO_SHOW
    send(calendly, marked | {"event": "invitee_no_show.deleted", "created_at": "2026-01-05T11:05:00Z"})
    assert only(calendly).status is Status.BOOKED


def test_old_payloads_without_the_event_are_parked_naming_it(calendly: BookingsRoom) -> None:
    old = invitee("invitee.created", "a", "05T10:00", "08:00", scheduled_event=None)
    assert send(calendly, old) == ["parked"]
    assert "payload.scheduled_event is missing" in calendly.parking.of_business("salon")[0]["reason"]


def test_a_signature_ends_after_three_minutes(calendly: BookingsRoom) -> None:
    signed = signers.calendly(BOOKED, SECRET, calendly.clock.now())
    calendly.clock.advance(seconds=181)
    with pytest.raises(BadSignature):
        calendly.call("calendly", signed)
    calendly.clock.advance(seconds=-1)
    calendly.call("calendly", signed)


def test_repetitions_with_a_new_time_of_sending_are_duplicates(calendly: BookingsRoom) -> None:
    send(calendly, BOOKED)
    calendly.clock.advance(minutes=5)
    assert calendly.call("calendly", signers.calendly(BOOKED, SECRET, calendly.clock.now())).duplicate


def test_the_pages_where_the_customer_cancels_or_moves_are_those_of_the_payload(calendly: BookingsRoom) -> None:
    pages = {
        "cancel_url": "https://calendly.com/cancellations/A",
        "reschedule_url": "https://calendly.com/reschedulings/A",
    }
    send(calendly, invitee("invitee.created", "a", "05T10:00", "08:00", **pages))
    booking = only(calendly)
    assert (booking.cancel_url, booking.move_url) == tuple(pages.values())
