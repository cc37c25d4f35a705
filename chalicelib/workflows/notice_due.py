"""Sending: what was decided goes out once, or it is known why not.

Rules
- A notice is stored right before the ticket that decides it (`checking/commit`); the queue only names it. What a crash
  loses on the way is found again by `sweep`, in the index "due". What its ticket did not decide is not sent.
- The state of ticket, booking and opt-out is read at once right before the claim; the claim (a conditional write, due →
  sending) comes right before the sending. Two senders cannot both claim.
- A crash after the claim leaves `sending`; found there after `DOUBT_AFTER`, it becomes doubtful, never sent again.
- What its person was told today is read there, too, and written with the claim (`sending/story`): several visits are
  one text, what another text has told is not sent, and nobody gets too many. Of two senders to one person one is first.
- A carrier takes so many texts a second: whose turn it is not yet waits a moment, or goes back into the queue until
  then (`delivery/pace`). A carrier that has too much to do all the same gets it again in seconds.
- A service that cannot be reached puts the notice back with a growing delay, until it expires. A refusal is final.
  Where the service cannot say whether it sent, nobody knows: doubtful. Its words are kept (`Notice.delivery`).
- What a carrier refused for good was not heard: the ticket is checked, and decides by which channel it is told instead.
- What was sent is also published to the topic; if only that fails, only that is repeated.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckTicket, SendNotice, send_commands
from chalicelib.foundation.keys import business_key, opt_out_key, sent_key
from chalicelib.foundation.logs import NOTICE_DELAY, NOTICES, about, log_context, measure
from chalicelib.foundation.ports import Conflict, Doubtful, OptedOut, Refused, Throttled, Unavailable, Write
from chalicelib.foundation.retry import retry
from chalicelib.foundation.unit_of_work import UnitOfWork
from chalicelib.notices.delivery.address import channel_named
from chalicelib.notices.delivery.channel import UNPACED
from chalicelib.notices.delivery.opt_out import is_opted_out, record_wish
from chalicelib.notices.delivery.pace import CAN_WAIT, Pacer, instant_of
from chalicelib.notices.delivery.reached import remember_reached
from chalicelib.notices.delivery.reports import plain_words
from chalicelib.notices.documents import DOUBT_AFTER, KEEP_NOTICE, from_document, notice_write
from chalicelib.notices.notice import Delivery, DeliveryState, NoticeState
from chalicelib.notices.notice_json import to_json
from chalicelib.notices.receipts import UNDECIDED_GOOD_FOR, is_decided
from chalicelib.notices.story.person_day import day_of_document, day_write
from chalicelib.notices.story.telling import JOINS, TOO_MANY_BOOKINGS
from chalicelib.notices.verdict import verdict
from chalicelib.tickets.repository import Tickets
from chalicelib.workflows.checking.due import DueDocuments
from chalicelib.workflows.sending.story import NOT_SENT, Story, word_to_business

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.logs import LogFields
    from chalicelib.foundation.ports import Documents, Handover, Queues
    from chalicelib.notices.delivery.channel import Carriers
    from chalicelib.notices.delivery.pace import Line
    from chalicelib.notices.notice import Notice
    from chalicelib.notices.story.person_day import PersonDay
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Readers

log = logging.getLogger("hub.notices")

HELD_AGAIN = timedelta(minutes=5)  # so soon after a business resumes its messages they go out
BACK_OFF_S, BACK_OFF_MAX_S = 30, 900
PAUSE_MAX = timedelta(seconds=1.5)  # a sender waits so long for a turn; for a later one the text goes back
TURN_KEPT = timedelta(seconds=20)  # who comes back later than this has lost the turn
BUSY_S = (2.0, 6.0)  # after "too many" the same text comes again between these
DELAY_MAX_S = 900  # of a queue; what is due later is found by the minute's search
IN_LINE, ASKS_AGAIN, BUSY = "waits_for_its_turn", "waits_for_urgent_texts", "carrier_is_busy"
COMES_BACK = frozenset({IN_LINE, ASKS_AGAIN, BUSY, JOINS})


@dataclass(frozen=True, slots=True)
class Outbox:
    """The sender. `readers` read the present state of bookings and businesses through given documents."""

    documents: Documents
    queues: Queues
    carriers: Carriers
    readers: Callable[[Documents], Readers]
    pause: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    public_url: str = ""  # https://host, without a path: of the links of texts that tell of several visits
    clock_s: Callable[[], float] = time.monotonic
    _waiting: DueDocuments = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Remembers what was named as due a moment ago."""
        object.__setattr__(self, "_waiting", DueDocuments(self.documents, "notices"))

    def deliver(self, notice_id: str, now: datetime, *, booking_id: str = "") -> NoticeState | None:
        """Sends one notice if it is still to be sent; its state afterwards, None if there is no such notice.

        `booking_id`, where it is known, saves asking for the booking by itself.
        Safe to call any number of times, from any number of workers. Raises `Unavailable` where not even the state
        could be read or recorded; calling again is then right.
        """
        document = self.documents.get("notices", notice_id)
        if document is None:
            return None
        notice = from_document(document)
        with log_context(**_ids_of(notice)):
            try:
                after = self._next_step(notice, now, booking_id)
            except Conflict:
                # another sender was faster: with this notice, or with another to the same person
                after_all = self.documents.get("notices", notice_id)
                if after_all is None or after_all["version"] != document["version"]:
                    return None
                raise Unavailable("another sender writes to the same person; try again") from None
            if after.state is NoticeState.FAILED and after.ticket_id:
                send_commands(self.queues, CheckTicket(after.ticket_id))
            if after.reason in COMES_BACK and after.send_at > now and after.version != notice.version:
                self._queue_again(after, booking_id, now)
            elif (after.state, after.attempts) != (notice.state, notice.attempts):
                _log_outcome(after, notice.send_at, now)
            return after.state

    def sweep(self, now: datetime) -> int:
        """Puts what is due or was lost into the queue; how many. To be called once a minute."""

        def send(notice_ids: Sequence[str]) -> None:
            send_commands(self.queues, *map(SendNotice, notice_ids))

        return self._waiting.hand_on(now, send)

    def _next_step(self, notice: Notice, now: datetime, booking_id: str) -> Notice:
        if now < notice.send_at <= now + PAUSE_MAX and notice.reason in COMES_BACK:
            self.pause((notice.send_at - now).total_seconds())
            now = notice.send_at
        if notice.send_at > now:
            return notice
        if notice.state is NoticeState.SENDING:
            return self._save(replace(notice, state=NoticeState.DOUBTFUL, reason="crashed_while_sending"))
        if notice.state is NoticeState.SENT and not notice.published:
            return self._save(self._publish(notice, now))
        if notice.state not in {NoticeState.DUE, NoticeState.HELD}:
            return notice
        return self._send_if_valid(notice, now, booking_id)

    def _send_if_valid(self, notice: Notice, now: datetime, booking_id: str) -> Notice:
        unit = UnitOfWork(self.documents, self.queues)
        unit.fetch(_concerning(notice, booking_id))
        read = self.readers(unit)
        ticket = Tickets(unit).load(notice.ticket_id, now) if notice.ticket_id else None
        if not is_decided(notice, ticket, now):
            return self._leave_undecided(notice, now)
        booking = read.booking(ticket.booking_id) if ticket else None
        opted_out = _may_be_opted_out(notice) and is_opted_out(unit, notice.to)
        business = read.business(notice.business_id)
        end = verdict(notice, ticket, booking, now, opted_out=opted_out, business=business)
        if end.state:  # what is held waits: the switch may be put back, else it expires
            again_at = now + HELD_AGAIN if end.state is NoticeState.HELD else notice.send_at
            return self._save(replace(notice, state=end.state, reason=end.reason, send_at=again_at))
        day = None
        if ticket and business and notice.audience == "customer":
            turn = Story(unit, ticket, business, read.booking, self.public_url).turn(notice, now)
            if turn.day is None:
                return self._leave_to_others(turn.notice, ticket, business, now)
            notice, day = turn.notice, turn.day
        line = self.carriers.lines(notice.business_id) if channel_named(notice.channel).is_paced else UNPACED
        if line.per_s and (later := self._wait_for_turn(notice, line, now)):
            return self._save(later)
        claimed = replace(notice, state=NoticeState.SENDING, send_at=now + DOUBT_AFTER, carrier=line.name)
        after = self._attempt(self._save(claimed, day, now), business.sender if business else None, line, now)
        if day and after.state in NOT_SENT:
            return self._give_back(after, day, now)
        return self._save(after)

    def _leave_to_others(self, notice: Notice, ticket: Ticket, business: Business, now: datetime) -> Notice:
        """Records that it is not sent by itself; the business hears once of an address in too many bookings."""
        if notice.reason == TOO_MANY_BOOKINGS:
            number = len(Tickets(self.documents).of_person(ticket, now)) + 1
            word = word_to_business(notice, business, number, now)
            if self.documents.get("notices", word.notice_id) is None:
                with contextlib.suppress(Conflict):  # another sender was faster
                    self.documents.write(notice_write(word, None))
                    send_commands(self.queues, SendNotice(word.notice_id))
        return self._save(notice)

    def _give_back(self, notice: Notice, day: PersonDay, now: datetime) -> Notice:
        """Records what was not sent after all, and takes it out of its person's day."""
        later = replace(notice, version=notice.version + 1)

        def step() -> Notice:
            stored = self.documents.get("config", day.key)
            today = day_of_document(stored, day.key).without(notice.notice_id)
            self.documents.write(notice_write(later, notice.version), day_write(today, now))
            return later

        return retry(step, "day of a person")

    def _wait_for_turn(self, notice: Notice, line: Line, now: datetime) -> Notice | None:
        """Waits for its turn; where that is later, the notice as it is to come back."""
        if notice.reason == IN_LINE and now - notice.send_at <= TURN_KEPT:
            return None
        can_wait, has_waited = notice.kind in CAN_WAIT, notice.reason == ASKS_AGAIN
        asked_at_s = self.clock_s()
        turn = Pacer(self.documents, self.pause).turn(line, now, can_wait=can_wait, has_waited=has_waited)
        at = instant_of(turn)
        if turn.is_mine and at <= now + PAUSE_MAX:
            took_s = self.clock_s() - asked_at_s  # others asked, too
            self.pause(max(0.0, (at - now).total_seconds() - took_s))
            return None
        reason = IN_LINE if turn.is_mine else ASKS_AGAIN
        return replace(notice, state=NoticeState.DUE, send_at=at, reason=reason)

    def _queue_again(self, notice: Notice, booking_id: str, now: datetime) -> None:
        """Has it delivered when its time comes, a moment early: what cannot be queued is found by the search."""
        delay_s = int((notice.send_at - now).total_seconds())
        if delay_s <= DELAY_MAX_S:
            with contextlib.suppress(Unavailable):
                send_commands(self.queues, SendNotice(notice.notice_id, booking_id), delay_s=delay_s)

    def _leave_undecided(self, notice: Notice, now: datetime) -> Notice:
        """Has its ticket decide; where that comes to something else, nobody hears of this one."""
        if notice.ticket_id:
            send_commands(self.queues, CheckTicket(notice.ticket_id))
        if now < notice.created_at + UNDECIDED_GOOD_FOR:
            return notice
        return self._save(replace(notice, state=NoticeState.SUPPRESSED, reason="not_decided"))

    def _attempt(self, notice: Notice, sender: str | None, line: Line, now: datetime) -> Notice:
        """Sends and says what became of it; the caller records that."""
        try:
            handed = channel_named(notice.channel).send(notice, self.carriers, sender)
        except Throttled:
            if line.per_s:
                Pacer(self.documents, self.pause).slow_down(line, now)
            wait_s = BUSY_S[0] + (BUSY_S[1] - BUSY_S[0]) * self.chance()
            return replace(notice, state=NoticeState.DUE, reason=BUSY, send_at=now + timedelta(seconds=wait_s))
        except Unavailable as error:
            wait_s = min(BACK_OFF_S * 2**notice.attempts, BACK_OFF_MAX_S)
            again = replace(notice, send_at=now + timedelta(seconds=wait_s), attempts=notice.attempts + 1)
            return _with_words(replace(again, state=NoticeState.DUE, reason="service_unavailable"), error, now)
        except Doubtful as error:
            after = replace(notice, state=NoticeState.DOUBTFUL, reason="carrier_did_not_answer")
            return _with_words(after, error, now)
        except OptedOut:
            record_wish(self.documents, notice.to, now, stopped=True)
            return replace(notice, state=NoticeState.SUPPRESSED, reason="opted_out")
        except Refused as error:
            return _with_words(replace(notice, state=NoticeState.FAILED, reason="refused_by_carrier"), error, now)
        sent = replace(notice, state=NoticeState.SENT, sent_at=now, send_at=now, reason=None, delivery=None)
        remember_reached(self.documents, notice, now)
        if handed:
            self._remember_id(notice, handed, now)
            report = Delivery(DeliveryState.ACCEPTED, now) if handed.will_report else None
            sent = replace(sent, delivery=report, message_id=handed.message_id)
            sent = replace(sent, carrier=handed.carrier, sender=handed.sender)
        return self._publish(sent, now)

    def _remember_id(self, notice: Notice, handed: Handover, now: datetime) -> None:
        """Which notice the carrier's id means, where its reports name nothing else."""
        if not handed.by_id:
            return
        document = {
            "config_id": sent_key(handed.carrier, handed.message_id),
            "version": 1,
            "notice_id": notice.notice_id,
            "expires_at": int((now + KEEP_NOTICE).timestamp()),
        }
        with contextlib.suppress(Conflict, Unavailable):  # without it a report is not understood; the text is sent
            self.documents.write(Write("config", document, None))

    def _publish(self, notice: Notice, now: datetime) -> Notice:
        attributes = {
            "kind": notice.kind,
            "business_id": notice.business_id,
            "channel": notice.channel,
            "audience": notice.audience,
            "locale": notice.locale or "en",
        }
        try:
            self.carriers.topic.publish(to_json(notice), attributes)
        except Exception as failure:  # whatever the topic says, the text is sent, and is recorded as sent
            if not isinstance(failure, Unavailable):
                log.exception("a notice that was sent could not be published")
            return replace(notice, send_at=now + timedelta(seconds=BACK_OFF_S))
        return replace(notice, published=True)

    def _save(self, notice: Notice, day: PersonDay | None = None, now: datetime | None = None) -> Notice:
        later = replace(notice, version=notice.version + 1)
        days = (day_write(day, now),) if day and now else ()
        self.documents.write(notice_write(later, notice.version), *days)
        return later


def _with_words(notice: Notice, error: Exception, now: datetime) -> Notice:
    """With the carrier's own words for what went wrong."""
    state = {NoticeState.DOUBTFUL: DeliveryState.UNKNOWN, NoticeState.FAILED: DeliveryState.FAILED}.get(notice.state)
    is_for_good = notice.state is NoticeState.FAILED
    said = Delivery(state or DeliveryState.WAITING, now, plain_words(str(error), notice.to), for_good=is_for_good)
    return replace(notice, delivery=said)


def _ids_of(notice: Notice) -> LogFields:
    """What all lines about it carry; what set it off is what it was decided for."""
    return {
        "correlation_id": notice.correlation_id,
        "business_id": notice.business_id,
        "ticket_id": notice.ticket_id or "",
        "notice_id": notice.notice_id,
    }


def _log_outcome(notice: Notice, wanted_at: datetime, now: datetime) -> None:
    """Says what became of it; `wanted_at` is when it was to go out."""
    state = notice.state.value
    said = about(kind=notice.kind, channel=notice.channel, state=state, reason=notice.reason or "")
    log.info("a notice was sent" if notice.state is NoticeState.SENT else "a notice was not sent", extra=said)
    measure(NOTICES, 1, now, kind=notice.kind, state=state)
    if notice.state is NoticeState.SENT:
        measure(NOTICE_DELAY, (now - wanted_at).total_seconds(), now, kind=notice.kind)


def _may_be_opted_out(notice: Notice) -> bool:
    """Raises `LookupError` for a channel that this version does not have, before anything is claimed."""
    return channel_named(notice.channel).has_opt_out


def _concerning(notice: Notice, booking_id: str) -> dict[str, list[str]]:
    """What may speak against sending it: table → keys."""
    config = [business_key(notice.business_id), *([opt_out_key(notice.to)] if _may_be_opted_out(notice) else [])]
    tickets = [notice.ticket_id] if notice.ticket_id else []
    return {"tickets": tickets, "bookings": [booking_id] if booking_id else [], "config": config}
