"""Keeping a told plan true: what was told is kept while it works; what replaces it has to be worth a text.

Rules
- Somebody who was told a way follows it. While the same vehicles still bring them there in time, nothing changes,
  not even for a better way, and "you could leave later" is never said: delays recover.
- The way is given up when it breaks (cancelled, missed connection), or when it has become late by more than
  `LATE_S` and another one gains at least `GAIN_S`.
- Before setting out the new way starts at the origin; on the way it starts where they can next change: at the stop
  they walk to, or at any stop ahead of the vehicle that they are in, which stays its first leg.
- On the way only a broken way is given up: what is merely late often recovers, and people lose their place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from chalicelib.tickets.plan import NO_WAY, Travel, best_plan
from chalicelib.tickets.states import Trigger, after
from chalicelib.tickets.ticket import TicketStatus, exact
from chalicelib.transit.values import Option, Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.plan import Plan
    from chalicelib.tickets.recheck import Standing
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.values import Leg, Place

LATE_S = 300
GAIN_S = 300
SET_OUT_S = 60  # a way that has to be begun within this time cannot be told any more
ALIKE_S = 45
CHANCE = 0.05
AGE_S = 300  # a stored age may be older than the truth by this much, never younger

_TOLD = (TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE, TicketStatus.UNDER_WAY)


class LiveTravel(Travel, Protocol):
    """`Travel` that can also say how a told way stands."""

    def soonest(self, feed_id: str, request: Request, change_s: int, now: datetime, /) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`; None: no way. Raises `Unavailable`."""
        ...

    def expect(self, feed_id: str, conditions_at: int, /) -> None:
        """There are conditions published at this time (POSIX s); older ones are not good enough from now on."""
        ...

    def chance(self, feed_id: str, option: Option, deadline: datetime, change_s: int, now: datetime, /) -> float | None:
        """The chance to be there by the deadline on this way; None: it cannot be said. Raises `Unavailable`."""
        ...

    def onward(self, feed_id: str, ride: Leg, destination: Place, change_s: int, now: datetime, /) -> Plan:
        """Ways on for somebody aboard, who can leave at any stop ahead; what is left of the ride is their first leg.

        Raises `Unavailable`.
        """
        ...

    def recheck(
        self, feed_id: str, option: Option, set_out: datetime, change_s: int, now: datetime, /
    ) -> tuple[Standing, datetime | None] | None:
        """The told way under what is known now, and when that was observed; None: nothing can be known.

        Raises `Unavailable`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody on a told way can next change their mind: the `kept` leg leads to `place` at `at`."""

    place: Place
    at: datetime
    kept: tuple[Leg, ...]


def is_told(ticket: Ticket) -> bool:
    """The customer follows a way that we told them."""
    promise = ticket.promise
    told = "leave_by" in promise.told and ticket.told_stands
    return told and promise.option is not None and ticket.status in _TOLD


def still_good(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket | None:
    """The ticket with its untold plan as it is now, if that still works; None: it has to be planned anew.

    Looking up a known way is a hundred times cheaper than searching one, and most updates break no way. Whether there
    is a better one by now is asked when the time to tell comes.
    """
    if not ticket.options or ticket.leave_by is None or ticket.status is not TicketStatus.PLANNED:
        return None
    way = ticket.options[0]
    found = travel.recheck(ticket.feed, way, way.leave_at, business.change_s, now)
    if found is None or not found[0].holds or found[0].option.arrive_at > ticket.start:
        return None
    kept = _following(ticket, (found[0].option, *ticket.options[1:]), found[1])
    return with_chance(kept, business, travel, now)


def replanned(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket of somebody who follows a told way, with the way to follow from now on as its first option."""
    followed = _followed(ticket, business, travel, now)
    return with_chance(followed, business, travel, now) if followed is not ticket else ticket


def with_chance(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket with the chance that its first option has by now."""
    if not ticket.options:
        return replace(ticket, on_time_probability=None)
    chance = travel.chance(ticket.feed, ticket.options[0], ticket.start, business.change_s, now)
    return replace(ticket, on_time_probability=chance)


def _followed(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    told = ticket.promise.option
    assert told is not None
    found = travel.recheck(ticket.feed, told, told.leave_at, business.change_s, now)
    if found is None:
        return ticket
    standing, observed_at = found
    late = standing.option.arrive_at > ticket.start + timedelta(seconds=LATE_S)
    if standing.holds and not late:
        return _following(ticket, (standing.option, *_others(ticket, told)), observed_at)
    if ticket.status is not TicketStatus.UNDER_WAY:
        return _from_home(ticket, standing, business, travel, now, observed_at)
    if standing.holds:
        return _following(ticket, (standing.option,), observed_at)
    return _on_the_way(ticket, standing, business, travel, now, observed_at)


def _from_home(
    ticket: Ticket,
    standing: Standing,
    business: Business,
    travel: LiveTravel,
    now: datetime,
    observed_at: datetime | None,
) -> Ticket:
    ready = now + timedelta(seconds=SET_OUT_S)
    if standing.holds and not _may_gain(ticket, standing, business, travel, now, ready):
        return _following(ticket, (standing.option,), observed_at)
    plan = best_plan(ticket, business, travel, now, ready)
    better = plan.options[0] if plan.options else None
    gains = better is not None and _gain_s(standing.option, better) >= GAIN_S
    if better is None and standing.broken:
        return _following(ticket, (), observed_at, note=plan.note or NO_WAY)
    if better is None or (standing.holds and not gains):
        return _following(ticket, (standing.option,), observed_at)
    return _following(ticket, plan.options, observed_at)


def _may_gain(
    ticket: Ticket, standing: Standing, business: Business, travel: LiveTravel, now: datetime, ready: datetime
) -> bool:
    """Whether any way at all gains enough. Asked before ways are compared, which takes twenty times as long."""
    assert ticket.origin is not None
    request = Request(ticket.origin, ticket.venue, depart_at=ready)
    soonest = travel.soonest(ticket.feed, request, business.change_s, now)
    return soonest is not None and (standing.option.arrive_at - soonest).total_seconds() >= GAIN_S


def _on_the_way(
    ticket: Ticket,
    standing: Standing,
    business: Business,
    travel: LiveTravel,
    now: datetime,
    observed_at: datetime | None,
) -> Ticket:
    here = position(standing, now)
    if here.kept and here.kept[0].ride:
        answer = travel.onward(ticket.feed, here.kept[0], ticket.venue, business.change_s, now)
        options = answer.options
    else:
        request = Request(here.place, ticket.venue, depart_at=here.at)
        answer = travel.plan(ticket.feed, request, business.change_s, now)
        options = tuple(_joined(here, option) for option in answer.options)
    return _following(ticket, options, observed_at, note="" if options else answer.note or NO_WAY)


def position(standing: Standing, now: datetime) -> Position:
    """The end of the leg they are on, which they keep; the stop where they wait; the origin before the first leg."""
    legs = standing.option.legs[: standing.broken_at]
    current = next((leg for leg in legs if leg.arrives > now), None)
    if current:
        return Position(current.destination, current.arrives, (current,))
    here = legs[-1].destination if legs else standing.option.legs[0].origin
    return Position(here, now, ())


def _joined(here: Position, option: Option) -> Option:
    if not here.kept:
        return option
    legs = (*here.kept, *option.legs)
    rides = sum(leg.ride is not None for leg in legs)
    return Option(here.kept[0].departs, option.arrive_at, max(rides - 1, 0), legs)


def _others(ticket: Ticket, told: Option) -> tuple[Option, ...]:
    return tuple(option for option in ticket.options if trips(option) != trips(told))


def _gain_s(before: Option, after_: Option) -> float:
    return (before.arrive_at - after_.arrive_at).total_seconds()


def trips(option: Option) -> tuple[tuple[str, str | None], ...]:
    """What tells ways apart: the vehicles, and where one boards them."""
    return tuple((leg.ride.trip_id, leg.origin.stop_id) for leg in option.legs if leg.ride)


def _following(ticket: Ticket, options: tuple[Option, ...], observed_at: datetime | None, note: str = "") -> Ticket:
    best = options[0] if options else None
    gone = ticket.status is TicketStatus.UNDER_WAY or best is None
    leave_by = ticket.leave_by if gone or best is None else exact(best.leave_at)
    return replace(
        ticket,
        status=after(ticket.status, Trigger.REPLANNED),
        options=options,
        leave_by=leave_by,
        arrive_at=exact(best.arrive_at) if best else ticket.arrive_at,
        plan_note=note,
        observed_at=observed_at,
    )


def same_in_substance(a: Ticket, b: Ticket) -> bool:
    """Whether nothing but seconds and the age of the data differs: then nothing need be written or shown anew."""
    timeless = replace(b, observed_at=a.observed_at, options=a.options, leave_by=a.leave_by, arrive_at=a.arrive_at)
    return a == replace(timeless, on_time_probability=a.on_time_probability) and (
        len(a.options) == len(b.options)
        and _as_likely(a.on_time_probability, b.on_time_probability)
        and all(map(_alike, a.options, b.options))
        and _near(a.leave_by, b.leave_by)
        and _near(a.arrive_at, b.arrive_at)
        and _fresh(a.observed_at, b.observed_at)
    )


def _alike(a: Option, b: Option) -> bool:
    return trips(a) == trips(b) and _near(a.leave_at, b.leave_at) and _near(a.arrive_at, b.arrive_at)


def _near(a: datetime | None, b: datetime | None) -> bool:
    return a is b or (a is not None and b is not None and abs((a - b).total_seconds()) < ALIKE_S)


def _as_likely(a: float | None, b: float | None) -> bool:
    return a is b or (a is not None and b is not None and abs(a - b) < CHANCE)


def _fresh(a: datetime | None, b: datetime | None) -> bool:
    return a is b or (a is not None and b is not None and abs((a - b).total_seconds()) < AGE_S)
