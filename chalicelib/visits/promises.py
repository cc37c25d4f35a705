"""The ledger: every time that somebody was given is a promise, and what became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

CHANGE_BEFORE_S = 20 * 60.0  # a promise that will not be kept is changed this long before its end, at the latest
KEPT_WITHIN_S = 30.0  # seen this much later still counts as kept


class Outcome(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    CHANGED = "changed"  # in time: a newer one was told early enough
    BROKEN = "broken"
    VOID = "void"  # the person did not come, or went


@dataclass(slots=True)
class Promise:
    """To be seen by `until`, told at `at`."""

    visit: str
    at: float
    until: float
    rule: str
    outcome: Outcome = Outcome.OPEN
    broken_by_s: float = 0.0


@dataclass(slots=True)
class Ledger:
    """Promises that are open, and the count of the others."""

    _open: dict[str, list[Promise]] = field(default_factory=dict)
    counts: dict[str, dict[Outcome, int]] = field(default_factory=dict)  # rule → outcome → how many
    worst_s: float = 0.0

    def give(self, promise: Promise) -> None:
        """A time has been given."""
        self._open.setdefault(promise.visit, []).append(promise)

    def settle(self, visit: str, started: float | None) -> list[Promise]:
        """The visit began at `started`, or never will (None): its promises get their outcome."""
        promises = self._open.pop(visit, [])
        for number, promise in enumerate(promises):
            changed = any(later.at <= promise.until - CHANGE_BEFORE_S for later in promises[number + 1 :])
            promise.outcome = _outcome(promise, started, changed=changed)
            if promise.outcome == Outcome.BROKEN and started is not None:
                promise.broken_by_s = started - promise.until
                self.worst_s = max(self.worst_s, promise.broken_by_s)
            of_rule = self.counts.setdefault(promise.rule, {})
            of_rule[promise.outcome] = of_rule.get(promise.outcome, 0) + 1
        return promises

    def last(self, visit: str) -> Promise | None:
        """What was last promised to somebody who still waits."""
        promises = self._open.get(visit)
        return promises[-1] if promises else None


def _outcome(promise: Promise, started: float | None, *, changed: bool) -> Outcome:
    if started is None:
        return Outcome.VOID
    if changed:
        return Outcome.CHANGED
    return Outcome.KEPT if started <= promise.until + KEPT_WITHIN_S else Outcome.BROKEN
