"""What the outages of its business mean for one ticket. Pure.

Rules
- A visit that starts before the business can be back cannot take place on time; one that starts within the range may
  begin late; what starts after it, or began before, is not concerned. Somebody who is late for a visit that should
  have begun before still stands before a closed door.
- While a ticket is held nothing is planned for it, it has no time to leave, and the clock does not move it on. Who has
  set out for a visit that may begin late is not held: they go on.
- A tool that is out of order concerns those who come before it is back, or shortly after, and booked before it failed.
  For them the booking stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.outages.outage import SOON, What
from chalicelib.tickets.origin import without_plan
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import OutagePromise, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.bookings.business import Business
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.ticket import Ticket

BUSINESS_CLOSED = "business_closed"  # why there is no plan
_AT_HOME = (TicketStatus.WAITING_FOR_ORIGIN, TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE)
_LEAVING = (TicketStatus.TIME_TO_LEAVE, TicketStatus.UNDER_WAY)


class Effect(StrEnum):
    """What an outage means for a visit."""

    IMPOSSIBLE = "impossible"  # it cannot begin on time
    UNCERTAIN = "uncertain"  # it may begin late
    TOOL = "booking_tool"  # it stands, and cannot be changed online


@dataclass(frozen=True, slots=True)
class OutageImpact:
    """An outage that concerns a ticket, and how."""

    outage: Outage
    effect: Effect


def closing(ticket: Ticket, business: Business, now: datetime) -> OutageImpact | None:
    """The closing of the business that concerns this visit most; None: it takes place."""
    if not business.outages or not is_to_come(ticket) or now >= ticket.end:
        return None
    found = [
        OutageImpact(one, Effect.IMPOSSIBLE if ticket.start < one.back_from else Effect.UNCERTAIN)
        for one in business.outages
        if one.what is What.BUSINESS and one.is_open(now) and _falls_into(ticket, one, now)
    ]
    return max(found, key=lambda one: (one.effect is Effect.IMPOSSIBLE, one.outage.back_until), default=None)


def tool_outage(ticket: Ticket, business: Business, now: datetime) -> OutageImpact | None:
    """The booking tool's outage that keeps this customer from changing the booking online."""
    if not business.outages or ticket.status not in _AT_HOME or now >= ticket.start:
        return None
    for one in business.outages:
        mine = not one.connection_id or ticket.connection_id in {"", one.connection_id}
        known = ticket.created_at is None or ticket.created_at < one.since
        goes_on = one.is_open(now) and one.since <= now < one.back_until
        if one.what is What.BOOKING_TOOL and mine and known and goes_on and ticket.start < one.back_until + SOON:
            return OutageImpact(one, Effect.TOOL)
    return None


def impact_on(ticket: Ticket, business: Business, now: datetime) -> OutageImpact | None:
    """The one outage that its customer should know of now."""
    return closing(ticket, business, now) or tool_outage(ticket, business, now)


def has_set_out(ticket: Ticket, now: datetime) -> bool:
    """They were told when to leave, and that has passed."""
    promise = ticket.promise
    told = promise.leave_by if {"leave_by", "late"} & set(promise.told_kinds) else None
    return told is not None and now > told


def is_held(ticket: Ticket, business: Business, now: datetime) -> bool:
    """Nobody is to set out for this visit now."""
    impact = closing(ticket, business, now)
    return impact is not None and (impact.effect is Effect.IMPOSSIBLE or not has_set_out(ticket, now))


def hold(ticket: Ticket) -> Ticket:
    """The ticket while it is held."""
    home = TicketStatus.PLANNED if ticket.origin else TicketStatus.WAITING_FOR_ORIGIN
    status = home if ticket.status in _LEAVING else ticket.status
    return replace(without_plan(ticket), status=status, plan_note=BUSINESS_CLOSED)


def release(ticket: Ticket) -> Ticket:
    """The ticket when nothing holds it any more: as if it had not been planned yet."""
    return replace(ticket, plan_note="") if ticket.plan_note == BUSINESS_CLOSED else ticket


def closing_promise(ticket: Ticket) -> OutagePromise | None:
    """What was last told about a closing, for the present start."""
    told = (one for one in ticket.promise.outages if one.effect != Effect.TOOL and one.start == ticket.start)
    return next(told, None)


def tool_promise(ticket: Ticket, outage_id: str) -> OutagePromise | None:
    """What was last told about this outage of the booking tool."""
    told = (one for one in ticket.promise.outages if one.effect == Effect.TOOL and one.outage_id == outage_id)
    return next(told, None)


def without_stale_outages(ticket: Ticket, business: Business, now: datetime) -> Ticket:
    """The ticket without what needs no further word: about another start, never sent, or true whatever happens."""
    if not ticket.promise.outages:
        return ticket
    impact = closing(ticket, business, now)
    kept = tuple(
        one for one in ticket.promise.outages if one.effect == Effect.TOOL or _matters(one, ticket, impact, now)
    )
    return ticket if kept == ticket.promise.outages else replace(ticket, promise=replace(ticket.promise, outages=kept))


def outage_check_times(ticket: Ticket, business: Business, now: datetime) -> Iterator[datetime]:
    """When outages change something about this ticket by themselves."""
    for one in business.outages:
        if one.what is What.BUSINESS and one.is_open(now) and one.since < ticket.end:
            yield from (one.since, one.back_until)


def _falls_into(ticket: Ticket, outage: Outage, now: datetime) -> bool:
    if ticket.start >= outage.since:
        return ticket.start < outage.back_until
    return outage.since <= now  # it should have begun before, and they are not there yet


def _matters(told: OutagePromise, ticket: Ticket, impact: OutageImpact | None, now: datetime) -> bool:
    if told.start != ticket.start:
        return False
    if impact is not None:
        return True
    return told.goes_out_at <= now and (told.effect == Effect.UNCERTAIN or now < ticket.start)


_INSTANTS = ("back_from", "back_until", "start", "goes_out_at")


def outage_promise_to_json(told: OutagePromise) -> dict[str, Any]:
    """What was told, as a document holds it."""
    plain = {"outage_id": told.outage_id, "effect": told.effect, "decision": told.decision}
    return plain | {name: getattr(told, name).isoformat() for name in _INSTANTS}


def outage_promise_from_json(known: dict[str, Any]) -> OutagePromise:
    """Inverse of `outage_promise_to_json`."""
    instants = {name: datetime.fromisoformat(known[name]) for name in _INSTANTS}
    return OutagePromise(known["outage_id"], known["effect"], decision=known["decision"], **instants)
