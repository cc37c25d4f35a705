"""Secrets of a connection through their rotations. Pure.

Rules:
- The newest secret has no end. Each one before has an end of its own: an overlap in which the tool can be changed.
- An end only ever comes nearer. So a secret that has ended stays ended, whatever is configured afterwards.
- What has ended is not stored any more.

Stored: {secrets: [newest, …], ends: [null, end of the second, …], previous_secret_until: the last of the ends}.
Documents of before have no `ends`: all secrets but the newest end at `previous_secret_until`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document

SECRETS_MAX = 5  # of one connection: the newest and those of rotations before
OVERLAP_H = 24.0  # the previous secret stays valid this long, unless the operator says otherwise


@dataclass(frozen=True, slots=True)
class OldSecret:
    """A secret that was replaced, and until when a call may still be signed with it."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """The newest secret (None: the tool needs none) and those before it, the latest first."""

    newest: str | None = None
    old: tuple[OldSecret, ...] = ()

    def to_json(self) -> Document:
        """As fields of the connection's document."""
        last = max((one.until for one in self.old), default=None)
        return {
            "secrets": [*filter(None, (self.newest,)), *(one.secret for one in self.old)],
            "ends": [None, *(one.until.isoformat() for one in self.old)] if self.newest else [],
            "previous_secret_until": last.isoformat() if last else None,
        }


def secrets_from(document: Document) -> StoredSecrets:
    """The secrets that a connection's document holds, also one that was stored before each had an end of its own."""
    secrets, until = document["secrets"], document.get("previous_secret_until")
    ends = document.get("ends", [until] * len(secrets))
    old = [
        OldSecret(secret, datetime.fromisoformat(end))
        for secret, end in list(zip(secrets, ends, strict=False))[1:]
        if end is not None
    ]
    return StoredSecrets(secrets[0] if secrets else None, tuple(old))


def rotate(known: StoredSecrets, secret: str | None, overlap_h: float | None, now: datetime) -> StoredSecrets:
    """The secrets after `secret` was configured (None: the newest stays).

    A given `overlap_h` holds for every old secret, so that 0 ends them all; none of them lasts longer by it.
    """
    newest = secret or known.newest
    old = [one for one in known.old if one.secret != newest]
    limit = datetime.max.replace(tzinfo=now.tzinfo) if overlap_h is None else now + timedelta(hours=overlap_h)
    if known.newest and newest != known.newest:
        old = [OldSecret(known.newest, now + timedelta(hours=OVERLAP_H if overlap_h is None else overlap_h)), *old]
    old = [OldSecret(one.secret, min(one.until, limit)) for one in old]
    return StoredSecrets(newest, tuple(one for one in old if one.until > now)[: SECRETS_MAX - 1])
