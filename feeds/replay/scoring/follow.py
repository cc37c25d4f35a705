"""A customer who does what the latest message says, in the world as it really was.

She sets out at the leave-by of the latest message, walks, boards the vehicle of her plan only if it really leaves
after she is at the stop, and else the next of that route. A message on the way reaches her where she is: waiting, she
goes on from that stop; in a vehicle, she heeds it if it names the ride that she is on as its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.replay.scoring.truth import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.reliability.arrival import Course
    from chalicelib.transit.reliability.forecast import Lines


@dataclass(frozen=True)
class World:
    """What really happened; departures and arrivals of calls, s from origin."""

    lines: Lines
    departs: NDArray[Any]
    arrives: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Advice:
    """A message that names a way. `leave_s` None: on the way."""

    at_s: int
    leave_s: int | None
    course: Course


@dataclass(frozen=True, slots=True)
class Came:
    """When she set out and was at the door, s from origin; `arrived_s` NEVER: stranded."""

    left_s: int
    arrived_s: int


def follow(advices: Sequence[Advice], world: World) -> Came:
    """`advices` in order of time; the first one names when to leave."""
    at = 0
    while at + 1 < len(advices) and advices[at + 1].at_s < (advices[at].leave_s or 0):
        at += 1
    left = int(advices[at].leave_s or 0)
    later = [advice for advice in advices[at + 1 :] if advice.leave_s is None]
    walks, rides = list(advices[at].course.walks_s), list(advices[at].course.rides)
    now = left + walks.pop(0)
    while rides:
        board, alight = _boarded(world, rides[0], now)
        departs = int(world.departs[board]) if board >= 0 else NEVER
        if later and later[0].at_s < departs:
            advice = later.pop(0)
            if not advice.course.aboard:
                walks, rides = list(advice.course.walks_s), list(advice.course.rides)
                now = max(now, advice.at_s) + walks.pop(0)
            continue
        if board < 0:
            return Came(left, NEVER)
        alight, walks, rides = _ridden(world, board, alight, walks, rides[1:], later)
        now = int(world.arrives[alight]) + walks.pop(0)
    return Came(left, now)


def _boarded(world: World, ride: tuple[int, int], now: int) -> tuple[int, int]:
    """(call boarded at, call to alight at) of the vehicle that takes her; (-1, -1): none does any more."""
    if now <= world.departs[ride[0]] < NEVER:
        return ride
    service = world.lines.service(*ride)
    departs = world.departs[service.board]
    waits = np.where((departs >= now) & (departs < NEVER), departs, NEVER)
    if not len(waits) or waits.min() >= NEVER:
        return -1, -1
    best = int(waits.argmin())
    return int(service.board[best]), int(service.alight[best])


def _ridden(
    world: World,
    board: int,
    alight: int,
    walks: list[int],
    rides: list[tuple[int, int]],
    later: list[Advice],
) -> tuple[int, list[int], list[tuple[int, int]]]:
    """Where she gets off and what follows, after the messages that reach her on board."""
    run = world.lines.run_of(board)
    while later and later[0].at_s < world.arrives[alight]:
        advice = later.pop(0)
        first = advice.course.rides[0] if advice.course.rides else (-1, -1)
        same = advice.course.aboard and world.lines.run_of(first[0]) == run
        if same and world.arrives[first[1]] >= advice.at_s:
            alight, walks, rides = first[1], list(advice.course.walks_s[1:]), list(advice.course.rides[1:])
    return alight, walks, rides
