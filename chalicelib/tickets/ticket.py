"""The live ticket as a value. Its states and their transitions are in `states.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.foundation.distance import distance_m
from chalicelib.tickets.said.said import NOTHING_SAID

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.tickets.said.said import Said
    from chalicelib.transit.itinerary import Itinerary, Place


ELSEWHERE_M = 200  # nearer than this it is the same place, whatever it is called: the same stop serves both
TOLERATED_LATENESS_S = 300  # later than this is late for everybody; less of a delay comes and goes on the way
AS_GOOD_AS_CERTAIN = 0.95  # a chance above which something is told as a fact: one in twenty is nobody's plan
TEXTS_MAX = 3  # interrupting texts per ticket, beside the reminder: who gets more stops reading them
REPLAN_TEXTS_MAX = TEXTS_MAX - 1  # another itinerary is told only before as many: one text is left for worse news
IMPOSSIBLE = "impossible"  # what a closing means for a visit that cannot begin on time
CLOSED_NOTE = "business_closed"  # why there is no plan
TO_BUSINESS = frozenset({"customer_late", "customer_on_time"})  # kinds of notices that the business gets
ABOUT_THE_ITINERARY = frozenset({"leave_by", "replan", "late", "on_time_again", *TO_BUSINESS})


def is_elsewhere(one: Place, other: Place) -> bool:
    """Whether somebody who went to the one place would be wrong at the other."""
    return distance_m(one.lat, one.lon, other.lat, other.lon) > ELSEWHERE_M


def with_fixed_offset(instant: datetime) -> datetime:
    """The instant with a fixed offset: in a zone with summer time, arithmetic counts wall-clock hours instead."""
    return instant.astimezone(timezone(instant.utcoffset() or timedelta()))


class TicketStatus(StrEnum):
    """Where the customer is in the life of a booking."""

    WAITING_FOR_ORIGIN = "waiting_for_origin"
    PLANNED = "planned"
    TIME_TO_LEAVE = "time_to_leave"
    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    IN_SERVICE = "in_service"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    NOT_HELD = "not_held"  # the business could not receive them, and told them so


@dataclass(frozen=True, slots=True)
class OutagePromise:
    """What we told about an outage: what it means for the visit (`outage_impact.Effect`), and when it may be over."""

    outage_id: str
    effect: str
    back_from: datetime
    back_until: datetime
    start: datetime  # of the appointment that it was told for
    decision: int  # the number of the ticket's decision to tell it
    goes_out_at: datetime  # until then quiet hours hold the notice: nobody has heard of it yet
    corrections: int = 0  # how often another range was told since the first word


@dataclass(frozen=True, slots=True)
class Promise:
    """What we last told the customer about a time; None where we told nothing yet."""

    start: datetime | None = None  # of the appointment
    leave_by: datetime | None = None
    arrive_at: datetime | None = None
    told_kinds: tuple[str, ...] = ()  # kinds of notices decided for the present start, in order
    itinerary: Itinerary | None = None  # the promised itinerary
    told_at: datetime | None = None  # when the last of them was decided
    texts: int = 0  # interrupting texts so far (design: three at most, beside the reminder)
    void_before_decision: int = 0  # notices of decisions below this are out of date: they are never sent
    venue: Place | None = None  # where the appointment was when we last told anything
    probability: float | None = None  # of being on time on `itinerary`, as it was when we told it
    outages: tuple[OutagePromise, ...] = ()  # at most one of the business, and one of its booking tool
    pending: tuple[PendingNotice, ...] = ()  # decided and not known to be sent, in order: the promise counts on them
    business_late_min: int | None = None  # how late the business was told that they come; None: nothing in minutes
    clear_at: datetime | None = None  # when it was told last that the visit takes place after all
    refused: tuple[str, ...] = ()  # addresses that did not work: "sms:+1…" for good, "?sms:+1…" once
    unconfirmed: tuple[PendingNotice, ...] = ()  # sent; whether it arrived will be reported, and is not known yet

    @property
    def open_notice_ids(self) -> list[str]:
        """The notices whose fate decides what counts as told."""
        return [one.notice_id for one in (*self.pending, *self.unconfirmed)]


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """A notice to the customer that was decided and is not known to be sent, or to have arrived.

    `before` is the promise as it was without it (and without those after it); it lists no notices itself. `digest` is
    of its words; "": it was decided before these were noted.
    """

    notice_id: str
    kind: str
    decision: int
    before: Promise
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ToldElsewhere:
    """What was told at an address ("sms:+1…") that is not the customer's any more; it may be theirs again."""

    address: str
    promise: Promise  # nothing pending, no itinerary


@dataclass(frozen=True, slots=True)
class Aboard:
    """A ride that a customer is presumed to be in, as it was planned: any timetable that still has it can find it."""

    trip_id: str
    board_stop: str
    departs: datetime  # planned
    alight_stop: str
    arrives: datetime  # planned


@dataclass(frozen=True, slots=True)
class Underway:
    """How far a customer who follows the promised itinerary must be, by what vehicles did. Nobody is located for it.

    `stage` counts the rides of `Promise.itinerary` that are done. `since` is when the customer is (or will be) at the
    stop of the next ride; or boarded the one that they are `aboard`; or is at the door, where no ride is left.
    """

    stage: int
    since: datetime
    aboard: Aboard | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A booking's travelling companion, one per (booking, customer).

    The private link is `ticket_id + secret`: the ticket is fetched by the first part and the second compared in
    constant time. `version` is the optimistic lock; `decision` counts the decisions to tell something.
    `next_check_at` is when anything about this ticket can next change by itself (None: never again).
    """

    ticket_id: str
    secret: str
    booking_id: str
    booking_version: int
    business_id: str
    feed: str
    status: TicketStatus
    start: datetime
    end: datetime
    timezone: str
    venue: Place
    customer: Customer
    origin: Place | None = None
    itineraries: tuple[Itinerary, ...] = ()
    leave_by: datetime | None = None
    arrive_at: datetime | None = None
    on_time_probability: float | None = None
    late_probability: float | None = None  # of being later than `TOLERATED_LATENESS_S`; None: no forecast can be made
    underway: Underway | None = None
    plan_note: str = ""  # why there is no plan: "" | a note of `plan` | "business_closed"
    planned_with: str = ""  # feed_version of the timetable used
    observed_at: datetime | None = None  # of the live data used
    promise: Promise = Promise()
    decision: int = 0
    next_check_at: datetime | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    version: int = 0
    confirmed: bool = True  # False: the booking tool still waits for the business; nothing is told
    remote: bool = False  # by telephone or screen: nobody sets out, and nothing is planned
    forgotten: bool = False  # the visit is over: where the customer came from is deleted
    tool_reminds: bool = False  # the booking tool reminds its customers itself
    tool_tells_cancel: bool = True  # the booking tool tells its customers of a cancelling itself
    connection_id: str = ""  # which booking tool it was booked with
    address: str = ""  # where the booking's form says that the customer comes from, in its words
    address_open: bool = False  # whether those words name a place is still to be searched
    cancel_url: str = ""  # the booking tool's own page where the customer cancels
    move_url: str = ""  # the same to choose another time
    said: Said = NOTHING_SAID  # what the customer said of the visit
    origin_assumed: bool = False  # `origin` is what those words name; the customer did not say so on the page
    person: str = ""  # who is reached (`keys.person_of`): several tickets of one person are one story; "": nobody is
    told_elsewhere: tuple[ToldElsewhere, ...] = ()  # what was told at addresses that were the customer's before

    @property
    def promise_stands(self) -> bool:
        """Whether the promise is about the appointment as it is now: the same start, at the same place."""
        return self.promise.start == self.start and not self.promise_is_elsewhere

    @property
    def promise_is_elsewhere(self) -> bool:
        """Whether the promise is about another place."""
        return self.promise.venue is not None and is_elsewhere(self.promise.venue, self.venue)

    @property
    def is_told_impossible(self) -> bool:
        """Whether the customer was told, and not otherwise since, that the appointment cannot take place."""
        return any(one.effect == IMPOSSIBLE and one.start == self.start for one in self.promise.outages)

    @property
    def token(self) -> str:
        """What follows /t/ in the customer's private link."""
        return self.ticket_id + self.secret


def take_back(ticket: Ticket, number: int = 0) -> Ticket:
    """The ticket without its pending notices from this one on; what the business was told stays told."""
    promise = ticket.promise
    return _as_before(ticket, promise.pending[number].before, promise.pending[:number], promise.unconfirmed)


def take_back_unheard(ticket: Ticket, number: int) -> Ticket:
    """The ticket without its unconfirmed notices from this one on, and without all that are pending after them."""
    promise = ticket.promise
    return _as_before(ticket, promise.unconfirmed[number].before, (), promise.unconfirmed[:number])


def _as_before(
    ticket: Ticket, before: Promise, pending: tuple[PendingNotice, ...], unconfirmed: tuple[PendingNotice, ...]
) -> Ticket:
    promise = ticket.promise
    to_business = tuple(one for one in promise.told_kinds if one in TO_BUSINESS and one not in before.told_kinds)
    again = replace(
        before,
        told_kinds=before.told_kinds + to_business,
        pending=pending,
        unconfirmed=unconfirmed,
        void_before_decision=promise.void_before_decision,
        refused=promise.refused,
        business_late_min=promise.business_late_min,
    )
    return replace(ticket, promise=again)


def without_itinerary(promise: Promise) -> Promise:
    """The promise of somebody who follows no itinerary of ours any more: when to leave is told anew."""
    still = tuple(kind for kind in promise.told_kinds if kind not in ABOUT_THE_ITINERARY)
    return replace(promise, told_kinds=still, leave_by=None, arrive_at=None, itinerary=None)


def opened_again(ticket: Ticket) -> Promise:
    """The promise of a booking that is booked again: everything is told again, nothing decided before is sent."""
    return Promise(start=ticket.start, texts=ticket.promise.texts, void_before_decision=ticket.decision + 1)
