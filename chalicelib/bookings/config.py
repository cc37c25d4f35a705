"""What an operator configured: businesses and their connections to booking tools (table "config").

How secrets of a connection replace one another is `secret_rotation`.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.business import Business, Connection, StreetAddress
from chalicelib.bookings.inbox.events import OPEN_SHARDS
from chalicelib.bookings.providers import MODULES, provider
from chalicelib.bookings.secret_rotation import StoredSecrets, rotate, secrets_from
from chalicelib.foundation.invalid import Invalid, check_identifier, each_readable
from chalicelib.foundation.keys import (
    ALL_BUSINESSES,
    CHORES,
    IDLE_CHORES,
    activity_key,
    business_key,
    calls_key,
    chore_key,
    connection_key,
    cursor_key,
    span,
    watch_key,
)
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry
from chalicelib.outages import outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Documents

CACHED_MAX = 1000  # connections kept in memory, found or not: guessed ids must not fill it
NOT_WRITTEN = {"version", "outages", "feed_lost"}  # of a business: what stands beside what its operator wrote
CACHE_S = 5.0  # a webhook may be verified by a configuration this old


def business_from(document: Document) -> Business:
    """The business that a document holds."""
    open_ones = tuple(map(outage.from_json, document.get("outages", ())))
    fields = dict(document["business"])
    address = fields.pop("address", None)  # businesses of before have none
    hours = {day: tuple(spans) for day, spans in fields.pop("hours", {}).items()}
    street_address = StreetAddress(**address) if address else None
    known = {"feed_lost": document.get("feed_lost", ""), "hours": hours, "address": street_address}
    return Business(**fields, **known, version=document["version"], outages=open_ones)


def connection_from(document: Document) -> Connection:
    """The connection that a document holds."""
    known = secrets_from(document)
    return Connection(
        document["connection_id"],
        document["owner"],
        document["provider"],
        (*filter(None, (known.newest,)), *(one.secret for one in known.old)),
        document["settings"],
        document["version"],
        tuple(one.until for one in known.old),
    )


class Config:
    """Reads and writes configuration. Only `connection_lately` may be some seconds old."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._recent: dict[str, tuple[datetime, Connection | None]] = {}

    def business(self, business_id: str) -> Business | None:
        """The business, or None. Raises `Unavailable`."""
        document = self._documents.get("config", business_key(business_id))
        return business_from(document) if document else None

    def businesses(self) -> tuple[Business, ...]:
        """All businesses, by id."""
        found = self._documents.query("config", "by_owner", ALL_BUSINESSES, **span(business_key("")))
        return tuple(each_readable(found, business_from))

    def connection(self, connection_id: str) -> Connection | None:
        """The connection, or None. Raises `Unavailable`."""
        document = self._documents.get("config", connection_key(connection_id))
        return connection_from(document) if document and "removed_at" not in document else None

    def connection_lately(self, connection_id: str, now: datetime) -> Connection | None:
        """The connection as it was at most `CACHE_S` ago; each webhook needs it. Raises `Unavailable`."""
        recent = self._recent.get(connection_id)
        if recent is None or not timedelta() <= now - recent[0] < timedelta(seconds=CACHE_S):
            if len(self._recent) >= CACHED_MAX:
                self._recent.clear()
            recent = self._recent[connection_id] = (now, self.connection(connection_id))
        return recent[1]

    def connections(self, business_id: str) -> tuple[Connection, ...]:
        """A business's connections, by id."""
        found = self._documents.query("config", "by_owner", business_id, **span(connection_key("")))
        return tuple(each_readable((one for one in found if "removed_at" not in one), connection_from))

    def put_business(self, business_id: str, body: Any, now: datetime) -> Business:
        """Creates or replaces a business. Raises `Invalid`, `Unavailable`."""
        from chalicelib.bookings.forms import BusinessForm  # noqa: PLC0415 - only configuring pays for pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        check_identifier("business", business_id)
        form = validate(BusinessForm, body, "invalid_business").model_dump()
        location, address, form["feed"] = form.pop("location"), form.pop("address"), form["feed"] or ""
        form["hours"] = {day: tuple(spans) for day, spans in form["hours"].items()}
        street_address = StreetAddress(**address) if address else None
        business = Business(business_id, **form, address=street_address, lat=location["lat"], lon=location["lon"])

        def change(stored: Document | None) -> Document:
            fields = {name: value for name, value in asdict(business).items() if name not in NOT_WRITTEN}
            fields["hours"] = {day: list(spans) for day, spans in business.hours.items()}
            kept = {name: stored[name] for name in ("outages", "feed_lost") if stored and name in stored}
            return _next(stored, now) | {"owner": ALL_BUSINESSES, "business": fields} | kept

        return business_from(self._replace(business_key(business_id), change))

    def put_connection(self, business_id: str, connection_id: str, body: Any, now: datetime) -> Connection:
        """Creates or replaces a connection; a new secret starts the overlap. Raises `Invalid`, `Unavailable`."""
        from chalicelib.bookings.forms import ConnectionForm  # noqa: PLC0415 - only configuring pays for pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        check_identifier("connection", connection_id)
        form = validate(ConnectionForm, body, "invalid_connection").model_dump(mode="json", exclude_defaults=True)
        if form["provider"] not in MODULES:
            raise Invalid("unknown_provider", f"provider must be one of: {', '.join(sorted(MODULES))}")
        if self.business(business_id) is None:
            raise Invalid("unknown_business", f"there is no business {business_id}: PUT it first")

        def change(stored: Document | None) -> Document:
            return _next(stored, now) | _connection_fields(stored, business_id, connection_id, dict(form), now)

        document = self._replace(connection_key(connection_id), change)
        self._recent.pop(connection_id, None)
        self._replace(chore_key(connection_id), lambda stored: _chore(stored, connection_id, form, now))
        return connection_from(document)

    def note_feed(self, business_id: str, lost: str) -> None:
        """Notes why a business's feed cannot be planned with; "": it can. Raises `Unavailable`."""
        key = business_key(business_id)

        def step() -> None:
            stored = self._documents.get("config", key)
            if stored is not None and stored.get("feed_lost", "") != lost:
                later = stored | {"feed_lost": lost, "version": stored["version"] + 1}
                self._documents.write(Write("config", later, stored["version"]))

        retry(step, "configuration")

    def take_zone(self, connection_id: str, body: Any, now: datetime) -> dict[str, str]:
        """Remembers what a name of a time zone stands for at a known connection; answers all. A feed is read anew.

        Raises `Invalid`, `Unavailable`.
        """
        from chalicelib.bookings.forms import ZONES_MAX, ZoneNameForm  # noqa: PLC0415 - only configuring pays for pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        form = validate(ZoneNameForm, body, "invalid_zone")

        def change(stored: Document | None) -> Document:
            settings = dict((stored or {}).get("settings", {}))
            settings["zones"] = {**settings.get("zones", {}), form.name: form.zone}
            if len(settings["zones"]) > ZONES_MAX:
                raise Invalid("too_many_zones", f"a connection knows {ZONES_MAX} names of time zones at most")
            return (stored or {}) | {"settings": settings} | _next(stored, now)

        def read_anew(stored: Document | None) -> Document:
            forgotten = {"polled_at", "digest", "etag", "last_modified", "failure"}
            return {name: value for name, value in (stored or {}).items() if name not in forgotten} | _next(stored, now)

        document = self._replace(connection_key(connection_id), change)
        self._recent.pop(connection_id, None)
        if self._documents.get("config", chore_key(connection_id)) is not None:
            self._replace(chore_key(connection_id), read_anew)
        zones: dict[str, str] = document["settings"]["zones"]
        return zones

    def remove_connection(self, connection_id: str, now: datetime) -> None:
        """Removes a connection with its secrets and what was remembered of it. Raises `Unavailable`.

        Its id stays its business's: bookings are stored under it, and another business's must not meet them.
        """

        def change(stored: Document | None) -> Document:
            owner = {"owner": stored["owner"]} if stored else {}
            gone = {"provider": "", "secrets": [], "settings": {}, "removed_at": now.isoformat()}
            return _next(stored, now) | owner | gone | {"connection_id": connection_id}

        self._replace(connection_key(connection_id), change)
        self._recent.pop(connection_id, None)
        counts = [calls_key(connection_id, str(shard)) for shard in range(OPEN_SHARDS)]
        for key in (*counts, *(key(connection_id) for key in (chore_key, cursor_key, activity_key, watch_key))):
            self._documents.delete("config", key)

    def remove_business(self, business_id: str) -> None:
        """Removes a business that nothing depends on any more. Raises `Unavailable`."""
        self._documents.delete("config", business_key(business_id))

    @staticmethod
    def parse_mapping(body: Any) -> dict[str, Any]:
        """A mapping of provider "json" as it would be stored. Raises `Invalid`."""
        from chalicelib.bookings.forms import MappingForm  # noqa: PLC0415 - only configuring pays for pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        return validate(MappingForm, body, "invalid_mapping").model_dump(exclude_defaults=True)

    def _replace(self, key: str, change: Callable[[Document | None], Document]) -> Document:
        """Changes a document, again if another process was faster. Raises `Unavailable`, and what `change` raises."""

        def step() -> Document:
            stored = self._documents.get("config", key)
            document = {"config_id": key} | change(stored)
            self._documents.write(Write("config", document, stored["version"] if stored else None))
            return document

        return retry(step, "configuration")


def _next(stored: Document | None, now: datetime) -> Document:
    return {"version": (stored["version"] if stored else 0) + 1, "updated_at": now.isoformat()}


def _chore(stored: Document | None, connection_id: str, form: dict[str, Any], now: datetime) -> Document:
    """A connection's chores (`connections/chores.py`): which it needs; when each was done last is kept."""
    tool = provider(form["provider"])
    wanted = {
        "polled_at": "feed_url" in form,
        "reconciled_at": tool.upcoming is not None and "credentials" in form,
        "renewed_at": tool.renew is not None and "credentials" in form,
    }
    chores = [name for name, needed in wanted.items() if needed]
    kept = {name: value for name, value in (stored or {}).items() if name not in {"failure", "looked_at"}}
    owner = {"owner": CHORES} if chores else {"owner": IDLE_CHORES}
    return kept | _next(stored, now) | owner | {"connection_id": connection_id, "chores": chores}


def _connection_fields(
    stored: Document | None, business_id: str, connection_id: str, form: dict[str, Any], now: datetime
) -> Document:
    """A connection's fields besides its key and version; `form` is what the operator wrote."""
    if stored is not None and stored["owner"] != business_id:
        raise Invalid("connection_taken", f"connection {connection_id} belongs to another business: choose another id")
    name, secret, overlap_h = form.pop("provider"), form.pop("secret", None), form.pop("overlap_h", None)
    before = secrets_from(stored) if stored and stored["provider"] == name else StoredSecrets()
    if secret is None and before.newest is None and provider(name).needs_secret(form):
        raise Invalid("missing_secret", f"secret is missing: the one that {name} signs its calls with")
    return {
        "owner": business_id,
        "connection_id": connection_id,
        "provider": name,
        "settings": form,
        **rotate(before, secret, overlap_h, now).to_json(),
    }
