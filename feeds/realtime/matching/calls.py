"""The StopTimeUpdates of one entity → calls at stops of a run, checked.

Rules (GTFS-Realtime reference, "StopTimeUpdate", "StopTimeEvent")
- `time` wins over `delay`; where only `delay` is given it counts from the timetable.
- SCHEDULED needs an arrival or a departure, and each of these a time or a delay: else the entity is rejected.
- A call is named by stop_sequence, stop_id or both. Where both are given and disagree, the stop wins if the run calls
  there just once (feeds number from 0 or 1 as they like); else the sequence (a platform that we do not know).
- ±2 h and more is not a delay that we believe: that event is ignored and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.transit.data.timetable import INTERPOLATED
from feeds.compile.tables.times import DAY_S
from feeds.realtime.matching.match import RejectedEntity, clean_text

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from feeds.realtime.matching.index import TimetableIndex

SKIPPED, NO_DATA = 1, 2  # StopTimeUpdate.ScheduleRelationship
ABSURD_S = 2 * 3600  # from here on either way it is no delay but a mistake (see the rules)
UNSET = -(2**31)
SILENT = UNSET + 1  # NO_DATA: from here on the timetable is all that is known


class Call(NamedTuple):
    """One StopTimeUpdate. Times are POSIX seconds, delays seconds; None: not given. `kind`: SKIPPED, NO_DATA or 0."""

    sequence: int | None
    stop_id: str
    kind: int
    arrives: int | None
    arrive_delay_s: int | None
    departs: int | None
    depart_delay_s: int | None


def read_stop_time_updates(update: Any) -> list[Call]:
    """All StopTimeUpdates of a TripUpdate. Raises `RejectedEntity`.

    Call_without_stop, call_without_time, invalid_utf8.
    """
    return [_call(raw) for raw in update.stop_time_update]


def _call(raw: Any) -> Call:
    sequence = raw.stop_sequence if raw.HasField("stop_sequence") else None
    stop_id = clean_text(raw.stop_id)
    if sequence is None and not stop_id:
        raise RejectedEntity("call_without_stop")
    kind = raw.schedule_relationship
    if kind == NO_DATA:
        return Call(sequence, stop_id, NO_DATA, None, None, None, None)
    has_arrival, has_departure = raw.HasField("arrival"), raw.HasField("departure")
    arrives, arrive_delay_s = _event(raw.arrival) if has_arrival else (None, None)
    departs, depart_delay_s = _event(raw.departure) if has_departure else (None, None)
    if kind != SKIPPED:
        kind = 0
        if arrives is arrive_delay_s is departs is depart_delay_s is None:
            raise RejectedEntity("call_without_time")
    return Call(sequence, stop_id, kind, arrives, arrive_delay_s, departs, depart_delay_s)


def _event(event: Any) -> tuple[int | None, int | None]:
    time = event.time  # 0 is what some feeds write for "unknown"
    delay = event.delay
    has_delay = delay != 0 or event.HasField("delay")
    if time <= 0 and event.HasField("scheduled_time") and has_delay:
        time = event.scheduled_time + delay
    return (time if time > 0 else None), (delay if has_delay else None)


def day_off(calls: Sequence[Call]) -> int:
    """Days by which delays without a time are wrong: minus one for delays near minus 86,400 s, mostly 0."""
    for call in calls:
        for time, delay in ((call.arrives, call.arrive_delay_s), (call.departs, call.depart_delay_s)):
            if delay is not None and time is None:
                return _days(delay)
    return 0


def day_off_by_time(calls: Sequence[Call]) -> int:
    """The same where times are given too: they are right, and the delay shows on which day the feed put the trip."""
    for call in calls:
        for delay in (call.arrive_delay_s, call.depart_delay_s):
            if delay is not None:
                return _days(delay)
    return 0


def _days(delay_s: int) -> int:
    days = round(delay_s / DAY_S)
    return days if abs(delay_s - days * DAY_S) < ABSURD_S else 0


def first_time(calls: Sequence[Call]) -> int | None:
    """The first time that any call names, POSIX; None: delays only."""
    for call in calls:
        if call.arrives is not None or call.departs is not None:
            return call.arrives if call.arrives is not None else call.departs
    return None


def find_call(call: Call, index: TimetableIndex, run: int, after: int) -> int | None:
    """Index of the stop_time meant, preferring one at or after `after` (loops); None: the run does not call there."""
    first, end = index.first[run], index.first[run + 1]
    at = _by_sequence(call.sequence, index, first, end) if call.sequence is not None else None
    if not call.stop_id:
        return at
    stop = index.stop_of.get(call.stop_id)
    if at is not None and (stop is None or index.stop[at] == stop):
        return at
    places = [] if stop is None else [here for here in range(first, end) if index.stop[here] == stop]
    if at is not None:
        return places[0] if len(places) == 1 else at
    return next((here for here in places if here >= after), places[0] if places else None)


def _by_sequence(sequence: int, index: TimetableIndex, first: int, end: int) -> int | None:
    sequences = index.sequence
    guess = first + sequence - sequences[first]  # right wherever numbers are consecutive
    if first <= guess < end and sequences[guess] == sequence:
        return guess
    return next((here for here in range(first, end) if sequences[here] == sequence), None)


def delays_at(call: Call, index: TimetableIndex, at: int, shift_s: int, ignored: Counter[str]) -> tuple[int, int]:
    """Delays of arrival and departure at a stop_time, `UNSET` where not known or not believed.

    `shift_s` is taken from delays that count from the wrong service day.
    """
    guessed = bool(index.flags[at] & INTERPOLATED)
    arrive_s = depart_s = UNSET
    if call.arrives is not None or call.arrive_delay_s is not None:
        planned = index.arrives[at] + index.origin_epoch
        arrive_s = _delay(call.arrives, call.arrive_delay_s, planned, shift_s, ignored, guessed=guessed)
    if call.departs is not None or call.depart_delay_s is not None:
        planned = index.departs[at] + index.origin_epoch
        depart_s = _delay(call.departs, call.depart_delay_s, planned, shift_s, ignored, guessed=guessed)
    return arrive_s, depart_s


def _delay(
    time: int | None, delay_s: int | None, planned: int, shift_s: int, ignored: Counter[str], *, guessed: bool
) -> int:
    if time is not None:
        late = time - planned
    elif guessed or delay_s is None:
        ignored["delay_without_planned_time"] += 1
        return UNSET
    else:
        late = delay_s - shift_s
    if -ABSURD_S < late < ABSURD_S:
        return late
    ignored["absurd_delay"] += 1
    return UNSET
