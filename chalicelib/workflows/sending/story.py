"""One person's story at the moment of sending: what else they were told today is read, and is written with the claim.

The rules are `notices/story/telling.py`; here what they need is read, and their answer becomes a notice and a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from chalicelib.foundation.keys import heard_key, person_of
from chalicelib.foundation.locales import language_of
from chalicelib.notices.delivery.address import address_of_business
from chalicelib.notices.documents import from_document
from chalicelib.notices.facts import Facts
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.rendering.fitting import fit_text
from chalicelib.notices.rendering.phrases import sections
from chalicelib.notices.story.person_day import SentText, day_from
from chalicelib.notices.story.telling import (
    JOINED,
    OTHER_PENDING_S,
    TOLD_WITH_OTHERS,
    WAITING,
    Told,
    tell,
    text_that_told,
    told_together,
    words_for,
)
from chalicelib.notices.story.visits import day_of, is_standing
from chalicelib.notices.verdict import MANY_BOOKINGS, verdict
from chalicelib.tickets.repository import Tickets
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import with_fixed_offset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from chalicelib.bookings.booking import Booking
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.unit_of_work import UnitOfWork
    from chalicelib.notices.story.person_day import PersonDay
    from chalicelib.tickets.ticket import Ticket

WORD_EXPIRES = timedelta(hours=12)
NOT_SENT = (NoticeState.DUE, NoticeState.FAILED, NoticeState.SUPPRESSED)


@dataclass(frozen=True, slots=True)
class Turn:
    """The notice as it goes out, or as it waits or ends; `day` with it as a text, where it goes out."""

    notice: Notice
    day: PersonDay | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One notice about a ticket, about to be sent, and what its story rests on. `read_booking` reads one by its id."""

    unit: UnitOfWork
    ticket: Ticket
    business: Business
    read_booking: Callable[[str], Booking | None]
    public_url: str

    def turn(self, notice: Notice, now: datetime) -> Turn:
        """What becomes of it. Raises `Unavailable`."""
        day = self._day_of(notice, now)
        if told := text_that_told(notice, self.ticket, day):
            return Turn(self._told_already(notice, told, now))
        telling = tell(notice, self.ticket, day, now)
        if telling.state:
            again_at = telling.again_at or notice.send_at
            return Turn(replace(notice, state=telling.state, reason=telling.reason, send_at=again_at))
        others = Tickets(self.unit).of_person(self.ticket, now) if notice.kind in JOINED else []
        told_too, covers, was = self._told_too(notice, others, now)
        standing = self._standing(others, told_too) if notice.kind == "cancelled" else ()
        about = Told((self.ticket, *told_too), standing, was)
        worded = words_for(notice, about, self.business, now, self.public_url)
        text = SentText(notice.notice_id, notice.business_id, notice.kind, now, self.ticket.ticket_id, covers)
        return Turn(worded, day.with_text(text))

    def _day_of(self, notice: Notice, now: datetime) -> PersonDay:
        person = person_of(notice.channel, notice.to)
        today = day_of(replace(self.ticket, start=now))
        document = self.unit.get("config", heard_key(person, today.isoformat()))
        return day_from(document, person, today)

    def _told_already(self, notice: Notice, told: SentText, now: datetime) -> Notice:
        """Told by another text; while nobody knows whether that went out, this one waits for it."""
        document = self.unit.get("notices", told.notice_id)
        if document and from_document(document).state is NoticeState.SENDING:
            again_at = now + timedelta(seconds=OTHER_PENDING_S)
            return replace(notice, state=NoticeState.HELD, reason=TOLD_WITH_OTHERS, send_at=again_at)
        return replace(notice, state=NoticeState.SUPPRESSED, reason=TOLD_WITH_OTHERS)

    def _told_too(
        self, notice: Notice, others: Sequence[Ticket], now: datetime
    ) -> tuple[tuple[Ticket, ...], tuple[str, ...], tuple[datetime, ...]]:
        """The others that the same text tells, their marks, and of a move the times that it replaces."""
        if not others:
            return (), (), ()
        ids = {one.ticket_id: [each.notice_id for each in one.promise.pending] for one in others}
        self.unit.fetch({"notices": [key for keys in ids.values() for key in keys]})
        pending: dict[str, Notice] = {}
        for one in others:
            found = [document for key in ids[one.ticket_id] if (document := self.unit.get("notices", key))]
            theirs = [each for each in map(from_document, found) if each.kind == notice.kind and each.state in WAITING]
            pending |= {one.ticket_id: theirs[-1]} if theirs else {}
        together = told_together(notice, self.ticket, others, pending, self.business, now)
        self.unit.fetch({"bookings": [one.booking_id for one, _ in together]})
        standing = [(one, mark) for one, mark in together if self._is_so(pending.get(one.ticket_id), one, now)]
        facts = [notice.facts, *(pending[one.ticket_id].facts for one, _ in standing if one.ticket_id in pending)]
        was = tuple(each.promised_start for each in facts if each and each.promised_start)
        return tuple(one for one, _ in standing), tuple(mark for _, mark in standing), was

    def _is_so(self, pending: Notice | None, ticket: Ticket, now: datetime) -> bool:
        booking = self.read_booking(ticket.booking_id)
        if pending is not None:
            return verdict(pending, ticket, booking, now, opted_out=False, business=self.business).state is None
        is_booked = booking is not None and booking.status is Status.BOOKED
        return is_booked and booking is not None and with_fixed_offset(booking.start) == ticket.start

    def _standing(self, others: Sequence[Ticket], told: Sequence[Ticket]) -> tuple[Ticket, ...]:
        """The person's other visits of that day that are still to come."""
        ended = {one.ticket_id for one in told}
        same_day = (one for one in others if day_of(one) == day_of(self.ticket) and one.ticket_id not in ended)
        return tuple(one for one in same_day if is_standing(one) and is_to_come(one))


def word_to_business(notice: Notice, business: Business, bookings: int, now: datetime) -> Notice:
    """The one word about an address that stands in too many bookings; the same for each of them, for a month."""
    locale, address = language_of(business.locale), address_of_business(business)
    fields: Mapping[str, str] = {"n": str(bookings), "to": notice.to}
    return Notice(
        notice_id=f"{MANY_BOOKINGS}-{business.business_id}-{person_of(notice.channel, notice.to)}",
        ticket_id=None,
        business_id=business.business_id,
        kind=MANY_BOOKINGS,
        channel=address.channel,
        to=address.to,
        text=fit_text(sections(locale, MANY_BOOKINGS)["plain"], fields),
        subject=business.name,
        state=NoticeState.DUE,
        reason=address.reason,
        created_at=now,
        send_at=now,
        expires_at=now + WORD_EXPIRES,
        decision=0,
        locale=locale,
        audience="business",
        correlation_id=notice.correlation_id,
        facts=Facts(
            MANY_BOOKINGS, "plain", "one address stands in more bookings than a person makes", business.timezone
        ),
        version=1,
    )
