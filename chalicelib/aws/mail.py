"""`Mail` on SES (version 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalicelib.aws.calls import handing_over, refusal
from chalicelib.foundation.ports import Handover, Refused

if TYPE_CHECKING:
    from chalicelib.aws.calls import Clients
    from chalicelib.foundation.ports import Letter

TAG = re.compile(r"[A-Za-z0-9_.@-]{1,256}")  # what SES takes as a tag's value
MAIL_REFUSALS = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})


class SesMail:
    """Plain mails. Never repeated by themselves: a second mail is worse than a doubtful one."""

    def __init__(self, clients: Clients, sender: str, events: str = "") -> None:
        """`sender` is a verified address; empty: mail is switched off and every mail is refused.

        `events` is the configuration set that reports what became of mails.
        """
        self._events = events
        self._clients = clients
        self._sender = sender

    def send(self, letter: Letter) -> Handover:
        """As `ports.Mail`."""
        if not self._sender:
            raise Refused("mail is switched off: HUB_MAIL_FROM is empty")
        client = self._clients.get_once("sesv2")
        content = {"Simple": {"Subject": utf8(letter.subject), "Body": {"Text": utf8(letter.text)}}}
        try:
            with handing_over("SES"):
                answer = client.send_email(
                    FromEmailAddress=self._sender,
                    Destination={"ToAddresses": [letter.to]},
                    Content=content,
                    **self._reported(letter),
                )
        except client.exceptions.ClientError as error:
            raise refusal("SES", error, MAIL_REFUSALS) from None  # AWS's own sentence may hold the address
        return Handover(str(answer["MessageId"]), "ses", bool(self._events), sender=self._sender)

    def _reported(self, letter: Letter) -> dict[str, Any]:
        """What makes SES report, and name the mail by our reference."""
        if not self._events:
            return {}
        tags = [{"Name": "notice", "Value": letter.reference}] if TAG.fullmatch(letter.reference) else []
        return {"ConfigurationSetName": self._events} | ({"EmailTags": tags} if tags else {})


def utf8(text: str) -> dict[str, str]:
    """Text as SES wants it."""
    return {"Data": text, "Charset": "UTF-8"}
