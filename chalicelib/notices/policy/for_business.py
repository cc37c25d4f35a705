"""What the business is told: that a customer will be late, as soon as that is certain, and that they will not be.

Up to five minutes are not told: delays of that size come and go, and most people need that long to get ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


LATENESS_CHANGE_MIN = 5  # of a lateness that was told: what changes by less changes nobody's day


def customer_late(s: Situation) -> Say | None:
    """Speaks after the customer's own "late", when they will be over five minutes late; again when that changes."""
    if not s.was_told("late") or s.was_told("on_time_again"):
        return None
    if s.was_told("customer_late"):
        return _update(s)
    if s.itinerary is None:
        return _to_business(
            s, "customer_late", "no_way", "the customer was told that nothing brings them there in time"
        )
    if not s.is_very_late:
        return None
    return _to_business(
        s, "customer_late", "plain", "the customer was told that they will be late, by over five minutes"
    )


def _update(s: Situation) -> Say | None:
    """The lateness as it is now, where the business was told of one that differs by five minutes or more."""
    told, now = s.promise.business_late_min, s.late_min
    if not now or not s.follows_promise or (told is not None and abs(now - told) < LATENESS_CHANGE_MIN):
        return None
    if told is None and not s.is_very_late:
        return None
    return _to_business(s, "customer_late", "plain", "the lateness that the business was told of is another now")


def customer_on_time(s: Situation) -> Say | None:
    """Speaks once per start, if the business was told of a lateness that will not be."""
    if not s.was_told("customer_late") or not s.was_told("on_time_again") or s.was_told("customer_on_time"):
        return None
    return _to_business(s, "customer_on_time", "plain", "the lateness that the business was told of will not be")


def _to_business(s: Situation, kind: str, variant: str, because: str) -> Say | None:
    if s.now >= s.ticket.end:
        return None
    return Say(
        kind=kind,
        variant=variant,
        because=because,
        act_by=s.now,  # a business that is open is awake
        expires_at=s.ticket.end,
        settles=(kind,),
        audience="business",
        late_min=s.late_min if kind == "customer_late" else None,
    )
