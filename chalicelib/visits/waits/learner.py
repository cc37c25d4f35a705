"""How long somebody who joins a queue now will wait, learned from those who joined before. Pure; seconds since 1970.

`ask` before `join`: what happens in the very second of a question is not known to it. Queues of one learner are
independent of each other and share only what is learned from them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.visits.waits.calibration import Calibration, Wait
from chalicelib.visits.waits.forest import QUANTILES, grow
from chalicelib.visits.waits.line import CLASSES_MAX, MIN_S, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.visits.waits.forest import Forest

KNOWN_MIN = 300  # outcomes before a forest is grown
GUESS_MIN = 50  # outcomes before their own quantiles are told
FIRST_GUESS = Wait(0.0, 60.0, 600.0)
OUTCOMES_REMEMBERED = 8000  # latest outcomes that a forest grows from
GROW_AGAIN = 0.25  # when this share more has been asked,
GROW_AGAIN_MOST = 1500  # at the latest after so many questions
KINDS_MAX = 12  # of queue and class, told apart one by one


@dataclass(slots=True)
class Question:
    """One moment at which a wait was foretold."""

    features: list[float]
    kind: tuple[bool, bool]  # asked before joining, somebody is waiting
    raw: Wait
    told: Wait


@dataclass(slots=True)
class WaitLearner:
    """Queues as they are seen, and what has been learned from all of them."""

    lines: defaultdict[str, Line] = field(default_factory=lambda: defaultdict(Line))
    _kinds: dict[tuple[str, str], int] = field(default_factory=dict)
    _classes: dict[str, int] = field(default_factory=dict)
    _usual: defaultdict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))
    _open: defaultdict[tuple[str, str], list[Question]] = field(default_factory=lambda: defaultdict(list))
    _rows: list[list[float]] = field(default_factory=list)
    _outcomes: list[float] = field(default_factory=list)  # square roots of minutes
    _calibrations: defaultdict[tuple[bool, bool], Calibration] = field(default_factory=lambda: defaultdict(Calibration))
    _forest: Forest | None = None
    _asked: int = 0
    _grow_at: int = 0

    def ask(
        self, at: float, queue: str, visit: str, of_class: str, *, before: bool = False, posted_s: float | None = None
    ) -> Wait:
        """From joining to being served, for one who joins now (or, `before`, half an hour from now)."""
        line = self.lines[queue]
        features = self._features(line, at, (queue, of_class), before=before, posted_s=posted_s)
        self._asked += 1
        if len(self._outcomes) >= KNOWN_MIN and self._asked >= self._grow_at:
            rows, outcomes = self._rows[-OUTCOMES_REMEMBERED:], self._outcomes[-OUTCOMES_REMEMBERED:]
            self._forest = grow(np.array(rows), np.array(outcomes))
            self._grow_at = self._asked + min(GROW_AGAIN_MOST, int(GROW_AGAIN * self._asked))
        raw = self._foretell(features)
        kind = (before, bool(line.waiting))
        told = self._calibrations[kind].stretch(raw)
        self._open[queue, visit].append(Question(features, kind, raw, told))
        return told

    def join(self, at: float, queue: str, visit: str, of_class: str) -> None:
        """Somebody has joined."""
        self.lines[queue].join(at, visit, of_class)

    def start(self, at: float, queue: str, visit: str) -> None:
        """Somebody's turn has come: what was foretold to them is compared with what was."""
        joined = self.lines[queue].waiting.get(visit)
        self.lines[queue].start(at, visit)
        questions = self._open.pop((queue, visit), [])
        if joined is None:
            return
        since, of_class = joined
        wait_s = at - since
        usual = self._usual[queue, of_class]
        usual[0] += 1
        usual[1] += sqrt(wait_s / MIN_S)
        for question in questions:
            self._rows.append(question.features)
            self._outcomes.append(sqrt(wait_s / MIN_S))
            self._calibrations[question.kind].learn(question.raw, question.told, wait_s)
        if len(self._rows) >= 2 * OUTCOMES_REMEMBERED:
            del self._rows[:-OUTCOMES_REMEMBERED], self._outcomes[:-OUTCOMES_REMEMBERED]

    def end(self, at: float, queue: str, visit: str) -> None:
        """Somebody has been served."""
        self.lines[queue].end(at, visit)

    def leave(self, queue: str, visit: str) -> None:
        """Somebody has given up."""
        self.lines[queue].leave(visit)
        self._open.pop((queue, visit), None)

    def _features(
        self, line: Line, at: float, kind: tuple[str, str], *, before: bool, posted_s: float | None
    ) -> list[float]:
        own = self._kinds.setdefault(kind, len(self._kinds))
        self._classes.setdefault(kind[1], len(self._classes))
        kinds = [0.0] * KINDS_MAX
        if own < KINDS_MAX:
            kinds[own] = 1.0
        waiting = [0.0] * CLASSES_MAX
        for of_class, number in self._classes.items():
            if number < CLASSES_MAX:
                waiting[number] = float(line.classes[of_class])
        count, total = self._usual[kind]
        posted = posted_s / MIN_S if posted_s is not None else -1.0
        return [*line.look(at, kind[1]), *waiting, *kinds, total / max(count, 1.0), posted, float(before)]

    def _foretell(self, features: list[float]) -> Wait:
        if self._forest is not None:
            roots: NDArray[np.float64] = self._forest.foretell(np.array(features))
        elif len(self._outcomes) >= GUESS_MIN:
            roots = np.quantile(self._outcomes, QUANTILES)
        else:
            return FIRST_GUESS
        low, mid, high = (MIN_S * float(max(root, 0.0)) ** 2 for root in roots)
        return Wait(low, mid, high)
