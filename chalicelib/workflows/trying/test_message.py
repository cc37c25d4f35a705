"""A test message of an operator: an ordinary notice, sent by the ordinary way, whose fate can be read at once.

At most `A_DAY_MAX` a day and business: whoever has a key cannot text the world.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import SendNotice, send_commands
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.locales import language_of
from chalicelib.foundation.logs import correlation_id
from chalicelib.notices.delivery.address import NO_CHANNEL, address_of
from chalicelib.notices.documents import from_document, notice_write
from chalicelib.notices.facts import Facts
from chalicelib.notices.notice import DeliveryState, Notice, NoticeState
from chalicelib.notices.rendering.phrases import word
from chalicelib.notices.repository import Notices

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Documents, Queues

TRIAL = "test"
A_DAY_MAX = 20
TRIAL_GOOD_FOR = timedelta(minutes=10)  # who tries looks now
POLLS_MAX, POLL_S = 32, 0.25  # together as long as somebody waits for a page
_ENDED = (NoticeState.SENT, NoticeState.FAILED, NoticeState.SUPPRESSED, NoticeState.EXPIRED, NoticeState.DOUBTFUL)


def trial_notice(business: Business, customer: Customer, now: datetime, number: str) -> Notice:
    """The notice; `number` makes its id its own. Suppressed where nobody is reached. Pure."""
    address, locale = address_of(customer, business), language_of(business.locale)
    facts = {"business": business.name}
    return Notice(
        notice_id=f"{TRIAL}-{business.business_id}-{number}",
        ticket_id=None,
        business_id=business.business_id,
        kind=TRIAL,
        channel=address.channel,
        to=address.to,
        text=word(locale, "trial").format_map(facts),
        subject=word(locale, "trial_subject").format_map(facts),
        state=NoticeState.SUPPRESSED if address.channel == NO_CHANNEL else NoticeState.DUE,
        reason=address.reason,
        created_at=now,
        send_at=now,
        expires_at=now + TRIAL_GOOD_FOR,
        decision=0,
        locale=locale,
        audience="operator",
        correlation_id=correlation_id(),
        facts=Facts(TRIAL, "plain", "the operator asked for a test message", business.timezone),
        version=1,
    )


def send_trial(documents: Documents, queues: Queues, notice: Notice) -> Notice:
    """Has it sent. Raises `Invalid` (there were too many), `Unavailable`."""
    today = Notices(documents).of_business(notice.business_id, notice.created_at - timedelta(days=1))
    if sum(one.kind == TRIAL for one in today) >= A_DAY_MAX:
        raise Invalid("too_many_tests", f"{A_DAY_MAX} tests were sent within a day: try again tomorrow")
    documents.write(notice_write(notice, None))
    if notice.state is NoticeState.DUE:
        send_commands(queues, SendNotice(notice.notice_id))
    return notice


def await_fate(documents: Documents, notice: Notice, pause: Callable[[float], None]) -> Notice:
    """The notice, after some seconds at most, when it is known what became of it. Raises `Unavailable`."""
    for _ in range(POLLS_MAX):
        document = documents.get("notices", notice.notice_id)
        notice = from_document(document) if document else notice
        if notice.state in _ENDED or (notice.delivery and notice.delivery.state is DeliveryState.WAITING):
            break
        pause(POLL_S)
    return notice


def fate(notice: Notice) -> str:
    """What became of it, in one sentence."""
    by = f" by {notice.carrier}" if notice.carrier else ""
    words = f': "{notice.delivery.why}"' if notice.delivery and notice.delivery.why else ""
    reason = (notice.reason or "").replace("_", " ")
    if notice.state is NoticeState.SENT and notice.carrier == "outbox":
        return "There is no gateway: it is in the outbox of this machine, and nobody got it."
    if notice.state is NoticeState.SENT:
        said = notice.delivery.state.value.replace("_", " ") if notice.delivery else "no report will come"
        return f"It was taken{by} as {notice.message_id or 'a message without an id'}; delivery: {said}{words}."
    return {
        NoticeState.FAILED: f"It was refused{by}{words}.",
        NoticeState.DOUBTFUL: f"Nobody knows whether it was sent{by}{words}.",
        NoticeState.SUPPRESSED: f"It was not sent: {reason}.",
        NoticeState.EXPIRED: f"It was not sent in time: {reason}.",
    }.get(
        notice.state, f"It waits{': ' + reason if reason else ''}{words}. Ask again: GET …/notices/{notice.notice_id}"
    )
