"""What a customer was really told: a decision counts as told once its notice was received, not before. Pure.

Rules
- `Ticket.promise` is what the customer knows if everything that was decided goes out. What is not known to be sent is
  listed in it (`Promise.pending`), each with the promise as it was before.
- Before a ticket takes a step, its pending notices are read. What was sent, or may have been, is told. What was not
  sent, and what is no longer true, is taken back: the promise is again what it was before, and the rules decide anew
  on what the customer really heard.
- What was sent counts as told until its carrier reports that it did not arrive (`Promise.unconfirmed`); then it was not
  told, and the rules decide anew, for the next channel. Where there is no other, only what nobody can receive at all
  is decided again. Who got a later notice needs no earlier one: nothing before it is taken back.
- What is taken back and could still be sent is suppressed by the same write that stores the ticket: either it was
  taken back, or it went out and the ticket is decided again.
- A notice in other words than its ticket decided was written by somebody who did not get to write the ticket: it is not
  sent, and the ticket is decided again.
- Whoever wants no texts, and whoever nobody can reach, is not told the same again.
- A customer with another number has heard nothing yet: everything is told anew, to that number. Whose old number
  counts again was told there what they were told there.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.delivery.address import NO_CHANNEL, ONCE, address_of
from chalicelib.notices.delivery.reports import is_heard
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.policy.outage import OUTAGE_OVER
from chalicelib.notices.story.telling import ENOUGH_TODAY, TOLD_WITH_OTHERS, TOO_MANY_BOOKINGS
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
    take_back_unheard,
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


UNDECIDED_GOOD_FOR = timedelta(minutes=10)  # whoever wrote a notice writes its ticket within seconds, or never
WAITING = (NoticeState.DUE, NoticeState.HELD)
PERHAPS_TOLD = (NoticeState.SENT, NoticeState.SENDING, NoticeState.DOUBTFUL)
# to decide the same again would not help
_FINAL_REASONS = frozenset(
    {"opted_out", "booking_gone", "ticket_gone", TOLD_WITH_OTHERS, ENOUGH_TODAY, TOO_MANY_BOOKINGS}
)
_BUSINESS_CLOSED = "business_closed"
ADDRESSES_KEPT = 4  # of one customer: whoever corrects a number more often starts anew


def with_pending(ticket: Ticket, said: Sequence[tuple[Say, Notice]]) -> Ticket:
    """The ticket that remembers which of these decisions wait to be sent to its customer."""
    fresh = tuple(
        PendingNotice(
            notice.notice_id,
            notice.kind,
            notice.decision,
            replace(say.before, pending=(), unconfirmed=()),
            digest_of_words(notice),
        )
        for say, notice in said
        if notice.audience == "customer" and notice.state in WAITING and say.before is not None
    )
    promise = ticket.promise
    return replace(ticket, promise=replace(promise, pending=(*promise.pending, *fresh))) if fresh else ticket


def reconcile(ticket: Ticket, read: Mapping[str, Notice], business: Business, now: datetime) -> Ticket:
    """The ticket whose promise is what was told, and what is still true and waits to be sent."""
    ticket = _without_unheard(_without_told(ticket, read, now), read, business)
    closed, held = closing(ticket, business, now) is not None, is_held(ticket, business, now)
    for number, one in enumerate(ticket.promise.pending):
        notice = read[one.notice_id]
        # while the business is closed, nothing else is decided in place of what was not sent because of that
        waits = notice.state in WAITING or (held and notice.reason == _BUSINESS_CLOSED)
        is_other = not _is_as_decided(one, notice)
        if not waits or is_other or _is_untrue(number, notice, ticket, is_closed=closed):
            fates = [read[pending.notice_id] for pending in ticket.promise.pending]
            failed = [fate for fate in fates if fate.state is NoticeState.FAILED]
            refused = _refused(ticket.promise.refused, failed)
            return take_back(replace(ticket, promise=replace(ticket.promise, refused=refused)), number)
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


def is_decided(notice: Notice, ticket: Ticket | None, now: datetime) -> bool:
    """Whether its ticket has taken the decision that it is about, in these words.

    It is written before its ticket is: whoever did the one may have stopped before the other, or another was faster.
    """
    if notice.decision == 0:  # no ticket decided it
        return True
    if ticket is None:
        return now >= notice.created_at + UNDECIDED_GOOD_FOR
    if ticket.ticket_id != notice.ticket_id:  # it was decided by a ticket that is part of this one by now
        return True
    known = next((one for one in ticket.promise.pending if one.notice_id == notice.notice_id), None)
    return notice.decision <= ticket.decision and (known is None or _is_as_decided(known, notice))


def digest_of_words(notice: Notice) -> str:
    """Stands in the ticket for what it decided to say, to whom."""
    return hashlib.sha256(f"{notice.to}\n{notice.text}".encode()).hexdigest()[:16]


def _is_as_decided(pending: PendingNotice, notice: Notice) -> bool:
    return pending.digest in {"", digest_of_words(notice)}


def readdress(ticket: Ticket, known: Customer, business: Business, read: Mapping[str, Notice], now: datetime) -> Ticket:
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
    ticket = _without_told(ticket, read, now)
    left = without_itinerary((take_back(ticket) if ticket.promise.pending else ticket).promise)
    left = replace(left, unconfirmed=())
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


def _without_told(ticket: Ticket, read: Mapping[str, Notice], now: datetime) -> Ticket:
    """The ticket without what was told, or what nobody will try to tell again.

    Who got a later notice needs no earlier one: each says all there is to know. What was sent, and may not have
    arrived, is unconfirmed.
    """
    promise, pending = ticket.promise, ticket.promise.pending
    fates = [read.get(one.notice_id) for one in pending]  # None: it has expired, long after it was sent
    sent = max((n for n, one in enumerate(fates, 1) if one is None or one.state in PERHAPS_TOLD), default=0)
    left = tuple(pending[n] for n, one in enumerate(fates) if n >= sent and one and one.reason not in _FINAL_REASONS)
    listed = promise.unconfirmed + tuple(
        pending[n] for n, one in enumerate(fates[:sent]) if one is None or one.state in PERHAPS_TOLD
    )
    known = [read.get(one.notice_id) for one in listed]
    heard = max((n for n, one in enumerate(known, 1) if one is None or is_heard(one, now)), default=0)
    if left == pending and listed[heard:] == promise.unconfirmed:
        return ticket
    return replace(ticket, promise=replace(promise, pending=left, unconfirmed=listed[heard:]))


def _without_unheard(ticket: Ticket, read: Mapping[str, Notice], business: Business) -> Ticket:
    """The ticket as before the first of its last notices that did not arrive, so that they are told otherwise."""
    unconfirmed = ticket.promise.unconfirmed
    first = len(unconfirmed)
    while first and read[unconfirmed[first - 1].notice_id].has_failed:
        first -= 1
    lost = [read[one.notice_id] for one in unconfirmed[first:]]
    if not lost:
        return ticket
    refused = _refused(ticket.promise.refused, lost)
    again = address_of(ticket.customer, business, refused)
    if any((again.channel, again.to) == (one.channel, one.to) for one in lost):
        # there is no other way: what comes next may arrive; what was lost is not sent again and again
        return replace(ticket, promise=replace(ticket.promise, unconfirmed=unconfirmed[:first]))
    return take_back_unheard(replace(ticket, promise=replace(ticket.promise, refused=refused)), first)


def _refused(known: tuple[str, ...], lost: Sequence[Notice]) -> tuple[str, ...]:
    """With the addresses of notices that did not arrive; see `address_of`."""
    addresses = [
        ("" if one.delivery is None or one.delivery.for_good else ONCE) + f"{one.channel}:{one.to}" for one in lost
    ]
    return tuple(dict.fromkeys((*known, *addresses)))


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
