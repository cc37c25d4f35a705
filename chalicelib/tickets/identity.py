"""The names of a ticket: its id, derived from what it is for, and its secret, which is only random.

Rules
- `ticket_id` follows from (booking, customer), so that two workers that follow one booking make one ticket.
- The link holds `ticket_id + secret`; the id finds the ticket, the secret (71 bits) opens it. It is letters and
  digits only, so that no phone cuts the link short.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

ID_LENGTH = 12  # 60 bits: ids of a hundred million tickets do not meet
SECRET_LENGTH = 12  # of 62 letters: 71 bits
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TOKEN = re.compile(rf"[a-z2-7]{{{ID_LENGTH}}}[A-Za-z0-9]{{{SECRET_LENGTH},64}}")


def ticket_id(booking_id: str, customer_key: str) -> str:
    """The id of the ticket of one customer of one booking; URL-safe, the same on every machine."""
    digest = hashlib.sha256(f"{booking_id}\0{customer_key}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:ID_LENGTH]


def split_token(token: str) -> tuple[str, str] | None:
    """(ticket_id, secret) of what stood behind /t/, or None where it cannot be a token."""
    if not _TOKEN.fullmatch(token):
        return None
    return token[:ID_LENGTH], token[ID_LENGTH:]


def same_secret(given: str, stored: str) -> bool:
    """Compares in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(), stored.encode())


def new_secret() -> str:
    """A fresh secret; the one place of randomness."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
