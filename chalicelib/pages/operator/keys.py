"""Keys of operators and businesses, and staff links: made and shown once, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.operator.checks import SHOWN_NAME_MAX
from chalicelib.pages.page import NotFound

if TYPE_CHECKING:
    from chalicelib.bookings.access.caller import AccessKey
    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock

SHOWN_ONCE = (
    "It is shown this once: keep it now. PUT the same name again for another one; DELETE it, and it stops at once."
)


@dataclass(frozen=True, slots=True)
class KeyEndpoints:
    """/admin/keys, /admin/businesses/{business_id}/keys and …/staff_links. No business: the operators' keys."""

    keyring: Keyring
    config: Config
    clock: Clock
    public_url: str

    def put(self, kind: KeyKind, business_id: str | None, key_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new key under this name; the one before stops. Raises `NotFound`, `Invalid`, `Unavailable`."""
        if business_id is not None:
            known_business(self.config, business_id)
        label = body.get("label", "")
        if not isinstance(label, str):
            raise Invalid("invalid_key", "label must be text: who or what has this key")
        key = self.keyring.issue(kind, business_id, key_id, label.strip(), self.clock.now())
        shown = {"key": key} if kind is not KeyKind.STAFF else {"url": f"{self.public_url}/b/{key}", "staff_link": key}
        return {"key_id": key_id, "kind": kind.value, "business_id": business_id, **shown, "says": SHOWN_ONCE}

    def list(self, kind: KeyKind, business_id: str | None) -> dict[str, Any]:
        """Names, labels, last use; never a key. Raises `NotFound`, `Unavailable`."""
        if business_id is not None:
            known_business(self.config, business_id)
        return {"keys": [key_json(one) for one in self.keyring.keys(kind, business_id)]}

    def delete(self, kind: KeyKind, business_id: str | None, key_id: str) -> dict[str, Any]:
        """Nobody gets in with it any more. Raises `NotFound`, `Unavailable`."""
        if not self.keyring.revoke(kind, business_id, key_id):
            raise NotFound(f"There is no {kind.value} key {key_id[:SHOWN_NAME_MAX]!r} here.")
        return {"key_id": key_id, "revoked": True}


def key_json(key: AccessKey) -> dict[str, Any]:
    """A key as it is listed; `created_at` is null for the operator's first key, which the deployment made."""
    return {
        "key_id": key.key_id,
        "kind": key.kind.value,
        "business_id": key.business_id,
        "label": key.label,
        "created_at": key.created_at.isoformat() if key.created_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
