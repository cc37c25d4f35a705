"""From a ticket as it was read to what is stored: one step, committed together with the notices that it caused.

Rules
- A ticket and the notices that it causes are an idempotent pair, half the price of a transaction: the notices first,
  each under the key of its decision, then the ticket, which is what takes the decision. Who comes second finds a
  conflict, loads again and decides again on what is then true.
- A crash between the two leaves notices that nobody decided: none of them is sent (`receipts.is_decided`), and who
  takes that decision writes in their place.
- What is as it was is not written.
- Before the step it is read what became of the notices that the ticket does not know to be sent (`notices/receipts`);
  those that it takes back are suppressed by the same write.
- What cannot be put into a queue after the write is found by the minute's search: it is stored that it is due.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.commands import CheckTicket, CompileFeed, SendNotice, send_commands
from chalicelib.foundation.keys import person_of
from chalicelib.foundation.logs import about, correlation_id
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.notices.delivery.address import address_of
from chalicelib.notices.documents import forget_location, from_document, notice_write
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.receipts import PERHAPS_TOLD, digest_of_words, readdress, reconcile, taken_back
from chalicelib.tickets.documents import ticket_write
from chalicelib.tickets.origin import assume_origin
from chalicelib.tickets.plan import NO_TIMETABLE
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.workflows.checking.step import StepContext, run_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Documents, Write
    from chalicelib.notices.notice import Notice
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Services

log = logging.getLogger("hub.tickets")

OTHERS_CHECKED_MAX = 20  # visits of one person that are checked at once when one of them falls away
ENDED = frozenset({TicketStatus.CANCELLED, TicketStatus.NO_SHOW})


@dataclass(frozen=True, slots=True)
class LoadedTicket:
    """A ticket as its booking or its customer wants it now (`ticket`), and as it is `stored` (None: it is new).

    `also` is written with it, all or nothing; `voided` before it. A new ticket may stand `instead` of a document of
    that version.
    """

    ticket: Ticket
    stored: Ticket | None
    also: tuple[Write, ...] = ()
    voided: tuple[Write, ...] = ()
    instead: int | None = None


def settle(
    services: Services, loaded: LoadedTicket, business: Business, now: datetime, *, lean: bool = False
) -> Ticket:
    """Takes the ticket's step and commits what comes of it; the ticket as it is stored then.

    `lean`: as in `step.StepContext`. Raises `Conflict`, `Unavailable`; then nothing of it happened.
    """
    before, stored = loaded.ticket, loaded.stored
    if before.address_open:
        before = assume_origin(before, services.places(), now)
    wanted = dict.fromkeys(one for ticket in (before, stored) if ticket for one in ticket.promise.open_notice_ids)
    found = services.documents.get_many("notices", list(wanted)) if wanted else []
    read = {document["notice_id"]: from_document(document) for document in found}
    if stored and before.customer != stored.customer:
        before = readdress(before, stored.customer, business, read, now)
    before = reconcile(before, read, business, now)
    kept = None if loaded.also else stored
    before = _with_person(before, stored, business)
    others = cache(partial(services.tickets.before, before, now))
    context = StepContext(business, services.travel, now, lean, others, services.reminders_within)
    ticket, notices = run_step(before, kept, context, services.public_url)
    if ticket.forgotten and not before.forgotten:
        _forget_texts(services.documents, ticket.ticket_id)
    if kept and ticket is kept:
        return kept
    voided = tuple(
        notice_write(replace(one, version=one.version + 1), one.version)
        for one in taken_back(read, ticket, business, now)
    )
    saved = commit(services, replace(loaded, ticket=ticket, voided=voided), now, notices)
    if stored and _has_left_its_place(stored, saved):
        left = services.tickets.of_person(saved, now)[:OTHERS_CHECKED_MAX]
        with contextlib.suppress(Unavailable):  # each is checked by its own clock, too
            send_commands(services.queues, *(CheckTicket(one.ticket_id) for one in left))
    if _lacks_its_day(saved) and not (stored and _lacks_its_day(stored)):
        _ask_for_the_day(services, saved)
    return saved


def _with_person(ticket: Ticket, stored: Ticket | None, business: Business) -> Ticket:
    """The ticket that knows who is reached, by the address at which they are now."""
    if stored and stored.person and stored.customer == ticket.customer and not ticket.promise.refused:
        return replace(ticket, person=stored.person)
    address = address_of(ticket.customer, business, ticket.promise.refused)
    return replace(ticket, person=person_of(address.channel, address.to) if address.to else "")


def _has_left_its_place(stored: Ticket, saved: Ticket) -> bool:
    """Whether the person's other visits may be a journey of their own now, or none any more."""
    ended = saved.status in ENDED and stored.status not in ENDED
    return ended or stored.start != saved.start or stored.remote is not saved.remote


def commit(services: Services, decided: LoadedTicket, now: datetime, notices: Sequence[Notice] = ()) -> Ticket:
    """Writes the ticket with its notices, then says in the queue that there is something to send.

    Raises `Conflict`, `Unavailable`; then nothing of it happened.
    """
    ticket, stored = decided.ticket, decided.stored
    cause = correlation_id()
    if ticket == stored and not (notices or decided.also or decided.voided):
        return ticket
    expects = stored.version if stored else decided.instead
    ticket = replace(ticket, updated_at=now, version=(expects or 0) + 1)
    for one in notices:
        _write_notice(services.documents, replace(one, version=1, correlation_id=cause))
    for voided in decided.voided:
        services.documents.write(voided)
    services.documents.write(*decided.also, ticket_write(ticket, expects))
    for notice in notices:
        log.info(
            "a notice was decided",
            extra=about(
                business_id=notice.business_id,
                ticket_id=ticket.ticket_id,
                notice_id=notice.notice_id,
                kind=notice.kind,
                channel=notice.channel,
                state=notice.state.value,
            ),
        )
    ready = [notice for notice in notices if notice.send_at <= now and notice.state is NoticeState.DUE]
    with contextlib.suppress(Unavailable):  # they are stored; the search for what is due finds them soon
        send_commands(services.queues, *(SendNotice(notice.notice_id, ticket.booking_id) for notice in ready))
    return ticket


def _write_notice(documents: Documents, notice: Notice) -> None:
    """Writes a new notice, also in the place of one of the same decision that was never taken. Raises `Conflict`."""
    try:
        documents.write(notice_write(notice, None))
    except Conflict:
        stored = documents.get("notices", notice.notice_id)
        left = from_document(stored) if stored else None
        if left is None or left.state in PERHAPS_TOLD:
            raise
        if left.state is not notice.state or digest_of_words(left) != digest_of_words(notice):
            documents.write(notice_write(replace(notice, version=left.version + 1), left.version))


def _forget_texts(documents: Documents, ticket_id: str) -> None:
    """Texts and facts name the stop near which somebody lives: after the visit only that there was one remains."""
    for document in documents.query("notices", "by_ticket_keys", ticket_id):
        notice = from_document(document)
        if notice.text or (notice.facts and not notice.facts.is_erased):
            bare = replace(forget_location(notice), version=notice.version + 1)
            with contextlib.suppress(Conflict):  # the index lagged; text and facts expire with the notice
                documents.write(notice_write(bare, notice.version))


def _lacks_its_day(ticket: Ticket) -> bool:
    """Whether a plan, or the search for where the customer comes from, waits for a timetable."""
    return ticket.plan_note == NO_TIMETABLE or ticket.address_open


def _ask_for_the_day(services: Services, ticket: Ticket) -> None:
    """A day further ahead than days are compiled by themselves is compiled because somebody travels on it."""
    day = ticket.start.astimezone(ZoneInfo(ticket.timezone)).date().isoformat()
    with contextlib.suppress(Unavailable):  # the daily check of the feed comes to that day in time
        send_commands(services.queues, CompileFeed(ticket.feed, "days", (day,)))
