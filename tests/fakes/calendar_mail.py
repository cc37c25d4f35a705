"""Calendar invitations as mail brings them (iTIP in iMIP), taken in by a bookings room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.bookings.inbox import mail
from tests.fakes.hub import SECRET

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom

INVITATION = b"""From: tool@example.com\r
Subject: Invitation\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Hello\r
--b\r
Content-Type: text/calendar; method=%s; charset=utf-8\r
\r
BEGIN:VCALENDAR\r
METHOD:%s\r
BEGIN:VEVENT\r
UID:i1\r
SEQUENCE:%d\r
%s
END:VEVENT\r
END:VCALENDAR\r
--b--\r
"""
WHEN = b"DTSTART:20260105T100000Z\r\nDURATION:PT1H\r\nATTENDEE;CN=Ada:mailto:ada@example.com\r"


def by_mail(room: BookingsRoom, method: bytes, sequence: int, when: bytes = WHEN) -> list[str]:
    return mailed(room, INVITATION % (method, method, sequence, when))


def mailed(room: BookingsRoom, text: bytes) -> list[str]:
    """Takes in a mail, or a bare calendar in its place."""
    room.bucket.put("mail/1", text)
    receipt = {"recipients": [f"post+{SECRET}@in.example.com", "x@in.example.com"], "action": {"objectKey": "mail/1"}}
    for received in mail.mails_of({"ses": {"receipt": receipt}}):
        mail.accept_mail(room.inbox, room.bucket, received, room.clock.now())
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]
