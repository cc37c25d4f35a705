"""A series that moved as a whole: its appointments keep the names under which their tickets were made. Pure.

A calendar names an occurrence by the series and the start that its rule gives it. Where the rule itself changes, all
those names change, though for the customers it is the same appointment at another time. So each occurrence is matched
to a coming booking of the same series, and gets that one's name:

1. the booking at this very time;
2. the booking of this very name;
3. the booking whose present time is the start that a changed occurrence names (RECURRENCE-ID);
4. where the calendar holds the whole series, those left on both sides that have not begun yet: by the one shift, in the
   series' own time and of at most `LONGEST_MOVE`, that matches most of them; then the nearest.

An occurrence without a match is new; a booking without a match was cancelled (the caller reports that).
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

LONGEST_MOVE = timedelta(days=7)  # judgement: more than a week later it is another appointment
PAIRS_MAX = 250_000  # pairs compared for the nearest; larger series are matched in their order
SHIFTS_MAX = 100  # shifts tried from each of three appointments
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
    found: Iterable[Occurrence], coming: Iterable[ComingBooking], whole: Collection[str], now: datetime
) -> list[Occurrence]:
    """The occurrences under the names of their bookings; `whole` are the series that the calendar holds as a whole."""
    before: dict[str, list[ComingBooking]] = defaultdict(list)
    for known in coming:
        before[series_of(known.uid)].append(known)
    by_series: dict[str, list[Occurrence]] = defaultdict(list)
    for one in found:
        by_series[series_of(one.uid)].append(one)
    return [
        named
        for series, of_series in by_series.items()
        for named in _Match(of_series, before.get(series, [])).all(near=series in whole, now=now)
    ]


@dataclass
class _Match:
    """The matching of one series: what is left on both sides, and what was matched."""

    listed: list[Occurrence]
    before: list[ComingBooking]

    def __post_init__(self) -> None:
        self._named: list[Occurrence] = []
        self._known = {one.uid for one in self.before}

    def all(self, *, near: bool, now: datetime) -> list[Occurrence]:
        """All occurrences, each under its right name."""
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

    def _match_by(
        self, of_occurrence: Callable[[Occurrence], object], of_booking: Callable[[ComingBooking], object]
    ) -> None:
        """Matches occurrences and bookings that are equal in this; of several equal ones one each."""
        there: dict[object, list[ComingBooking]] = defaultdict(list)
        for known in self.before:
            there[of_booking(known)].append(known)
        self._pair([(one, there[of_occurrence(one)].pop()) for one in self.listed if there.get(of_occurrence(one))])

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
    """The shift that maps most of the old times onto new ones; among equals the smallest. Both sorted, not empty."""
    there = set(after)
    tried = {
        at - one
        for one in (before[0], before[len(before) // 2], before[-1])
        for at in sorted(after, key=lambda each: abs(each - one))[:SHIFTS_MAX]
        if abs(at - one) <= LONGEST_MOVE
    }
    return max(tried, key=lambda by: (sum(one + by in there for one in before), -abs(by), by), default=timedelta())


def _free(uid: str, taken: set[str]) -> str:
    """A name that no other appointment has: a name that is taken gets a number."""
    number = 1
    name = uid
    while name in taken:
        number += 1
        name = f"{uid}~{number}"
    return name
