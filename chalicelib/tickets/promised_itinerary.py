"""The itinerary that a ticket's customer follows: what tells itineraries apart, and what a ticket carries of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.tickets.states import Trigger, status_after
from chalicelib.tickets.ticket import TicketStatus, Underway, with_fixed_offset

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Aboard, Ticket
    from chalicelib.transit.itinerary import Itinerary, Leg

_FOLLOWING = (TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE, TicketStatus.UNDER_WAY)
SAME_TIME_S = 45  # times that differ by less are shown as the same minute, or the next
SAME_PROBABILITY = 0.05  # chances that differ by less are the same to a reader


def is_following_promise(ticket: Ticket) -> bool:
    """Whether the customer follows an itinerary that we told them."""
    was_told = "leave_by" in ticket.promise.told_kinds and ticket.promise_stands and not ticket.remote
    return was_told and ticket.promise.itinerary is not None and ticket.status in _FOLLOWING


def boardings_of(itinerary: Itinerary) -> tuple[tuple[str, str | None], ...]:
    """What tells itineraries apart: per ride the vehicle (of a shared one: whose it is), and where one boards it."""
    return tuple(_vehicle(leg) for leg in itinerary.legs if leg.ride or leg.rental)


def _vehicle(leg: Leg) -> tuple[str, str | None]:
    if leg.ride:
        return leg.ride.trip_id, leg.origin.stop_id
    spot = f"{leg.origin.lat:.4f},{leg.origin.lon:.4f}"  # some ten metres
    return (leg.rental.system, leg.rental.taken_at or spot) if leg.rental else ("", None)


def rides_of(itinerary: Itinerary) -> tuple[tuple[str, str | None, str | None], ...]:
    """Per ride the vehicle, and where one boards and leaves it.

    Where a shared bike is given back is left to its rider: nobody reads texts while riding.
    """
    return tuple(
        (*_vehicle(leg), None if leg.rental else leg.destination.stop_id)
        for leg in itinerary.legs
        if leg.ride or leg.rental
    )


def alternatives(ticket: Ticket, promised: Itinerary) -> tuple[Itinerary, ...]:
    """The itineraries that the ticket shows beside the promised one."""
    return tuple(itinerary for itinerary in ticket.itineraries if boardings_of(itinerary) != boardings_of(promised))


def with_itineraries(
    ticket: Ticket, itineraries: tuple[Itinerary, ...], observed_at: datetime | None, note: str = ""
) -> Ticket:
    """The ticket of somebody who follows the first of these options from now on."""
    best = itineraries[0] if itineraries else None
    is_to_leave = best is not None and ticket.status is not TicketStatus.UNDER_WAY
    leave_by = with_fixed_offset(best.leave_at) if best and is_to_leave else ticket.leave_by
    return replace(
        ticket,
        status=status_after(ticket.status, Trigger.REPLANNED),
        itineraries=itineraries,
        leave_by=leave_by,
        arrive_at=with_fixed_offset(best.arrive_at) if best else ticket.arrive_at,
        plan_note=note,
        observed_at=observed_at,
    )


def keep_underway(before: Ticket, told: Ticket) -> Ticket:
    """The ticket after something was told: with another itinerary, customers under way go on from where they are."""
    old, new = before.promise.itinerary, told.promise.itinerary
    if old is None or new is None or told.underway is None:
        return told
    return replace(told, underway=translate_underway(told.underway, old, new))


def translate_underway(underway: Underway | None, old: Itinerary, new: Itinerary) -> Underway | None:
    """Where a customer who followed the `old` itinerary is on the `new` one: in its first ride, or where that begins.

    None for somebody who has not set out.
    """
    if underway is None or rides_of(old) == rides_of(new):
        return underway
    first = new.legs[0]
    if underway.aboard and first.ride:
        aboard = replace(
            underway.aboard,
            board_stop=first.origin.stop_id or "",
            departs=first.ride.planned_departs,
            alight_stop=first.destination.stop_id or "",
            arrives=first.ride.planned_arrives,
        )
        return Underway(0, underway.since, aboard)
    return Underway(0, new.leave_at if first.ride else first.arrives)


def same_in_substance(a: Ticket, b: Ticket) -> bool:
    """Whether only seconds and the age of the data differ: then nothing need be written or shown anew."""
    timeless = replace(
        b,
        observed_at=a.observed_at,
        itineraries=a.itineraries,
        leave_by=a.leave_by,
        arrive_at=a.arrive_at,
        on_time_probability=a.on_time_probability,
        late_probability=a.late_probability,
        underway=a.underway,
    )
    return a == timeless and (
        len(a.itineraries) == len(b.itineraries)
        and _is_as_likely(a.on_time_probability, b.on_time_probability)
        and _is_as_likely(a.late_probability, b.late_probability)
        and _stage_of(a) == _stage_of(b) == (b.underway and (b.underway.stage, b.underway.aboard))
        and all(map(_is_alike, a.itineraries, b.itineraries))
        and _is_near(a.leave_by, b.leave_by)
        and _is_near(a.arrive_at, b.arrive_at)
        and (a.observed_at is None) == (b.observed_at is None)
    )


def _stage_of(ticket: Ticket) -> tuple[int, Aboard | None] | None:
    """How far its customer must be, without the moment."""
    return (ticket.underway.stage, ticket.underway.aboard) if ticket.underway else None


def _is_alike(a: Itinerary, b: Itinerary) -> bool:
    return (
        boardings_of(a) == boardings_of(b) and _is_near(a.leave_at, b.leave_at) and _is_near(a.arrive_at, b.arrive_at)
    )


def _is_near(a: datetime | None, b: datetime | None) -> bool:
    return a is b or (a is not None and b is not None and abs((a - b).total_seconds()) < SAME_TIME_S)


def _is_as_likely(a: float | None, b: float | None) -> bool:
    return a is b or (a is not None and b is not None and abs(a - b) < SAME_PROBABILITY)
