"""The desk where tickets are looked after: load → decide → carry out, one ticket at a time.

Rules
- A ticket and the notices that it causes are saved in one conditional write, all or nothing. Who comes second finds a
  conflict, loads again and decides again on what is then true.
- Every entry may be called again at any time with the same effect: a crash anywhere is healed by the next call (the
  queue's redelivery, the minute's look at what is due, the sweep of the outbox).
- What is asked of others is passed in: `travel` plans, `booking` and `business` read, `new_secret` is the randomness.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.due import DueDocuments
from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.retry import retry
from chalicelib.notices.documents import from_document
from chalicelib.tickets import follow as following
from chalicelib.tickets.links import merge_tickets, new_secret
from chalicelib.tickets.links import ticket_id as id_of
from chalicelib.tickets.origin import NoPlaces, assume_origin, with_origin
from chalicelib.tickets.plan import NO_TIMETABLE
from chalicelib.tickets.repository import KEYS_READ_MAX, Tickets
from chalicelib.tickets.states import is_to_come
from chalicelib.workflows import batches, outage_changed
from chalicelib.workflows.saving import TicketCommit
from chalicelib.workflows.turn import check_ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from chalicelib.bookings.booking import Booking, Customer
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Clock, Document, Documents, Queues, Write
    from chalicelib.foundation.unit_of_work import UnitOfWork
    from chalicelib.notices.notice import Notice
    from chalicelib.tickets.origin import Places
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place
    from chalicelib.workflows.readers import Readers

TICKET = "ticket"  # what workers contend for
CHECK_WITHOUT_BUSINESS_H = 1  # a ticket whose business is not configured (any more) is looked at again after this


class UnknownBusiness(LookupError):
    """A booking names a business that is not configured; the operator has to configure it."""


@dataclass(frozen=True, slots=True)
class TicketService:
    """Looks after tickets. `public_url` is where the pages are: https://host, without the path."""

    documents: Documents
    queues: Queues
    travel: LiveTravel
    booking: Callable[[str], Booking | None]
    business: Callable[[str], Business | None]
    public_url: str
    clock: Clock
    new_secret: Callable[[], str] = new_secret
    places: Places = field(default_factory=NoPlaces)
    readers: Callable[[Documents], Readers] | None = None  # of bookings and businesses; None: `booking`, `business`

    _waiting: DueDocuments = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Remembers what was named as due a moment ago."""
        object.__setattr__(self, "_waiting", DueDocuments(self.documents, "tickets"))

    @property
    def tickets(self) -> Tickets:
        """Reading, without deciding."""
        return Tickets(self.documents)

    @property
    def _commit(self) -> TicketCommit:
        return TicketCommit(self.documents, self.queues)

    def follow(self, booking: Booking, now: datetime) -> tuple[Ticket, ...]:
        """Brings the tickets of a booking up to its present state; idempotent.

        Raises `UnknownBusiness`, `Unavailable`.
        """
        business = self.business(booking.business_id)
        if business is None:
            raise UnknownBusiness(f"booking {booking.booking_id}: business {booking.business_id} is not configured")
        here = [
            retry(partial(self._follow_customer, booking, each, business, now), TICKET) for each in booking.customers
        ]
        self._silence_others(booking, business, now)
        return tuple(ticket for ticket in here if ticket)

    def check(self, ticket_id: str, now: datetime) -> Ticket | None:
        """Whatever is due for this ticket happens: following, planning, moving on, deciding, forgetting.

        Raises `Unavailable`.
        """
        return retry(lambda: self._check(ticket_id, now), TICKET)

    def with_unit_of_work(self, sheet: UnitOfWork) -> TicketService:
        """This desk for one batch: it reads from the sheet, and what it writes and sends stays on it."""
        if self.readers is None:
            return replace(self, documents=sheet, queues=sheet)
        read = self.readers(sheet)
        return replace(self, documents=sheet, queues=sheet, booking=read.booking, business=read.business)

    def check_once(self, ticket_id: str, now: datetime) -> Ticket | None:
        """As `check`, where contention is somebody else's to settle. Raises `Conflict`, `Unavailable`."""
        return self._check(ticket_id, now)

    def check_lean(self, ticket: Ticket, now: datetime) -> Ticket | None:
        """A look at a ticket just read, because the network changed: its booking is not asked, a good plan is kept.

        Raises `Conflict`, `Unavailable`.
        """
        business = self.business(ticket.business_id)
        if business is None:
            return self._check(ticket.ticket_id, now)
        return self._settle(ticket, ticket, business, now, lean=True)

    def set_origin(self, ticket_id: str, origin: Place | None, now: datetime) -> Ticket | None:
        """The customer says where they come from (None: takes it back); planned at once. None: no such ticket.

        After the visit it changes nothing. Raises `Unavailable`.
        """
        return retry(lambda: self._set_origin(ticket_id, origin, now), TICKET)

    def queue_due(self, now: datetime) -> int:
        """Sends every ticket that wants to be looked at to the queue; how many. To be called once a minute."""
        return self._waiting.hand_on(now, partial(batches.send_due, self))

    def check_feed_days(self, feed_id: str, dates: Sequence[str], now: datetime) -> int:  # noqa: ARG002 - the message says when, the look decides
        """A feed has new timetables for these dates (YYYY-MM-DD): all its tickets of those days are looked at."""
        return self._to_queue([key for day in dates for key in self.tickets.ids_of_feed_day(feed_id, day)])

    def on_message(self, message: Document, now: datetime) -> None:
        """One message of the queues "tickets" and "updates", told apart by what they hold. Raises `Unavailable`.

        {"ticket_id"}; {"ticket_ids"} that are due; {"ticket_ids", "business_ids", "feed_id", "conditions_at"};
        {"feed_id", "conditions_at"}; {"feed_id", "round_of"}; {"feed_id", "dates"} for new timetables;
        {"business_id", "outage_id", "days"}.
        """
        if "ticket_id" in message:
            self.check(message["ticket_id"], now)
        elif "ticket_ids" in message and "feed_id" not in message:
            batches.check_due(self, message["ticket_ids"], now)
        elif "ticket_ids" in message:
            batches.check_batch(self, message, now)
        elif "outage_id" in message:
            outage_changed.on_outage_changed(self, message, now)
        elif "conditions_at" in message:
            batches.start_round(self, message["feed_id"], message["conditions_at"], now)
        elif "round_of" in message:
            batches.finish_round(self, message["feed_id"], message["round_of"], now)
        else:
            self.check_feed_days(message["feed_id"], message["dates"], now)

    def by_token(self, token: str) -> Ticket | None:
        """The ticket of a private link, compared in constant time, forwards followed; None for anything else."""
        return self.tickets.by_token(token, self.clock.now())

    def of_day(self, business_id: str, day: date) -> list[Ticket]:
        """A business's tickets of one local day, by start; may lag a write."""
        return self.tickets.of_day(business_id, day, self.clock.now())

    def notices_of_business(self, business_id: str) -> list[Notice]:
        """A business's notices, oldest first; may lag a write."""
        found = self.documents.query("notices", "by_business", business_id, limit=KEYS_READ_MAX)
        return [from_document(document) for document in found]

    def _to_queue(self, ids: Sequence[str]) -> int:
        unique = dict.fromkeys(ids)
        if unique:
            self.queues.send("tickets", *({"ticket_id": key} for key in unique))
        return len(unique)

    def _follow_customer(
        self, booking: Booking, customer: Customer, business: Business, now: datetime
    ) -> Ticket | None:
        ids = [id_of(each, customer.key) for each in (booking.booking_id, *booking.aliases)]
        ends, stands = self.tickets.resolve_ids(ids, now)
        link = merge_tickets(ids, ends, stands)
        if link.ticket is None:
            fresh = following.new_ticket(booking, customer, business, now, ticket_id=ids[0], secret=self.new_secret())
            return self._settle(fresh, None, business, now, instead=stands.get(ids[0])) if fresh else None
        ticket = link.ticket
        if ticket.booking_id != booking.booking_id:  # versions of another booking's life say nothing about this one's
            ticket = replace(ticket, booking_version=0)
        followed = following.follow(ticket, booking, customer, business, now) or ticket
        return self._settle(followed, link.stored, business, now, also=link.forwards)

    def _silence_others(self, booking: Booking, business: Business, now: datetime) -> None:
        keys = {customer.key for customer in booking.customers}
        for each in (booking.booking_id, *booking.aliases):
            for ticket in self.tickets.of_booking(each, now):
                if ticket.customer.key not in keys:
                    retry(partial(self._silence, ticket.ticket_id, booking, business, now), TICKET)

    def _silence(self, ticket_id: str, booking: Booking, business: Business, now: datetime) -> Ticket | None:
        stored = self.tickets.load(ticket_id, now)
        if stored is None:
            return None
        ticket = stored if stored.booking_id == booking.booking_id else replace(stored, booking_version=0)
        return self._settle(following.follow(ticket, booking, None, business, now) or stored, stored, business, now)

    def _check(self, ticket_id: str, now: datetime) -> Ticket | None:
        stored = self.tickets.load(ticket_id, now)
        if stored is None:
            return None
        business = self.business(stored.business_id)
        if business is None:
            return self._commit.commit(
                replace(stored, next_check_at=now + timedelta(hours=CHECK_WITHOUT_BUSINESS_H)), stored, now
            )
        booking = self.booking(stored.booking_id)
        if booking is None:
            return self._settle(stored, stored, business, now)
        if booking.booking_id != stored.booking_id:
            self.follow(booking, now)
            return self.tickets.load(ticket_id, now)
        customer = next((each for each in booking.customers if each.key == stored.customer.key), None)
        followed = following.follow(stored, booking, customer, business, now) or stored
        lean = followed is stored and stored.observed_at is not None  # planned under live data: does it work still?
        return self._settle(followed, stored, business, now, lean=lean)

    def _set_origin(self, ticket_id: str, origin: Place | None, now: datetime) -> Ticket | None:
        stored = self.tickets.load(ticket_id, now)
        business = self.business(stored.business_id) if stored else None
        if stored is None or business is None or now >= stored.end or not is_to_come(stored):
            return stored
        if stored.origin == origin:  # what we assumed was right
            own = replace(stored, origin_assumed=False, address_open=False)
            return self._commit.commit(own, stored, now)
        return self._settle(with_origin(stored, origin), stored, business, now)

    def _settle(
        self,
        ticket: Ticket,
        stored: Ticket | None,
        business: Business,
        now: datetime,
        *,
        also: Iterable[Write] = (),
        instead: int | None = None,
        lean: bool = False,
    ) -> Ticket:
        """Plans, moves on, decides and saves; a new ticket `instead` of a document of that version, if any."""
        before = assume_origin(ticket, self.places, now)
        kept = None if also else stored
        ticket, notices = check_ticket(before, kept, business, self.travel, now, self.public_url, lean=lean)
        if ticket.forgotten and not before.forgotten:
            self._commit.forget_texts(ticket.ticket_id)
        if kept and ticket is kept:
            return kept
        saved = self._commit.commit(ticket, stored, now, notices, also=also, instead=instead)
        if _lacks_its_day(saved) and not (stored and _lacks_its_day(stored)):
            self._ask_for_the_day(saved)
        return saved

    def _ask_for_the_day(self, ticket: Ticket) -> None:
        """A day further ahead than days are compiled by themselves is compiled because somebody travels on it."""
        day = ticket.start.astimezone(ZoneInfo(ticket.timezone)).date().isoformat()
        with contextlib.suppress(Unavailable):  # the daily look at the feed comes to that day in time
            self.queues.send("feeds", {"feed_id": ticket.feed, "why": "days", "dates": [day]})


def _lacks_its_day(ticket: Ticket) -> bool:
    """Whether a plan, or the search for where the customer comes from, waits for a timetable."""
    return ticket.plan_note == NO_TIMETABLE or ticket.address_open
