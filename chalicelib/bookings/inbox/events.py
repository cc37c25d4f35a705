"""Events: a webhook as it is stored in table "inbox", with what is needed to read it again and what became of it.

States: open (to be processed) → done | parked; a waiting event is open, but not before `look_after`. Open and waiting
events carry `open_shard`, parked ones `parked_business`; by these two sparse indexes no event can be lost.

    {event_id, connection_id, business_id, provider, received_at, headers, query, url, state, version, expires_at,
     body_z (zlib, base64) | body_key (of the bucket), kind?, open_shard?, parked_business?, look_after?, waits?,
     sweeps?, crashes?, begun?, reason?, note?, changed?, ended_at?}

What proved that the call is genuine is not stored: neither `?key=` nor the address's query, nor a secret in the body
(`Provider.without_secret`). A body in the bucket lies under the days that its row lives, which the bucket keeps to.

Instants are UTC texts ("2026-01-01T09:00:00.000000Z"), `expires_at` is Unix seconds.
"""

from __future__ import annotations

import base64
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw
from chalicelib.bookings.providers.signing import digest_of
from chalicelib.foundation.instants import microseconds_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.business import Connection
    from chalicelib.foundation.ports import Bucket, Document

INLINE_MAX = 240 * 1024  # bytes of a body kept in the table; in base64 it stays below DynamoDB's 400 KB
KEEP_EVENT_DAYS = 30  # after it was received or closed: as long as a booking is kept after its end
KEEP_PARKED_DAYS = 90  # a parked event waits for its operator, who may be on holiday
OPEN_SHARDS = 8  # partitions of the open index: none gets all writes
HEADERS_KEPT = ("content-type", "user-agent")  # beside those that the provider names; never cookies or authorization
HEADER_MAX = 4000  # characters of a header or of a value in the query
QUERY_VALUES_MAX = 20  # values in the query
PROOFS_IN_QUERY = frozenset({"key"})  # what says there who is calling
RECONCILE = "reconcile"  # kind of an event that the hub made itself: read back all coming bookings


class BodyGone(Exception):
    """The event's body has expired from the bucket."""


def shard_of(event_id: str) -> str:
    """The partition of the open index that an event is in."""
    return str(int(digest_of(event_id)[:8], 16) % OPEN_SHARDS)


def new_event(event_id: str, connection: Connection, raw: Raw, now: datetime, bucket: Bucket) -> Document:
    """An open event. A body too large for the table is put into the bucket first. Raises `Unavailable`."""
    document: Document = {
        "event_id": event_id,
        "version": 1,
        "connection_id": connection.connection_id,
        "business_id": connection.business_id,
        "provider": connection.provider,
        "received_at": microseconds_text(now),
        "headers": dict(raw.headers),
        "query": {
            name: value[:HEADER_MAX]
            for name, value in list(raw.query.items())[:QUERY_VALUES_MAX]
            if name not in PROOFS_IN_QUERY
        },
        "url": raw.url.partition("?")[0],
        "state": "open",
        "open_shard": shard_of(event_id),
        "expires_at": int((now + timedelta(days=KEEP_EVENT_DAYS)).timestamp()),
    }
    packed = zlib.compress(raw.body, 6)
    if len(packed) <= INLINE_MAX:
        return document | {"body_z": base64.b64encode(packed).decode()}
    key = _body_key(KEEP_EVENT_DAYS, f"{connection.connection_id}/{event_id}.z")
    bucket.put(key, packed)
    return document | {"body_key": key}


def headers_to_keep(headers: Mapping[str, str], needed: tuple[str, ...]) -> dict[str, str]:
    """Of all headers, those that the provider needs for verifying, and those that help to find a mistake."""
    return {name: headers[name][:HEADER_MAX] for name in (*HEADERS_KEPT, *needed) if name in headers}


def raw_of(event: Document, bucket: Bucket) -> Raw:
    """The call that an event stores. Raises `BodyGone`, `Unavailable`."""
    packed = base64.b64decode(event["body_z"]) if "body_z" in event else bucket.get(event["body_key"])
    if not packed:
        raise BodyGone(event["event_id"])
    return Raw(zlib.decompress(packed), event["headers"], event.get("query", {}), event.get("url", ""))


def _body_key(days: int, name: str) -> str:
    return f"bodies/{days}/{name}"


def with_body_kept(event: Document, state: str, bucket: Bucket) -> Document:
    """The event, its body where the bucket keeps it as long as the row of such a `state` lives. Raises `Unavailable`.

    Once the event is written, `forget_body` is due for what it was before.
    """
    if "body_key" not in event:
        return event
    days = KEEP_PARKED_DAYS if state == "parked" else KEEP_EVENT_DAYS
    key = _body_key(days, "/".join(str(event["body_key"]).split("/")[-2:]))
    packed = bucket.get(event["body_key"]) if key != event["body_key"] else None
    if not packed:
        return event
    bucket.put(key, packed)
    return event | {"body_key": key}


def forget_body(before: Document, now: Document, bucket: Bucket) -> None:
    """Empties the body that `before` had, where it lies elsewhere now. Raises `Unavailable`."""
    if before.get("body_key") not in {None, now.get("body_key")}:
        bucket.put(before["body_key"], b"")


def close(event: Document, state: str, now: datetime, **what: Any) -> Document:
    """The event with `state` done or parked; `what` are further fields: the reason, or the bookings it changed."""
    dropped = {"open_shard", "parked_business", "reason"} | ({"begun"} if state == "done" else set())
    kept = {name: value for name, value in event.items() if name not in dropped}
    days = KEEP_PARKED_DAYS if state == "parked" else KEEP_EVENT_DAYS
    parked = {"parked_business": event["business_id"]} if state == "parked" else {}
    received = datetime.fromisoformat(event["received_at"])
    return (
        kept
        | parked
        | {"state": state, "ended_at": microseconds_text(now), "version": event["version"] + 1}
        | {"expires_at": int((max(received, now) + timedelta(days=days)).timestamp())}
        | what
    )


def reopen_as_new(event: Document, now: datetime) -> Document:
    """The event open as if it had just been received: the same call came once more, and may mean something new."""
    expires = int((now + timedelta(days=KEEP_EVENT_DAYS)).timestamp())
    return reopen(event, received_at=microseconds_text(now), expires_at=expires, crashes=0, sweeps=0, waits=False)


def reopen(event: Document, **what: Any) -> Document:
    """The event open again (a replay, another try, or waiting); `what` are further fields."""
    kept = {name: value for name, value in event.items() if name not in {"parked_business", "reason", "look_after"}}
    return kept | {"state": "open", "open_shard": shard_of(event["event_id"]), "version": event["version"] + 1} | what
