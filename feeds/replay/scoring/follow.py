"""A customer who does what the latest message says, in the world as it really was.

She sets out at the leave-by of the latest message, walks, boards the vehicle of her plan only if it really leaves
after she is at the stop, and else the next of that route. A message on the way reaches her where she is: waiting, she
goes on from that stop; in a vehicle, she heeds it if it names the ride that she is on as its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.replay.scoring.truth import NEVER_HAPPENED_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.reliability.arrival import Journey
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
    journey: Journey


@dataclass(frozen=True, slots=True)
class JourneyOutcome:
    """When she set out and was at the door, s from origin; `arrived_s` NEVER: stranded."""

    left_s: int
    arrived_s: int


def follow_advice(advices: Sequence[Advice], world: World) -> JourneyOutcome:
    """`advices` in order of time; the first one names when to leave."""
    at = 0
    while at + 1 < len(advices) and advices[at + 1].at_s < (advices[at].leave_s or 0):
        at += 1
    left = int(advices[at].leave_s or 0)
    later = [advice for advice in advices[at + 1 :] if advice.leave_s is None]
    walks, rides = list(advices[at].journey.walks_s), list(advices[at].journey.rides)
    now = left + walks.pop(0)
    while rides:
        board, alight = _board(world, rides[0], now)
        departs = int(world.departs[board]) if board >= 0 else NEVER_HAPPENED_S
        if later and later[0].at_s < departs:
            advice = later.pop(0)
            if not advice.journey.aboard:
                walks, rides = list(advice.journey.walks_s), list(advice.journey.rides)
                now = max(now, advice.at_s) + walks.pop(0)
            continue
        if board < 0:
            return JourneyOutcome(left, NEVER_HAPPENED_S)
        alight, walks, rides = _ride(world, board, alight, walks, rides[1:], later)
        now = int(world.arrives[alight]) + walks.pop(0)
    return JourneyOutcome(left, now)


def _board(world: World, ride: tuple[int, int], now: int) -> tuple[int, int]:
    """(call boarded at, call to alight at) of the vehicle that takes her; (-1, -1): none does any more."""
    if now <= world.departs[ride[0]] < NEVER_HAPPENED_S:
        return ride
    service = world.lines.service(*ride)
    departs = world.departs[service.board]
    waits = np.where((departs >= now) & (departs < NEVER_HAPPENED_S), departs, NEVER_HAPPENED_S)
    if not len(waits) or waits.min() >= NEVER_HAPPENED_S:
        return -1, -1
    best = int(waits.argmin())
    return int(service.board[best]), int(service.alight[best])


def _ride(
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
        first = advice.journey.rides[0] if advice.journey.rides else (-1, -1)
        same = advice.journey.aboard and world.lines.run_of(first[0]) == run
        if same and world.arrives[first[1]] >= advice.at_s:
            alight, walks, rides = first[1], list(advice.journey.walks_s[1:]), list(advice.journey.rides[1:])
    return alight, walks, rides
