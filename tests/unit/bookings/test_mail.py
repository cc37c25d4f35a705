"""Invitations by mail: iTIP in iMIP, to an address that only the tool knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox import mail
from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.inbox.mail import ReceivedMail
from tests.fakes.calendar_mail import INVITATION, WHEN, by_mail
from tests.fakes.hub import only

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom


def test_invitations_by_mail_book_move_and_cancel_in_any_order(room: BookingsRoom) -> None:
    room.connect("post", "itip")
    assert by_mail(room, b"REQUEST", 1, WHEN.replace(b"0105T", b"0106T")) == ["done: "]
    assert by_mail(room, b"REQUEST", 0) == ["done: "]
    assert only(room).start.day == 6
    assert by_mail(room, b"COUNTER", 1) == ["done: COUNTER changes no appointment"]
    assert by_mail(room, b"CANCEL", 2, b"SUMMARY:gone\r") == ["done: "]
    assert only(room).status is Status.CANCELLED


def test_mail_to_an_address_without_the_secret_is_refused(room: BookingsRoom) -> None:
    room.connect("post", "itip")
    room.bucket.put("mail/1", INVITATION % (b"REQUEST", b"REQUEST", 0, WHEN))
    with pytest.raises(BadSignature):
        mail.accept_mail(room.inbox, room.bucket, ReceivedMail("post", "guess", "mail/1"), room.clock.now())
    assert mail.accept_mail(room.inbox, room.bucket, ReceivedMail("post", "guess", "gone"), room.clock.now()) is None
    assert [mail.parse_recipient(text) for text in ("", "a@b", "+x@b", "a+@b", "a+b@c")] == [
        None,
        None,
        None,
        None,
        ("a", "b"),
    ]


def test_a_cancelled_series_takes_every_known_occurrence_away(room: BookingsRoom) -> None:
    room.connect("post", "itip")
    by_mail(room, b"REQUEST", 0, WHEN + b"\nRRULE:FREQ=WEEKLY;COUNT=3\r")
    assert len(room.all_bookings()) == 3
    by_mail(room, b"CANCEL", 1, b"RECURRENCE-ID:20260112T100000Z\r")
    assert sorted(booking.status for booking in room.all_bookings()) == ["booked", "booked", "cancelled"]
    by_mail(room, b"CANCEL", 2, b"SUMMARY:gone\r")
    assert {booking.status for booking in room.all_bookings()} == {Status.CANCELLED}
