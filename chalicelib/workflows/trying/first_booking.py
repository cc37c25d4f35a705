"""A booking to try a new business with: it comes by a signed call through the inbox, as those of a tool do.

Its connection is the business's own, "{business}-trial", in our own format; the secret is made once. So what is seen is
what will happen: event, booking, ticket, texts. It is cancelled in the same way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.inbox.accept import Inbox

TRIAL_LENGTH = timedelta(minutes=30)
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Trial:
    """Who comes, when, and from where ("" if that is to be asked)."""

    name: str
    phone: str
    mail: str
    start: datetime
    origin: str = ""


def book_trial(inbox: Inbox, config: Config, business: Business, trial: Trial, now: datetime) -> str:
    """Makes the booking; its uid. Raises `Invalid`, `Unavailable`."""
    uid = f"trial-{now:%Y%m%d-%H%M%S}"
    customer = {"name": trial.name, "phone": trial.phone, "email": trial.mail, "address": trial.origin}
    data = {
        "uid": uid,
        "status": "booked",
        "start": trial.start.isoformat(),
        "end": (trial.start + TRIAL_LENGTH).isoformat(),
        "customers": [{name: value for name, value in customer.items() if value}],
    }
    _send(inbox, config, business, data, now)
    return uid


def cancel_trial(inbox: Inbox, config: Config, business: Business, uid: str, now: datetime) -> None:
    """Cancels it, as a tool would. Raises `Invalid`, `Unavailable`."""
    _send(inbox, config, business, {"uid": uid, "status": "cancelled"}, now)


def trial_connection(business_id: str) -> str:
    """The id of the connection by which trials come."""
    return f"{business_id[:56]}-trial"


def _send(inbox: Inbox, config: Config, business: Business, data: dict[str, Any], now: datetime) -> None:
    connection_id = trial_connection(business.business_id)
    connection = config.connection(connection_id)
    if connection is None or not connection.secrets:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        body = {"provider": "standard", "secret": secret}
        connection = config.put_connection(business.business_id, connection_id, body, now)
    body_bytes = json.dumps({"type": "booking.updated", "timestamp": now.isoformat(), "data": data}).encode()
    message_id, sent = f"{data['uid']}-{data['status']}", str(int(now.timestamp()))
    key = base64.b64decode(connection.secrets[0].removeprefix("whsec_"))
    signature = base64.b64encode(
        hmac.digest(key, f"{message_id}.{sent}.".encode() + body_bytes, hashlib.sha256)
    ).decode()
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{signature}",
        "content-type": "application/json",
    }
    inbox.accept(connection_id, Raw(body_bytes, headers), now)
