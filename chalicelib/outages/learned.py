"""What the outages of one kind have taught: their lengths, and how well what was said of them held.

The stated range is to hold `SHARE_IN_RANGE` of the ends, with as many before it as after it. Lengths alone can be wrong
for longer than a while; so each end corrects the tails that the next ranges cut off, by adaptive conformal steps
(Gibbs and Candès 2021): an end outside of what was said at an age widens the ranges of that age a little, one inside
narrows them less. Nothing of whom an outage concerned is kept but a component, a word that means nothing elsewhere.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.outages.lengths import LATEST, OWN_WEIGHT, Length, prior_of, quantiles_s, weigh_age

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.foundation.ports import Document

SHARE_IN_RANGE = 0.8
TAIL = (1 - SHARE_IN_RANGE) / 2  # the share that ends before a range, and the share after
STEP = 0.001  # of a tail, for each end: small, for a storm's ends all come late
TAIL_MIN, TAIL_MAX = 0.02, 0.35
AGES_MIN = (2, 5, 15, 30, 60, 120, 240, 480)  # minutes: ages from one of these to the next share their tails
SHORTEST_LEFT_S = 60.0  # a range goes on for this long at least
OLDER_OPEN_MAX = 1000  # outages that go on and are not among the latest
SAID_MAX = 16  # ranges that are remembered of an open outage


@dataclass(slots=True)
class Known:
    """One outage. Instants are seconds since 1970; `ended` is None while it is open.

    `said`: what was said of it, as (age in minutes of `AGES_MIN`, shortest length in s, longest length in s).
    """

    component: str
    since: float
    ended: float | None = None
    said: list[tuple[int, float, float]] = field(default_factory=list)


class Range(NamedTuple):
    """The end of an outage, in seconds since 1970: as many end before `back_from` as after `back_until`."""

    back_from: float
    back_until: float


@dataclass(slots=True)
class Learned:
    """The latest outages of a kind by their ids, in the order of their beginnings, and the tails by age.

    What goes on is remembered beyond the latest: its end is still to be held against what was said of it.
    """

    kind: str
    outages: dict[str, Known] = field(default_factory=dict)
    tails: dict[int, tuple[float, float]] = field(default_factory=dict)

    def begin(self, outage_id: str, component: str, since: float) -> None:
        """An outage has begun. One that is known already stays as it is."""
        self.outages.setdefault(outage_id, Known(component, since))
        older = list(islice(self.outages, max(0, len(self.outages) - LATEST)))
        for rank, each in enumerate(older):
            if self.outages[each].ended is not None or rank < len(older) - OLDER_OPEN_MAX:
                del self.outages[each]

    def end(self, outage_id: str, ended: float) -> None:
        """An outage is over: its length counts from now on, and corrects the tails. An unknown one teaches nothing."""
        known = self.outages.get(outage_id)
        if known is None or known.ended is not None:
            return
        known.ended = max(ended, known.since)
        lasted_s = known.ended - known.since
        for age, shortest_s, longest_s in known.said:
            before, after = self.tails.get(age, (TAIL, TAIL))
            self.tails[age] = (_step(before, missed=lasted_s < shortest_s), _step(after, missed=lasted_s > longest_s))
        known.said.clear()

    def forget(self, outage_id: str) -> None:
        """Forgets an outage whose end nobody knows."""
        self.outages.pop(outage_id, None)

    def expect(self, component: str, since: float, now: float) -> Range:
        """When an outage of `component` will be over that began at `since` and goes on at `now`."""
        age_s = max(0.0, now - since)
        before, after = self.tails.get(_age_of(age_s), (TAIL, TAIL))
        shortest_s, longest_s = quantiles_s(self._lengths(component, now), age_s, (before, 1 - after))
        return Range(since + shortest_s, since + max(longest_s, shortest_s, age_s + SHORTEST_LEFT_S))

    def say(self, outage_id: str, expected: Range, now: float) -> None:
        """Remembers what was said of an open outage, so that its end can be held against it."""
        known = self.outages.get(outage_id)
        if known is not None and known.ended is None and len(known.said) < SAID_MAX:
            age = _age_of(now - known.since)
            known.said.append((age, expected.back_from - known.since, expected.back_until - known.since))

    def _lengths(self, component: str, now: float) -> Iterator[Length]:
        yield from prior_of(self.kind)
        for back, known in enumerate(islice(reversed(self.outages.values()), LATEST)):
            weight = weigh_age(back) * (OWN_WEIGHT if known.component == component else 1.0)
            yield Length((known.ended or now) - known.since, known.ended is not None, weight)


def to_json(learned: Learned) -> Document:
    """What was learned, as a document holds it."""
    return {
        "kind": learned.kind,
        "outages": [
            [outage_id, one.component, one.since, one.ended, [list(said) for said in one.said]]
            for outage_id, one in learned.outages.items()
        ],
        "tails": [[age, before, after] for age, (before, after) in sorted(learned.tails.items())],
    }


def from_json(known: Document) -> Learned:
    """Inverse of `to_json`."""
    outages = {
        outage_id: Known(component, since, ended, [(age, shortest, longest) for age, shortest, longest in said])
        for outage_id, component, since, ended, said in known["outages"]
    }
    return Learned(known["kind"], outages, {age: (before, after) for age, before, after in known["tails"]})


def _step(tail: float, *, missed: bool) -> float:
    return min(TAIL_MAX, max(TAIL_MIN, tail + STEP * (TAIL - missed)))


def _age_of(age_s: float) -> int:
    return AGES_MIN[max(0, bisect_right(AGES_MIN, age_s / 60) - 1)]
