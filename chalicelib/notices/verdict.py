"""Whether a notice may still go out, by what is true at the moment of sending. Pure.

A notice is decided when something changes and sent later: after quiet hours, after a service was away, after a crash.
What was decided then is compared with the ticket, the booking and the outages as they are now; each comparison answers
with the reason against sending, or None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.policy.outage import OUTAGE_OVER
from chalicelib.tickets.follow import venue_of
from chalicelib.tickets.outage_impact import closing, is_held
from chalicelib.tickets.ticket import TicketStatus, is_elsewhere, with_fixed_offset

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking
    from chalicelib.bookings.business import Business
    from chalicelib.notices.notice import Notice
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.ticket import Ticket


MANY_BOOKINGS = "many_bookings"  # the word to the business about an address that stands in too many
# what makes somebody come: not sent while the business is closed then
_MAKES_COME = frozenset({"booked", "reminder", "on_the_day", "leave_by", "replan", "late", "on_time_again"})

ABOUT_A_NUMBER = frozenset({"stopped", "started", "help"})  # answers to STOP, START and HELP: one of each is allowed


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` None: send it. Else the notice ends in this state, for `reason`."""

    state: NoticeState | None = None
    reason: str | None = None


SEND = Verdict()


def verdict(
    notice: Notice,
    ticket: Ticket | None,
    booking: Booking | None,
    now: datetime,
    *,
    opted_out: bool,
    business: Business | None = None,
) -> Verdict:
    """What becomes of a notice that is about to be sent.

    `opted_out`: its receiver wants nothing by its channel. Without the business its outages, and the place of the
    booking, are not compared.
    """
    if now > notice.expires_at:
        return Verdict(NoticeState.EXPIRED, "too_late_to_act_on")
    is_held_by_switch = business is not None and business.paused and notice.kind not in ABOUT_A_NUMBER
    if is_held_by_switch and notice.audience != "operator":
        return Verdict(NoticeState.HELD, "paused")
    if notice.audience == "operator":  # about no booking
        return Verdict(NoticeState.SUPPRESSED, "opted_out") if opted_out else SEND
    if notice.kind in ABOUT_A_NUMBER or notice.kind == MANY_BOOKINGS:
        return SEND
    if notice.kind == "outage_report" and not opted_out:
        return _report_verdict(notice, business, now)
    reason = (
        ("opted_out" if opted_out else None)
        or _against_outages(notice, ticket, business, now)
        or _against_ticket(notice, ticket)
        or (_against_cancelling if notice.kind == "cancelled" else _against_booking)(ticket, booking, business)
    )
    return Verdict(NoticeState.SUPPRESSED, reason) if reason else SEND


def _against_ticket(notice: Notice, ticket: Ticket | None) -> str | None:
    if ticket is None:
        return "ticket_gone"
    if notice.audience == "customer" and notice.decision < ticket.promise.void_before_decision:
        return "overtaken_by_later_news"
    return None


def _report_verdict(notice: Notice, business: Business | None, now: datetime) -> Verdict:
    """The report that a booking tool does not answer is sent while that is so; the report of its return, after that.

    `notice.about` is the outage's id, or "over:" and that.
    """
    over, _, outage_id = notice.about.rpartition(":")
    goes_on = business is not None and any(one.outage_id == outage_id for one in open_outages(business, now))
    if goes_on is bool(over):
        return Verdict(NoticeState.SUPPRESSED, "outage_goes_on" if over else "outage_over")
    return SEND


def open_outages(business: Business, now: datetime) -> tuple[Outage, ...]:
    """The outages that go on, or are still to come."""
    return tuple(one for one in business.outages if one.is_open(now))


def _against_outages(notice: Notice, ticket: Ticket | None, business: Business | None, now: datetime) -> str | None:
    if business is None or ticket is None or notice.audience != "customer":
        return None
    if notice.kind != "outage":
        return "business_closed" if notice.kind in _MAKES_COME and is_held(ticket, business, now) else None
    if notice.about == OUTAGE_OVER:
        return "closed_again" if closing(ticket, business, now) else None
    if all(one.outage_id != notice.about for one in open_outages(business, now)):
        return "outage_over"
    is_newest = any(one.decision == notice.decision for one in ticket.promise.outages)
    return None if is_newest else "overtaken_by_later_news"


_BY_STATUS = {
    Status.CANCELLED: "booking_cancelled",
    Status.REJECTED: "booking_rejected",
    Status.NO_SHOW: "marked_as_no_show",
    Status.REQUESTED: "booking_not_confirmed",
}


def _against_booking(ticket: Ticket | None, booking: Booking | None, business: Business | None) -> str | None:
    if booking is None or ticket is None:
        return "booking_gone"
    if booking.status in _BY_STATUS:
        return _BY_STATUS[booking.status]
    if not _has_customer(ticket, booking):
        return "customer_no_longer_part_of_it"
    elsewhere = business is not None and is_elsewhere(venue_of(booking, business), ticket.venue)
    return "booking_moved" if elsewhere or with_fixed_offset(booking.start) != ticket.start else None


def _against_cancelling(ticket: Ticket | None, booking: Booking | None, _: Business | None) -> str | None:
    if ticket and ticket.status is not TicketStatus.CANCELLED:
        return "booked_again"
    is_booked = booking is not None and booking.status is Status.BOOKED and _has_customer(ticket, booking)
    return "booked_again" if is_booked else None


def _has_customer(ticket: Ticket | None, booking: Booking) -> bool:
    return ticket is not None and any(customer.key == ticket.customer.key for customer in booking.customers)
