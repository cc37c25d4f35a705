"""What vehicles did: the last passage of each update, and which of them to believe.

Rules
- Of an update's calls the last one that lies in the past (by the message's own time) is a passage; predictions are
  nobody's experience and are not learned from.
- An update about a trip that the timetable lacks still teaches, when it names route, stop, delay and time.
- No run goes backwards: a vehicle that is back at its first stop has ended the trip that it still names.
- A delay that jumps by JUMP_S between two passages is distrusted until the next passage is like it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.transit.data.sightings import Sighting, line_of
from chalicelib.transit.reliability.delays import JUMP_S
from chalicelib.transit.reliability.forecast import Passage
from feeds.compile.tables.times import DAY_S
from feeds.realtime.matching.calls import SILENT, UNSET, is_believed
from feeds.realtime.matching.match import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from feeds.realtime.matching.calls import Call
    from feeds.realtime.matching.index import TimetableIndex

AHEAD_S = 30  # clocks of vehicle and server may differ by so much
FORGET_PASSAGES_S = 2 * 3600  # a run that nothing was said about for so long has ended or is no longer tracked


def passage(run: int, placed: Sequence[tuple[int, int, int, bool]], index: TimetableIndex, at: int) -> Sighting | None:
    """The last passage of a matched update; `at` is the message's time, POSIX s."""
    until = at + AHEAD_S - index.origin_epoch
    for call, arrive_s, depart_s, skipped in reversed(placed):
        if skipped or SILENT in {arrive_s, depart_s}:
            continue
        for departing, delay_s in ((True, depart_s), (False, arrive_s)):
            planned = (index.departs if departing else index.arrives)[call]
            if delay_s != UNSET and planned + delay_s <= until:
                return _sighting(run, call, index, delay_s, departing=departing)
    return None


def _sighting(run: int, call: int, index: TimetableIndex, delay_s: int, *, departing: bool) -> Sighting:
    planned = (index.departs if departing else index.arrives)[call]
    return Sighting(
        f"{index.trip_of[run]}|{index.service_date.toordinal() + index.day[run]}|{index.start_s[run]}",
        index.line_of[index.route[run]],
        index.stop_id[index.stop[call]],
        departing,
        delay_s,
        index.origin_epoch + planned + delay_s,
        planned // 3600 % 24,
        run,
        call,
        int(index.first[run + 1]) - 1 - call,
    )


def stray_passage(update: Any, calls: Sequence[Call], index: TimetableIndex, at: int) -> Sighting | None:
    """The last passage of an update whose trip this timetable lacks: another day's, or another version's."""
    route_id = clean_text(update.trip.route_id)
    for call in reversed(calls):
        for departing, (time, delay) in ((True, call.departure), (False, call.arrival)):
            if not (route_id and call.stop_id) or time is None or delay is None:
                continue
            if not at - DAY_S <= time <= at + AHEAD_S:  # what a message tells of a day ago it has told before
                continue
            delay_s = delay - round(delay / DAY_S) * DAY_S
            if is_believed(delay_s):
                planned = time - delay_s
                trip = f"{clean_text(update.trip.trip_id)}|{(planned - index.origin_epoch) // DAY_S}"
                hour = (planned - index.origin_epoch) // 3600 % 24
                return Sighting(trip, line_of(route_id), call.stop_id, departing, delay_s, time, hour)
    return None


class Tracker:
    """The believed last passage of every run, over many messages."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Passage, int]] = {}  # believed, and when (POSIX s)
        self._doubted: dict[int, tuple[Passage, int]] = {}

    def take(self, sightings: Iterable[Sighting], now: int) -> dict[int, Passage]:
        """Takes a message's passages (`now`: its time, POSIX s) and answers what to believe, by run."""
        for one in sightings:
            if one.run >= 0:
                self._weigh(one)
        self._held = {run: held for run, held in self._held.items() if now - held[1] < FORGET_PASSAGES_S}
        return {run: passed for run, (passed, _) in self._held.items()}

    def _weigh(self, one: Sighting) -> None:
        passed = Passage(one.call, one.departing, one.delay_s)
        held, doubted = self._held.get(one.run), self._doubted.get(one.run)
        if held and one.call < held[0].call:
            return
        if held is None or abs(held[0].delay_s - one.delay_s) < JUMP_S:
            self._held[one.run] = (passed, one.at)
            self._doubted.pop(one.run, None)
        elif doubted and doubted[1] != one.at and abs(doubted[0].delay_s - one.delay_s) < JUMP_S:
            self._held[one.run] = (passed, one.at)
            del self._doubted[one.run]
        else:
            self._doubted[one.run] = (passed, one.at)
