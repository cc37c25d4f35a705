"""A series that moved as a whole: its appointments keep the names under which their tickets were made. Pure.

A calendar names an occurrence by the series and the start that its rule gives it. Where the rule itself changes, all
those names change, though for everybody who comes it is the same appointment at another time. So each occurrence is
matched to an appointment of the same series that stands, and goes by that one's name:

1. the one that is at this very time already;
2. the one of this very name;
3. the one whose present time is the start that a changed occurrence names (RECURRENCE-ID);
4. where the whole series is told, those left on both sides that have not begun yet: by the one shift, in its own
   time and less than `LONGEST_MOVE`, that brings most of them together; then the nearest.

What finds no match is new; an appointment that finds none was cancelled (that is for the caller to say).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from chalicelib.bookings.calendar.series import Occurrence
    from chalicelib.bookings.providers.contract import ComingBooking

LONGEST_MOVE = timedelta(days=7)  # whoever comes more than a week later has another appointment
PAIRS_MAX = 250_000  # compared for the nearest; larger series are matched in their order
SHIFTS_MAX = 100  # tried from each of three appointments
_OCCURRENCE = re.compile(r"/\d{8}T\d{6}Z(~\d+)?$")  # see `series.occurrence_uid`, and `_free`
_SPLIT = re.compile(r"_R\d{8}(T\d{6}Z?)?(?=@|$)")  # how a calendar names the rest of a series that was cut in two


def series_of(uid: str) -> str:
    """The series that an appointment's name belongs to."""
    return _SPLIT.sub("", calendar_uid(uid))


def calendar_uid(uid: str) -> str:
    """The UID under which an appointment's calendar knows it, be it a single one or one of a series."""
    return _OCCURRENCE.sub("", uid)


def is_occurrence(uid: str) -> bool:
    """Whether it is one appointment of a series."""
    return _OCCURRENCE.search(uid) is not None


def keep_names(
    found: Iterable[Occurrence], standing: Iterable[ComingBooking], whole: Collection[str], now: datetime
) -> list[Occurrence]:
    """The occurrences by the names that their appointments have; `whole` are the series that are told as a whole."""
    before: dict[str, list[ComingBooking]] = defaultdict(list)
    for known in standing:
        before[series_of(known.uid)].append(known)
    told: dict[str, list[Occurrence]] = defaultdict(list)
    for one in found:
        told[series_of(one.uid)].append(one)
    return [
        named
        for series, told_of in told.items()
        for named in _Match(told_of, before.get(series, [])).all(near=series in whole, now=now)
    ]


@dataclass
class _Match:
    """Matching one series: what is left on both sides, and what was matched."""

    listed: list[Occurrence]
    before: list[ComingBooking]

    def __post_init__(self) -> None:
        self._named: list[Occurrence] = []
        self._known = {one.uid for one in self.before}

    def all(self, *, near: bool, now: datetime) -> list[Occurrence]:
        """All that was told, by its right name."""
        self._match_by(lambda one: one.start, lambda known: known.start)
        self._match_by(lambda one: one.uid, lambda known: known.uid)
        self._match_by(lambda one: one.original or one.start, lambda known: known.start)
        if near:
            self._match_by_shift(now)
            self._match_nearest(now)
        taken = self._known | {one.uid for one in self._named}
        for one in self.listed:
            uid = _free(one.uid, taken)
            taken.add(uid)
            self._named.append(replace(one, uid=uid))
        return self._named

    def _match_by(self, of_told: Callable[[Occurrence], object], of_known: Callable[[ComingBooking], object]) -> None:
        """Matches what is alike in this; of several that are alike one each."""
        there: dict[object, list[ComingBooking]] = defaultdict(list)
        for known in self.before:
            there[of_known(known)].append(known)
        self._pair([(one, there[of_told(one)].pop()) for one in self.listed if there.get(of_told(one))])

    def _match_by_shift(self, now: datetime) -> None:
        ahead = {one.start.replace(tzinfo=None): one for one in self.listed if one.start > now}
        zone = next((one.start.tzinfo for one in self.listed), None)
        known = {each.start.astimezone(zone).replace(tzinfo=None): each for each in self.before}
        if ahead and known:
            by = _best_shift(sorted(known), sorted(ahead))
            self._pair([(ahead[at + by], each) for at, each in known.items() if at + by in ahead])

    def _match_nearest(self, now: datetime) -> None:
        ahead = sorted((one for one in self.listed if one.start > now), key=lambda one: one.start)
        known = sorted(self.before, key=lambda one: one.start)
        if len(ahead) * len(known) > PAIRS_MAX:
            self._pair(
                [pair for pair in zip(ahead, known, strict=False) if abs(pair[0].start - pair[1].start) <= LONGEST_MOVE]
            )
            return
        distances = sorted(
            (abs(one.start - other.start), i, j)
            for i, one in enumerate(ahead)
            for j, other in enumerate(known)
            if abs(one.start - other.start) <= LONGEST_MOVE
        )
        left, right, pairs = set(range(len(ahead))), set(range(len(known))), []
        for _, i, j in distances:
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
                pairs.append((ahead[i], known[j]))
        self._pair(pairs)

    def _pair(self, pairs: list[tuple[Occurrence, ComingBooking]]) -> None:
        self._named += [replace(one, uid=known.uid) for one, known in pairs]
        done, gone = {id(one) for one, _ in pairs}, {id(known) for _, known in pairs}
        self.listed = [one for one in self.listed if id(one) not in done]
        self.before = [known for known in self.before if id(known) not in gone]


def _best_shift(before: list[datetime], after: list[datetime]) -> timedelta:
    """The shift that brings most of the old times onto new ones; among equals the smallest. Both sorted, not empty."""
    there = set(after)
    tried = {
        at - one
        for one in (before[0], before[len(before) // 2], before[-1])
        for at in sorted(after, key=lambda each: abs(each - one))[:SHIFTS_MAX]
        if abs(at - one) <= LONGEST_MOVE
    }
    return max(tried, key=lambda by: (sum(one + by in there for one in before), -abs(by), by), default=timedelta())


def _free(uid: str, taken: set[str]) -> str:
    """A name that no other appointment has: one that is used already gets a number."""
    number = 1
    name = uid
    while name in taken:
        number += 1
        name = f"{uid}~{number}"
    return name
