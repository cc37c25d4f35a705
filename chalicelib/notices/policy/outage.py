"""The business is closed, or its booking tool is out of order: what that means for this visit, with a range.

- A closing is told once to those whose visit it touches: it cannot take place on time, or may begin late. Until that is
  over nothing is said that would make them set out.
- It is told again only when the told range is left, or when the visit may take place after all.
- That it takes place after all is told to those who were told otherwise; who was told that it may begin late always
  gets that word, and where it comes too late to be on time, says so.
- A tool out of order is told once to those who may want to change their booking and cannot, and again only when it
  has lasted longer than was told. Its return is told nobody: nothing changes for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.quiet import send_at, zone_of
from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.outages import Effect, closing, has_set_out, told_closing, told_of_tool, tool_out
from chalicelib.tickets.states import is_to_come
from chalicelib.tickets.ticket import ToldOutage

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation
    from chalicelib.tickets.outages import Touch
    from chalicelib.tickets.ticket import Promise, Ticket

OVER = "over"  # what such a notice is about: an outage that does not touch the visit any more
USE_MIN = 5  # what is told later than this before its last use is no use
_OF_THE_WAY = frozenset({"leave_by", "replan", "late", "on_time_again", "customer_late", "customer_on_time"})


def outage(s: Situation) -> Say | None:
    """Speaks after a move is told, for the start that then stands; never where the business wants no such notices."""
    if not is_to_come(s.ticket) or s.now >= s.ticket.end or not s.business.notices.get("outage", True):
        return None
    if s.was_told("booked") and not s.ticket.told_stands:
        return None
    touch = closing(s.ticket, s.business, s.now)
    if touch:
        return _closed(s, touch)
    return _takes_place(s) or _tool(s)


def _closed(s: Situation, touch: Touch) -> Say | None:
    told, one = told_closing(s.ticket), touch.outage
    better = told is not None and told.effect == Effect.IMPOSSIBLE and touch.effect is Effect.UNCERTAIN
    if told is not None and one.back_until <= told.back_until and not better:
        return None
    if told is not None and told.effect == Effect.IMPOSSIBLE and s.now >= s.ticket.start:
        return None  # they know that it did not take place
    gone, is_late = has_set_out(s.ticket, s.now), s.now >= s.ticket.start
    name = "closed" if touch.effect is Effect.IMPOSSIBLE else "delayed"
    told_to_leave = s.promise.leave_by is not None and s.was_told("leave_by", "late")
    return Say(
        kind="outage",
        variant=f"{name}_gone" if gone else f"{name}_ahead" if one.since > s.now else name,
        act_by=s.now if told_to_leave else s.act_by,
        expires_at=s.ticket.end if gone or touch.effect is Effect.UNCERTAIN or is_late else s.ticket.start,
        settles=("booked",),
        outage=one,
        effect=touch.effect.value,
        about=one.outage_id,
    )


def _takes_place(s: Situation) -> Say | None:
    if told_closing(s.ticket) is None:
        return None
    if s.now >= s.ticket.start and not has_set_out(s.ticket, s.now):
        return _over(s, "over_late", s.ticket.end, "leave_by", "late", "customer_late")
    name, *settles = _how(s)
    say = _over(s, name, s.ticket.end, *settles)
    return replace(say, tells_plan=bool(settles) and s.way is not None)


def _how(s: Situation) -> tuple[str, ...]:
    """Which words, and what else they settle."""
    if has_set_out(s.ticket, s.now):
        return ("over_gone",)
    if s.has_no_way:
        return ("over_no_way", "leave_by", "late")
    if s.is_late:
        return ("over_behind", "leave_by", "late")
    return ("over_leave", "leave_by") if s.is_time_to_leave and s.ticket.leave_by else ("over",)


def _over(s: Situation, variant: str, last: datetime, *settles: str) -> Say:
    return Say(
        kind="outage",
        variant=variant,
        act_by=s.act_by,
        expires_at=last,
        settles=("booked", *settles),
        effect=OVER,
        about=OVER,
    )


def _tool(s: Situation) -> Say | None:
    touch = tool_out(s.ticket, s.business, s.now)
    if touch is None or not s.was_told("booked"):
        return None
    told, one = told_of_tool(s.ticket, touch.outage.outage_id), touch.outage
    if told is not None and s.now < told.back_until:
        return None
    last = min(one.back_until, s.ticket.start) - timedelta(minutes=USE_MIN)
    if s.now >= last:
        return None
    return Say(
        kind="outage",
        variant="tool",
        act_by=s.act_by,
        expires_at=last,
        outage=one,
        effect=touch.effect.value,
        about=one.outage_id,
    )


def promised(promise: Promise, say: Say, ticket: Ticket, now: datetime) -> Promise:
    """What is remembered of such a word: the range that was told, and no way any more for who is not to set out."""
    others = tuple(one for one in promise.outages if (one.effect == Effect.TOOL) is not (say.effect == Effect.TOOL))
    if say.outage is None:
        return replace(promise, outages=others)
    told = ToldOutage(
        say.outage.outage_id,
        say.effect,
        say.outage.back_from,
        say.outage.back_until,
        ticket.start,
        decision=ticket.decision + 1,
        goes_out_at=send_at(now, say.act_by, zone_of(ticket.customer.timezone, ticket.timezone)),
    )
    promise = replace(promise, outages=(*others, told))
    if say.effect == Effect.TOOL or (say.effect == Effect.UNCERTAIN and has_set_out(ticket, now)):
        return promise
    still = tuple(kind for kind in promise.told if kind not in _OF_THE_WAY)
    return replace(promise, told=still, leave_by=None, arrive_at=None, option=None)
