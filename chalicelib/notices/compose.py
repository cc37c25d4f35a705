"""From a decision (`policy`) to the notice: to whom, by which channel, when, in which words. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.notices.delivery.address import NO_CHANNEL, address_of, address_of_business
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.policy.quiet import QuietHours, send_time, zone_of
from chalicelib.notices.rendering.street_address import address_lines
from chalicelib.notices.rendering.texts import text_for

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.ticket import Ticket


SPREAD = "reminders_go_out_over_an_hour"
MAIL = "mail"  # has room for more than a text: the street address
TO_COME = frozenset({"booked", "reminder", "on_the_day", "leave_by", "moved", "replan", "late", "on_time_again"})
"""Kinds of notices to somebody who is to come, and has to find the door."""


def compose_notice(say: Say, ticket: Ticket, business: Business, now: datetime, public_url: str) -> Notice:
    """The notice for one decision: due, held in quiet hours, or suppressed where nobody can be reached.

    `public_url` is https://host, without a path.
    """
    is_to_come = say.kind in TO_COME and not ticket.remote
    is_for_business = say.audience == "business"
    refused = ticket.promise.refused
    address = (
        address_of_business(business)
        if is_for_business
        else address_of(ticket.customer, business, refused, ticket.said.channel)
    )
    text = text_for(say, ticket, business, now, public_url=public_url, first=say.decision == 1)
    lines = address_lines(ticket, business, text.locale) if is_to_come and not is_for_business else ()
    words = "\n".join((text.text, "", business.name, *lines)) if address.channel == MAIL and lines else text.text
    theirs, there = zone_of(None if is_for_business else ticket.customer.timezone, ticket.timezone), ticket.timezone
    send_at = send_time(now, say.act_by, *dict.fromkeys((theirs, ZoneInfo(there))), hours=QuietHours.of(business))
    state, reason = NoticeState.DUE, address.reason
    if address.channel == NO_CHANNEL:
        state = NoticeState.SUPPRESSED
    elif send_at > now:
        state, reason = NoticeState.HELD, "quiet_hours"
    return Notice(
        notice_id=notice_id(ticket.ticket_id, say, address.channel),
        ticket_id=ticket.ticket_id,
        business_id=ticket.business_id,
        kind=say.kind,
        channel=address.channel,
        to=address.to,
        text=words,
        subject=text.subject,
        state=state,
        reason=reason,
        created_at=now,
        send_at=send_at,
        expires_at=say.expires_at,
        decision=say.decision,
        locale=text.locale,
        audience=say.audience,
        about=say.about,
        facts=say.facts,
    )


def spread_out(notice: Notice, within: timedelta) -> Notice:
    """A reminder, at an instant of its own `within` the time from now on; any other notice as it is.

    All reminders of a zone fall due at once; nobody acts on one in the next hour, and texts to act on need the way.
    """
    if notice.kind != "reminder" or notice.state is not NoticeState.DUE or not within:
        return notice
    share = int.from_bytes(hashlib.sha256((notice.ticket_id or "").encode()).digest()[:4]) / 2**32
    at = notice.created_at + timedelta(seconds=int(share * within.total_seconds()))
    return notice if at >= notice.expires_at else replace(notice, state=NoticeState.HELD, send_at=at, reason=SPREAD)


def notice_id(ticket_id: str, say: Say, channel: str) -> str:
    """The key that one decision has for one channel: the same cause never makes a second notice."""
    return f"{ticket_id}-{say.decision}-{say.kind}-{channel}"
