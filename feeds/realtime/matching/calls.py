"""The StopTimeUpdates of one entity → calls at stops of a run, checked.

Rules (GTFS-Realtime reference, "StopTimeUpdate", "StopTimeEvent")
- `time` wins over `delay`; where only `delay` is given it counts from the timetable.
- SCHEDULED needs an arrival or a departure, and one of these a time or a delay: else the call says nothing. It is left
  out, and what else the entity says stands: its delays, or all that comes after a call that says where the vehicle is.
  An entity of bare times that begins with such a call is rejected, as is one with a call that names no stop.
- CANCELED and DELETED trips may list their stops; whatever they say of them, the trip is cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from feeds.compile.tables.times import DAY_S
from feeds.realtime.matching.match import RejectedEntity, clean_text

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

SKIPPED, NO_DATA = 1, 2  # StopTimeUpdate.ScheduleRelationship
ABSURD_S = 2 * 3600  # from here on it is believed only for good reasons: `placing`
VEHICLE_EARLY_MAX_S = 30 * 60  # so early nothing leaves: it is another trip's time, or a clock's fault
NAMED_CALLS_MAX = 1000  # of one update: the longest run that we know of has 300
UNSET = -(2**31)
SILENT = UNSET + 1  # NO_DATA: from here on the timetable is all that is known


class Event(NamedTuple):
    """One StopTimeEvent, an arrival or a departure. `time`: POSIX seconds; None: not given."""

    time: int | None = None
    delay_s: int | None = None

    @property
    def is_given(self) -> bool:
        """Whether it says anything."""
        return self.time is not None or self.delay_s is not None


NOTHING = Event()


class Call(NamedTuple):
    """One StopTimeUpdate. `kind`: SKIPPED, NO_DATA or 0."""

    sequence: int | None  # None: not given
    stop_id: str
    kind: int = 0
    arrival: Event = NOTHING
    departure: Event = NOTHING
    assigned: str = ""  # stop_id of the platform that is used today

    @property
    def says_anything(self) -> bool:
        """Whether it names a time or a delay."""
        return self.arrival.is_given or self.departure.is_given

    @property
    def says_delay(self) -> bool:
        """Whether it names a delay."""
        return self.arrival.delay_s is not None or self.departure.delay_s is not None


class PlannedCalls(Protocol):
    """Runs whose calls can be found: a timetable's index, or one added trip."""

    @property
    def first(self) -> Sequence[int]:
        """Index of the first call of each run, and the end."""
        ...

    @property
    def stop(self) -> Sequence[int]:
        """Of each call."""
        ...

    @property
    def sequence(self) -> Sequence[int]:
        """stop_sequence of each call."""
        ...

    @property
    def arrives(self) -> Sequence[int]:
        """S from origin."""
        ...

    @property
    def departs(self) -> Sequence[int]:
        """S from origin."""
        ...

    @property
    def station(self) -> Sequence[int]:
        """Parent station of each stop, -1: none."""
        ...

    @property
    def flags(self) -> Sequence[int]:
        """As `st_flags`."""
        ...

    @property
    def stop_of(self) -> Mapping[str, int]:
        """Stops by id."""
        ...

    @property
    def origin_epoch(self) -> int:
        """POSIX s."""
        ...


def read_stop_time_updates(update: Any, ignored: Counter[str]) -> list[Call]:
    """The StopTimeUpdates of a TripUpdate that say something; the others are counted.

    Raises `RejectedEntity` with call_without_stop, invalid_utf8, or call_without_time (see the rules).
    """
    calls = [_call(raw) for raw in update.stop_time_update[:NAMED_CALLS_MAX]]
    if len(update.stop_time_update) > NAMED_CALLS_MAX:
        ignored["too_many_calls"] += len(update.stop_time_update) - NAMED_CALLS_MAX
    found = [call for call in calls if call.kind or call.says_anything]
    timeless = len(calls) - len(found)
    if timeless and not (calls[0] in found or any(call.says_delay for call in found)):
        raise RejectedEntity("call_without_time")
    if timeless:
        ignored["call_without_time"] += timeless
    return found


def read_stops(update: Any) -> list[Call]:
    """The stops that a TripUpdate lists, whatever it says of them."""
    found = []
    for raw in update.stop_time_update[:NAMED_CALLS_MAX]:
        stop_id = raw.stop_id.strip() if isinstance(raw.stop_id, str) else ""
        found.append(Call(raw.stop_sequence if raw.HasField("stop_sequence") else None, stop_id))
    return found


def _call(raw: Any) -> Call:
    sequence = raw.stop_sequence if raw.HasField("stop_sequence") else None
    stop_id = clean_text(raw.stop_id)
    if sequence is None and not stop_id:
        raise RejectedEntity("call_without_stop")
    kind = raw.schedule_relationship
    if kind == NO_DATA:
        return Call(sequence, stop_id, NO_DATA)
    arrival = _event(raw.arrival) if raw.HasField("arrival") else NOTHING
    departure = _event(raw.departure) if raw.HasField("departure") else NOTHING
    assigned = clean_text(raw.stop_time_properties.assigned_stop_id)
    return Call(sequence, stop_id, kind if kind == SKIPPED else 0, arrival, departure, assigned)


def _event(event: Any) -> Event:
    time = event.time  # 0 is what some feeds write for "unknown"
    delay = event.delay
    has_delay = delay != 0 or event.HasField("delay")
    if time <= 0 and event.HasField("scheduled_time") and has_delay:
        time = event.scheduled_time + delay
    return Event(time if time > 0 else None, delay if has_delay else None)


def is_believed(late_s: int) -> bool:
    """Whether a vehicle is that late (negative: early) by one word of its operator."""
    return -VEHICLE_EARLY_MAX_S < late_s < ABSURD_S


def day_off(calls: Sequence[Call]) -> int:
    """Days by which delays without a time are wrong: minus one for delays near minus 86,400 s, mostly 0."""
    for call in calls:
        for event in (call.arrival, call.departure):
            if event.delay_s is not None and event.time is None:
                return _days(event.delay_s)
    return 0


def day_off_by_time(calls: Sequence[Call]) -> int:
    """The same where times are given too: they are right, and the delay shows on which day the feed put the trip."""
    for call in calls:
        for event in (call.arrival, call.departure):
            if event.delay_s is not None:
                return _days(event.delay_s)
    return 0


def _days(delay_s: int) -> int:
    days = round(delay_s / DAY_S)
    return days if abs(delay_s - days * DAY_S) < ABSURD_S else 0


def first_time(calls: Sequence[Call]) -> int | None:
    """The first time that any call names, POSIX; None: delays only."""
    for call in calls:
        for event in (call.arrival, call.departure):
            if event.time is not None:
                return event.time
    return None
