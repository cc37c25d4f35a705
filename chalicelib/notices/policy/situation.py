"""What a rule is asked (`Situation`) and what it may answer (`Say`). A rule is a pure function between these values.

Customers follow an itinerary once we told them one for the present start. From then on "the itinerary" is the best one
there is now, and "the promised itinerary" the one that they know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from chalicelib.notices.story.visits import comes_with_another
from chalicelib.tickets.outage_impact import closing, is_held_by
from chalicelib.tickets.plan import NO_ITINERARY_NOTES
from chalicelib.tickets.promised_itinerary import boardings_of, is_following_promise, rides_of
from chalicelib.tickets.states import is_to_come, tell_at
from chalicelib.tickets.ticket import AS_GOOD_AS_CERTAIN, TOLERATED_LATENESS_S, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.facts import Facts
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.outage_impact import OutageImpact
    from chalicelib.tickets.ticket import Promise, Ticket
    from chalicelib.transit.itinerary import Itinerary, Leg

EARLIER_START_S = 120  # people set out this much earlier anyway: less is no news
LAST_CALL_MIN = 12  # before the start: the venue can still do something with what is only to be feared
FEARED_LATE_PROBABILITY = 0.3  # at the last call, where the middle arrival is late: nine of ten such were over 5 late
STILL_ON_TIME_S = 120  # after the start: an arrival that nobody minds
SAFELY_ON_TIME_S = 60  # before the start: an arrival that is only just in time may be late again in a minute
LEAVE_BY_VALID_MIN = 1  # after leave_by, "leave by" would ask for the impossible
USUAL_JOURNEY_MIN = 90  # before the start: where there is no plan, a customer may have to leave this early


@dataclass(frozen=True, slots=True)
class Situation:
    """A ticket, its business, the moment, and what a closing of the business means for the visit.

    Built once in a step of the ticket; while rules speak one after the other, only what the ticket promises changes.
    """

    ticket: Ticket
    business: Business
    now: datetime
    closing: OutageImpact | None
    others: Callable[[], Sequence[Ticket]] = tuple  # the person's other tickets here, asked for only where it matters

    @classmethod
    def of(
        cls, ticket: Ticket, business: Business, now: datetime, others: Callable[[], Sequence[Ticket]] = tuple
    ) -> Situation:
        """The situation of a ticket that has been planned and moved on."""
        return cls(ticket, business, now, closing(ticket, business, now), others)

    @property
    def comes_with_another(self) -> bool:
        """The person is there already, for another visit of theirs: they do not set out for this one."""
        return comes_with_another(self.ticket, self.others())

    @property
    def is_held(self) -> bool:
        """The business is closed then, and the customer is not to set out."""
        return is_held_by(self.closing, self.ticket, self.now)

    @property
    def promise(self) -> Promise:
        """What the customer was told so far."""
        return self.ticket.promise

    def was_told(self, *kinds: str) -> bool:
        """Whether a notice of any of these kinds was decided for the present start."""
        return any(kind in self.promise.told_kinds for kind in kinds)

    @property
    def is_late(self) -> bool:
        """The best itinerary arrives after the start, by more than anybody minds."""
        arrive_at = self.ticket.arrive_at
        return arrive_at is not None and arrive_at > self.ticket.start + timedelta(seconds=STILL_ON_TIME_S)

    @property
    def is_very_late(self) -> bool:
        """The best itinerary arrives so late that somebody on the way, or the business, should be told."""
        arrive_at = self.ticket.arrive_at
        return arrive_at is not None and arrive_at > self.ticket.start + timedelta(seconds=TOLERATED_LATENESS_S)

    @property
    def late_min(self) -> int | None:
        """How many minutes after the start the best itinerary arrives, as texts say it; None: there is none."""
        arrive_at = self.ticket.arrive_at
        if arrive_at is None or self.itinerary is None:
            return None
        return max(0, ceil((arrive_at - self.ticket.start).total_seconds() / 60))

    @property
    def is_late_for_sure(self) -> bool:
        """Somebody who follows the promised itinerary will be over five minutes late, as far as that can be known.

        Where chances are known, that is as good as certain; or it is the last call, the middle arrival is late, and
        over five minutes are to be feared. Where they are not known, it is so as vehicles run now.
        """
        chance = self.ticket.late_probability
        if chance is None:
            return self.is_very_late
        is_last_call = self.now >= self.ticket.start - timedelta(minutes=LAST_CALL_MIN)
        is_feared = is_last_call and self.is_late and chance > FEARED_LATE_PROBABILITY
        return self.is_late_as_good_as_certainly or is_feared

    @property
    def is_late_as_good_as_certainly(self) -> bool:
        """The chance of being over five minutes late is known, and it is as good as certain."""
        chance = self.ticket.late_probability
        return chance is not None and chance > AS_GOOD_AS_CERTAIN

    @property
    def is_on_time_for_sure(self) -> bool:
        """The itinerary arrives before the start: as good as certainly, or (no chance known) with a little to spare."""
        arrive_at, chance = self.ticket.arrive_at, self.ticket.on_time_probability
        if arrive_at is None or chance is None:
            return arrive_at is not None and arrive_at <= self.ticket.start - timedelta(seconds=SAFELY_ON_TIME_S)
        return chance > AS_GOOD_AS_CERTAIN

    @property
    def is_on_the_way(self) -> bool:
        """The customer has set out, as far as we know."""
        return self.ticket.status is TicketStatus.UNDER_WAY

    @property
    def is_held_otherwise(self) -> bool:
        """They were told to come and meet by telephone or screen now, or the other way round."""
        return self.ticket.remote is not self.was_told("remote")

    @property
    def follows_promise(self) -> bool:
        """The customer was told an itinerary for this start and has not arrived yet."""
        return is_following_promise(self.ticket)

    @property
    def itinerary(self) -> Itinerary | None:
        """The best itinerary from now on."""
        return self.ticket.itineraries[0] if self.ticket.itineraries else None

    @property
    def has_no_itinerary(self) -> bool:
        """The origin is known, and nothing brings them from there in time, or at all."""
        return self.itinerary is None and self.ticket.origin is not None and self.ticket.plan_note in NO_ITINERARY_NOTES

    @property
    def has_lost_itinerary(self) -> bool:
        """A time to leave was told, then the customer gave another origin, and from there nothing runs."""
        had_one = self.promise.leave_by is not None and not self.was_told("leave_by", "late")
        return had_one and self.has_no_itinerary and is_to_come(self.ticket) and self.now < self.ticket.start

    @property
    def has_next_step_changed(self) -> bool:
        """What is to be done next is not what was promised."""
        return self.boards_otherwise or self.must_set_out_earlier or self.alights_elsewhere

    @property
    def boards_otherwise(self) -> bool:
        """A vehicle that was not promised is to be boarded, or none at all where one was promised."""
        itinerary, promised = self.itinerary, self.promise.itinerary
        if itinerary is None or promised is None:
            return False
        boardings = boardings_of(itinerary)
        if not boardings:
            return bool(boardings_of(promised))
        ahead = {one for leg, one in zip(_rides(itinerary), boardings, strict=True) if leg.departs > self.now}
        return bool(ahead - set(boardings_of(promised))) and not self.waits_for_next_of_line

    @property
    def must_set_out_earlier(self) -> bool:
        """The itinerary begins earlier than the promised one, by more than people do anyway, and not before now."""
        itinerary, promised = self.itinerary, self.promise.itinerary
        if itinerary is None or promised is None or itinerary.leave_at <= self.now:
            return False
        return promised.leave_at - itinerary.leave_at >= timedelta(seconds=EARLIER_START_S)

    @property
    def waits_for_next_of_line(self) -> bool:
        """They are on the way and missed a vehicle, and take the next of the same line, as anybody does unasked.

        That is not presumed where no chance is known: the customer may not know that there is a next one.
        """
        itinerary, promised = self.itinerary, self.promise.itinerary
        if itinerary is None or promised is None or not self.is_on_the_way or self.ticket.late_probability is None:
            return False
        return _lines(itinerary) <= _lines(promised)

    @property
    def alights_elsewhere(self) -> bool:
        """They are on the way, and the ride that they are in is to be left at another stop than was promised."""
        itinerary, promised = self.itinerary, self.promise.itinerary
        if itinerary is None or promised is None or not self.is_on_the_way:
            return False
        rides = zip(_rides(itinerary), rides_of(itinerary), strict=True)
        aboard = [ride for leg, ride in rides if leg.departs <= self.now]
        left_at = {ride[:2]: ride[2] for ride in rides_of(promised)}
        return bool(aboard) and left_at.get(aboard[-1][:2], aboard[-1][2]) != aboard[-1][2]

    @property
    def next_step_at(self) -> datetime:
        """When the next thing is to be done: set out, board, or alight where it was not promised; `now` if nothing."""
        itinerary = self.itinerary
        steps = [itinerary.leave_at, *(leg.departs for leg in _rides(itinerary))] if itinerary else []
        if itinerary and self.alights_elsewhere:
            steps += [leg.arrives for leg in _rides(itinerary) if leg.departs <= self.now]
        return min((step for step in steps if step > self.now), default=self.now)

    @property
    def is_time_to_leave(self) -> bool:
        """The moment for "time to leave" has come and has not gone.

        By the clock a ticket is under way from leave_by on, but somebody who was told nothing has not left yet: for
        them that moment lasts a little longer.
        """
        ticket = self.ticket
        if ticket.status is not TicketStatus.UNDER_WAY or ticket.leave_by is None:
            return ticket.status is TicketStatus.TIME_TO_LEAVE
        is_just_past = self.now < ticket.leave_by + timedelta(minutes=LEAVE_BY_VALID_MIN)
        return is_just_past and not self.was_told("leave_by", "late")

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
    """One thing to be said."""

    kind: str  # the rule's name, and the template's
    variant: str  # the section of the template
    act_by: datetime  # when the person has to act on it
    expires_at: datetime  # after this it is no news any more
    because: str = ""  # why the rule speaks: the end of a sentence, for the operator; nothing personal
    settles: tuple[str, ...] = ()  # kinds that need not be told any more
    was: datetime | None = None  # the time that it replaces
    interrupts: bool = False  # it counts towards the limit of texts
    overtakes: bool = False  # what was decided before it and is not sent yet must not be sent any more
    tells_plan: bool = False  # the ticket's plan becomes the promise
    audience: str = "customer"
    outage: Outage | None = None  # of which it tells
    effect: str = ""  # what an outage means for the visit (`tickets.outage_impact.Effect`, or "over")
    about: str = ""  # of an outage: its id, or "over"; checked again before it is sent
    decision: int = 0  # the number of the ticket's decision; set when it is remembered
    late_min: int | None = None  # what the business is told
    words: str = ""  # the customer's own, handed on
    facts: Facts | None = None  # what it rests on; set when it is remembered
    before: Promise | None = None  # what the customer knows until it is sent; set when it is remembered
    start: datetime | None = None  # of the appointment that it speaks of, where that is not the ticket's present one


def _lines(itinerary: Itinerary) -> set[tuple[str, str | None, str | None]]:
    """The lines, and where one boards and leaves them."""
    return {(leg.ride.route_id, leg.origin.stop_id, leg.destination.stop_id) for leg in itinerary.legs if leg.ride}


def _rides(itinerary: Itinerary) -> list[Leg]:
    return [leg for leg in itinerary.legs if leg.ride or leg.rental]
