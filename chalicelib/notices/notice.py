"""A notice as a value: one message to one person through one channel, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.notices.facts import Facts


class NoticeState(StrEnum):
    """What became of a notice. Only `due` and `held` may still be sent."""

    DUE = "due"  # to be sent at `send_at`
    HELD = "held"  # waits for the end of quiet hours (then sent) at `send_at`
    SENDING = "sending"  # claimed by a sender; found long after, it becomes doubtful
    SENT = "sent"
    SUPPRESSED = "suppressed"  # the state of the booking, an opt-out or a switch says no; `reason` says which
    EXPIRED = "expired"  # late news is no news
    FAILED = "failed"  # the carrier refused it for good
    DOUBTFUL = "doubtful"  # a crash between sending and recording: perhaps sent, never sent twice


class DeliveryState(StrEnum):
    """What the carrier says of a notice, in the order of its way."""

    WAITING = "waiting"  # not taken yet: `why` says in whose words
    ACCEPTED = "accepted"  # taken; whether it arrives will be reported
    ON_THE_WAY = "on_the_way"
    UNKNOWN = "unknown"  # nobody will ever know
    FAILED = "failed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a carrier last said, when, and in which words. `for_good`: the same address will not work later either."""

    state: DeliveryState
    at: datetime
    why: str = ""
    for_good: bool = False

    def to_json(self) -> dict[str, Any]:
        """As it is stored with its notice."""
        said = {"state": self.state.value, "at": self.at.isoformat(), "why": self.why}
        return said | ({"for_good": True} if self.for_good else {})

    @classmethod
    def from_json(cls, known: dict[str, Any]) -> Delivery:
        """Inverse of `to_json`."""
        at = datetime.fromisoformat(known["at"])
        return cls(DeliveryState(known["state"]), at, known["why"], known.get("for_good", False))


@dataclass(frozen=True, slots=True)
class Notice:
    """`notice_id` is made of (ticket, decision, kind, channel): the same cause never makes a second notice."""

    notice_id: str
    ticket_id: str | None
    business_id: str
    kind: str  # booked, reminder, leave_by, moved, cancelled, …
    channel: str  # sms, mail, none (no way to reach them), topic (only for subscribers of the topic)
    to: str
    text: str
    state: NoticeState
    created_at: datetime
    send_at: datetime
    expires_at: datetime  # not sent after this instant
    decision: int
    subject: str = ""
    reason: str | None = None
    sent_at: datetime | None = None
    message_id: str | None = None
    version: int = 0
    locale: str = ""
    audience: str = "customer"  # or "business", "operator"
    attempts: int = 0  # how often a sender tried and the service could not be reached
    published: bool = False  # it is also on the topic
    about: str = ""  # of an outage: its id, or "over"
    correlation_id: str = ""  # what set it off (`foundation/causes`)
    facts: Facts | None = None  # what it rested on; None: it was made before facts were kept
    carrier: str = ""  # who took it: "sns", "ses", "gateway:…"
    sender: str = ""  # as whom it was sent, where it was not the carrier's own choice
    delivery: Delivery | None = None  # None: nothing was reported, and nothing will be

    @property
    def has_failed(self) -> bool:
        """The person did not get it, whatever we did."""
        failed = self.delivery is not None and self.delivery.state is DeliveryState.FAILED
        return failed or self.state is NoticeState.FAILED
