"""What the business is told: that a customer will be late, as early as it is certain, and that it is good again.

Up to five minutes are none of its business: they come and go, and most people get ready in that time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def customer_late(s: Situation) -> Say | None:
    """Speaks once per start, after the customer's own "late", when that has become more than five minutes."""
    if not s.was_told("late") or s.was_told("customer_late", "on_time_again"):
        return None
    if s.itinerary is None:
        return _to_business(s, "customer_late", "no_way")
    return _to_business(s, "customer_late", "plain") if s.is_very_late else None


def customer_on_time(s: Situation) -> Say | None:
    """Speaks once per start, if the business was told of a lateness that will not be."""
    if not s.was_told("customer_late") or not s.was_told("on_time_again") or s.was_told("customer_on_time"):
        return None
    return _to_business(s, "customer_on_time", "plain")


def _to_business(s: Situation, kind: str, variant: str) -> Say | None:
    if s.now >= s.ticket.end:
        return None
    return Say(
        kind=kind,
        variant=variant,
        act_by=s.now,  # a business that is open is awake
        expires_at=s.ticket.end,
        settles=(kind,),
        audience="business",
    )
