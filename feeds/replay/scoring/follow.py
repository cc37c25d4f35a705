"""A customer who does what the latest message says, in the world as it really was.

They set out at the leave-by of the latest message, walk, and board the vehicle of their plan only if it really leaves
after they are at the stop; else they take the next of that route. A message on the way reaches them where they are: at
a stop they go on from there; in a vehicle they follow it if its first ride is the one they sit in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.replay.scoring.truth import NEVER_HAPPENED_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.data.lines import Lines
    from chalicelib.transit.reliability.arrival import Journey


@dataclass(frozen=True)
class World:
    """What really happened; departures and arrivals of calls, s from origin."""

    lines: Lines
    departs: NDArray[Any]
    arrives: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Advice:
    """A message with an itinerary. `leave_s` None: it is for somebody who has set out."""

    at_s: int
    leave_s: int | None
    journey: Journey


@dataclass(frozen=True, slots=True)
class JourneyOutcome:
    """When the customer set out and was at the venue, s from origin; `arrived_s` `NEVER_HAPPENED_S`: stranded."""

    left_s: int
    arrived_s: int


@dataclass(slots=True)
class _Rest:
    """What is left of a journey: a walk before each ride and one after the last."""

    walks_s: list[int]
    rides: list[tuple[int, int]]

    def follow(self, journey: Journey, *, from_ride: int = 0) -> None:
        """From now on it is that of another journey, from one of its rides on."""
        self.walks_s, self.rides = list(journey.walks_s[from_ride:]), list(journey.rides[from_ride:])


def follow_advice(advices: Sequence[Advice], world: World) -> JourneyOutcome:
    """`advices` in order of time; the first one names when to leave."""
    at = 0
    while at + 1 < len(advices) and advices[at + 1].at_s < (advices[at].leave_s or 0):
        at += 1
    left = int(advices[at].leave_s or 0)
    later = [advice for advice in advices[at + 1 :] if advice.leave_s is None]
    rest = _Rest(list(advices[at].journey.walks_s), list(advices[at].journey.rides))
    now = left + rest.walks_s.pop(0)
    while rest.rides:
        board, alight = _board(world, rest.rides[0], now)
        departs = int(world.departs[board]) if board >= 0 else NEVER_HAPPENED_S
        if later and later[0].at_s < departs:
            advice = later.pop(0)
            if not advice.journey.aboard:
                rest.follow(advice.journey)
                now = max(now, advice.at_s) + rest.walks_s.pop(0)
            continue
        if board < 0:
            return JourneyOutcome(left, NEVER_HAPPENED_S)
        rest.rides.pop(0)
        alight = _ride(world, (board, alight), rest, later)
        now = int(world.arrives[alight]) + rest.walks_s.pop(0)
    return JourneyOutcome(left, now)


def _board(world: World, ride: tuple[int, int], now: int) -> tuple[int, int]:
    """(call boarded at, call to alight at) of the vehicle that takes them; (-1, -1): none does any more."""
    if now <= world.departs[ride[0]] < NEVER_HAPPENED_S:
        return ride
    service = world.lines.service(*ride)
    departs = world.departs[service.board]
    waits = np.where((departs >= now) & (departs < NEVER_HAPPENED_S), departs, NEVER_HAPPENED_S)
    if not len(waits) or waits.min() >= NEVER_HAPPENED_S:
        return -1, -1
    best = int(waits.argmin())
    return int(service.board[best]), int(service.alight[best])


def _ride(world: World, ride: tuple[int, int], rest: _Rest, later: list[Advice]) -> int:
    """Where they get off, after the messages that reach them on board; `rest` becomes what follows then."""
    run, alight = world.lines.run_of(ride[0]), ride[1]
    while later and later[0].at_s < world.arrives[alight]:
        advice = later.pop(0)
        first = advice.journey.rides[0] if advice.journey.rides else (-1, -1)
        same = advice.journey.aboard and world.lines.run_of(first[0]) == run
        if same and world.arrives[first[1]] >= advice.at_s:
            alight = first[1]
            rest.follow(advice.journey, from_ride=1)
    return alight
