"""A browser's session: after the key was entered once, a cookie stands for it. The key is in no address and no page.

Rules
- The cookie is 192 random bits; stored is its SHA-256. It ends by itself after `SESSION_LENGTH`, at "Log out", when
  its key is revoked, and when the operator's first key is another one.
- Every form holds the session's CSRF token, which is made of the cookie: another site can neither read nor guess it.

    session#{digest}: {kind, owner, name, digest (of its key), first (of the first key), expires_at, version}
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.access.caller import Caller, KeyKind
from chalicelib.foundation.keys import session_key
from chalicelib.foundation.ports import Write

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.foundation.ports import Documents

SESSION_LENGTH = timedelta(hours=12)  # a working day
SESSION_BYTES = 24


@dataclass(frozen=True, slots=True)
class Session:
    """Who is at the browser, and what their forms have to bring."""

    caller: Caller
    csrf: str

    def is_own_form(self, token: str) -> bool:
        """Whether a form with this token was made for this session."""
        return hmac.compare_digest(token.encode(), self.csrf.encode())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Browsers that a key was entered in. Every method may raise `Unavailable`."""

    documents: Documents
    keyring: Keyring

    def open(self, caller: Caller, now: datetime) -> str:
        """A new session; the cookie's value."""
        cookie = secrets.token_urlsafe(SESSION_BYTES)
        document = {
            "config_id": session_key(_digest(cookie)),
            "kind": caller.kind.value,
            "business": caller.business_id,
            "name": caller.key_id,
            "digest": caller.digest,
            "first": "" if caller.digest else _digest(f"first key {self.keyring.master()}"),
            "expires_at": int((now + SESSION_LENGTH).timestamp()),
            "version": 1,
        }
        self.documents.write(Write("config", document, None))
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session that a cookie stands for; None: there is none any more."""
        if not cookie:
            return None
        stored = self.documents.get("config", session_key(_digest(cookie)))
        if stored is None:
            return None
        caller = Caller(KeyKind(stored["kind"]), stored["business"], stored["name"], stored["digest"])
        is_first = not caller.digest and hmac.compare_digest(
            stored["first"], _digest(f"first key {self.keyring.master()}")
        )
        if not (is_first or (caller.digest and self.keyring.still(caller))):
            return None
        return Session(caller, _digest(f"form {cookie}")[:32])

    def close(self, cookie: str) -> None:
        """The cookie stands for nobody any more."""
        if cookie:
            self.documents.delete("config", session_key(_digest(cookie)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
