"""Cal.com: from a signed webhook to a booking."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from tests.fakes.calcom import calcom_no_show, calcom_payload, calcom_signed
from tests.fakes.hub import SECRET, BookingsRoom, deliver, only

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_a_signed_webhook_becomes_a_booking_in_the_venues_zone(room: BookingsRoom) -> None:
    accepted = room.call("cal", calcom_signed(calcom_payload(), SECRET))
    assert not accepted.duplicate
    assert accepted.event_id.startswith("cal-")
    room.drain()
    booking = only(room)
    assert booking.start.isoformat() == "2026-01-05T12:00:00+02:00"
    assert (booking.status, booking.timezone, booking.version) == (Status.BOOKED, "Europe/Vilnius", 1)
    (customer,) = booking.customers  # the guest is not one
    assert (customer.name, customer.phone, customer.locale) == ("Ada Example", "+447700900123", "en")
    assert room.followed == [booking]


A, B, C = "uid-a", "uid-b", "uid-c"
CREATED = calcom_payload(uid=A, created_at="2026-01-01T08:00:00.000Z")
MOVED = calcom_payload(
    "BOOKING_RESCHEDULED",
    uid=B,
    moved_from=A,
    created_at="2026-01-01T08:05:00.000Z",
    start="2026-01-06T10:00:00Z",
    end="2026-01-06T10:30:00Z",
)
MOVED_AGAIN = calcom_payload(
    "BOOKING_RESCHEDULED",
    uid=C,
    moved_from=B,
    created_at="2026-01-01T08:06:00.000Z",
    start="2026-01-07T10:00:00Z",
    end="2026-01-07T10:30:00Z",
)
CANCEL_A = calcom_payload("BOOKING_CANCELLED", uid=A, created_at="2026-01-01T08:10:00.000Z")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_a_chain_of_moves_is_one_booking_in_any_order(room: BookingsRoom, order: Sequence[int]) -> None:
    deliver(room, *([CREATED, MOVED, MOVED_AGAIN][place] for place in order))
    booking = only(room)
    assert booking.start.date().isoformat() == "2026-01-07"
    straight = BookingsRoom()
    straight.connect("cal", "calcom")
    deliver(straight, CREATED, MOVED, MOVED_AGAIN)
    assert replace(booking, aliases=(), version=0) == replace(only(straight), aliases=(), version=0)


def test_a_move_keeps_the_booking_and_the_losers_id_stays_valid(room: BookingsRoom) -> None:
    deliver(room, MOVED_AGAIN)
    first = only(room).booking_id
    deliver(room, CREATED, MOVED)
    booking = only(room)
    assert booking.booking_id != first
    assert first in booking.aliases
    assert room.bookings.booking(first) == booking


def test_a_cancel_of_a_uid_that_was_moved_away_says_nothing(room: BookingsRoom) -> None:
    deliver(room, CREATED, MOVED, CANCEL_A)
    assert only(room).status is Status.BOOKED


@pytest.mark.parametrize(
    ("trigger", "status"),
    [
        ("BOOKING_REQUESTED", Status.REQUESTED),
        ("BOOKING_REJECTED", Status.REJECTED),
        ("BOOKING_CANCELLED", Status.CANCELLED),
        ("BOOKING_CREATED", Status.BOOKED),
    ],
)
def test_triggers_and_what_they_say(room: BookingsRoom, trigger: str, status: Status) -> None:
    deliver(room, calcom_payload(trigger))
    assert only(room).status is status


def test_a_late_repetition_of_the_booking_does_not_undo_its_cancel(room: BookingsRoom) -> None:
    deliver(room, CANCEL_A, CREATED)
    assert only(room).status is Status.CANCELLED


def test_a_cancel_is_final_for_its_uid_even_if_its_time_is_older(room: BookingsRoom) -> None:
    early = calcom_payload("BOOKING_CANCELLED", uid=A, created_at="2025-12-31T08:00:00.000Z")
    deliver(room, CREATED, early)
    assert only(room).status is Status.CANCELLED


def test_a_seat_that_is_given_back_and_taken_again_is_judged_by_time(room: BookingsRoom) -> None:
    taken = calcom_payload(uid=A, created_at="2026-01-01T09:00:00.000Z", seatsPerTimeSlot=6)
    deliver(room, calcom_payload("BOOKING_CANCELLED", uid=A, seatsPerTimeSlot=6), taken)
    assert only(room).status is Status.BOOKED


def test_a_no_show_may_come_before_the_booking_and_be_taken_back(room: BookingsRoom) -> None:
    assert deliver(room, calcom_no_show(A, "2026-01-05T10:40:00Z", ada=True)) == [
        "done: kept until it is known: the booking itself"
    ]
    deliver(room, CREATED)
    assert only(room).status is Status.NO_SHOW
    deliver(room, calcom_no_show(A, "2026-01-05T10:45:00Z", ada=False))
    assert only(room).status is Status.BOOKED


def test_a_guests_absence_is_not_the_customers(room: BookingsRoom) -> None:
    deliver(room, CREATED, calcom_no_show(A, "2026-01-05T10:40:00Z", guest=True))
    assert only(room).status is Status.BOOKED


def test_seats_are_customers_each(room: BookingsRoom) -> None:
    deliver(room, calcom_payload(seatsPerTimeSlot=6))
    assert [customer.name for customer in only(room).customers] == ["Ada Example", "A Guest"]


@pytest.mark.parametrize("trigger", ["BOOKING_PAID", "BOOKING_PAYMENT_INITIATED", "MEETING_ENDED", "PING"])
def test_events_of_no_consequence_are_done_with_the_reason(room: BookingsRoom, trigger: str) -> None:
    assert deliver(room, {"triggerEvent": trigger, "createdAt": "2026-01-01T08:00:00Z"}) == [
        f"done: {trigger} changes no appointment"
    ]


def without(path: str) -> dict[str, Any]:
    payload = calcom_payload()
    at = payload
    *steps, last = path.split(".")
    for step in steps:
        at = at[step]
    del at[last]
    return payload


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"{", "the body is not JSON at character 1"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[" * 100_000, "the body is nested too deeply"),
        (b"[]", "the body is JSON but not an object"),
        (b'{"triggerEvent": "SOMETHING_NEW"}', "triggerEvent is unknown: SOMETHING_NEW"),
        (b'{"name": "Ada"}', "triggerEvent is missing: is a custom payload template set on the webhook?"),
        (without("payload"), "payload is missing: is a custom payload template set on the webhook?"),
        (without("payload.uid"), "payload.uid is missing"),
        (without("payload.startTime"), "payload.startTime is missing"),
        (without("createdAt"), "createdAt is missing"),
        (without("payload.attendees"), "payload.attendees is missing"),
        (calcom_payload(startTime="tomorrow"), "payload.startTime is not a time: tomorrow"),
        (calcom_payload(startTime="2026-01-05T10:00"), "payload.startTime has no UTC offset: 2026-01-05T10:00"),
        (calcom_payload(startTime="9999-12-31T23:59:59Z"), "payload.startTime is in the year 9999"),
        (calcom_payload(endTime="2026-01-04T10:00:00Z"), "payload.endTime is before the start"),
    ],
)
def test_what_cannot_be_understood_is_parked_with_the_reason(
    room: BookingsRoom, sent: dict[str, Any] | bytes, reason: str
) -> None:
    assert deliver(room, sent) == [f"parked: {reason}"]
    (parked,) = room.parking.of_business("salon")
    assert set(parked) == {"event_id", "connection_id", "reason", "received_at"}
    assert parked["reason"] == reason
    assert room.followed == []


def test_the_forms_fields_for_phone_and_origin_are_settings(room: BookingsRoom) -> None:
    room.connect("cal", "calcom", SECRET, phone_field="mobile", origin_field="from", tool_reminds=True)
    responses = {"mobile": {"value": "+447700900555"}, "from": {"value": "Station Street 5"}}
    deliver(room, calcom_payload(responses=responses))
    booking = only(room)
    assert booking.customers[0].phone == "+447700900555"
    assert booking.address == "Station Street 5"
    assert booking.tool_reminds


def test_the_only_customers_answer_is_theirs_and_of_several_seats_each_has_their_own(room: BookingsRoom) -> None:
    room.connect("cal", "calcom", SECRET, origin_field="from")
    deliver(room, calcom_payload(responses={"from": {"value": "Old Mill"}}))
    assert [one.address for one in only(room).customers] == ["Old Mill"]
    people: list[dict[str, Any]] = [
        {"email": f"{name}@example.com", "name": name, "timeZone": "Europe/Vilnius"} for name in ("ada", "ben")
    ]
    for number, (person, stop) in enumerate(zip(people, ("Old Mill", "Long Bridge"), strict=True), 1):
        responses = {"email": {"value": person["email"]}, "from": {"value": stop}}
        seats: dict[str, Any] = {"attendees": people[:number], "seatsPerTimeSlot": 4, "responses": responses}
        deliver(room, calcom_payload(uid="seats", created_at=f"2026-01-01T08:0{number}:00.000Z", **seats))
    seated = next(one for one in room.all_bookings() if len(one.customers) == 2)
    assert [one.address for one in seated.customers] == ["Old Mill", "Long Bridge"]


def test_a_missing_phone_is_fine(room: BookingsRoom) -> None:
    deliver(room, calcom_payload(phone=None))
    assert only(room).customers[0].phone is None


def test_the_page_where_the_customer_cancels_or_moves_is_that_of_their_booking(room: BookingsRoom) -> None:
    body = calcom_payload(uid=A)
    body["payload"]["bookerUrl"] = "https://app.example.com/"
    deliver(room, body)
    assert only(room).cancel_url == f"https://app.example.com/booking/{A}?cancel=true"
    assert only(room).move_url == f"https://app.example.com/reschedule/{A}"
