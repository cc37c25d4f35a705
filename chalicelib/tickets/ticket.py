"""The live ticket as a value. Its states and their transitions are in `states.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.foundation.distance import distance_m

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.transit.itinerary import Itinerary, Place


ELSEWHERE_M = 200  # nearer than this it is the same place, whatever it is called: the way there is the same
TOLERATED_LATENESS_S = 300  # who comes later than this is late for everybody: less comes and goes on the way
AS_GOOD_AS_CERTAIN = 0.95  # a chance that is as good as certain
TEXTS_MAX = 3  # interrupting texts per ticket, beside the reminder
REPLAN_TEXTS_MAX = TEXTS_MAX - 1  # another way is told only before as many: one text is left for worse news


def is_elsewhere(one: Place, other: Place) -> bool:
    """Whether who went to the one place would be wrong at the other."""
    return distance_m(one.lat, one.lon, other.lat, other.lon) > ELSEWHERE_M


def with_fixed_offset(instant: datetime) -> datetime:
    """The instant with a fixed offset: arithmetic and comparing in a zone with summer time count wall-clock hours."""
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


@dataclass(frozen=True, slots=True)
class OutagePromise:
    """What we told about an outage: what it means for the visit (`tickets.outage_impact.Effect`), and the range."""

    outage_id: str
    effect: str
    back_from: datetime
    back_until: datetime
    start: datetime  # of the appointment that it was told for
    decision: int  # the ticket's decision that it was
    goes_out_at: datetime  # until then quiet hours hold it: nobody has heard of it yet


@dataclass(frozen=True, slots=True)
class Promise:
    """What we last told the customer about a time; None where we told nothing yet."""

    start: datetime | None = None  # of the appointment
    leave_by: datetime | None = None
    arrive_at: datetime | None = None
    told_kinds: tuple[str, ...] = ()  # kinds of notices decided for the present start, in order
    itinerary: Itinerary | None = None  # the way to come that we told
    told_at: datetime | None = None  # when the last of them was decided
    texts: int = 0  # interrupting texts so far (design: three at most, beside the reminder)
    void_before_decision: int = 0  # notices of decisions below this are overtaken by a later one: never send them
    venue: Place | None = None  # where the appointment was when we last told anything
    probability: float | None = None  # of being on time on `itinerary`, as it was when we told it
    outages: tuple[OutagePromise, ...] = ()  # at most one of the business, and one of its booking tool


@dataclass(frozen=True, slots=True)
class Aboard:
    """A ride that somebody must be in, as it was planned: found again in any timetable that still has it."""

    trip_id: str
    board_stop: str
    departs: datetime  # planned
    alight_stop: str
    arrives: datetime  # planned


@dataclass(frozen=True, slots=True)
class Underway:
    """How far somebody who follows the told way must be, by what vehicles were seen to do. Nobody is located for it.

    `stage` counts the rides of `Promise.itinerary` that are done; `since` is when she is (or will be) at the stop of
    the next one, boarded the one that she is `aboard`, or is at the door where none is left.
    """

    stage: int
    since: datetime
    aboard: Aboard | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A booking's travelling companion, one per (booking, customer).

    The public link is `ticket_id + secret`: the ticket is fetched by the first part and the second compared in
    constant time. `version` is the optimistic lock; `decision` grows whenever something is decided that is told.
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
    late_probability: float | None = None  # of being more than five minutes late; None where no chance can be told
    underway: Underway | None = None
    plan_note: str = ""  # why there is no plan: "" | "no_timetable" | "outside_calendar" | "no_way" | …
    planned_with: str = ""  # feed_version of the timetable used
    observed_at: datetime | None = None  # of the live data used
    promise: Promise = Promise()
    decision: int = 0
    next_check_at: datetime | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    version: int = 0
    confirmed: bool = True  # False: the booking tool still waits for the business; nothing is told
    forgotten: bool = False  # the visit is over: where the customer came from is deleted
    tool_reminds: bool = False  # the booking tool reminds its customers itself
    connection_id: str = ""  # which booking tool it was booked with
    address: str = ""  # where the booking's form says that the customer comes from, in its words
    address_open: bool = False  # nobody has looked yet whether those words name a place
    origin_assumed: bool = False  # `origin` is what those words name; the customer did not say so on the page

    @property
    def promise_stands(self) -> bool:
        """What was told is about the appointment as it is now: the same start, at the same place."""
        return self.promise.start == self.start and not self.promise_is_elsewhere

    @property
    def promise_is_elsewhere(self) -> bool:
        """What was told is about another place."""
        return self.promise.venue is not None and is_elsewhere(self.promise.venue, self.venue)

    @property
    def token(self) -> str:
        """What stands behind /t/ in the customer's private link."""
        return self.ticket_id + self.secret
