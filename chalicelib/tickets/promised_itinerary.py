"""The way that a ticket's customer follows, as a value: what tells ways apart, and what a ticket carries of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.tickets.states import Trigger, status_after
from chalicelib.tickets.ticket import TicketStatus, Underway, with_fixed_offset

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary, Leg

_FOLLOWING = (TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE, TicketStatus.UNDER_WAY)
SAME_TIME_S = 45
SAME_PROBABILITY = 0.05


def is_following_promise(ticket: Ticket) -> bool:
    """The customer follows a way that we told them."""
    promise = ticket.promise
    told = "leave_by" in promise.told_kinds and ticket.promise_stands
    return told and promise.itinerary is not None and ticket.status in _FOLLOWING


def boardings_of(itinerary: Itinerary) -> tuple[tuple[str, str | None], ...]:
    """What tells ways apart: the vehicles (of shared ones, whose they are), and where one boards them."""
    return tuple(_vehicle(leg) for leg in itinerary.legs if leg.ride or leg.rental)


def _vehicle(leg: Leg) -> tuple[str, str | None]:
    if leg.ride:
        return leg.ride.trip_id, leg.origin.stop_id
    spot = f"{leg.origin.lat:.4f},{leg.origin.lon:.4f}"  # some ten metres
    return (leg.rental.system, leg.rental.taken_at or spot) if leg.rental else ("", None)


def rides_of(itinerary: Itinerary) -> tuple[tuple[str, str | None, str | None], ...]:
    """The vehicles, and where one boards and leaves them."""
    return tuple((*_vehicle(leg), _alight_stop(leg)) for leg in itinerary.legs if leg.ride or leg.rental)


def _alight_stop(leg: Leg) -> str | None:
    """Where a shared bike is given back is left to its rider: nobody reads texts while riding."""
    return None if leg.rental else leg.destination.stop_id


def alternatives(ticket: Ticket, told: Itinerary) -> tuple[Itinerary, ...]:
    """What the ticket shows beside the told way."""
    return tuple(itinerary for itinerary in ticket.itineraries if boardings_of(itinerary) != boardings_of(told))


def with_itineraries(
    ticket: Ticket, itineraries: tuple[Itinerary, ...], observed_at: datetime | None, note: str = ""
) -> Ticket:
    """The ticket of somebody who follows the first of these options from now on."""
    best = itineraries[0] if itineraries else None
    gone = ticket.status is TicketStatus.UNDER_WAY or best is None
    leave_by = ticket.leave_by if gone or best is None else with_fixed_offset(best.leave_at)
    return replace(
        ticket,
        status=status_after(ticket.status, Trigger.REPLANNED),
        itineraries=itineraries,
        leave_by=leave_by,
        arrive_at=with_fixed_offset(best.arrive_at) if best else ticket.arrive_at,
        plan_note=note,
        observed_at=observed_at,
    )


def keep_underway(before: Ticket, after_: Ticket) -> Ticket:
    """The ticket after a word was said: told another way while she was under way, she goes on from where she is."""
    old, new = before.promise.itinerary, after_.promise.itinerary
    if old is None or new is None or after_.underway is None:
        return after_
    return replace(after_, underway=translate_underway(after_.underway, old, new))


def translate_underway(underway: Underway | None, old: Itinerary, new: Itinerary) -> Underway | None:
    """Where somebody is on the `new` way who followed the `old` one: in its first ride, or at the stop where it begins.

    None for who has not set out.
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
    """Whether nothing but seconds and the age of the data differs: then nothing need be written or shown anew."""
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
        and _as_likely(a.on_time_probability, b.on_time_probability)
        and _as_likely(a.late_probability, b.late_probability)
        and _as_far(a.underway, b.underway)
        and all(map(_alike, a.itineraries, b.itineraries))
        and _near(a.leave_by, b.leave_by)
        and _near(a.arrive_at, b.arrive_at)
        and (a.observed_at is None) == (b.observed_at is None)
    )


def _alike(a: Itinerary, b: Itinerary) -> bool:
    return boardings_of(a) == boardings_of(b) and _near(a.leave_at, b.leave_at) and _near(a.arrive_at, b.arrive_at)


def _as_far(a: Underway | None, b: Underway | None) -> bool:
    return a is b or (a is not None and b is not None and (a.stage, a.aboard) == (b.stage, b.aboard))


def _near(a: datetime | None, b: datetime | None) -> bool:
    return a is b or (a is not None and b is not None and abs((a - b).total_seconds()) < SAME_TIME_S)


def _as_likely(a: float | None, b: float | None) -> bool:
    return a is b or (a is not None and b is not None and abs(a - b) < SAME_PROBABILITY)
