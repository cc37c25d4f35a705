"""One queue as an onlooker sees it: who waits, who is served, how long the last ones waited. Pure; seconds since 1970.

Only what has happened before an instant is known at it: the caller hands over events in their order.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field

MIN_S = 60.0
LONG_AGO_MIN = 120.0  # what lies farther back, or never was, counts as this
STARTS_WITHIN_S = 600.0  # starts within this time are counted
RECENT_PEAK_S = 1800.0  # as many as were served at once within this time can be served at once
CLASSES_MAX = 5  # counted one by one; the others only together
DAY_LENGTH_S = 86400.0
SERVED_MAX_S = 43200.0  # whose end nobody recorded is no longer being served after this


@dataclass(slots=True)
class Line:
    """The state of one queue."""

    waiting: dict[str, tuple[float, str]] = field(default_factory=dict)  # visit → since when, class
    serving: dict[str, float] = field(default_factory=dict)  # visit → since when
    classes: Counter[str] = field(default_factory=Counter)  # of those who wait
    _oldest: list[tuple[float, str]] = field(default_factory=list)
    _starts: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    _joins: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    _waits: deque[float] = field(default_factory=lambda: deque(maxlen=10))  # minutes, of those who started last
    _own_waits: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=5)))
    _lengths: deque[float] = field(default_factory=lambda: deque(maxlen=50))  # minutes, of those who ended last
    _peaks: deque[tuple[float, int]] = field(default_factory=deque)

    def join(self, at: float, visit: str, of_class: str) -> None:
        """Somebody has joined."""
        self.waiting[visit] = (at, of_class)
        self.classes[of_class] += 1
        heapq.heappush(self._oldest, (at, visit))
        self._joins.append(at)

    def start(self, at: float, visit: str) -> None:
        """Somebody's turn has come; nothing is known of who never joined."""
        joined = self.leave(visit)
        if joined is None:
            return
        since, of_class = joined
        wait = (at - since) / MIN_S
        self._waits.append(wait)
        self._own_waits[of_class].append(wait)
        self._starts.append(at)
        self.serving[visit] = at
        self._peaks.append((at, len(self.serving)))

    def leave(self, visit: str) -> tuple[float, str] | None:
        """Somebody does not wait any more: since when they had, and their class."""
        joined = self.waiting.pop(visit, None)
        if joined is not None:
            self.classes[joined[1]] -= 1
        return joined

    def end(self, at: float, visit: str) -> None:
        """Somebody has been served."""
        since = self.serving.pop(visit, None)
        if since is not None:
            self._lengths.append((at - since) / MIN_S)

    def look(self, at: float, of_class: str) -> list[float]:
        """What is seen at this instant by one of this class, as numbers; times in minutes."""
        while self._oldest and self._oldest[0][1] not in self.waiting:
            heapq.heappop(self._oldest)
        while self._peaks and self._peaks[0][0] < at - RECENT_PEAK_S:
            self._peaks.popleft()
        for visit in [one for one, since in self.serving.items() if since < at - SERVED_MAX_S]:
            del self.serving[visit]
        count, busy = len(self.waiting), len(self.serving)
        peak = max([busy, *(number for _, number in self._peaks)])
        waits = list(self._waits) or [0.0]
        own = list(self._own_waits[of_class]) or waits
        pace, pace_now = _interval(list(self._starts), at), _interval(list(self._starts)[-8:], at)
        return [
            count,
            self.classes[of_class],
            waits[-1],
            (at - self._oldest[0][0]) / MIN_S if self._oldest else 0.0,
            sum(waits) / len(waits),
            sum(waits[-3:]) / len(waits[-3:]),
            sum(own) / len(own),
            own[-1],
            sum(start >= at - STARTS_WITHIN_S for start in self._starts),
            busy,
            peak - busy,
            peak,
            at % DAY_LENGTH_S,
            at // DAY_LENGTH_S % 7,
            pace,
            pace_now,
            count * pace,
            count * pace_now,
            sum(at - since for since, _ in self.waiting.values()) / max(count, 1) / MIN_S,
            min(LONG_AGO_MIN, (at - self._starts[-1]) / MIN_S) if self._starts else LONG_AGO_MIN,
            _interval(list(self._joins), at),
            sum(self._lengths) / max(len(self._lengths), 1),
        ]


def _interval(instants: list[float], at: float) -> float:
    """Minutes from one of these instants to the next, up to now."""
    return min(LONG_AGO_MIN, (at - instants[0]) / len(instants) / MIN_S) if instants else 0.0
