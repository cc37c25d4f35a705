"""What is said, to whom and when: the rulebook.

A rule is one module with one pure function `rule(Situation) -> Say | None`. It compares what is true now with what
was told (`Ticket.promise`) and speaks if the difference matters to what the person should do. Nothing else makes a
notice for a ticket. The rules, in the order in which they are asked:

| rule | speaks when | said |
|---|---|---|
| cancelled | cancelled after a reminder or a time to leave was told | it is off; nothing to do |
| outage | the business is closed then, or its tool is out of order; or that is over | what it means for this visit |
| booked | a booking is new | when, link, and the one question for the origin |
| moved | the start or the place is not what was told | new time, old time, new place; if nothing is in time, that |
| late | no itinerary arrives in time any more, for sure (below) | the honest arrival, the best itinerary left |
| on_time_again | after `late`, the itinerary arrives in time for sure | that, and the arrival |
| replan | the next step of the promised itinerary changed, in time to act | what to do instead |
| leave_by | `lead_min` before leave_by | by when, first ride, where, arrival |
| customer_late, customer_on_time | the customer was told the same; late by over 5 min | the business: who, how late |
| reminder | 17:00 the day before, if the booking tool does not remind | when, leave_by if known |
| on_the_day | a usual journey before the start, where no time to leave is known | when, where, phone; no way, if so |

Rules of the rules
- One cause, one text: what a text settles (`Say.settles`) is not said again for the same start.
- A ticket gets at most three interrupting texts (leave_by, replan, late, on_time_again); a replan leaves one of them
  for worse news. Answers to the booking's own events (booked, moved, cancelled) and the reminder do not count:
  everybody is told that a promise changed.
- Several bookings of one person are one story (`notices/story`): of a journey only its first visit speaks.
- Who meets by telephone or screen hears a reminder, and of moves and cancellings once a time was told; of no journey.
- While the business is closed at the time of a visit, the customer hears only of the closing, and that the visit is
  booked, moved or cancelled.
- "For sure" means, where chances are known: it is as good as certain; for `late` also, twelve minutes before the start,
  that over five minutes are to be feared. Where chances are not known, it means: as vehicles run now.
- A kind that the business has switched off settles silently. A plan that it would have told does not become a promise.
- What overtakes (moved, cancelled, replan, …) voids what was decided before it and has not gone out. Rules never
  compare with what was not heard (`notices/receipts`): they are asked again without it.
- Quiet hours (`quiet`) and expiry hold for all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.notices.policy.booked import booked
from chalicelib.notices.policy.cancelled import cancelled
from chalicelib.notices.policy.fact_finding import facts_of
from chalicelib.notices.policy.for_business import customer_late, customer_on_time
from chalicelib.notices.policy.late import late
from chalicelib.notices.policy.leave_by import leave_by
from chalicelib.notices.policy.moved import moved
from chalicelib.notices.policy.on_the_day import on_the_day
from chalicelib.notices.policy.on_time_again import on_time_again
from chalicelib.notices.policy.outage import outage, promise_outage
from chalicelib.notices.policy.reminder import reminder
from chalicelib.notices.policy.replan import replan
from chalicelib.tickets.outage_impact import without_stale_outages
from chalicelib.tickets.promised_itinerary import keep_underway
from chalicelib.tickets.ticket import REPLAN_TEXTS_MAX, TEXTS_MAX, take_back

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.policy.situation import Say, Situation
    from chalicelib.tickets.ticket import Promise, Ticket

RULES = (
    cancelled,
    outage,
    booked,
    moved,
    late,
    on_time_again,
    replan,
    leave_by,
    customer_late,
    customer_on_time,
    reminder,
    on_the_day,
)
RULES_WHILE_CLOSED = (cancelled, outage, booked, moved)
RULES_BY_WIRE = (cancelled, moved, reminder)
OF_A_JOURNEY = frozenset(
    {"leave_by", "late", "on_time_again", "replan", "customer_late", "customer_on_time", "on_the_day"}
)
RULE_KINDS = tuple(rule.__name__ for rule in RULES)


def decide(situation: Situation) -> tuple[Ticket, tuple[Say, ...]]:
    """The ticket that remembers what is said now, and what is said. Deciding again says nothing more."""
    said: list[Say] = []
    s = replace(situation, ticket=without_stale_outages(situation.ticket, situation.closing, situation.now))
    for _ in RULES:  # each rule speaks once at most; the loop cannot run away
        say = _first_to_speak(s)
        if say and say.overtakes and s.promise.pending and not said:
            s = replace(s, ticket=take_back(s.ticket))  # what it would overtake was not heard: decide without it
            say = _first_to_speak(s)
        if say is None:
            break
        is_notice, facts, before = becomes_notice(say, s.ticket, s.business), facts_of(say, s.ticket), s.promise
        s = replace(s, ticket=_remember(s.ticket, say, s.now, is_notice=is_notice))
        if is_notice:
            said.append(replace(say, decision=s.ticket.decision, facts=facts, before=before))
    return keep_underway(situation.ticket, s.ticket), tuple(said)


def becomes_notice(say: Say, ticket: Ticket, business: Business) -> bool:
    """Whether a decision becomes a notice: the kind is on, wanted, and the limit of texts is not reached."""
    limit = REPLAN_TEXTS_MAX if say.kind == "replan" else TEXTS_MAX
    is_one_too_many = say.interrupts and ticket.promise.texts >= limit
    is_unwanted = say.interrupts and ticket.said.reminder_only
    return business.notices.get(say.kind, True) and not is_one_too_many and not is_unwanted


def _first_to_speak(s: Situation) -> Say | None:
    if not s.ticket.confirmed:
        return None
    rules = RULES_BY_WIRE if s.ticket.remote else RULES_WHILE_CLOSED if s.is_held else RULES
    for rule in rules:
        say = rule(s)
        if say and say.kind in OF_A_JOURNEY and s.comes_with_another:
            continue
        # what becomes no notice is settled once; after that it is as if the rule were not there. Each move is another
        if say and (
            say.kind == "moved"
            or not set(say.settles) <= set(s.promise.told_kinds)
            or becomes_notice(say, s.ticket, s.business)
        ):
            return say
    return None


def _remember(ticket: Ticket, say: Say, now: datetime, *, is_notice: bool) -> Ticket:
    decision = ticket.decision + 1
    promise = _new_promise(ticket, say, now, is_notice=is_notice)
    if say.overtakes:
        promise = replace(promise, void_before_decision=decision)
    return replace(ticket, decision=decision, promise=promise)


def _new_promise(ticket: Ticket, say: Say, now: datetime, *, is_notice: bool) -> Promise:
    old = ticket.promise
    kept = () if say.kind == "moved" else old.told_kinds
    promise = replace(
        old,
        start=ticket.start,
        venue=ticket.venue,
        told_kinds=kept + tuple(kind for kind in say.settles if kind not in kept),
        told_at=now if is_notice else old.told_at,
        texts=old.texts + (say.interrupts and is_notice),
    )
    if say.kind == "customer_late":
        promise = replace(promise, business_late_min=say.late_min)
    if say.kind == "outage":
        promise = promise_outage(promise, say, ticket, now)
    if say.kind == "moved":
        promise = replace(promise, leave_by=None, arrive_at=None, itinerary=None)
    if not (say.tells_plan and is_notice):
        return promise
    return replace(
        promise,
        leave_by=ticket.leave_by,
        arrive_at=ticket.arrive_at,
        itinerary=ticket.itineraries[0] if ticket.itineraries else None,
        probability=ticket.on_time_probability,
    )
