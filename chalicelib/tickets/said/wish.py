"""One thing that a customer wants, and what it changes about their ticket. Pure: `now` and ids are arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Any

from chalicelib.tickets.said.said import HEARD_MAX, NOTHING_SAID

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.said.said import Said
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary

LATE_MIN_MAX = 180  # more is another appointment
BY_MIN_MAX = 180  # of a way by oneself
BY = ("car", "foot", "bike")
CHANNELS = ("sms", "mail")


class What(StrEnum):
    """What a wish is about. The names are those of the contract."""

    LATE = "late"
    HERE = "here"
    ON_WAY = "on_way"
    COMING = "coming"
    CANNOT_COME = "cannot_come"
    ANOTHER_TIME = "another_time"
    CHOOSE = "choose"
    BY = "by"
    LANGUAGE = "language"
    CHANNEL = "channel"
    REMINDER_ONLY = "reminder_only"
    STOP = "stop"
    START = "start"
    FORGET = "forget"
    MESSAGE = "message"
    THANKS = "thanks"


STAMPS = {
    What.LATE: "late_at",
    What.HERE: "here_at",
    What.ON_WAY: "on_way_at",
    What.COMING: "coming_at",
    What.CANNOT_COME: "cannot_come_at",
    What.ANOTHER_TIME: "another_time_at",
    What.MESSAGE: "passed_on_at",
}
UNSAYS = {
    What.LATE: ("here_at",),
    What.ON_WAY: ("here_at",),
    What.HERE: ("cannot_come_at",),
    What.COMING: ("cannot_come_at",),
    What.CANNOT_COME: ("coming_at",),
}
VALUES = {What.LANGUAGE: "language", What.CHANNEL: "channel", What.BY: "by"}


@dataclass(frozen=True, slots=True)
class Wish:
    """`minutes`: of a delay, of a way by oneself. `value`: a language, a channel, a way ("car"), rides, words."""

    what: What
    minutes: int | None = None
    value: str = ""
    text_id: str = ""  # of the text that it came by; "": it came by the page


def said_of(ticket: Ticket) -> Said:
    """What was said and still holds: a move leaves the wishes that are about the person, not about the time."""
    said = ticket.said
    if said.start in {None, ticket.start}:
        return said
    return replace(
        NOTHING_SAID,
        by=said.by,
        by_min=said.by_min,
        language=said.language,
        channel=said.channel,
        reminder_only=said.reminder_only,
        heard=said.heard,
    )


def with_wish(ticket: Ticket, wish: Wish, now: datetime) -> Ticket:
    """The ticket that remembers the wish. The same text again, and what asks nothing of the ticket, changes nothing."""
    said = said_of(ticket)
    if wish.text_id and wish.text_id in said.heard:
        return ticket
    changed = replace(_with(said, wish, ticket, now), start=ticket.start)
    if wish.text_id:
        changed = replace(changed, heard=(*said.heard, wish.text_id)[-HEARD_MAX:])
    return ticket if changed == replace(said, start=ticket.start) else replace(ticket, said=changed)


def _with(said: Said, wish: Wish, ticket: Ticket, now: datetime) -> Said:
    changes: dict[str, Any] = dict.fromkeys(UNSAYS.get(wish.what, ()))
    if wish.what in STAMPS:
        changes[STAMPS[wish.what]] = now
    if wish.what in VALUES:
        changes[VALUES[wish.what]] = wish.value
    late_min = late_by(ticket, wish.minutes, now) if wish.what is What.ON_WAY else wish.minutes
    if wish.what in {What.LATE, What.ON_WAY} and late_min is not None:
        changes |= {"late_min": late_min, "late_at": now}
    if wish.what is What.CHOOSE:
        changes |= {"chosen": tuple(wish.value.split()), "by": "", "by_min": 0}
    if wish.what is What.BY:
        changes |= {"by_min": wish.minutes or 0, "chosen": ()}
    if wish.what is What.REMINDER_ONLY:
        changes["reminder_only"] = True
    return replace(said, **changes)


def late_by(ticket: Ticket, minutes: int | None, now: datetime) -> int | None:
    """How late somebody comes who will be there in so many minutes; None: in time, or nobody knows."""
    if minutes is None:
        return None
    late_min = ceil((now + timedelta(minutes=minutes) - ticket.start).total_seconds() / 60)
    return late_min if 0 < late_min <= LATE_MIN_MAX else None


def rides_key(itinerary: Itinerary) -> tuple[str, ...]:
    """What an itinerary is known by while times change: its rides; "walk" where there are none."""
    rides = tuple(leg.ride.trip_id if leg.ride else leg.mode for leg in itinerary.legs if leg.ride or leg.rental)
    return rides or ("walk",)
