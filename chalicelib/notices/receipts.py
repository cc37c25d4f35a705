"""What a customer was really told: a decision counts as told once its notice was sent, not before. Pure.

Rules
- `Ticket.promise` is what the customer knows if everything that was decided goes out. What is not known to be sent is
  listed in it (`Promise.pending`), each with the promise as it was before.
- Before a ticket takes a step, its pending notices are read. What was sent, or may have been, is told. What was not
  sent, and what is no longer true, is taken back: the promise is again what it was before, and the rules decide anew
  on what the customer really heard.
- What is taken back and could still be sent is suppressed by the same write that stores the ticket: either it was
  taken back, or it went out and the ticket is decided again.
- Whoever wants no texts, and whoever nobody can reach, is not told the same again.
- A customer with another number has heard nothing yet: everything is told anew, to that number. Whose old number
  counts again was told there what they were told there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.notices.delivery.address import NO_CHANNEL, address_of
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.policy.outage import OUTAGE_OVER
from chalicelib.tickets.outage_impact import Effect, closing, is_held
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import (
    TO_BUSINESS,
    PendingNotice,
    Promise,
    TicketStatus,
    ToldElsewhere,
    is_elsewhere,
    opened_again,
    take_back,
    without_itinerary,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.business import Business
    from chalicelib.notices.notice import Notice
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.ticket import Ticket


WAITING = (NoticeState.DUE, NoticeState.HELD)
_PERHAPS_TOLD = (NoticeState.SENT, NoticeState.SENDING, NoticeState.DOUBTFUL)
_FINAL_REASONS = frozenset({"opted_out", "booking_gone", "ticket_gone"})  # to decide the same again would not help
_BUSINESS_CLOSED = "business_closed"
ADDRESSES_KEPT = 4  # of one customer: whoever corrects a number more often starts anew


def with_pending(ticket: Ticket, said: Sequence[tuple[Say, Notice]]) -> Ticket:
    """The ticket that remembers which of these decisions wait to be sent to its customer."""
    fresh = tuple(
        PendingNotice(notice.notice_id, notice.kind, notice.decision, replace(say.before, pending=()))
        for say, notice in said
        if notice.audience == "customer" and notice.state in WAITING and say.before is not None
    )
    promise = ticket.promise
    return replace(ticket, promise=replace(promise, pending=(*promise.pending, *fresh))) if fresh else ticket


def reconcile(ticket: Ticket, read: Mapping[str, Notice], business: Business, now: datetime) -> Ticket:
    """The ticket whose promise is what was told, and what is still true and waits to be sent."""
    ticket = _without_told(ticket, read)
    closed, held = closing(ticket, business, now) is not None, is_held(ticket, business, now)
    for number, one in enumerate(ticket.promise.pending):
        notice = read[one.notice_id]
        # while the business is closed, nothing else is decided in place of what was not sent because of that
        waits = notice.state in WAITING or (held and notice.reason == _BUSINESS_CLOSED)
        if not waits or _is_untrue(number, notice, ticket, is_closed=closed):
            return take_back(_with_refusals(ticket, read), number)
    is_told_cancelled = "cancelled" in ticket.promise.told_kinds
    if is_told_cancelled and not ticket.promise.pending and ticket.status is not TicketStatus.CANCELLED:
        return replace(ticket, promise=opened_again(ticket))
    return ticket


def taken_back(read: Mapping[str, Notice], ticket: Ticket, business: Business, now: datetime) -> list[Notice]:
    """Those of the notices read that could still be sent, and that the ticket does not want sent any more."""
    wanted = {one.notice_id for one in ticket.promise.pending}
    is_closed = closing(ticket, business, now) is not None

    def reason(notice: Notice) -> str:
        is_over = notice.kind == "outage" and notice.about != OUTAGE_OVER and not is_closed
        return "outage_over" if is_over else "overtaken_by_later_news"

    return [
        replace(one, state=NoticeState.SUPPRESSED, reason=reason(one))
        for one in read.values()
        if one.state in WAITING and one.notice_id not in wanted
    ]


def readdress(ticket: Ticket, known: Customer, business: Business, read: Mapping[str, Notice]) -> Ticket:
    """The ticket of a customer who is reached elsewhere than when they were `known`.

    Nothing was told there, or what was told there before. `read`: the pending notices, of which some may have gone out.
    """
    customer = ticket.customer
    is_cancelled = ticket.status is TicketStatus.CANCELLED  # it may be booked again
    if (customer.phone, customer.email) == (known.phone, known.email) or not (is_to_come(ticket) or is_cancelled):
        return ticket
    old, new = address_of(known, business), address_of(customer, business)
    is_worse = old.channel == "sms" and new.channel != "sms"  # a number that is left out is no other number
    if new.channel == NO_CHANNEL or is_worse or (old.channel, old.to) == (new.channel, new.to):
        return ticket
    ticket = _without_told(ticket, read)
    left = without_itinerary((take_back(ticket) if ticket.promise.pending else ticket).promise)
    names = [f"{one.channel}:{one.to}" for one in (old, new)]
    there = next((one.promise for one in ticket.told_elsewhere if one.address == names[1]), None)
    kept = tuple(one for one in ticket.promise.told_kinds if one in TO_BUSINESS)
    promise = there or Promise(start=ticket.start)
    promise = replace(
        promise, told_kinds=(*promise.told_kinds, *kept), void_before_decision=ticket.decision + 1, refused=left.refused
    )
    others = tuple(one for one in ticket.told_elsewhere if one.address not in names)
    elsewhere = (*others, ToldElsewhere(names[0], left))[-ADDRESSES_KEPT:]
    return replace(ticket, promise=promise, told_elsewhere=elsewhere if old.channel != NO_CHANNEL else others)


def _without_told(ticket: Ticket, read: Mapping[str, Notice]) -> Ticket:
    """The ticket without what was told, or what nobody will try to tell again.

    Who got a later notice needs no earlier one: each says all there is to know.
    """
    pending = ticket.promise.pending
    fates = [read.get(one.notice_id) for one in pending]  # None: it has expired, long after it was sent
    told = max((n for n, one in enumerate(fates, 1) if one is None or one.state in _PERHAPS_TOLD), default=0)
    left = tuple(pending[n] for n, one in enumerate(fates) if n >= told and one and one.reason not in _FINAL_REASONS)
    return replace(ticket, promise=replace(ticket.promise, pending=left)) if left != pending else ticket


def _is_untrue(number: int, notice: Notice, ticket: Ticket, *, is_closed: bool) -> bool:
    """It says something that is not so any more."""
    pending, promise = ticket.promise.pending, ticket.promise
    after = pending[number + 1].before if number + 1 < len(pending) else promise
    is_cancelled = ticket.status is TicketStatus.CANCELLED
    if notice.kind == "cancelled":
        return not is_cancelled
    if is_cancelled or ticket.status is TicketStatus.NO_SHOW or after.start != ticket.start:
        return True
    if after.venue is not None and is_elsewhere(after.venue, ticket.venue):
        return True
    tells_closing = any(one.decision == notice.decision and one.effect != Effect.TOOL for one in after.outages)
    return (tells_closing and not is_closed) or (notice.about == OUTAGE_OVER and is_closed)


def _with_refusals(ticket: Ticket, read: Mapping[str, Notice]) -> Ticket:
    known = ticket.promise.refused
    fresh = tuple(
        address
        for one in ticket.promise.pending
        if (notice := read[one.notice_id]).state is NoticeState.FAILED
        and (address := f"{notice.channel}:{notice.to}") not in known
    )
    return replace(ticket, promise=replace(ticket.promise, refused=known + fresh)) if fresh else ticket
