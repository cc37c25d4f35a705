"""Gateways as they are stored (table "config"), and which of them takes a business's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.foundation.invalid import Invalid, check_identifier
from chalicelib.foundation.keys import HUB_GATEWAYS, gateway_key, span
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry
from chalicelib.notices.delivery.gateways.gateway import Gateway

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Clock, Document, Documents

GATEWAYS_LATELY_S = 20.0  # a text may go by a gateway as it was this long ago
OWNERS_MAX = 2000  # kept in memory


class Gateways:
    """Reads and writes gateways. Every method may raise `Unavailable`."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._recent: dict[str, tuple[datetime, tuple[Gateway, ...]]] = {}

    def get(self, gateway_id: str) -> Gateway | None:
        """The gateway, or None."""
        document = self._documents.get("config", gateway_key(gateway_id))
        return gateway_from(document) if document else None

    def of(self, owner: str) -> tuple[Gateway, ...]:
        """Those of a business, or ("") the operator's, by id; may lag a write."""
        found = self._documents.query("config", "by_owner", owner or HUB_GATEWAYS, **span(gateway_key("")))
        return tuple(one for one in map(gateway_from, found) if one.owner == owner)  # a business may be called so, too

    def in_use(self, business_id: str, takes: str) -> Gateway | None:
        """Which one takes the texts or mails of a business: its own, else the operator's, the first by its id."""
        found = (*self._lately(business_id), *self._lately("")) if business_id else self._lately("")
        return next((one for one in found if one.takes == takes), None)

    def put(self, gateway: Gateway) -> Gateway:
        """Creates or replaces it. Raises `Invalid` where another's has this id."""
        check_identifier("gateway", gateway.gateway_id)

        def step() -> Document:
            stored = self._documents.get("config", gateway_key(gateway.gateway_id))
            if stored is not None and gateway_from(stored).owner != gateway.owner:
                raise Invalid("gateway_taken", f"gateway {gateway.gateway_id} belongs to another: choose another id")
            document = _document(gateway, (stored["version"] if stored else 0) + 1)
            self._documents.write(Write("config", document, stored["version"] if stored else None))
            return document

        self._recent.clear()
        return gateway_from(retry(step, "gateway"))

    def remove(self, gateway_id: str) -> None:
        """Afterwards there is none of that id."""
        self._documents.delete("config", gateway_key(gateway_id))
        self._recent.clear()

    def _lately(self, owner: str) -> tuple[Gateway, ...]:
        now = self._clock.now()
        known = self._recent.get(owner)
        if known is None or not 0 <= (now - known[0]).total_seconds() < GATEWAYS_LATELY_S:
            if len(self._recent) >= OWNERS_MAX:
                self._recent.clear()
            known = self._recent[owner] = (now, self.of(owner))
        return known[1]


def _document(gateway: Gateway, version: int) -> Document:
    return {
        "config_id": gateway_key(gateway.gateway_id),
        "owner": gateway.owner or HUB_GATEWAYS,
        "version": version,
        "gateway": {
            "id": gateway.gateway_id,
            "owner": gateway.owner,
            "provider": gateway.provider,
            "credentials": gateway.credentials,
            "settings": dict(gateway.settings),
        },
    }


def gateway_from(document: dict[str, Any]) -> Gateway:
    """The gateway that a document holds."""
    known = document["gateway"]
    return Gateway(
        known["id"], known["owner"], known["provider"], known["credentials"], known["settings"], document["version"]
    )
