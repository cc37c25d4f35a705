"""Invitations that come by mail: SES receives them, S3 keeps them, and the inbox accepts them as any other call.

The address is `<connection>+<secret>@<domain>`; only the booking tool knows it. The mail is in the bucket under the
key that the receipt names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw
from chalicelib.foundation.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from chalicelib.bookings.inbox.accept import Accepted, Inbox
    from chalicelib.foundation.ports import Bucket

RECIPIENTS_MAX = 20  # of one mail; a booking tool writes to one


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail to one recipient: connection and secret of the address, and the mail's key in the bucket."""

    connection_id: str
    secret: str
    key: str


def parse_recipient(recipient: str) -> tuple[str, str] | None:
    """(connection, secret) of a recipient's address; None where it has another form."""
    local = recipient.rpartition("@")[0]
    connection_id, plus, key = local.partition("+")
    return (connection_id, key) if plus and connection_id and key else None


def mails_of(record: Mapping[str, Any]) -> Iterator[ReceivedMail]:
    """One for each recipient of an SES receipt (an entry of `Records` in its event) whose address has the form.

    Raises `Invalid` for what is no receipt.
    """
    receipt, mail = (_part(record.get("ses"), name) for name in ("receipt", "mail"))
    key = _part(receipt, "action").get("objectKey") or mail.get("messageId", "")
    recipients = receipt.get("recipients", [])
    if not isinstance(recipients, list) or not isinstance(key, str):
        raise Invalid("invalid_receipt", "a receipt of SES has a list of recipients and names the mail's object")
    found = map(parse_recipient, map(str, recipients[:RECIPIENTS_MAX]))
    return (ReceivedMail(*one, key) for one in found if one is not None)


def _part(whole: Any, name: str) -> Mapping[str, Any]:
    part = whole.get(name, {}) if isinstance(whole, dict) else None
    if not isinstance(part, dict):
        raise Invalid("invalid_receipt", f"a receipt of SES has an object {name}")
    return part


def accept_mail(inbox: Inbox, bucket: Bucket, mail: ReceivedMail, now: datetime) -> Accepted | None:
    """Accepts one mail as a call of its connection; None if it is not in the bucket. Raises as `Inbox.accept` does."""
    body = bucket.get(mail.key)
    return None if body is None else inbox.accept(mail.connection_id, Raw(body, query={"key": mail.secret}), now)
