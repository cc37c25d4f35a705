"""`Texts` on AWS End User Messaging ("pinpoint-sms-voice-v2"): texts whose fate is reported, and that expire.

The message's own reference travels as its context and comes back with each event (`notices/delivery/aws_reports`).
Sources: its API reference, SendTextMessage; the exceptions' reasons are those of botocore's description of the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.aws.calls import code_of, handing_over, refusal
from chalicelib.foundation.ports import Handover, OptedOut, Refused, Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.aws.calls import Clients
    from chalicelib.foundation.ports import Clock, Text

SERVICE = "pinpoint-sms-voice-v2"
LIVE_MIN_S, LIVE_MAX_S = 5, 259_200  # of SendTextMessage's TimeToLive
CONTEXT_MAX = 800  # characters of a value of the context
OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"
ABOUT_THE_NUMBER = frozenset(  # no other day will make this number reachable; all else is the account's, and mended
    {
        "DESTINATION_COUNTRY_BLOCKED",
        "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
        "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
        "COUNTRY_CODE_MISMATCH",
        "INVALID_PARAMETER",
        "FIELD_VALIDATION_FAILED",
        "CANNOT_PARSE",
    }
)


@dataclass(frozen=True, slots=True)
class SenderIdentity:
    """By whom: the ARN or id of a number, a sender id or a pool; and the configuration set that reports ("": none)."""

    origination: str
    events: str = ""


class EndUserTexts:
    """Short messages to phones. Never repeated by themselves: a second text is worse than a doubtful one."""

    carrier = "sms-voice"

    def __init__(self, clients: Clients, identity: SenderIdentity, clock: Clock) -> None:
        """The client is made at the first text."""
        self._clients = clients
        self._identity = identity
        self._clock = clock

    def send(self, text: Text) -> Handover:
        """As `ports.Texts`. The sender is the origination identity's own."""
        client = self._clients.get_once(SERVICE)
        try:
            with handing_over("End User Messaging"):
                answer = client.send_text_message(
                    DestinationPhoneNumber=text.to,
                    OriginationIdentity=self._identity.origination,
                    MessageBody=text.text,
                    MessageType="TRANSACTIONAL",
                    **_lives(text, self._clock.now()),
                    **self._reported(text),
                )
        except client.exceptions.ClientError as error:
            raise _failure(error) from None  # AWS's own sentence may hold the phone number
        return Handover(str(answer["MessageId"]), self.carrier, bool(self._identity.events))

    def _reported(self, text: Text) -> dict[str, Any]:
        if not self._identity.events:
            return {}
        named = {"Context": {"notice": text.reference}} if 0 < len(text.reference) <= CONTEXT_MAX else {}
        return {"ConfigurationSetName": self._identity.events} | named


def _lives(text: Text, now: datetime) -> dict[str, int]:
    """How long the carriers may try: late news expires there, too."""
    if text.expires_at is None:
        return {}
    left_s = int((text.expires_at - now).total_seconds())
    return {"TimeToLive": min(max(left_s, LIVE_MIN_S), LIVE_MAX_S)}


def _failure(error: Exception) -> Exception:
    """What a refusing answer means; its `Reason` is a word of AWS's, and names nobody."""
    response: dict[str, Any] = getattr(error, "response", {})
    reason = str(response.get("Reason") or response.get("Error", {}).get("Reason") or "")
    said = f"End User Messaging said {code_of(error)}" + (f": {reason}" if reason else "")
    if reason == OPTED_OUT:
        return OptedOut(said)
    if reason in ABOUT_THE_NUMBER:
        return Refused(said)
    if not reason:
        return refusal("End User Messaging", error, frozenset({"ValidationException"}))
    return Unavailable(said)
