"""Keys of operators and businesses, and staff links: made, shown once, found again by what is shown, revoked.

Rules
- A key is 192 random bits. Stored is its SHA-256, which is also where it is found: nothing is compared, so nothing can
  be timed, and whoever reads the store has no key. (A slow hash is for what people choose themselves.)
- A key has a name of its owner's choice. The same name again is another key, and the old one stops at once.
- The operator's first key comes from the environment (`make run`, the deployment); it is compared in constant time.
- When a key was last used is written every five minutes at most. That this cannot be written keeps nobody out.

    access#{digest}: {kind, name, label, owner (a business, or "operators#"), created_at, used_at?, version}
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.access.caller import MASTER, AccessKey, Caller, KeyKind
from chalicelib.foundation.instants import optional_instant
from chalicelib.foundation.invalid import Invalid, check_identifier
from chalicelib.foundation.keys import OPERATORS, access_key, span
from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Documents

KEY_BYTES = 24
USED_EVERY = timedelta(minutes=5)  # so exactly is it known when a key was last used
KEYS_MAX = 100  # of one business: more are a program that forgot what it has
LABEL_MAX = 120  # characters
PREFIX = {KeyKind.OPERATOR: "hub_op_", KeyKind.BUSINESS: "hub_biz_", KeyKind.STAFF: ""}  # for who finds one in a file
_MASTER_RECORD = "first"  # no SHA-256: where the use of the operator's first key is noted


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys. `master` reads the operator's first key; "": there is none. Every method may raise `Unavailable`."""

    documents: Documents
    master: Callable[[], str]

    def issue(self, kind: KeyKind, business_id: str | None, key_id: str, label: str, now: datetime) -> str:
        """A new key, to be shown once; one of the same name and kind stops. Raises `Invalid`."""
        check_identifier("key", key_id)
        if business_id is None and key_id == MASTER:
            raise Invalid("key_taken", f"{MASTER} is the name of the operator's first key: choose another")
        if len(label) > LABEL_MAX:
            raise Invalid("invalid_key", f"label: at most {LABEL_MAX} characters")
        before = self._documents_of(kind, business_id)
        if len(before) >= KEYS_MAX:
            raise Invalid("too_many_keys", f"there are {KEYS_MAX} of them: DELETE one that is not used any more")
        key = PREFIX[kind] + secrets.token_urlsafe(KEY_BYTES)
        document = {
            "config_id": access_key(_digest(key)),
            "owner": owner_of(business_id),
            "kind": kind.value,
            "name": key_id,
            "label": label,
            "created_at": now.isoformat(),
            "version": 1,
        }
        self.documents.write(Write("config", document, None))
        self._delete(one for one in before if one["name"] == key_id)
        return key

    def revoke(self, kind: KeyKind, business_id: str | None, key_id: str) -> bool:
        """From now on nobody gets in with it; whether there was such a key."""
        found = [one for one in self._documents_of(kind, business_id) if one["name"] == key_id]
        self._delete(found)
        return bool(found)

    def revoke_all(self, business_id: str) -> None:
        """Every key and staff link of a business that is removed."""
        for kind in (KeyKind.BUSINESS, KeyKind.STAFF):
            self._delete(self._documents_of(kind, business_id))

    def keys(self, kind: KeyKind, business_id: str | None) -> tuple[AccessKey, ...]:
        """A business's keys or staff links, or (None) the operators' keys, by name."""
        found = [_key_from(document, business_id) for document in self._documents_of(kind, business_id)]
        if kind is KeyKind.OPERATOR:
            used = self.documents.get("config", access_key(_MASTER_RECORD)) or {}
            found.append(AccessKey(MASTER, kind, None, "the first key", None, optional_instant(used.get("used_at"))))
        return tuple(sorted(found, key=lambda one: one.key_id))

    def caller(self, key: str, now: datetime) -> Caller | None:
        """Who shows this key; None: nobody. What is empty or absurdly long is not looked up."""
        if not key or len(key) > LABEL_MAX * 10:
            return None
        first = self.master()
        if first and hmac.compare_digest(key.encode(), first.encode()):
            self._note_use(_MASTER_RECORD, self.documents.get("config", access_key(_MASTER_RECORD)), now)
            return Caller(KeyKind.OPERATOR, None, MASTER)
        digest = _digest(key)
        document = self.documents.get("config", access_key(digest))
        if document is None:
            return None
        self._note_use(digest, document, now)
        business_id = None if document["owner"] == OPERATORS else document["owner"]
        return Caller(KeyKind(document["kind"]), business_id, document["name"], digest)

    def still(self, caller: Caller) -> bool:
        """Whether the key of somebody who showed it before holds still. The first key is the session's to compare."""
        return not caller.digest or self.documents.get("config", access_key(caller.digest)) is not None

    def business_of_staff_link(self, link: str, now: datetime) -> str | None:
        """The business whose staff page /b/{link} is; None: nobody's."""
        found = self.caller(link, now) if not link.startswith("hub_") else None
        return found.business_id if found and found.kind is KeyKind.STAFF else None

    def _documents_of(self, kind: KeyKind, business_id: str | None) -> list[Document]:
        """May lag a write."""
        found = self.documents.query("config", "by_owner", owner_of(business_id), **span(access_key("")))
        return [one for one in found if one.get("kind") == kind.value]

    def _delete(self, found: Iterable[Document]) -> None:
        for one in found:
            self.documents.delete("config", one["config_id"])

    def _note_use(self, digest: str, stored: Document | None, now: datetime) -> None:
        noted: str | None = (stored or {}).get("used_at")
        used_at = optional_instant(noted)
        if used_at is not None and timedelta() <= now - used_at < USED_EVERY:
            return
        known = dict(stored or {"config_id": access_key(digest), "version": 0})
        later = known | {"used_at": now.isoformat(), "version": known["version"] + 1}
        with contextlib.suppress(Conflict, Unavailable):  # somebody else has just written the same, or it is only news
            self.documents.write(Write("config", later, known["version"] or None))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def owner_of(business_id: str | None) -> str:
    """Under whom keys are kept: a business, or (None) the operators."""
    return OPERATORS if business_id is None else business_id


def _key_from(document: Document, business_id: str | None) -> AccessKey:
    return AccessKey(
        document["name"],
        KeyKind(document["kind"]),
        business_id,
        document["label"],
        optional_instant(document["created_at"]),
        optional_instant(document.get("used_at")),
    )
