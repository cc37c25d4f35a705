"""One step of a ticket's life, without reading or saving: plan, move on, decide, put into words.

The hub and the replay take the same steps. Rooms are passed in the order of the data: the ticket is planned and moved
on (`tickets`, which asks `transit`), then `notices` decides what is said of it and writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.compose import compose_notice, spread_out
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.notices.receipts import with_pending
from chalicelib.tickets.documents import forget
from chalicelib.tickets.outage_impact import hold, is_held, release
from chalicelib.tickets.plan import TripContext, is_plan_wanted
from chalicelib.tickets.promised_itinerary import is_following_promise, same_in_substance
from chalicelib.tickets.said.choose import with_chosen, with_own_way
from chalicelib.tickets.schedule import forget_at, next_check
from chalicelib.tickets.states import advance, is_open, not_held_at, tell_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.notice import Notice
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket


AT_ONCE = timedelta()


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step rests on beside the ticket. `travel` is made when it is first asked for: it brings numpy.

    A `lean` step comes because the network changed: before it is time to tell, a plan that still works is left as it
    is. Any other step judges the itineraries of that plan again.
    """

    business: Business
    travel: Callable[[], LiveTravel]
    now: datetime
    lean: bool = False
    others: Callable[[], Sequence[Ticket]] = tuple  # the person's other tickets at this business
    reminders_within: timedelta = AT_ONCE  # after they are due


def run_step(
    ticket: Ticket, stored: Ticket | None, context: StepContext, public_url: str
) -> tuple[Ticket, list[Notice]]:
    """The ticket after its step, and the notices that it causes.

    The ticket is `stored` itself where nothing came of it that is worth writing. Raises `Unavailable`.
    """
    business, now = context.business, context.now
    after, says = take_step(ticket, context)
    composed = [compose_notice(say, after, business, now, public_url) for say in says]
    notices = [spread_out(one, context.reminders_within) for one in composed]
    after = with_pending(after, list(zip(says, notices, strict=True)))
    if now >= forget_at(after) and not after.forgotten:
        after = forget(after)
    after = replace(after, next_check_at=next_check(after, business, now))  # what is promised now counts, too
    if stored and stored.next_check_at and now < stored.next_check_at <= (after.next_check_at or stored.next_check_at):
        after = replace(after, next_check_at=stored.next_check_at)  # an early check does no harm; a write has its price
    if stored and not notices and same_in_substance(stored, after):
        return stored, notices
    return after, notices


def take_step(ticket: Ticket, context: StepContext) -> tuple[Ticket, tuple[Say, ...]]:
    """The ticket as it is at `context.now`, and what is to be said about it. Raises `Unavailable`.

    Taken again at the same time, it says nothing.
    """
    business, now = context.business, context.now
    if (ends := not_held_at(ticket)) and ends <= now:
        ticket = advance(ticket, business, now)
    held = is_held(ticket, business, now)  # nobody is to set out
    moved = hold(ticket) if held else advance(_plan(release(ticket), context), business, now)
    return decide(Situation.of(moved, business, now, context.others))


def _plan(ticket: Ticket, context: StepContext) -> Ticket:
    """The ticket with the plan that it should have now; the search for all there is comes first and last."""
    if ticket.said.by and is_open(ticket):
        return with_own_way(ticket, context.business)
    following = is_following_promise(ticket)
    if not following and not is_plan_wanted(ticket):
        return ticket
    from chalicelib.tickets.replanning import replan  # noqa: PLC0415 - brings numpy, which most webhooks do not need

    travel, trip = context.travel(), TripContext(ticket.feed, context.business, context.now)
    if following:
        return replan.replan_ticket(ticket, travel, trip)
    tell = tell_at(ticket, context.business)
    if tell and context.now < tell:
        kept = (replan.recheck_plan if context.lean else replan.refresh_plan)(ticket, travel, trip)
        if kept:
            return kept
    return with_chosen(replan.plan_anew(ticket, travel, trip))
