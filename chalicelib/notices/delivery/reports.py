"""What carriers report of a notice, in any order, late, and more than once: the notice ends the same. Pure.

- Of two reports the one further along the way counts; of two of the same state the earlier.
- A text that was delivered is delivered, whatever else is said of it. A mail that a server took may come back hours
  later, so there a failure counts more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.notices.notice import DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.notice import Delivery, Notice

_ON_ITS_WAY = (DeliveryState.WAITING, DeliveryState.ACCEPTED, DeliveryState.ON_THE_WAY, DeliveryState.UNKNOWN)
_ORDER = (*_ON_ITS_WAY, DeliveryState.FAILED, DeliveryState.DELIVERED)
_ORDER_OF_MAIL = (*_ON_ITS_WAY, DeliveryState.DELIVERED, DeliveryState.FAILED)
CARRIER_WORDS_MAX = 300  # characters of a carrier's words that are kept


@dataclass(frozen=True, slots=True)
class Report:
    """One report: of which carrier, about which message (by our reference or by the carrier's id), and what it says."""

    carrier: str
    delivery: Delivery
    notice_id: str = ""
    message_id: str = ""


def with_report(notice: Notice, said: Delivery) -> Notice:
    """The notice that knows this, too; itself where it says nothing new."""
    order = _ORDER_OF_MAIL if notice.channel == "mail" else _ORDER

    def weight(one: Delivery) -> tuple[int, float, bool, str]:
        return order.index(one.state), -one.at.timestamp(), one.for_good, one.why

    known = notice.delivery
    return notice if known and weight(known) >= weight(said) else replace(notice, delivery=said)


def is_awaited(notice: Notice, now: datetime) -> bool:
    """Whether it will be reported if it arrived, and was not yet. After it is out of date nobody waits for that."""
    states = (DeliveryState.ACCEPTED, DeliveryState.ON_THE_WAY)
    return notice.delivery is not None and notice.delivery.state in states and now <= notice.expires_at


def is_heard(notice: Notice, now: datetime) -> bool:
    """Whether what was sent counts as received for good."""
    return not notice.has_failed and not is_awaited(notice, now)


def plain_words(words: str, to: str) -> str:
    """A carrier's words without the address that they quote."""
    bare = to.lstrip("+")
    for form in filter(None, (to, bare)):
        words = words.replace(form, "…")
    return " ".join(words.split())[:CARRIER_WORDS_MAX]
