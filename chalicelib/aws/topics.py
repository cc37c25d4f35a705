"""`Texts` and `Topic` on SNS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib.aws.calls import code_of, handing_over, reaching, refusal
from chalicelib.foundation.ports import Handover, OptedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.aws.calls import Clients
    from chalicelib.foundation.ports import Document, Text

TEXT_REFUSALS = frozenset({"InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "OptInRequired"})


class SnsTexts:
    """Short messages to phones. Never repeated by themselves: a second text is worse than a doubtful one."""

    carrier = "sns"

    def __init__(self, clients: Clients) -> None:
        """The client is made at the first text."""
        self._clients = clients

    def send(self, text: Text) -> Handover:
        """As `ports.Texts`; SNS reports to its own logs alone whether a text arrived."""
        client = self._clients.get_once("sns")
        sender = {"AWS.SNS.SMS.SenderID": text.sender} if text.sender else {}
        attributes = strings({"AWS.SNS.SMS.SMSType": "Transactional"} | sender)
        try:
            with handing_over("SNS"):
                answer = client.publish(PhoneNumber=text.to, Message=text.text, MessageAttributes=attributes)
        except client.exceptions.ClientError as error:
            if code_of(error) == "OptedOut":
                raise OptedOut("SNS said OptedOut") from None
            raise refusal("SNS", error, TEXT_REFUSALS) from None  # AWS's own sentence holds the phone number
        return Handover(str(answer["MessageId"]), self.carrier, sender=text.sender or "")


class SnsTopic:
    """Where every notice is also published, for whoever subscribes; may repeat one after a lost answer."""

    def __init__(self, clients: Clients, arn: str) -> None:
        """`arn` is the topic's."""
        self._clients = clients
        self._arn = arn

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
        """The answer is the message id. Raises `Unavailable`."""
        client = self._clients.get("sns")
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        with reaching("SNS"):
            answer = client.publish(TopicArn=self._arn, Message=body, MessageAttributes=strings(attributes))
        return str(answer["MessageId"])


def strings(attributes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Message attributes as SNS wants them; it refuses empty ones, so they are left out."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
