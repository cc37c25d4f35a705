"""VehiclePositions → what they add to trip updates: a vehicle standing at a stop, or not yet at one it is due at.

Rules
- STOPPED_AT a stop: it arrived there by the position's time; that is observed, for runs that no update speaks of.
- On its way to a stop after that stop's expected time: it is at least that late; this holds against an update too.
- A position that cannot be (0/0, beyond the poles, far outside the network) discredits its entity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feeds.realtime.matching import match
from feeds.realtime.matching.calls import ABSURD_S, SILENT, UNSET, Call
from feeds.realtime.matching.match import RejectedEntity
from feeds.realtime.matching.placing import Placed, find_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feeds.realtime.matching.index import TimetableIndex

STOPPED_AT = 1  # VehicleStopStatus
OUTSIDE_DEG = 0.5  # about 50 km beyond the outermost stop


def sighting(vehicle: Any, index: TimetableIndex, at: int) -> tuple[int, int, int, bool]:
    """(run, stop_time, delay in s, standing there). `at`: the position's time, POSIX s.

    Raises `RejectedEntity` with position_impossible, no_stop, not_late, absurd_delay and those of `match.find_run`;
    `OtherDay`.
    """
    if vehicle.HasField("position") and not _possible(vehicle.position, index):
        raise RejectedEntity("position_impossible")
    if not (vehicle.HasField("current_stop_sequence") or vehicle.stop_id) or not vehicle.HasField("trip"):
        raise RejectedEntity("no_stop")
    want = match.read_descriptor(vehicle.trip, index)
    run = match.find_run(want, index, at - index.origin_epoch, [])
    sequence = vehicle.current_stop_sequence if vehicle.HasField("current_stop_sequence") else None
    here = find_call(Call(sequence, match.clean_text(vehicle.stop_id)), index, run, index.first[run])
    if here is None:
        raise RejectedEntity("unknown_stop")
    late = at - index.origin_epoch - index.arrives[here]
    standing = vehicle.current_status == STOPPED_AT
    if abs(late) >= ABSURD_S:
        raise RejectedEntity("absurd_delay")
    if not standing and late <= 0:
        raise RejectedEntity("not_late")
    return run, here, late, standing


def refine_calls(calls: list[Placed], here: int, late_s: int) -> list[Placed]:
    """Calls of an update, corrected where the vehicle is not yet at a stop that they say it has reached."""
    known = [late for one in calls if one.at <= here for late in one[1:3] if late > UNSET + 1]
    if known and known[-1] >= late_s:
        return calls
    earlier = [one for one in calls if one.at < here]
    return [*earlier, Placed(here, late_s, UNSET, False), *_still_true(calls, here, late_s)]


def _still_true(calls: list[Placed], here: int, late_s: int) -> Iterator[Placed]:
    """The later calls without what the position refutes: a vehicle so late here is not earlier there."""
    for one in calls:
        arrive_s, depart_s = (late if late == SILENT or late >= late_s else UNSET for late in one[1:3])
        if one.at > here and (one.skipped or arrive_s != UNSET or depart_s != UNSET):
            yield Placed(one.at, arrive_s, depart_s, one.skipped)


def _possible(position: Any, index: TimetableIndex) -> bool:
    south, west, north, east = index.bounds
    return bool(
        position.latitude
        and south - OUTSIDE_DEG <= position.latitude <= north + OUTSIDE_DEG
        and west - OUTSIDE_DEG <= position.longitude <= east + OUTSIDE_DEG
    )
