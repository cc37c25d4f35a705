"""Invitations that come by mail: SES receives them, S3 keeps them, and the inbox accepts them as any other call.

The address is `<connection>+<secret>@<domain>`; only the booking tool knows it. The mail is in the bucket under the
key that the receipt names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw

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
    """One for each recipient of an SES receipt (an entry of `Records` in its event) whose address has the form."""
    receipt = record.get("ses", {}).get("receipt", {})
    action = receipt.get("action", {})
    key = action.get("objectKey") or record.get("ses", {}).get("mail", {}).get("messageId", "")
    for recipient in receipt.get("recipients", [])[:RECIPIENTS_MAX]:
        found = parse_recipient(str(recipient))
        if found is not None:
            yield ReceivedMail(*found, str(key))


def accept_mail(inbox: Inbox, bucket: Bucket, mail: ReceivedMail, now: datetime) -> Accepted | None:
    """Accepts one mail as a call of its connection; None if it is not in the bucket. Raises as `Inbox.accept` does."""
    body = bucket.get(mail.key)
    return None if body is None else inbox.accept(mail.connection_id, Raw(body, query={"key": mail.secret}), now)
