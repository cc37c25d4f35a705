"""What the outages of its business mean for one ticket. Pure.

Rules
- A visit that starts before the business can be back cannot begin on time; one that starts within the range of its
  return may begin late; others are not concerned. One exception: a customer who is late for a visit that should have
  begun before the business closed finds the door closed, too.
- While a ticket is held, nothing is planned for it, it has no time to leave, and the clock does not move it on. A
  customer who has set out for a visit that may begin late is not held: they go on.
- A booking tool's outage concerns customers who come before it is back, or shortly after, and booked before it failed.
  Their bookings stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.outages.outage import SOON, What
from chalicelib.tickets.origin import without_plan
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import CLOSED_NOTE, OutagePromise, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.bookings.business import Business
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.ticket import Ticket

BUSINESS_CLOSED = CLOSED_NOTE
_AT_HOME = (TicketStatus.WAITING_FOR_ORIGIN, TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE)
_LEAVING = (TicketStatus.TIME_TO_LEAVE, TicketStatus.UNDER_WAY)


AGAIN_AFTER = timedelta(minutes=5)  # when a closing that came back, or grew at once, is looked at again


class Effect(StrEnum):
    """What an outage means for a visit."""

    IMPOSSIBLE = "impossible"  # it cannot begin on time
    UNCERTAIN = "uncertain"  # it may begin late
    TOOL = "booking_tool"  # it takes place, and cannot be changed online


@dataclass(frozen=True, slots=True)
class OutageImpact:
    """An outage that concerns a ticket, and how."""

    outage: Outage
    effect: Effect


def closing(ticket: Ticket, business: Business, now: datetime) -> OutageImpact | None:
    """The closing of the business that concerns this visit most; None: the visit takes place as booked."""
    if not business.outages or not is_to_come(ticket) or now >= ticket.end:
        return None
    closings = (one for one in business.outages if one.what is What.BUSINESS and one.is_open(now))
    found = [
        OutageImpact(one, Effect.IMPOSSIBLE if ticket.start < one.back_from else Effect.UNCERTAIN)
        for one in closings
        # it begins meanwhile, or should have begun before and the customer is not there yet
        if one.since <= ticket.start < one.back_until or ticket.start < one.since <= now
    ]
    return max(found, key=lambda one: (one.effect is Effect.IMPOSSIBLE, one.outage.back_until), default=None)


def tool_outage(ticket: Ticket, business: Business, now: datetime) -> OutageImpact | None:
    """The booking tool's outage that keeps this customer from changing the booking online."""
    if not business.outages or ticket.status not in _AT_HOME or now >= ticket.start:
        return None
    for one in business.outages:
        is_own_tool = not one.connection_id or ticket.connection_id in {"", one.connection_id}
        booked_before = ticket.created_at is None or ticket.created_at < one.since
        goes_on = one.is_open(now) and one.since <= now < one.back_until
        is_concerned = is_own_tool and booked_before and ticket.start < one.back_until + SOON
        if one.what is What.BOOKING_TOOL and goes_on and is_concerned:
            return OutageImpact(one, Effect.TOOL)
    return None


def has_set_out(ticket: Ticket, now: datetime) -> bool:
    """Whether the customer was told when to leave, and that time has passed."""
    was_told = {"leave_by", "late"} & set(ticket.promise.told_kinds)
    return bool(was_told) and ticket.promise.leave_by is not None and now > ticket.promise.leave_by


def is_held(ticket: Ticket, business: Business, now: datetime) -> bool:
    """Whether nobody should set out for this visit now."""
    return is_held_by(closing(ticket, business, now), ticket, now)


def under_outages(ticket: Ticket, business: Business, now: datetime) -> tuple[Ticket, OutageImpact | None]:
    """The ticket as its customer is to see it, held where a closing holds it, and the outage that they should know of.

    Both also where nobody has checked the ticket since the outage began.
    """
    impact = closing(ticket, business, now)
    if is_held_by(impact, ticket, now):
        return hold(ticket), impact
    return ticket, impact or tool_outage(ticket, business, now)


def hold(ticket: Ticket) -> Ticket:
    """The ticket while it is held: without a plan, its customer at home."""
    at_home = TicketStatus.PLANNED if ticket.origin else TicketStatus.WAITING_FOR_ORIGIN
    status = at_home if ticket.status in _LEAVING else ticket.status
    return replace(without_plan(ticket), status=status, plan_note=BUSINESS_CLOSED)


def release(ticket: Ticket) -> Ticket:
    """The ticket when nothing holds it any more: it can be planned anew."""
    return replace(ticket, plan_note="") if ticket.plan_note == BUSINESS_CLOSED else ticket


def closing_promise(ticket: Ticket) -> OutagePromise | None:
    """What was last told about a closing, for the appointment's present start."""
    found = (one for one in ticket.promise.outages if one.effect != Effect.TOOL and one.start == ticket.start)
    return next(found, None)


def tool_promise(ticket: Ticket) -> OutagePromise | None:
    """What was last told about an outage of the booking tool, whichever part of it."""
    return next((one for one in ticket.promise.outages if one.effect == Effect.TOOL), None)


def without_stale_outages(ticket: Ticket, impact: OutageImpact | None, now: datetime) -> Ticket:
    """The ticket without promises about closings that need no further notice.

    Those are about another start, or were never sent, or are true whatever happens. `impact`: the closing's, as
    `closing` gives it.
    """
    if not ticket.promise.outages:
        return ticket
    kept = tuple(
        one
        for one in ticket.promise.outages
        if one.effect == Effect.TOOL or _matters(one, ticket, now, is_closed=impact is not None)
    )
    return ticket if kept == ticket.promise.outages else replace(ticket, promise=replace(ticket.promise, outages=kept))


def outage_check_times(ticket: Ticket, business: Business, now: datetime) -> Iterator[datetime]:
    """When outages change something about this ticket by themselves."""
    for one in business.outages:
        if one.what is What.BUSINESS and one.is_open(now) and one.since < ticket.end:
            yield from (one.since, one.back_until)
            yield one.since + AGAIN_AFTER
            for told in ticket.promise.outages:
                if told.effect != Effect.TOOL:
                    yield from (told.back_until, told.goes_out_at + AGAIN_AFTER)


def is_held_by(impact: OutageImpact | None, ticket: Ticket, now: datetime) -> bool:
    """Whether nobody should set out for a visit on which a closing has this impact."""
    return impact is not None and (impact.effect is Effect.IMPOSSIBLE or not has_set_out(ticket, now))


def _matters(promise: OutagePromise, ticket: Ticket, now: datetime, *, is_closed: bool) -> bool:
    if promise.start != ticket.start:
        return False
    was_sent = promise.goes_out_at <= now
    return is_closed or (was_sent and (promise.effect == Effect.UNCERTAIN or now < ticket.start))


_INSTANTS = ("back_from", "back_until", "start", "goes_out_at")


def outage_promise_to_json(promise: OutagePromise) -> dict[str, Any]:
    """The promise as a ticket's document holds it."""
    plain = {"outage_id": promise.outage_id, "effect": promise.effect, "decision": promise.decision}
    plain |= {"corrections": promise.corrections} if promise.corrections else {}
    return plain | {name: getattr(promise, name).isoformat() for name in _INSTANTS}


def outage_promise_from_json(document: dict[str, Any]) -> OutagePromise:
    """Inverse of `outage_promise_to_json`."""
    instants: dict[str, Any] = {name: datetime.fromisoformat(document[name]) for name in _INSTANTS}
    corrections: int = document.get("corrections", 0)
    decision: int = document["decision"]
    return OutagePromise(
        document["outage_id"], document["effect"], decision=decision, corrections=corrections, **instants
    )
