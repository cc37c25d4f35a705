"""A test text or test mail: a notice like any other, so that what became of it is what would become of a real one.

It goes the way of every notice: stored, queued, sent by the one function that may send, published, listed. A number
that said STOP gets none. At most `A_DAY_MAX` a day and business: whoever has a key cannot text the world.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.causes import clock_cause
from chalicelib.foundation.commands import SendNotice, send_commands
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.locales import language_of
from chalicelib.notices.documents import notice_write
from chalicelib.notices.facts import Facts
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.rendering.phrases import word
from chalicelib.notices.rendering.times import when

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Documents, Queues
    from chalicelib.notices.repository import Notices

KIND = "test_message"
A_DAY_MAX = 20
TEST_GOOD_FOR = timedelta(minutes=15)  # nobody waits for it any longer


def send_test(documents: Documents, queues: Queues, known: Notices, business: Business, to: str, now: datetime) -> str:
    """Sends a test to a phone number (E.164) or mail address that its form has checked; the notice's id.

    Raises `Invalid`, `Conflict` (twice within a second), `Unavailable`.
    """
    sent = [one for one in known.of_business(business.business_id, now - timedelta(days=1)) if one.kind == KIND]
    if len(sent) >= A_DAY_MAX:
        raise Invalid("too_many_tests", f"{A_DAY_MAX} tests were sent within a day: try again tomorrow")
    notice = test_notice(business, to, now)
    documents.write(notice_write(notice, None))
    send_commands(queues, SendNotice(notice.notice_id))
    return notice.notice_id


def test_notice(business: Business, to: str, now: datetime) -> Notice:
    """The notice of one test."""
    locale, channel = language_of(business.locale), "mail" if "@" in to else "sms"
    facts = {"business": business.name, "when": when(now, now, ZoneInfo(business.timezone), locale)}
    return Notice(
        notice_id=f"{business.business_id}-{KIND}-{channel}-{now:%Y%m%dT%H%M%SZ}",
        ticket_id=None,
        business_id=business.business_id,
        kind=KIND,
        channel=channel,
        to=to,
        text=word(locale, KIND).format_map(facts),
        subject=word(locale, f"{KIND}_subject").format_map(facts),
        state=NoticeState.DUE,
        created_at=now,
        send_at=now,
        expires_at=now + TEST_GOOD_FOR,
        decision=0,
        version=1,
        locale=locale,
        audience="operator",
        correlation_id=clock_cause(now),
        facts=Facts(KIND, "plain", "somebody asked for a test", business.timezone),
    )
