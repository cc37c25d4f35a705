"""News for whoever runs a business's side of the hub: of a connection, of a timetable. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.causes import clock_cause
from chalicelib.foundation.locales import language_of
from chalicelib.notices.delivery.address import address_of_operator
from chalicelib.notices.facts import Facts
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.rendering.phrases import word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.bookings.business import Business


NEWS_GOOD_FOR = timedelta(days=2)  # what could not be sent for so long is no news any more


@dataclass(frozen=True, slots=True)
class News:
    """What is told: sections `kind` and `kind`_subject of words.txt, filled with `words`.

    `key` makes it one piece of news, told once; `because` is said to who asks why it was sent.
    """

    kind: str
    key: str
    words: Mapping[str, str]
    because: str


def notice_of_news(news: News, business: Business, now: datetime) -> Notice:
    """The notice, suppressed where the business has switched its kind off."""
    locale, address = language_of(business.locale), address_of_operator(business)
    is_on = business.notices.get(news.kind, True)
    return Notice(
        notice_id=f"{news.kind}-{news.key}",
        ticket_id=None,
        business_id=business.business_id,
        kind=news.kind,
        channel=address.channel,
        to=address.to,
        text=word(locale, news.kind).format_map(news.words),
        subject=word(locale, f"{news.kind}_subject").format_map(news.words),
        state=NoticeState.DUE if is_on else NoticeState.SUPPRESSED,
        reason=None if is_on else "switched_off",
        created_at=now,
        send_at=now,
        expires_at=now + NEWS_GOOD_FOR,
        decision=0,
        locale=locale,
        audience="operator",
        correlation_id=clock_cause(now),
        facts=Facts(news.kind, "plain", news.because, business.timezone),
        version=1,
    )
