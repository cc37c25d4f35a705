"""Nylas v3 scheduler. Quality: complete (fields of bookings as documented; gzip is known from others' reports only).

Quirks:
- A new webhook's address is checked by GET with `?challenge=`: it comes back as the body.
- `X-Nylas-Signature` is the hex HMAC-SHA256 of the body as it comes, also where that is gzip.
- CloudEvents envelope; delivered at least once; `id` tells deliveries apart, `time` (Unix seconds) orders them, and
  within one second the time of receipt.
- `booking.rescheduled` keeps `booking_id`. `participants` may be null. There is no phone field: an additional field
  of the booking form holds it (`phone_field`, else one called phone).
- Nothing is read back: a booking can be asked for only with a session of its own configuration, and the answer holds
  no times. What is lost here stays lost until the next call about it; a connection that falls silent is reported.
- `event.*` is about the same appointments once more: ignored.
"""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import ATTENDEES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import HandshakeAnswer, Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import digest_of, hex_hmac, is_signed_by_any

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.providers.contract import Context, Keys, Raw

SIGNATURE = "x-nylas-signature"
STATUSES = {
    "booking.created": Status.BOOKED,
    "booking.pending": Status.REQUESTED,
    "booking.rescheduled": Status.BOOKED,
    "booking.cancelled": Status.CANCELLED,
}
UNPACKED_MAX = 4 * 1024 * 1024
SECONDS = (0, 4_102_444_800)  # 1970 to 2100
CHALLENGE_MAX = 1000


def handshake(raw: Raw, _connection: Connection) -> HandshakeAnswer | None:
    """The check of a new webhook's address."""
    challenge = raw.query.get("challenge") if raw.method == "GET" else None
    return None if challenge is None else HandshakeAnswer(200, challenge[:CHALLENGE_MAX])


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the body was signed with one of the secrets."""
    return is_signed_by_any([raw.headers.get(SIGNATURE, "")], keys.secrets, raw.body, hex_hmac)


def _body(raw: Raw) -> dict[str, Any]:
    data = raw.body
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(UNPACKED_MAX + 1)
        except (OSError, EOFError, zlib.error):
            raise Parked("the body is broken gzip") from None
        if len(data) > UNPACKED_MAX:
            raise Parked(f"the body unpacks to more than {UNPACKED_MAX} bytes")
    return reading.json_object(data)


def dedupe_key(raw: Raw) -> str:
    """The envelope's id."""
    return digest_of(reading.identifier(_body(raw), "id"))


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The report of a delivery about a booking."""
    body = _body(raw)
    kind = reading.require_text(body, "type")
    if kind == "booking.reminder" or not kind.startswith("booking."):
        return Ignored(f"{kind[: reading.SHOWN_MAX]} changes no appointment")
    if kind not in STATUSES:
        raise Parked(f"type is unknown: {kind[: reading.SHOWN_MAX]}")
    status = STATUSES[kind]
    made = reading.at(body, "data.object")
    essence = Report(reading.identifier(made, "booking_id"), _order(body, context), status)
    return (with_details(essence, lambda: _details(essence, made, context)),)


def _order(body: dict[str, Any], context: Context) -> str:
    """By the tool's seconds, of one second by when they came; orders of before hold only seconds and sort first."""
    said, received = _seconds(body, "time"), context.received_at
    believed = said if said <= (received + reading.AHEAD_MAX).timestamp() else int(received.timestamp())
    return f"{believed:012}/{reading.stamp(received)}"


def _details(essence: Report, made: Any, context: Context) -> Report:
    info = reading.at(made, "booking_info")
    if not isinstance(info, dict) or info.get("start_time") is None:
        raise Parked("data.object.booking_info is missing")
    return replace(
        essence,
        start=_unix(info, "start_time"),
        end=_unix(info, "end_time"),
        timezone=reading.known_zone(reading.at(info, "organizer_timezone")),
        customers=_customers(info, context, needed=essence.status is not Status.CANCELLED),
        title=reading.text(info, "title"),
        remote=is_remote(reading.at(info, "location")),
        service=reading.text(made, "configuration_id"),
        address=_field(info, context.setting("origin_field")),
    )


def _seconds(value: Any, path: str) -> int:
    found = reading.at(value, path)
    if isinstance(found, bool) or not isinstance(found, int) or not SECONDS[0] <= found < SECONDS[1]:
        raise Parked(f"{path} is not a Unix time")
    return found


def _unix(value: Any, path: str) -> datetime:
    return datetime.fromtimestamp(_seconds(value, path), UTC)


def _field(info: Any, name: str | None) -> str | None:
    """A field of the booking form: a text, or an object with a `value`."""
    answer = reading.at(info, f"additional_fields.{name}") if name else None
    return reading.clean(answer) or reading.text(answer, "value")


def _customers(info: Any, context: Context, *, needed: bool) -> tuple[Customer, ...] | None:
    people = reading.at(info, "participants")
    if not isinstance(people, list) or not people:
        if needed:
            raise Parked("data.object.booking_info.participants is missing")
        return None
    if len(people) > ATTENDEES_MAX:
        raise Parked(f"more than {ATTENDEES_MAX} participants")
    phone = _field(info, context.setting("phone_field")) or _field(info, "phone") or _field(info, "phone_number")
    zone = reading.known_zone(reading.at(info, "guest_timezone"))
    first = people[0]  # who booked; the others are guests
    return (reading.customer(reading.text(first, "name"), reading.text(first, "email"), phone, None, zone),)


PROVIDER = Provider("nylas", "complete", verify, dedupe_key, reports, headers=(SIGNATURE,), handshake=handshake)
