"""A connection as its operator sees it: its health, its last events and what became of them; a mapping tried out.

Everything here is read only; nothing that the hub does depends on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from chalicelib.bookings.connections.activity import Activity, calls_of, silent_for
from chalicelib.bookings.inbox import events
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Context, Ignored, Parked
from chalicelib.foundation.keys import chore_key
from chalicelib.outages import outage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.bookings.booking import Report
    from chalicelib.bookings.business import Business, Connection
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.inbox.parking import Parking
    from chalicelib.foundation.ports import Bucket, Documents


class Overview:
    """The operator's view of connections."""

    def __init__(self, documents: Documents, bucket: Bucket, config: Config, parking: Parking) -> None:
        self._documents = documents
        self._bucket = bucket
        self._config = config
        self._parking = parking
        self._activity = Activity(documents)

    def connection(self, connection_id: str, now: datetime) -> dict[str, Any] | None:
        """A connection with its health; no secrets, no personal data. None if there is none. Raises `Unavailable`."""
        connection = self._config.connection(connection_id)
        if connection is None:
            return None
        activity = self._activity.get(connection_id)
        chore = self._documents.get("config", chore_key(connection_id)) or {}
        parked = self._parking.of_business(connection.business_id, connection_id)
        business = self._config.business(connection.business_id)
        silent = silent_for(activity, now, ZoneInfo(business.timezone)) if business else None
        tool = provider(connection.provider)
        overlap = max(connection.old_secrets_until, default=None)
        return {
            "connection_id": connection_id,
            "business_id": connection.business_id,
            "provider": connection.provider,
            "quality": tool.quality,
            "settings": settings_to_show(connection.settings),
            "secrets_active": len(connection.active_secrets(now)),
            "previous_secret_until": overlap.isoformat() if overlap and overlap > now else None,
            "last_event": (activity.get("recent") or [None])[0],
            "recent": activity.get("recent", []),
            "events": max(calls_of(self._documents, connection_id), activity.get("events", 0)),
            "refused": {
                "count": activity.get("refused", 0),
                "last_at": activity.get("refused_at"),
                "why": activity.get("refused_why"),
            },
            "parked": len(parked),
            "outages": _outages(business, connection, now) if business else [],
            "quiet_for_s": int(silent.total_seconds()) if silent else None,
            "polled_at": chore.get("polled_at"),
            "reconciled_at": chore.get("reconciled_at"),
            "failure": chore.get("failure") or activity.get("trouble", {}).get("reason"),
            "health": health(activity, chore, len(parked), quiet=silent is not None),
        }

    def try_mapping(self, connection_id: str, mapping: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """What a mapping would make of the last event: {"reports": […], "unread" or "note"} or {"error": reason}."""
        connection = self._config.connection(connection_id)
        last = (self._activity.get(connection_id).get("recent") or [{}])[0].get("event_id")
        event = self._documents.get("inbox", last) if last else None
        business = self._config.business(connection.business_id) if connection else None
        if connection is None or business is None or event is None:
            return {"error": "nothing was received by this connection yet"}
        tried = replace(
            connection, provider="json", secrets=(), settings=connection.settings | {"mapping": dict(mapping)}
        )
        try:
            raw = events.raw_of(event, self._bucket)
            found = provider("json").reports(raw, Context(tried, business, now, now))
        except Parked as reason:
            return {"error": str(reason)}
        except events.BodyGone:
            return {"error": "the last payload has expired"}
        if isinstance(found, Ignored):
            return {"reports": [], "note": found.reason}
        reports, unread = (found, ()) if isinstance(found, tuple) else (found.reports, found.unread)
        return {"reports": [_summary_of(report) for report in reports], "unread": [one.reason for one in unread]}


def settings_to_show(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for people to see; a feed's address is a secret in itself, so only its host is shown."""
    feed = settings.get("feed_url")
    return (
        {**settings, "feed_url": f"{urlsplit(feed).scheme}://{urlsplit(feed).hostname}/…"} if feed else dict(settings)
    )


def health(activity: Mapping[str, Any], chore: Mapping[str, Any], parked: int, *, quiet: bool) -> str:
    """In one word: failing (the tool cannot be reached), parked, quiet (silent against its rhythm), ok, or new."""
    if chore.get("failure") or activity.get("trouble"):
        return "failing"
    if parked:
        return "parked"
    if quiet:
        return "quiet"
    return "ok" if activity.get("events") else "new"


def _outages(business: Business, connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """The open outages of the business, and of this connection's tool."""
    mine = (
        one for one in business.outages if one.is_open(now) and one.connection_id in {None, connection.connection_id}
    )
    return [outage.operator_view(one, business.timezone, now) for one in mine]


def _summary_of(report: Report) -> dict[str, Any]:
    customer = report.customers[0] if report.customers else None
    return {
        "uid": report.uid,
        "status": report.status.value if report.status else None,
        "start": report.start.isoformat() if report.start else None,
        "end": report.end.isoformat() if report.end else None,
        "title": report.title,
        "customer": {
            "name": customer.name if customer else None,
            "has_email": bool(customer and customer.email),
            "has_phone": bool(customer and customer.phone),
        },
    }
