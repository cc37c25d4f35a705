"""Who is next: appointments and walk-ins in one fair queue. Pure.

Whoever is free takes, of those who are there and whose time has come, the one with the earliest promise: an
appointment's slot, or the end of what a walk-in was quoted. Who comes late for an appointment takes their place behind
those who were there then. While nobody's patience is in danger, a visit that is expected to be short goes first; but
an appointment that has waited for ten minutes is overtaken no more.
Nobody without an appointment is begun who would run into an appointment of this very member; somebody who is early for
theirs is taken when nobody else is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.visits.forecast import GIVEN_UP_AFTER_S, MAY_OVERRUN_S, WAITED_ENOUGH_S
from chalicelib.visits.visit import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.visits.lengths import Lengths
    from chalicelib.visits.visit import Visit

NEAR_S = 600.0  # an appointment's time has come this long before its slot
PATIENCE_S = 1800.0  # nobody waits longer than this so that somebody else's short visit may go first
OVERDUE_S = 600.0  # who has an appointment and has waited so long goes before everybody without
BOOKED_FACTOR = 1.5  # a visit with an appointment may be this much longer and still count as short as one without


def next_of(now: float, member: str, visits: Iterable[Visit], lengths: Lengths) -> Visit | None:
    """The visit that this member should begin now; None if it is better to wait."""
    mine = [one for one in visits if one.is_waited_for and one.staff in {None, member}]
    here = [one for one in mine if one.state == State.HERE]
    coming = [one.slot for one in mine if one.slot is not None and one.staff == member]
    gap_s = min([slot - now for slot in coming if slot > now - GIVEN_UP_AFTER_S], default=float("inf"))
    candidates = [
        one
        for one in here
        if (one.due <= now + NEAR_S if one.slot is not None else _fits(one, now, gap_s, lengths.usual_s(one.service)))
    ]
    if not candidates:
        early = (one for one in here if one.slot is not None)
        return min(early, key=lambda one: (one.due, one.visit), default=None)
    overdue = [one for one in candidates if one.slot is not None and now > one.waits_since + OVERDUE_S]
    if overdue:
        return min(overdue, key=lambda one: (claim(one), one.visit))
    first = min(candidates, key=lambda one: (claim(one), one.visit))
    weights = {one.visit: BOOKED_FACTOR if one.is_booked else 1.0 for one in candidates}
    short = min(candidates, key=lambda one: (lengths.usual_s(one.service) / weights[one.visit], claim(one), one.visit))
    over = now + lengths.usual_s(short.service)
    is_harmless = all(over <= one.waits_since + PATIENCE_S for one in candidates if one is not short)
    return short if is_harmless else first


def claim(one: Visit) -> float:
    """By when they count on being seen: the slot (who is late: the arrival), or the end of what was quoted."""
    if one.slot is not None:
        return one.slot if one.arrived is None else max(one.slot, one.arrived)
    return one.joined if one.quote is None else one.quote


def _fits(one: Visit, now: float, gap_s: float, length_s: float) -> bool:
    """Whether it would be over before the member's next appointment, or has waited long enough."""
    waited_s = 0.0 if one.arrived is None else now - one.arrived
    return length_s <= gap_s + MAY_OVERRUN_S or waited_s > WAITED_ENOUGH_S
