"""Calls that are refused again and again: counted by client address, slowed down, and logged without it.

Rules:
- Only what was refused counts: wrong keys and signatures (401), and links and connections that nobody has (404). A call
  that is right always passes, however many wrong ones came from its address: several businesses' tools may share one.
- Each address has `REFUSED_AT_ONCE` of them, which come back over a minute; beyond, the answer is 429. Ids, links and
  keys are long and random: nobody finds one by trying, and this keeps those who try from filling logs and tables.
- Of wrong keys and staff links each address has `KEYS_AT_ONCE`: nobody's program sends many, only who tries them out.
  An operator behind whose one address many work sets HUB_WRONG_KEYS_PER_MIN.
- What is logged is how many were refused, never from where. Counts live in the process and are forgotten with it.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field

log = logging.getLogger("hub.http")

REFUSED_AT_ONCE = 2000  # by one address: a whole office with a broken client has fewer
KEYS_AT_ONCE = 60  # by one address: people mistype a few
RETURN_WITHIN_S = 60
ADDRESSES_MAX = 5000  # addresses that are remembered: all are forgotten when there are more
LOG_EVERY_S = 60.0
UNAUTHORIZED, NOT_FOUND = 401, 404
GUESSABLE = ("/hooks/", "/t/", "/b/", "/texts/")  # below these, 404 is the answer to a wrong guess
KEYS = ("/admin/", "/operator", "/setup", "/b/")  # below these a key is asked for


@dataclass
class RefusedCalls:
    """The token buckets of one process."""

    keys_at_once: int = field(
        default_factory=lambda: int(os.environ.get("HUB_WRONG_KEYS_PER_MIN") or KEYS_AT_ONCE), kw_only=True
    )
    _left: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)  # → (calls left, as of)
    _beyond: int = 0
    _logged_at: float = float("-inf")

    def forget(self) -> None:
        """Everybody begins anew."""
        self._left.clear()

    def is_beyond(self, address: str, path: str, status: int, now_s: float) -> bool:
        """Counts an answer; whether its address has had too many refusals. `now_s` is a monotonic clock's."""
        guessed = status == NOT_FOUND and any(part in path for part in GUESSABLE)
        if not address or (status != UNAUTHORIZED and not guessed):
            return False
        most = self.keys_at_once if any(part in path for part in KEYS) else REFUSED_AT_ONCE
        bucket = (address, most)
        if len(self._left) >= ADDRESSES_MAX and bucket not in self._left:
            self._left.clear()
        left, at = self._left.get(bucket, (most, now_s))
        left = min(most, left + (now_s - at) * most / RETURN_WITHIN_S)
        self._left[bucket] = (max(0.0, left - 1), now_s)
        if left >= 1:
            return False
        self._beyond += 1
        if now_s - self._logged_at >= LOG_EVERY_S:
            log.warning("calls of one address are refused again and again: %s more than are answered", self._beyond)
            self._beyond, self._logged_at = 0, now_s
        return True
