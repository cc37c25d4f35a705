"""Our own format, signed as Standard Webhooks says (standardwebhooks.com, version 1.0.0). Quality: complete.

For tools that can send what we document, and for everybody's own programs. The body is `forms_standard.Message`
(`python -m chalicelib.bookings.providers.standard` prints its JSON schema):

    {"type": "booking.updated", "timestamp": "2026-01-01T08:00:00Z", "data": {"uid": "42", "status": "booked", …}}

Rules:
- Headers `webhook-id`, `webhook-timestamp` (Unix seconds, 5 minutes of tolerance), `webhook-signature` ("v1,<base64>",
  several apart by blanks): HMAC-SHA256 over `id.timestamp.body`; a secret is `whsec_` and base64 of 24 to 64 bytes.
  Signatures of the asymmetric kind (v1a, Ed25519) are passed over: there is no published vector to prove them by, and
  the library that checks them would be a fifth of all that is deployed.
- `webhook-id` tells deliveries apart.
- `data` always is the whole appointment; `data.version` (else `timestamp`) says which of two is newer.
- `moved_from` names the uid that the appointment had before, where moving gives it a new one.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import ENDINGS
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import (
    TOLERANCE_S,
    base64_hmac,
    bytes_of,
    digest_of,
    is_same,
    seconds_are_fresh,
    unix_time,
)

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Keys, Raw
    from chalicelib.bookings.providers.forms_standard import Data, Person

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SIGNATURES_MAX = 20


def _key(secret: str) -> bytes:
    """The bytes of a secret; a secret without the prefix stands for itself."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return b""


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether id, time and body were signed with one of the secrets, just now."""
    message_id, sent = raw.headers.get(ID, ""), raw.headers.get(TIMESTAMP, "")
    message = bytes_of(f"{message_id}.{sent}.") + raw.body
    expected = [base64_hmac(key, message) for key in map(_key, keys.secrets) if key]
    given = [
        part.removeprefix("v1,")
        for part in raw.headers.get(SIGNATURE, "").split()[:SIGNATURES_MAX]
        if part.startswith("v1,")
    ]
    matches = [is_same(one, right) for one in given for right in expected]
    return bool(message_id) and any(matches) and seconds_are_fresh(sent, keys.now, TOLERANCE_S)


def sent_at(raw: Raw) -> datetime | None:
    """The signed time."""
    return unix_time(raw.headers.get(TIMESTAMP, ""))


def dedupe_key(raw: Raw) -> str:
    """The message's id."""
    return digest_of(raw.headers.get(ID, ""))


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The appointment that a message holds."""
    from pydantic import ValidationError  # noqa: PLC0415 - only connections of this kind pay for pydantic

    from chalicelib.bookings.providers.forms_standard import Message  # noqa: PLC0415 - the same
    from chalicelib.foundation.forms import findings  # noqa: PLC0415 - the same

    body = reading.json_object(raw.body)
    kind = reading.require_text(body, "type")
    if not kind.startswith("booking."):
        return Ignored("a message that is not about a booking")
    stamp = reading.change_stamp(reading.instant(body, "timestamp"), context.received_at)
    try:
        message = Message.model_validate(body)
    except ValidationError as error:
        if (ending := _ending(body, stamp)) is None:
            raise Parked(findings(error)) from None
        return (ending,)
    except RecursionError:
        raise Parked("the body is nested too deeply") from None
    return (report_of(message.data, stamp),)


def _ending(body: dict[str, Any], stamp: str) -> Report | None:
    """A cancel whose details are wrong, by id, status and version alone; None for what is none."""
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    from chalicelib.bookings.providers.forms_standard import Message  # noqa: PLC0415 - as above

    data = body["data"] if isinstance(body.get("data"), dict) else {}
    needed = {name: data[name] for name in ("uid", "status", "version", "moved_from") if name in data}
    try:
        message = Message.model_validate({**body, "data": needed})
    except ValidationError:
        return None
    return report_of(message.data, stamp) if message.data.status in ENDINGS else None


def report_of(data: Data, stamp: str) -> Report:
    """An appointment in our own format as a report."""
    live = data.status in {"booked", "requested"}
    if live and not data.customers:
        raise Parked("data.customers is empty")
    start = data.start and reading.in_years(data.start, "data.start")
    end = data.end and reading.in_years(data.end, "data.end")
    if start and end:
        reading.span(start, end, "data.end")
    return Report(
        uid=reading.identifier({"uid": data.uid}, "uid"),
        order=stamp if data.version is None else f"v{data.version:020}",
        status=Status(data.status),
        start=start,
        end=end,
        timezone=reading.known_zone(data.timezone),
        customers=tuple(map(_customer, data.customers)) or None,
        title=reading.clean(data.title),
        service=reading.clean(data.service),
        calendar=reading.clean(data.calendar),
        moved_from=data.moved_from,
        address=reading.clean(data.address),
        remote=is_remote(data.location) if data.remote is None else data.remote,
    )


def _customer(one: Person) -> Customer:
    name, email, phone, address = map(reading.clean, (one.name, one.email, one.phone, one.address))
    return replace(reading.customer(name, email, phone, one.locale, reading.known_zone(one.timezone)), address=address)


def schema() -> dict[str, Any]:
    """The JSON schema of the body."""
    from chalicelib.bookings.providers.forms_standard import Message  # noqa: PLC0415 - as above

    return Message.model_json_schema()


PROVIDER = Provider(
    "standard", "complete", verify, dedupe_key, reports, sent_at=sent_at, headers=(SIGNATURE, ID, TIMESTAMP)
)

if __name__ == "__main__":
    import json
    import sys

    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
