"""Invitations that come by mail: SES receives, S3 keeps, and the connection's inbox takes them as any other call.

The address is `<connection>+<secret>@<domain>`; only the booking tool knows it. The mail is in the bucket under the
key that the receipt names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from chalicelib.bookings.inbox.accept import Accepted, Inbox
    from chalicelib.foundation.ports import Bucket

RECIPIENTS_MAX = 20


def parse_recipient(recipient: str) -> tuple[str, str] | None:
    """(connection, secret) of a recipient's address, None where it has not that form."""
    local = recipient.rpartition("@")[0]
    connection_id, plus, key = local.partition("+")
    return (connection_id, key) if plus and connection_id and key else None


def mails_of(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(connection, secret, bucket key) for each recipient of an SES receipt (one `Records` entry of its event)."""
    receipt = record.get("ses", {}).get("receipt", {})
    action = receipt.get("action", {})
    key = action.get("objectKey") or record.get("ses", {}).get("mail", {}).get("messageId", "")
    for recipient in receipt.get("recipients", [])[:RECIPIENTS_MAX]:
        found = parse_recipient(str(recipient))
        if found is not None:
            yield (*found, str(key))


def take(inbox: Inbox, bucket: Bucket, connection_id: str, secret: str, key: str, now: datetime) -> Accepted | None:
    """Takes one mail in; None if it is not in the bucket. Raises as `Inbox.accept` does."""
    data = bucket.get(key)
    return None if data is None else inbox.accept(connection_id, {}, {"key": secret}, data, "", now)
