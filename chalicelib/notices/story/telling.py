"""What becomes of a notice, given what else its person is told: the rules of one story. Pure.

Rules
- What waits to be said of the same kind, by the same business, to the same person is said in one text. A reminder, and
  the word on the day, name every visit of that day. A closing names all that it touches.
- What another text has told is told: it is not sent by itself.
- After a text of a kind the next of it waits for a few minutes, for what comes in the same breath: a family's bookings,
  a day's cancellings. Whoever has to act sooner does not wait.
- At most `TEXTS_MAX` interrupting texts a person and day, whoever sends them. Moves, cancellings, closings and "late"
  count for nothing there or are never held back; a reminder is beside them. A business answers at most `ANSWERS_MAX`
  new bookings of one address in a day: more are no person's, and the business is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.notice import NoticeState
from chalicelib.notices.rendering.texts import Several, several_text
from chalicelib.notices.story.visits import day_of, is_standing
from chalicelib.tickets.outage_impact import Effect, closing, closing_promise
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import TEXTS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.notice import Notice
    from chalicelib.notices.story.person_day import PersonDay, SentText
    from chalicelib.tickets.ticket import Ticket

NAMES_ALL = frozenset({"reminder", "on_the_day"})  # every visit of the day, whether or not it has a notice of its own
JOINED = NAMES_ALL | {"booked", "moved", "cancelled", "outage"}
WAITS_MIN = {"booked": 5, "moved": 2, "cancelled": 2, "outage": 2}  # after a text of the kind, for what comes with it
URGENT_MIN = 20  # before they set out, as far as anybody knows: no waiting any more
UNKNOWN_WAY_MIN = 90  # before the start: when those set out of whom nothing is known
INTERRUPTING = frozenset({"leave_by", "replan", "on_time_again", "on_the_day", "late"})
NEVER_TOO_MANY = frozenset({"late"})
ANSWERS_MAX = 3  # to new bookings of one address in a day, by one business
OTHER_PENDING_S = 30  # until it is known whether the text that names this one, too, went out

TOLD_WITH_OTHERS = "told_with_others"
JOINS = "joins_others"
ENOUGH_TODAY = "enough_texts_today"
TOO_MANY_BOOKINGS = "too_many_bookings_of_one_address"
WAITING = (NoticeState.DUE, NoticeState.HELD)


@dataclass(frozen=True, slots=True)
class Telling:
    """What becomes of a notice. `state` None: it is sent. HELD: again at `again_at`. Else it ends, for `reason`."""

    state: NoticeState | None = None
    reason: str | None = None
    again_at: datetime | None = None


SEND = Telling()


def mark_of(notice: Notice, ticket: Ticket) -> str:
    """By what a text is known that has told this, too."""
    if notice.kind in NAMES_ALL:
        return f"{ticket.ticket_id}@{ticket.start.isoformat()}"
    outage = notice.facts.outage if notice.facts else None
    if notice.kind == "outage" and outage and outage.effect:
        return _closing_mark(ticket, notice.about, outage.back_until)
    return notice.notice_id


def _closing_mark(ticket: Ticket, outage_id: str, back_until: datetime) -> str:
    return f"{ticket.ticket_id}@{ticket.start.isoformat()}#{outage_id}#{back_until.isoformat()}"


def text_that_told(notice: Notice, ticket: Ticket, day: PersonDay) -> SentText | None:
    """The text of today that has told this, too."""
    mark = mark_of(notice, ticket)
    mine = (one for one in day.texts if (one.kind, one.business_id) == (notice.kind, notice.business_id))
    return next((one for one in mine if mark in one.covers and one.notice_id != notice.notice_id), None)


def tell(notice: Notice, ticket: Ticket, day: PersonDay, now: datetime) -> Telling:
    """What becomes of a notice that no text of today has told."""
    if notice.kind == "booked" and day.count(frozenset({"booked"}), notice.business_id) >= ANSWERS_MAX:
        return Telling(NoticeState.SUPPRESSED, TOO_MANY_BOOKINGS)
    if notice.kind in INTERRUPTING - NEVER_TOO_MANY and day.count(INTERRUPTING) >= TEXTS_MAX:
        return Telling(NoticeState.SUPPRESSED, ENOUGH_TODAY)
    alike = [
        one.at
        for one in day.texts
        if (one.kind, one.business_id) == (notice.kind, notice.business_id) and one.ticket_id != notice.ticket_id
    ]
    joins_at = max(alike, default=now) + timedelta(minutes=WAITS_MIN.get(notice.kind, 0))
    set_out = ticket.leave_by or ticket.start - timedelta(minutes=UNKNOWN_WAY_MIN)
    is_urgent = set_out <= joins_at + timedelta(minutes=URGENT_MIN)
    if alike and now < joins_at < notice.expires_at and not is_urgent:
        return Telling(NoticeState.HELD, JOINS, joins_at)
    return SEND


def told_together(
    notice: Notice,
    ticket: Ticket,
    others: Sequence[Ticket],
    pending: Mapping[str, Notice],
    business: Business,
    now: datetime,
) -> list[tuple[Ticket, str]]:
    """The other tickets that the same text tells, too, each with its mark, as far as tickets and notices say.

    `pending` are notices of others that were decided and are not known to be sent, by ticket. Whether their bookings
    stand is still to be asked.
    """
    if notice.kind not in JOINED:
        return []
    found: list[tuple[Ticket, str]] = []
    for one in others:
        theirs = pending.get(one.ticket_id)
        if notice.kind in NAMES_ALL:
            if is_standing(one) and is_to_come(one) and day_of(one) == day_of(ticket):
                found.append((one, f"{one.ticket_id}@{one.start.isoformat()}"))
        elif theirs and _is_alike(theirs, notice, now):
            found.append((one, mark_of(theirs, one)))
        elif notice.kind == "outage" and (mark := _mark_of_same_closing(notice, ticket, one, business, now)):
            found.append((one, mark))
    return found


def _is_alike(theirs: Notice, notice: Notice, now: datetime) -> bool:
    waits = theirs.state in WAITING and (theirs.send_at <= now or theirs.reason in {JOINS, notice.reason})
    is_same_kind = (theirs.kind, theirs.channel, theirs.to) == (notice.kind, notice.channel, notice.to)
    is_same = theirs.about == notice.about and (notice.kind != "outage" or _way_of(theirs) == _way_of(notice))
    return waits and is_same_kind and is_same


def _way_of(notice: Notice) -> str:
    """What a closing means, whether or not one is on the way: "closed", "delayed", "over"."""
    return (notice.facts.variant if notice.facts else "").partition("_")[0]


def _mark_of_same_closing(notice: Notice, ticket: Ticket, other: Ticket, business: Business, now: datetime) -> str:
    """The mark of a closing that touches this other visit in the same way and was not told to it; "": it does not."""
    outage = notice.facts.outage if notice.facts else None
    impact = closing(other, business, now)
    if outage is None or impact is None or closing_promise(other) or not is_standing(other):
        return ""
    is_same = impact.effect == outage.effect and impact.outage.outage_id == notice.about
    is_same = is_same and impact.effect in {Effect.IMPOSSIBLE, Effect.UNCERTAIN} and day_of(other) == day_of(ticket)
    return _closing_mark(other, notice.about, impact.outage.back_until) if is_same else ""


@dataclass(frozen=True, slots=True)
class Told:
    """The visits that one text is about: those that it tells (its own among them), what stands beside them that day."""

    told: tuple[Ticket, ...]
    standing: tuple[Ticket, ...] = ()
    was: tuple[datetime, ...] = ()  # of a move: the times that it replaces


def words_for(notice: Notice, about: Told, business: Business, now: datetime, public_url: str) -> Notice:
    """The notice in words that name all visits that it tells; as it is where those are one."""
    told, standing = about.told, about.standing
    kind, variant = notice.kind, notice.facts.variant if notice.facts else ""
    lead = min(told, key=lambda one: (one.start, one.ticket_id))
    if len({one.start for one in told}) > 1:
        variant = _variant_for_several(notice, lead)
    elif kind == "cancelled" and standing and variant != "remote":
        variant = "others_stand"
    else:
        return notice  # one visit is named by its own text
    several = Several(
        kind,
        variant,
        tuple(sorted({one.start for one in told})),
        stands=tuple(sorted({one.start for one in standing})),
        was=tuple(sorted(set(about.was))),
        outage=notice.facts.outage if notice.facts else None,
    )
    text = several_text(several, lead, business, now, public_url=public_url, first=notice.decision == 1)
    _, line, address = notice.text.partition("\n")
    return replace(notice, text=f"{text.text}{line}{address}")


def _variant_for_several(notice: Notice, lead: Ticket) -> str:
    is_late = lead.arrive_at is not None and lead.arrive_at > lead.start
    return {
        "booked": "plain" if lead.origin else "ask",
        "reminder": "planned" if lead.leave_by and not is_late else "plain",
        "on_the_day": "plain",
        "outage": f"{_way_of(notice)}_several",
    }.get(notice.kind, "several")
