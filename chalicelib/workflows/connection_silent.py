"""A connection fell silent: its operator gets one notice, by mail where there is an address, else on the topic.

It is a notice like any other: its id names the silence, so that it exists once; the outbox sends it, and it stands
among the business's notices.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.causes import clock_cause
from chalicelib.foundation.locales import language_of
from chalicelib.foundation.ports import Conflict
from chalicelib.notices.delivery.address import address_of_operator
from chalicelib.notices.documents import notice_write
from chalicelib.notices.facts import Facts
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.rendering.phrases import word
from chalicelib.notices.rendering.times import when

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.connections.silence import Silence
    from chalicelib.foundation.ports import Documents

KIND = "tool_quiet"
NOTICE_GOOD_FOR = timedelta(days=2)  # what could not be sent for so long is no news any more


def silence_notifier(documents: Documents) -> Callable[[Silence, datetime], None]:
    """What `Silences` reports to: it stores the notice. Reporting the same silence again changes nothing."""

    def report(silence: Silence, now: datetime) -> None:
        with contextlib.suppress(Conflict):  # the notice exists
            documents.write(notice_write(silence_notice(silence, now), None))

    return report


def silence_notice(silence: Silence, now: datetime) -> Notice:
    """The notice of one silence."""
    business, connection, since = silence.business, silence.connection, silence.since
    locale, address = language_of(business.locale), address_of_operator(business)
    facts = {
        "business": business.name,
        "connection": connection.connection_id,
        "provider": connection.provider,
        "since": when(since, now, ZoneInfo(business.timezone), locale),
    }
    return Notice(
        notice_id=f"{KIND}-{connection.connection_id}-{since.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        ticket_id=None,
        business_id=business.business_id,
        kind=KIND,
        channel=address.channel,
        to=address.to,
        text=word(locale, KIND).format_map(facts),
        subject=word(locale, f"{KIND}_subject").format_map(facts),
        state=NoticeState.DUE if business.notices.get(KIND, True) else NoticeState.SUPPRESSED,
        reason=None if business.notices.get(KIND, True) else "switched_off",
        created_at=now,
        send_at=now,
        expires_at=now + NOTICE_GOOD_FOR,
        decision=0,
        locale=locale,
        audience="operator",
        correlation_id=clock_cause(now),
        facts=Facts(KIND, "plain", f"nothing came from connection {connection.connection_id}", business.timezone),
        version=1,
    )
