"""A watch: when failed calls of a tool's interface are an outage, and when that is over. Pure.

Rules
- An outage is certain when calls failed for `CERTAIN_AFTER_MIN` and `FAILURES_MIN` times, none answered between: from
  the first to the last that failed, for what came after it nobody knows. Anything shorter is a blip, told to nobody.
- Failures more than `GAP_MAX_MIN` apart say nothing about the time between them: counting begins anew.
- One answer ends it. A failure within `SAME_OUTAGE_MIN` after that is the same outage, come back.
- Where tools of several kinds cannot be reached at once, the hub is cut off: no outage of theirs begins.
- Without a call for `UNSEEN_AFTER_MIN` (the connection asks nobody any more) it is not known whether it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.instants import optional_instant, optional_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from chalicelib.foundation.ports import Document

CERTAIN_AFTER_MIN = 5  # minutes of failures: a shorter one is a blip, of which nobody hears
FAILURES_MIN = 3  # failed calls: one that fails twice may be a deployment of the tool
GAP_MAX_MIN = 30  # minutes; probing a failing tool (every 3) and polling feeds (every 15) are closer than that
SAME_OUTAGE_MIN = 60  # minutes; people who hear of an outage twice within the hour hear of one outage
UNSEEN_AFTER_MIN = 120  # minutes; twice the hour in which each connection is read back
CUT_OFF_WITHIN_MIN = 10  # minutes between the first failures of several tools that share nothing but the hub
REASON_MAX = 80  # characters
NO_CONNECTION = "no connection"


@dataclass(frozen=True, slots=True)
class Watch:
    """How a connection's calls ended lately. Instants are aware; None: there is none."""

    failing_since: datetime | None = None
    failures: int = 0
    last_failed_at: datetime | None = None
    answered_at: datetime | None = None
    reason: str = ""  # of the last failure: "HTTP 503", "no connection"; no addresses, nothing personal

    @property
    def is_failing(self) -> bool:
        """Whether the last call failed."""
        return self.failing_since is not None

    def is_certain(self, now: datetime) -> bool:
        """Whether it is an outage."""
        if self.failing_since is None or self.last_failed_at is None or self.is_unseen(now):
            return False
        seen = self.last_failed_at - self.failing_since
        return self.failures >= FAILURES_MIN and seen >= timedelta(minutes=CERTAIN_AFTER_MIN)

    def is_unseen(self, now: datetime) -> bool:
        """Whether the last failure is too long ago to say anything about now."""
        return self.last_failed_at is None or now - self.last_failed_at >= timedelta(minutes=UNSEEN_AFTER_MIN)


def is_hub_cut_off(watches: Iterable[tuple[str, Watch]]) -> bool:
    """Whether the hub itself reaches nobody, by (provider, watch) of all connections that are watched.

    Tools of several kinds that stop being reachable within minutes of each other share nothing but the hub.
    """
    silent = [(provider, one) for provider, one in watches if one.failing_since and one.reason == NO_CONNECTION]
    begun = [one.failing_since for _, one in silent if one.failing_since]
    several = len({provider for provider, _ in silent}) > 1
    return several and max(begun) - min(begun) <= timedelta(minutes=CUT_OFF_WITHIN_MIN)


def after_failure(watch: Watch, now: datetime, reason: str) -> Watch:
    """The watch after a call that was not answered, or answered with an error of the server."""
    gap = watch.last_failed_at is not None and now - watch.last_failed_at > timedelta(minutes=GAP_MAX_MIN)
    anew = watch.failing_since is None or gap
    return replace(
        watch,
        failing_since=now if anew else watch.failing_since,
        failures=1 if anew else watch.failures + 1,
        last_failed_at=now,
        reason=reason[:REASON_MAX],
    )


def after_answer(watch: Watch, now: datetime) -> Watch:
    """The watch after a call that was answered, whatever the answer."""
    return replace(watch, failing_since=None, failures=0, answered_at=now)


_INSTANTS = ("failing_since", "last_failed_at", "answered_at")


def to_json(watch: Watch) -> Document:
    """The watch as a document holds it."""
    instants = {name: optional_text(getattr(watch, name)) for name in _INSTANTS}
    return instants | {"failures": watch.failures, "reason": watch.reason}


def from_json(known: Document) -> Watch:
    """Inverse of `to_json`."""
    instants = {name: optional_instant(known[name]) for name in _INSTANTS}
    return Watch(**instants, failures=known["failures"], reason=known["reason"])
