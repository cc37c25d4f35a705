"""The business is closed, or its booking tool is out of order: what that means for this visit, with a range.

- A closing is told once to those whose visit cannot take place on time, or may begin late. Until it is over nothing
  is said that would make them set out.
- It is told again only when it lasts a quarter of an hour longer than the range that was told, when it goes on after
  that range, or when what it means for the visit is another.
- A range that is over, and goes on by minutes again and again, is corrected once; several outages that begin together
  are one. A closing that comes back within the hour after "takes place after all" is told once it has lasted a while.
- Everybody who was told of a closing is told that their visit takes place after all. Where that comes too late for
  them to be on time, the text says so.
- A tool out of order is told once to those who may want to change their booking and cannot, and again only when it
  lasts longer than was told. Nobody is told that it works again: nothing changes for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.notices.policy.quiet import send_time, zone_of
from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.outage_impact import Effect, closing_promise, has_set_out, tool_outage, tool_promise
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import OutagePromise, without_itinerary

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.outage_impact import OutageImpact
    from chalicelib.tickets.ticket import Promise, Ticket

LONGER_MIN = 14  # a range that creeps on by less changes nothing that one does; its end is told when it comes
TOGETHER_MIN = 5  # after the first word of a closing: what else is out of service then is part of it
BACK_WITHIN_MIN = 60  # after "takes place after all": a closing within it may be one that comes and goes
BACK_FOR_GOOD_MIN = 5  # such a closing has to last so long before anybody is told again
OUTAGE_OVER = "over"  # what such a notice is about: an outage that does not touch the visit any more
USEFUL_BEFORE_END_MIN = 5  # in the last minutes before the tool is back, or the visit begins, the news is no use


def outage(s: Situation) -> Say | None:
    """Speaks after a move is told, for the start that then stands; never where the business wants no such notices."""
    if not is_to_come(s.ticket) or s.now >= s.ticket.end or not s.business.notices.get("outage", True):
        return None
    if s.was_told("booked") and not s.ticket.promise_stands:
        return None
    if s.closing:
        return _say_closing(s, s.closing)
    return _say_takes_place(s) or _say_tool_out(s)


def _say_closing(s: Situation, impact: OutageImpact) -> Say | None:
    told, one = closing_promise(s.ticket), impact.outage
    if told is None and _comes_and_goes(s, one):
        return None
    better = told is not None and told.effect == Effect.IMPOSSIBLE and impact.effect is Effect.UNCERTAIN
    if told is not None and not better and not _lasts_longer(told, impact, s.now):
        return None
    if told is not None and told.effect == Effect.IMPOSSIBLE and s.now >= s.ticket.start:
        return None  # they know that it did not take place
    gone, is_late = has_set_out(s.ticket, s.now), s.now >= s.ticket.start
    name = "closed" if impact.effect is Effect.IMPOSSIBLE else "delayed"
    told_to_leave = s.promise.leave_by is not None and s.was_told("leave_by", "late")
    return Say(
        kind="outage",
        variant=f"{name}_gone" if gone else f"{name}_ahead" if one.since > s.now else name,
        because=_why_closing(told, one),
        act_by=s.now if told_to_leave else s.act_by,
        expires_at=s.ticket.end if gone or impact.effect is Effect.UNCERTAIN or is_late else s.ticket.start,
        settles=("booked",),
        outage=one,
        effect=impact.effect.value,
        about=one.outage_id,
    )


def _lasts_longer(told: OutagePromise, impact: OutageImpact, now: datetime) -> bool:
    """It goes on behind the range that was told, and that changes what somebody does, or that range is over."""
    longer = impact.outage.back_until - told.back_until
    is_over = now >= told.back_until and not told.corrections
    is_much = longer > timedelta(minutes=LONGER_MIN) and now >= told.goes_out_at + timedelta(minutes=TOGETHER_MIN)
    return longer > timedelta(0) and (impact.effect != told.effect or is_over or is_much)


def _comes_and_goes(s: Situation, one: Outage) -> bool:
    """It is back soon after the customer was told that all is well, and has not lasted long."""
    clear_at = s.promise.clear_at
    is_back = clear_at is not None and s.now < clear_at + timedelta(minutes=BACK_WITHIN_MIN)
    return is_back and s.now < one.since + timedelta(minutes=BACK_FOR_GOOD_MIN)


def _why_closing(told: OutagePromise | None, one: Outage) -> str:
    if told is None:
        return "the business is closed at the time of the visit"
    if one.back_until > told.back_until:
        return "the business is closed for longer than was told"
    return "the visit, told to be impossible, may take place late"


def _say_takes_place(s: Situation) -> Say | None:
    if closing_promise(s.ticket) is None:
        return None
    if s.now >= s.ticket.start and not has_set_out(s.ticket, s.now):
        return _over(s, "over_late", s.ticket.end, "leave_by", "late", "customer_late")
    name, *settles = _how(s)
    say = _over(s, name, s.ticket.end, *settles)
    return replace(say, tells_plan=bool(settles) and s.itinerary is not None)


def _how(s: Situation) -> tuple[str, ...]:
    """Which words, and what else they settle."""
    if has_set_out(s.ticket, s.now):
        return ("over_gone",)
    if s.has_no_itinerary:
        return ("over_no_way", "leave_by", "late")
    if s.is_late:
        return ("over_behind", "leave_by", "late")
    return ("over_leave", "leave_by") if s.is_time_to_leave and s.ticket.leave_by else ("over",)


def _over(s: Situation, variant: str, last: datetime, *settles: str) -> Say:
    return Say(
        kind="outage",
        variant=variant,
        because="the visit takes place after all: the closing that was told does not concern it any more",
        act_by=s.act_by,
        expires_at=last,
        settles=("booked", *settles),
        effect=OUTAGE_OVER,
        about=OUTAGE_OVER,
    )


def _say_tool_out(s: Situation) -> Say | None:
    impact = tool_outage(s.ticket, s.business, s.now)
    if impact is None or not s.was_told("booked"):
        return None
    told, one = tool_promise(s.ticket), impact.outage  # whichever part of the tool it was told of
    if told is not None and s.now < told.back_until:
        return None
    last = min(one.back_until, s.ticket.start) - timedelta(minutes=USEFUL_BEFORE_END_MIN)
    if s.now >= last:
        return None
    return Say(
        kind="outage",
        variant="tool",
        because="the booking tool is out of order" + (" for longer than was told" if told else ""),
        act_by=s.act_by,
        expires_at=last,
        outage=one,
        effect=impact.effect.value,
        about=one.outage_id,
    )


def promise_outage(promise: Promise, say: Say, ticket: Ticket, now: datetime) -> Promise:
    """The promise after such a notice: the range that was told; no itinerary for those who are not to set out."""
    others = tuple(one for one in promise.outages if (one.effect == Effect.TOOL) is not (say.effect == Effect.TOOL))
    if say.outage is None:
        return replace(promise, outages=others, clear_at=now)
    before = closing_promise(ticket) if say.effect != Effect.TOOL else None
    told = OutagePromise(
        say.outage.outage_id,
        say.effect,
        say.outage.back_from,
        say.outage.back_until,
        ticket.start,
        decision=ticket.decision + 1,
        corrections=before.corrections + 1 if before else 0,
        goes_out_at=send_time(
            now,
            say.act_by,
            *dict.fromkeys((zone_of(ticket.customer.timezone, ticket.timezone), ZoneInfo(ticket.timezone))),
        ),
    )
    promise = replace(promise, outages=(*others, told))
    if say.effect == Effect.TOOL or (say.effect == Effect.UNCERTAIN and has_set_out(ticket, now)):
        return promise
    return without_itinerary(promise)
