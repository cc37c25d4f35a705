"""What is told because a customer said something: to the business, and at most one short answer to them. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.said.wish import What

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.said.wish import Wish
    from chalicelib.tickets.ticket import Ticket

ANSWER_VALID = timedelta(hours=2)  # a later answer answers nothing
PASSED_ON_AGAIN = timedelta(hours=12)  # so seldom it is said again that a message was passed on
TELL_BUSINESS = {
    What.LATE: "late",
    What.CANNOT_COME: "cannot_come",
    What.ANOTHER_TIME: "another_time",
    What.MESSAGE: "message",
}


def to_business(wish: Wish, before: Ticket, after: Ticket, now: datetime) -> Say | None:
    """What the business is told of a wish; None where it changes nothing for them. `before`, `after`: the ticket."""
    late_min = after.said.late_min
    variant = TELL_BUSINESS.get(wish.what, "")
    if wish.what is What.ON_WAY and late_min is not None and late_min != before.said.late_min:
        variant = "late"
    if variant == "late" and late_min is None:
        variant = "late_open"
    is_known = variant == "late" and before.said.start == after.start and before.said.late_min == late_min
    if not variant or is_known or now >= after.end:
        return None
    return Say(
        kind="customer_says",
        variant=variant,
        because="the customer said so",
        act_by=now,  # a business that is open is awake
        expires_at=after.end,
        audience="business",
        late_min=late_min,
        words=wish.value if wish.what is What.MESSAGE else "",
    )


def to_customer(wish: Wish, before: Ticket, after: Ticket, now: datetime, *, has_others: bool) -> Say | None:
    """The answer to a text; None where none is needed. `has_others`: they have other appointments, too."""
    variants = {
        What.LATE: "late" if after.said.late_min is not None else "late_open",
        What.CANNOT_COME: "which" if has_others else "cannot_come",
        What.ANOTHER_TIME: "which" if has_others else "another_time",
        What.MESSAGE: "message",
    }
    told_at = before.said.passed_on_at
    if wish.what is What.MESSAGE and told_at and now < told_at + PASSED_ON_AGAIN:
        return None
    if wish.what not in variants:
        return None
    return Say(
        kind="answer",
        variant=variants[wish.what],
        because="the customer wrote to us",
        act_by=now,  # they are awake
        expires_at=now + ANSWER_VALID,
        late_min=after.said.late_min,
    )
