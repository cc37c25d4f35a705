"""An outage began, changed or ended: the tickets that it may concern are checked, and the business hears of its tool.

The command says where to look, the store what is true: it may come twice, late, or for nothing.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.causes import outage_cause
from chalicelib.foundation.commands import CheckTicket, SendNotice, send_commands
from chalicelib.foundation.locales import language_of
from chalicelib.foundation.ports import Conflict
from chalicelib.notices.delivery.address import address_of_business
from chalicelib.notices.documents import from_document, notice_write
from chalicelib.notices.facts import Facts, outage_facts
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.policy.outage import OUTAGE_OVER
from chalicelib.notices.rendering.fitting import fit_text
from chalicelib.notices.rendering.phrases import sections, word
from chalicelib.notices.rendering.times import on_the_clock
from chalicelib.outages.outage import What
from chalicelib.outages.store import outage_of

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.commands import OutageChanged
    from chalicelib.outages.outage import Outage
    from chalicelib.workflows.services import Services

REPORT = "outage_report"
REPORT_EXPIRES = timedelta(hours=6)  # after this the business has noticed by itself


def check_outage(services: Services, command: OutageChanged, now: datetime) -> None:
    """Has the tickets checked that the outage may concern, and tells the business of its tool. Raises `Unavailable`."""
    business = services.business(command.business_id)
    if business is None:
        return
    concerned = services.tickets.to_come_on(command.business_id, command.days, now)
    send_commands(services.queues, *(CheckTicket(one.ticket_id) for one in concerned))
    outage = outage_of(services.documents, command.business_id, command.outage_id)
    if outage and outage.detected and outage.what is What.BOOKING_TOOL and business.notices.get("outage", True):
        _report(services, outage, business, now)


def _report(services: Services, outage: Outage, business: Business, now: datetime) -> None:
    begun = outage_report(outage, business, now, "begun")
    notice = begun
    if outage.ended_at:
        known = services.documents.get("notices", begun.notice_id)
        if known is None or from_document(known).state is not NoticeState.SENT:
            return  # it began and ended unnoticed
        notice = outage_report(outage, business, now, "over")
    with contextlib.suppress(Conflict):  # it is there already
        services.documents.write(notice_write(notice, None))
    send_commands(services.queues, SendNotice(notice.notice_id))


def outage_report(outage: Outage, business: Business, now: datetime, what: str) -> Notice:
    """What the business is told of its booking tool: that it does not answer ("begun"), or does again ("over")."""
    locale, zone = language_of(business.locale), ZoneInfo(business.timezone)
    address = address_of_business(business)
    instants = {"since": outage.since, "back_from": outage.back_from, "back_until": outage.back_until}
    facts = {name: on_the_clock(instant, now, zone, locale) for name, instant in instants.items()}
    facts["ended"] = on_the_clock(outage.ended_at or now, now, zone, locale)
    facts["connection"] = outage.connection_id or ""
    text = fit_text(sections(locale, REPORT)[what], facts)
    return Notice(
        notice_id=f"{REPORT}-{outage.business_id}-{outage.outage_id}-{outage.spell}-{what}",
        ticket_id=None,
        business_id=outage.business_id,
        kind=REPORT,
        channel=address.channel,
        to=address.to,
        text=text,
        subject=word(locale, "subject").format(business=business.name, when=facts["since"]),
        state=NoticeState.DUE,
        reason=address.reason,
        created_at=now,
        send_at=now,
        expires_at=now + REPORT_EXPIRES,
        decision=0,
        locale=locale,
        audience="business",
        about=outage.outage_id if what == "begun" else f"{OUTAGE_OVER}:{outage.outage_id}",
        correlation_id=outage_cause(outage.business_id, outage.outage_id),
        facts=Facts(
            REPORT,
            what,
            "the booking tool does not answer" if what == "begun" else "the booking tool answers again",
            business.timezone,
            outage=outage_facts(outage),
        ),
        version=1,
    )
