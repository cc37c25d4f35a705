"""A webhook as it is stored in table "inbox": its raw bytes, what is needed to judge it again, and what became of it.

States: open (to be processed) → done | parked; waiting is open, but not before `look_after`. Open and waiting events
carry `open_shard`, parked ones `parked_business`; by these two sparse indexes nothing can be lost.
"""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw
from chalicelib.bookings.providers.signing import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.business import Connection
    from chalicelib.foundation.ports import Bucket, Document

INLINE_MAX = 240 * 1024  # bytes of a body kept in the table; in base64 it stays below DynamoDB's 400 KB
KEEP_EVENT_DAYS = 30
KEEP_PARKED_DAYS = 90
OPEN_SHARDS = 8
HEADERS_KEPT = ("content-type", "user-agent")  # beside those that the provider names; never cookies or authorization
HEADER_MAX = 4000


class BodyGone(Exception):
    """The event's body has expired from the bucket."""


def iso(when: datetime) -> str:
    """An instant as the indexes sort it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shard_of(event_id: str) -> str:
    """The part of the open index that an event is in."""
    return str(int(digest_of(event_id)[:8], 16) % OPEN_SHARDS)


def new_event(
    event_id: str, connection: Connection, raw: Raw, now: datetime, *, kept: tuple[str, ...], bucket: Bucket
) -> Document:
    """An open event. A body too large for the table goes to the bucket first."""
    document: Document = {
        "event_id": event_id,
        "version": 1,
        "connection_id": connection.connection_id,
        "business_id": connection.business_id,
        "provider": connection.provider,
        "received_at": iso(now),
        "headers": headers_to_keep(raw.headers, kept),
        "query": {name: value[:HEADER_MAX] for name, value in list(raw.query.items())[:20]},
        "url": raw.url,
        "state": "open",
        "open_shard": shard_of(event_id),
        "expires_at": int((now + timedelta(days=KEEP_EVENT_DAYS)).timestamp()),
    }
    packed = zlib.compress(raw.body, 6)
    if len(packed) <= INLINE_MAX:
        return document | {"body_z": base64.b64encode(packed).decode()}
    key = f"inbox/{connection.connection_id}/{event_id}.z"
    bucket.put(key, packed)
    return document | {"body_key": key}


def headers_to_keep(headers: Mapping[str, str], kept: tuple[str, ...]) -> dict[str, str]:
    """Of all headers, those that verifying and diagnosing need."""
    return {name: headers[name][:HEADER_MAX] for name in (*HEADERS_KEPT, *kept) if name in headers}


def raw_of(event: Document, bucket: Bucket) -> Raw:
    """The call as it came. Raises `BodyGone`, `Unavailable`."""
    packed = base64.b64decode(event["body_z"]) if "body_z" in event else bucket.get(event["body_key"])
    if packed is None:
        raise BodyGone(event["event_id"])
    return Raw(zlib.decompress(packed), event["headers"], event.get("query", {}), event.get("url", ""))


def close(event: Document, state: str, now: datetime, **what: Any) -> Document:
    """The event done or parked: `what` says the reason or what it changed."""
    gone = {"open_shard", "parked_business", "reason"} | ({"begun"} if state == "done" else set())
    kept = {name: value for name, value in event.items() if name not in gone}
    days = KEEP_PARKED_DAYS if state == "parked" else KEEP_EVENT_DAYS
    parked = {"parked_business": event["business_id"]} if state == "parked" else {}
    received = datetime.fromisoformat(event["received_at"])
    return (
        kept
        | parked
        | {"state": state, "ended_at": iso(now), "version": event["version"] + 1}
        | {"expires_at": int((max(received, now) + timedelta(days=days)).timestamp())}
        | what
    )


def reopen_as_new(event: Document, now: datetime) -> Document:
    """The event open as on its first day: the same call came once more, and may mean something new."""
    expires = int((now + timedelta(days=KEEP_EVENT_DAYS)).timestamp())
    return reopen(event, received_at=iso(now), expires_at=expires, crashes=0, sweeps=0, waits=False)


def reopen(event: Document, **what: Any) -> Document:
    """The event open again (a replay, another try, or waiting)."""
    kept = {name: value for name, value in event.items() if name not in {"parked_business", "reason", "look_after"}}
    return kept | {"state": "open", "open_shard": shard_of(event["event_id"]), "version": event["version"] + 1} | what
