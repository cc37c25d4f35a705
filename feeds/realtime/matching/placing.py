"""Calls that an update names → stop_times of the run that it means, with their delays.

Rules
- A call is named by stop_sequence, stop_id or both. Where both are given and disagree, the stop wins if the run calls
  there just once (feeds number from 0 or 1 as they like); else the sequence (a platform that we do not know).
- Of several visits to one stop those are meant that fit the order of all calls named, then the times that they say.
- A stop of the same station is another platform: the delay holds, and the call is there. So is an assigned_stop_id.
- 2 h late and more is believed only if several calls say about the same and the update's own stamp is fresh; half an
  hour early and more never is. Else nothing is known of the vehicle from there on: it is not on time, nor is it live.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.data.timetable import INTERPOLATED
from feeds.realtime.matching.calls import ABSURD_S, NO_DATA, SILENT, SKIPPED, UNSET, is_believed
from feeds.realtime.matching.match import RejectedEntity

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from feeds.realtime.matching.calls import Call, Event, PlannedCalls

LATEST_S = 12 * 3600  # no train is later; the next day's is nearer
ALIKE_S = 1800  # delays of calls next to each other that differ by less are consistent
CONSISTENT_CALLS = 2  # that say about the same
_FAR = 1 << 30  # beyond any delay, and apart from `UNSET` and `SILENT`


class Placed(NamedTuple):
    """What is said of one stop_time: delays in s, `UNSET` or `SILENT`."""

    at: int
    arrive_s: int
    depart_s: int
    skipped: bool


class Placement(NamedTuple):
    """What an update says of a run: its calls in order, and those that are at another platform (stop by stop_time)."""

    calls: list[Placed]
    moved: dict[int, int]


def place_calls(calls: Sequence[Call], index: PlannedCalls, run: int, shift_s: int, ignored: Counter[str]) -> Placement:
    """Calls in any order → stop_times in order; what names no stop of this run is ignored and counted.

    `shift_s` is taken from delays that count from the wrong service day. Delays are as said: see `believable`. Raises
    `RejectedEntity` where all that was said rests on times that the timetable does not have.
    """
    found: dict[int, Placed] = {}
    moved: dict[int, int] = {}
    groundless = ignored["delay_without_planned_time"]
    for call, here in zip(calls, locate(calls, index, run), strict=True):
        if here is None:
            ignored["unknown_stop"] += 1
            continue
        if call.kind == NO_DATA:
            found[here] = Placed(here, SILENT, SILENT, False)
            continue
        arrive_s, depart_s = _delays_at(call, index, here, shift_s, ignored)
        if arrive_s != UNSET or depart_s != UNSET or call.kind == SKIPPED:
            found[here] = Placed(here, arrive_s, depart_s, call.kind == SKIPPED)
        platform = _platform(call, index, here)
        if platform is not None:
            moved[here] = platform
    if calls and not found and not moved and ignored["delay_without_planned_time"] > groundless:
        raise RejectedEntity("delay_without_planned_time")
    return Placement([found[here] for here in sorted(found)], moved)


def believable(placed: Sequence[Placed], ignored: Counter[str], *, fresh: bool) -> list[Placed]:
    """The calls without delays that nobody should believe (see the rules); [] where then nothing is known at last.

    `fresh`: the update has a stamp of its own, of now.
    """
    if not any(_is_absurd(late) for one in placed for late in one[1:3]):
        return list(placed)
    if fresh and _is_consistent(placed):
        return list(placed)
    kept, unknown = [], False
    for one in placed:
        given = [late for late in one[1:3] if late not in {UNSET, SILENT}]
        absurd = sum(map(_is_absurd, given))
        ignored["absurd_delay"] += absurd
        if absurd and absurd == len(given):
            kept.append(one._replace(arrive_s=SILENT, depart_s=SILENT))
            unknown = True
        else:
            arrive_s, depart_s = (UNSET if _is_absurd(late) else late for late in one[1:3])
            kept.append(Placed(one.at, arrive_s, depart_s, one.skipped))
            unknown = unknown and not given
    return [] if unknown and not any(one.skipped for one in kept) else kept


def _is_absurd(late_s: int) -> bool:
    return late_s not in {UNSET, SILENT} and not is_believed(late_s)


def _is_consistent(placed: Sequence[Placed]) -> bool:
    """Whether several calls, and all from the first of them on, say about the same very late time."""
    said = [[late for late in one[1:3] if late not in {UNSET, SILENT}] for one in placed if not one.skipped]
    first = next((at for at, lates in enumerate(said) if any(map(_is_absurd, lates))), len(said))
    lates = [late for of_call in said[first:] for late in of_call]
    very_late = sum(any(late > ABSURD_S - ALIKE_S for late in of_call) for of_call in said)
    alike = all(abs(late - other) < ALIKE_S for late, other in pairwise(lates))
    return very_late >= CONSISTENT_CALLS and alike and all(0 < late < LATEST_S for late in lates)


def locate(calls: Sequence[Call], index: PlannedCalls, run: int) -> Iterator[int | None]:
    """The stop_time that each call means; None: the run does not call there."""
    visits = [_visits(call.stop_id, index, run) if call.sequence is None else [] for call in calls]
    known = _fit(calls, visits, index) if any(len(places) > 1 for places in visits) else {}
    after = index.first[run]
    for number, call in enumerate(calls):
        here = known[number] if number in known else find_call(call, index, run, after)
        after = after if here is None else here + 1
        yield here


def find_call(call: Call, index: PlannedCalls, run: int, after: int) -> int | None:
    """Index of the stop_time meant, preferring one at or after `after` (loops); None: the run does not call there."""
    first, end = index.first[run], index.first[run + 1]
    at = _by_sequence(call.sequence, index, first, end) if call.sequence is not None else None
    if not call.stop_id:
        return at
    stop = index.stop_of.get(call.stop_id)
    if at is not None and (stop is None or index.stop[at] == stop or _is_beside(stop, index.stop[at], index)):
        return at
    places = _visits(call.stop_id, index, run)
    if at is not None:
        return places[0] if len(places) == 1 else at
    return next((here for here in places if here >= after), places[0] if places else None)


def _visits(stop_id: str, index: PlannedCalls, run: int) -> list[int]:
    """Where a run calls at a stop; if nowhere, at another platform of its station."""
    stop = index.stop_of.get(stop_id)
    if stop is None:
        return []
    calls = range(index.first[run], index.first[run + 1])
    return [here for here in calls if index.stop[here] == stop] or [
        here for here in calls if _is_beside(stop, index.stop[here], index)
    ]


def _is_beside(stop: int, other: int, index: PlannedCalls) -> bool:
    """Whether two stops are platforms of one station, or one is the other's station."""
    parent = index.station[other]
    return parent >= 0 and parent in {stop, index.station[stop]}


def _platform(call: Call, index: PlannedCalls, here: int) -> int | None:
    """The stop where the vehicle calls instead of the planned one; None: as planned."""
    planned = index.stop[here]
    assigned = index.stop_of.get(call.assigned) if call.assigned else None
    if assigned is not None:
        return None if assigned == planned else assigned
    stop = index.stop_of.get(call.stop_id) if call.stop_id else None
    if stop is None or stop == planned or stop == index.station[planned]:
        return None
    return stop if _is_beside(stop, planned, index) else None


def _fit(calls: Sequence[Call], visits: Sequence[Sequence[int]], index: PlannedCalls) -> dict[int, int]:
    """Calls (by number) → visits, both in order: as many as can be, then those that are nearest to what is said."""
    best: dict[int, tuple[int, int, tuple[tuple[int, int], ...]]] = {-1: (0, 0, ())}  # by last stop_time used
    for number, call in enumerate(calls):
        grown = dict(best)
        for here in visits[number]:
            options = [(fitted, cost, pairs) for last, (fitted, cost, pairs) in best.items() if last < here]
            fitted, cost, pairs = max(options, key=lambda option: (option[0], -option[1]))
            found = (fitted + 1, cost + _away_s(call, index, here), (*pairs, (number, here)))
            if here not in grown or (found[0], -found[1]) > (grown[here][0], -grown[here][1]):
                grown[here] = found
        best = grown
    most = max(best.items(), key=lambda item: (item[1][0], -item[1][1], -item[0]))[1]
    return dict(most[2])


def _away_s(call: Call, index: PlannedCalls, here: int) -> int:
    for event, planned in ((call.arrival, index.arrives[here]), (call.departure, index.departs[here])):
        if event.time is not None:
            return abs(event.time - index.origin_epoch - planned)
    return 0


def _by_sequence(sequence: int, index: PlannedCalls, first: int, end: int) -> int | None:
    sequences = index.sequence
    guess = first + sequence - sequences[first]  # right wherever numbers are consecutive
    if first <= guess < end and sequences[guess] == sequence:
        return guess
    return next((here for here in range(first, end) if sequences[here] == sequence), None)


def _delays_at(call: Call, index: PlannedCalls, at: int, shift_s: int, ignored: Counter[str]) -> tuple[int, int]:
    """Delays of arrival and departure at a stop_time, `UNSET` where not known."""
    guessed = bool(index.flags[at] & INTERPOLATED)
    arrive_s = depart_s = UNSET
    if call.arrival.is_given:
        planned = index.arrives[at] + index.origin_epoch
        arrive_s = _delay(call.arrival, planned, shift_s, ignored, guessed=guessed)
    if call.departure.is_given:
        planned = index.departs[at] + index.origin_epoch
        depart_s = _delay(call.departure, planned, shift_s, ignored, guessed=guessed)
    return arrive_s, depart_s


def _delay(event: Event, planned: int, shift_s: int, ignored: Counter[str], *, guessed: bool) -> int:
    if event.time is not None:
        late = event.time - planned
    elif guessed or event.delay_s is None:
        ignored["delay_without_planned_time"] += 1
        return UNSET
    else:
        late = event.delay_s - shift_s
    return min(max(late, -_FAR), _FAR)
