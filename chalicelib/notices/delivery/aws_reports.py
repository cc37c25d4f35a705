"""What End User Messaging and SES say of a message, as the delivery of a notice. Pure.

Sources: AWS End User Messaging SMS User Guide, "Event types for SMS, MMS, and voice"; Amazon SES Developer Guide,
"Contents of event data that Amazon SES publishes to Amazon SNS".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.instants import optional_instant
from chalicelib.notices.delivery.reports import Report, plain_words
from chalicelib.notices.notice import Delivery, DeliveryState

if TYPE_CHECKING:
    from chalicelib.foundation.commands import MailEvent, TextEvent

TEXTS, MAILS = "sms-voice", "ses"  # carriers
NOTICE = "notice"  # the name under which our reference travels with a message

_TEXT_STATES = {
    "TEXT_QUEUED": DeliveryState.ON_THE_WAY,
    "TEXT_PENDING": DeliveryState.ON_THE_WAY,
    "TEXT_SENT": DeliveryState.ON_THE_WAY,
    "TEXT_SUCCESSFUL": DeliveryState.ON_THE_WAY,  # in some countries the last that is said; then it is final
    "TEXT_DELIVERED": DeliveryState.DELIVERED,
    "TEXT_UNKNOWN": DeliveryState.UNKNOWN,
    "TEXT_TTL_EXPIRED": DeliveryState.FAILED,
    "TEXT_UNREACHABLE": DeliveryState.FAILED,
    "TEXT_CARRIER_UNREACHABLE": DeliveryState.FAILED,
    "TEXT_INVALID": DeliveryState.FAILED,
    "TEXT_INVALID_MESSAGE": DeliveryState.FAILED,
    "TEXT_BLOCKED": DeliveryState.FAILED,
    "TEXT_CARRIER_BLOCKED": DeliveryState.FAILED,
    "TEXT_PROTECT_BLOCKED": DeliveryState.FAILED,
    "TEXT_SPAM": DeliveryState.FAILED,
}
_TEXT_FOR_GOOD = {"TEXT_INVALID", "TEXT_BLOCKED"}  # the number: not one, or it takes no texts

_MAIL_STATES = {
    "Send": DeliveryState.ACCEPTED,
    "DeliveryDelay": DeliveryState.ON_THE_WAY,
    "Delivery": DeliveryState.DELIVERED,
    "Complaint": DeliveryState.DELIVERED,
    "Bounce": DeliveryState.FAILED,
    "Reject": DeliveryState.FAILED,
}


def report_of_text(event: TextEvent, now: datetime) -> Report | None:
    """None: it says nothing about a delivery."""
    state = _TEXT_STATES.get(event.eventType)
    if state is None:
        return None
    if event.eventType == "TEXT_SUCCESSFUL" and event.isFinal:
        state = DeliveryState.DELIVERED
    at = datetime.fromtimestamp(event.eventTimestamp / 1000, UTC) if event.eventTimestamp > 0 else now
    words = "" if state is DeliveryState.DELIVERED else f"{event.eventType}: {event.messageStatusDescription}"
    delivery = Delivery(state, at, plain_words(words, event.destinationPhoneNumber), event.eventType in _TEXT_FOR_GOOD)
    return Report(TEXTS, delivery, str(event.context.get(NOTICE) or ""), event.messageId)


def report_of_mail(event: MailEvent, now: datetime) -> Report | None:
    """The same of a mail. A mail has one receiver."""
    state = _MAIL_STATES.get(event.eventType)
    if state is None:
        return None
    said: dict[str, Any] = {
        "Bounce": event.bounce,
        "Complaint": event.complaint,
        "Delivery": event.delivery,
        "Reject": event.reject,
        "DeliveryDelay": event.deliveryDelay,
    }.get(event.eventType, {})
    try:
        at = optional_instant(said.get("timestamp") or event.mail.get("timestamp")) or now
    except (TypeError, ValueError):
        at = now
    tags = event.mail.get("tags")
    named = tags.get(NOTICE) if isinstance(tags, dict) else None
    destination = event.mail.get("destination")
    to = str(destination[0]) if isinstance(destination, list) and destination else ""
    words = plain_words(_words_of_mail(event.eventType, said), to)
    is_permanent = event.eventType == "Bounce" and said.get("bounceType") == "Permanent"
    delivery = Delivery(state, at, words, is_permanent)
    reference = str(named[0]) if isinstance(named, list) and named else ""
    return Report(MAILS, delivery, reference, str(event.mail.get("messageId") or ""))


def _words_of_mail(kind: str, said: dict[str, Any]) -> str:
    if kind == "Complaint":
        return "the receiver marked it as spam"
    receivers = said.get("bouncedRecipients") or said.get("delayedRecipients")
    first = receivers[0] if isinstance(receivers, list) and receivers and isinstance(receivers[0], dict) else {}
    parts = [said.get("bounceType"), said.get("bounceSubType"), said.get("delayType"), said.get("reason")]
    parts.append(first.get("diagnosticCode"))
    return ": ".join(str(part) for part in parts if part)
