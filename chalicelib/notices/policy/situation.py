"""What a rule looks at and what it may answer. Both are plain values; a rule is a pure function between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.plan import NO_ITINERARY_NOTES
from chalicelib.tickets.promised_itinerary import boardings_of, is_following_promise, rides_of
from chalicelib.tickets.states import is_to_come, tell_at
from chalicelib.tickets.ticket import AS_GOOD_AS_CERTAIN, TOLERATED_LATENESS_S, TicketStatus

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.ticket import Promise, Ticket
    from chalicelib.transit.itinerary import Itinerary, Leg

EARLIER_START_S = 120  # setting out earlier by less is what people do anyway
FEARED_LATE_PROBABILITY = (
    0.3  # with an arrival in the middle that is late already: nine of ten such came more than five late
)
LAST_CALL_MIN = 12  # before the start: what is to be feared then is said, the venue can still do something with it
STILL_ON_TIME_S = 120  # an arrival this long after the start is still "on time": nobody should be told about less
SAFELY_ON_TIME_S = 60  # before the start: what is just so in time may be late again in a minute
LEAVE_BY_VALID_MIN = 1  # after leave_by "leave by" would ask for the impossible
USUAL_JOURNEY_MIN = 90  # where no plan tells when to leave, a customer may have to leave this long before the start


@dataclass(frozen=True, slots=True)
class Situation:
    """A ticket, its business, and the moment."""

    ticket: Ticket
    business: Business
    now: datetime

    @property
    def promise(self) -> Promise:
        """What was told so far."""
        return self.ticket.promise

    def was_told(self, *kinds: str) -> bool:
        """Whether any of these was decided for the present start."""
        return any(kind in self.promise.told_kinds for kind in kinds)

    @property
    def is_late(self) -> bool:
        """The best plan there is arrives after the appointment's start."""
        arrive_at = self.ticket.arrive_at
        return arrive_at is not None and arrive_at > self.ticket.start + timedelta(seconds=STILL_ON_TIME_S)

    @property
    def is_very_late(self) -> bool:
        """Late by so much that somebody on the way, or the business, should be told."""
        arrive_at = self.ticket.arrive_at
        return arrive_at is not None and arrive_at > self.ticket.start + timedelta(seconds=TOLERATED_LATENESS_S)

    @property
    def is_late_for_sure(self) -> bool:
        """Who follows the told way will be late by more than five minutes, as far as anybody can know that.

        By chance: as good as certain, or at the last call: late in the middle, and that much to be feared. Without
        chances: as things are now.
        """
        chance = self.ticket.late_probability
        if chance is None:
            return self.is_very_late
        last_call = self.now >= self.ticket.start - timedelta(minutes=LAST_CALL_MIN)
        return chance > AS_GOOD_AS_CERTAIN or (last_call and self.is_late and chance > FEARED_LATE_PROBABILITY)

    @property
    def is_on_time_for_sure(self) -> bool:
        """The way to follow brings them there before the start, with a little to spare or as good as certainly."""
        arrive_at, chance = self.ticket.arrive_at, self.ticket.on_time_probability
        if arrive_at is None or chance is None:
            return arrive_at is not None and arrive_at <= self.ticket.start - timedelta(seconds=SAFELY_ON_TIME_S)
        return chance > AS_GOOD_AS_CERTAIN

    @property
    def is_on_the_way(self) -> bool:
        """The customer has set out, as far as we know."""
        return self.ticket.status is TicketStatus.UNDER_WAY

    @property
    def follows_promise(self) -> bool:
        """The customer was told a way for this start and has not arrived yet."""
        return is_following_promise(self.ticket)

    @property
    def itinerary(self) -> Itinerary | None:
        """The way to follow from now on."""
        return self.ticket.itineraries[0] if self.ticket.itineraries else None

    @property
    def has_no_itinerary(self) -> bool:
        """We know where they come from, and nothing brings them there in time, or at all."""
        return self.itinerary is None and self.ticket.origin is not None and self.ticket.plan_note in NO_ITINERARY_NOTES

    @property
    def has_lost_itinerary(self) -> bool:
        """A time to leave was told, then the customer said to come from elsewhere, and from there nothing goes."""
        told = self.promise.leave_by is not None and not self.was_told("leave_by", "late")
        return told and self.has_no_itinerary and is_to_come(self.ticket) and self.now < self.ticket.start

    @property
    def has_next_step_changed(self) -> bool:
        """What is to be done next is not what was told: another vehicle, on foot instead, or an earlier start."""
        itinerary, told = self.itinerary, self.promise.itinerary
        if itinerary is None or told is None:
            return False
        ahead = {
            trip for leg, trip in zip(_rides(itinerary), boardings_of(itinerary), strict=True) if leg.departs > self.now
        }
        others = (bool(ahead - set(boardings_of(told))) and not self.waits_for_next_of_line) or (
            not boardings_of(itinerary) and bool(boardings_of(told))
        )
        earlier = (
            told.leave_at - itinerary.leave_at >= timedelta(seconds=EARLIER_START_S) and itinerary.leave_at > self.now
        )
        return others or earlier or self.alights_elsewhere

    @property
    def waits_for_next_of_line(self) -> bool:
        """On the way: a vehicle is missed, and the next of the same line is what anybody would take unasked.

        Where no chance is known that is not presumed: the customer may not know that there is one.
        """
        itinerary, told = self.itinerary, self.promise.itinerary
        if itinerary is None or told is None or not self.is_on_the_way or self.ticket.late_probability is None:
            return False
        return _lines(itinerary) <= _lines(told)

    @property
    def alights_elsewhere(self) -> bool:
        """On the way: the ride that the customer is in is to be left at another stop than was told."""
        itinerary, told = self.itinerary, self.promise.itinerary
        if itinerary is None or told is None or not self.is_on_the_way:
            return False
        aboard = [
            ride for leg, ride in zip(_rides(itinerary), rides_of(itinerary), strict=True) if leg.departs <= self.now
        ]
        left_at = {ride[:2]: ride[2] for ride in rides_of(told)}
        return bool(aboard) and left_at.get(aboard[-1][:2], aboard[-1][2]) != aboard[-1][2]

    @property
    def next_step_at(self) -> datetime:
        """When the way asks for the next thing to do: setting out, boarding, or alighting where it was not told."""
        itinerary = self.itinerary
        steps = [itinerary.leave_at, *(leg.departs for leg in _rides(itinerary))] if itinerary else []
        if itinerary and self.alights_elsewhere:
            steps += [leg.arrives for leg in _rides(itinerary) if leg.departs <= self.now]
        return min((step for step in steps if step > self.now), default=self.now)

    @property
    def is_time_to_leave(self) -> bool:
        """The moment for "time to leave" has come and has not gone: who was told nothing has not left yet."""
        ticket, untold = self.ticket, not self.was_told("leave_by", "late")
        just_now = ticket.leave_by is not None and self.now < ticket.leave_by + timedelta(minutes=LEAVE_BY_VALID_MIN)
        at_once = ticket.status is TicketStatus.UNDER_WAY and untold and just_now
        return ticket.status is TicketStatus.TIME_TO_LEAVE or at_once

    @property
    def act_by(self) -> datetime:
        """When the customer has to set out, as far as anybody knows."""
        return self.ticket.leave_by or self.ticket.start - timedelta(minutes=USUAL_JOURNEY_MIN)

    @property
    def tell_at(self) -> datetime:
        """When "time to leave" is due, as far as anybody knows."""
        return tell_at(self.ticket, self.business) or self.act_by


@dataclass(frozen=True, slots=True)
class Say:
    """One thing to be said.

    `variant` names the section of the template; `settles` the kinds that are told by it; `act_by` is when the person
    has to act on it, after `expires_at` it is no news any more; `was` the time that it replaces. `interrupts` counts
    towards the limit; `overtakes`: notices decided before it and not yet sent must not be sent any more.
    """

    kind: str
    variant: str
    act_by: datetime
    expires_at: datetime
    settles: tuple[str, ...] = ()
    was: datetime | None = None
    interrupts: bool = False
    overtakes: bool = False
    tells_plan: bool = False
    audience: str = "customer"
    outage: Outage | None = None  # that is told of
    effect: str = ""  # what an outage means for the visit (`tickets.outage_impact.Effect`, or "over")
    about: str = ""  # of an outage: its id, or "over"; checked again before it is sent
    decision: int = 0  # the ticket's decision that it was; set when it is remembered


def _lines(itinerary: Itinerary) -> set[tuple[str, str | None, str | None]]:
    """The lines, and where one boards and leaves them."""
    return {(leg.ride.route_id, leg.origin.stop_id, leg.destination.stop_id) for leg in itinerary.legs if leg.ride}


def _rides(itinerary: Itinerary) -> list[Leg]:
    return [leg for leg in itinerary.legs if leg.ride or leg.rental]
