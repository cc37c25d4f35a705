"""When failed calls of a tool's interface are an outage, and when that is over. Pure.

Rules
- An outage is certain when calls have failed for `CERTAIN_S` and `FAILURES_MIN` times, none answered in between.
  Anything shorter is a hiccup, of which nobody hears.
- Failures more than `GAP_S` apart say nothing about the time between them: counting begins anew.
- One answer ends it. What fails again within `AGAIN_S` after that is the same outage, come back.
- Where tools of several kinds are beyond reach at once, it is the hub that is out of order: no outage of theirs begins.
- Nothing heard for `UNSEEN_S` (the connection asks nobody any more): we no longer know, and say nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.foundation.ports import Document

CERTAIN_S = 900
FAILURES_MIN = 3
GAP_S = 1800
AGAIN_S = 3600
UNSEEN_S = 7200
TOGETHER_S = 600
REASON_MAX = 80  # characters
NO_CONNECTION = "no connection"


@dataclass(frozen=True, slots=True)
class Watch:
    """What calls came to lately. Instants are aware; None: there is nothing of the kind."""

    failing_since: datetime | None = None
    failures: int = 0
    last_failed_at: datetime | None = None
    answered_at: datetime | None = None
    reason: str = ""  # of the last failure: "HTTP 503", "no connection"; no addresses, nothing personal

    @property
    def is_failing(self) -> bool:
        """The last call failed."""
        return self.failing_since is not None

    def is_certain(self, now: datetime) -> bool:
        """It is an outage."""
        if self.failing_since is None or self.is_unseen(now):
            return False
        return self.failures >= FAILURES_MIN and now - self.failing_since >= timedelta(seconds=CERTAIN_S)

    def is_unseen(self, now: datetime) -> bool:
        """Too long ago for any word about now."""
        return self.last_failed_at is None or now - self.last_failed_at >= timedelta(seconds=UNSEEN_S)


def is_hub_cut_off(watches: Iterable[tuple[str, Watch]]) -> bool:
    """Whether it is rather the hub that reaches nobody: (provider, watch) of all connections that are watched.

    Tools of several kinds that stop being reachable within minutes of each other share nothing but us.
    """
    silent = [(provider, one) for provider, one in watches if one.failing_since and one.reason == NO_CONNECTION]
    begun = [one.failing_since for _, one in silent if one.failing_since]
    several = len({provider for provider, _ in silent}) > 1
    return several and max(begun) - min(begun) <= timedelta(seconds=TOGETHER_S)


def after_failure(watch: Watch, now: datetime, reason: str) -> Watch:
    """After a call that was not answered, or answered with an error of the server."""
    gap = watch.last_failed_at is not None and now - watch.last_failed_at > timedelta(seconds=GAP_S)
    anew = watch.failing_since is None or gap
    return replace(
        watch,
        failing_since=now if anew else watch.failing_since,
        failures=1 if anew else watch.failures + 1,
        last_failed_at=now,
        reason=reason[:REASON_MAX],
    )


def after_answer(watch: Watch, now: datetime) -> Watch:
    """After a call that was answered, whatever the answer."""
    return replace(watch, failing_since=None, failures=0, answered_at=now)


_INSTANTS = ("failing_since", "last_failed_at", "answered_at")


def to_json(watch: Watch) -> Document:
    """The watch as a document holds it."""
    instants = {name: value.isoformat() if (value := getattr(watch, name)) else None for name in _INSTANTS}
    return instants | {"failures": watch.failures, "reason": watch.reason}


def from_json(known: Document) -> Watch:
    """Inverse of `to_json`."""
    instants = {name: datetime.fromisoformat(known[name]) if known[name] else None for name in _INSTANTS}
    return Watch(**instants, failures=known["failures"], reason=known["reason"])
