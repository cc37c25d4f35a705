"""What the business is told: that a customer will be late, as soon as that is certain, and that they will not be.

Up to five minutes are not told: delays of that size come and go, and most people need that long to get ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def customer_late(s: Situation) -> Say | None:
    """Speaks once per start, after the customer's own "late", when they will be more than five minutes late."""
    if not s.was_told("late") or s.was_told("customer_late", "on_time_again"):
        return None
    if s.itinerary is None:
        return _to_business(
            s, "customer_late", "no_way", "the customer was told that nothing brings them there in time"
        )
    if not s.is_very_late:
        return None
    return _to_business(
        s, "customer_late", "plain", "the customer was told that they will be late, by over five minutes"
    )


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
    )
