"""A connection fell silent: its operator gets one notice, by mail where there is an address, else on the topic.

It is a notice like any other: its id names the silence, so that it exists once; the outbox sends it, and it stands
among the business's notices.
"""

from __future__ import annotations

import contextlib
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.locales import language_of
from chalicelib.foundation.ports import Conflict
from chalicelib.notices.documents import notice_write
from chalicelib.notices.news import News, notice_of_news
from chalicelib.notices.rendering.times import when

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.connections.silence import Silence
    from chalicelib.foundation.ports import Documents
    from chalicelib.notices.notice import Notice

KIND = "tool_quiet"


def silence_notifier(documents: Documents) -> Callable[[Silence, datetime], None]:
    """What `Silences` reports to: it stores the notice. Reporting the same silence again changes nothing."""

    def report(silence: Silence, now: datetime) -> None:
        with contextlib.suppress(Conflict):  # the notice exists
            documents.write(notice_write(silence_notice(silence, now), None))

    return report


def silence_notice(silence: Silence, now: datetime) -> Notice:
    """The notice of one silence."""
    business, connection, since = silence.business, silence.connection, silence.since
    words = {
        "business": business.name,
        "connection": connection.connection_id,
        "provider": connection.provider,
        "since": when(since, now, ZoneInfo(business.timezone), language_of(business.locale)),
    }
    key = f"{connection.connection_id}-{since.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    because = f"nothing came from connection {connection.connection_id}"
    return notice_of_news(News(KIND, key, words, because), business, now)
