"""A day's state becomes draws of what is still to come, and these become forecasts. Pure, seeded by day and visit.

Each visit keeps its own draws all day long, so that a forecast moves only when something has happened.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.visits.forecast import DRAWS, Scene, play_on
from chalicelib.visits.merge import claim
from chalicelib.visits.spread import foretell
from chalicelib.visits.visit import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.visits.day import Day
    from chalicelib.visits.spread import Foretold
    from chalicelib.visits.visit import Visit

    Floats = NDArray[np.float64]

CROWD = 40  # visits: with more only those who are there or soon due are played, and fewer times
CROWD_DRAWS = 64
SOON_S = 1800.0
ON_THE_WAY_S = 16 * 60.0  # a walk-in from afar, told no time, is there after about this


def foretell_day(day: Day, now: float, until: Visit | None = None) -> dict[str, Foretold]:
    """When each visit that is waited for will begin; if only one is asked for (`until`), later ones may be missing."""
    visits, draws = day.waited_for(), DRAWS
    if len(visits) > CROWD:
        visits = [one for one in visits if one.state == State.HERE or one.due < now + SOON_S]
        draws = CROWD_DRAWS
    if not visits or not day.staff:
        return {}
    starts = play_on(scene_of(day, now, visits, draws), visits.index(until) if until else None)
    found = {}
    for one, column in zip(visits, starts.T, strict=True):
        begun = column[np.isfinite(column)]
        if len(begun):
            found[one.visit] = foretell(now, "booked" if one.is_booked else "walk_in", begun)
    return found


def scene_of(day: Day, now: float, visits: list[Visit], draws: int) -> Scene:
    """What is still to come for these visits."""
    lengths = day.venue.lengths
    members = sorted(dict.fromkeys([*day.staff, *day.serving]), key=lambda one: one not in day.serving)
    members = members[: len(day.staff)]  # as many as work now, those who serve first
    ready = np.stack([_ready(day, now, one, draws) for one in visits], axis=1)
    claims = [claim(one) if one.slot is None else np.maximum(one.slot, ready[:, i]) for i, one in enumerate(visits)]
    return Scene(
        free=np.stack([_free(day, now, member, draws) for member in members], axis=1),
        ready=ready,
        lengths=np.stack(
            [lengths.draw(one.service, one.staff, shares_of(day.day, one.visit)[0][:draws]) for one in visits], axis=1
        ),
        claims=np.stack([np.broadcast_to(one, (draws,)) for one in claims], axis=1),
        usual=np.array([lengths.usual_s(one.service) for one in visits]),
        slots=np.array([one.slot if one.slot is not None else np.inf for one in visits]),
        bound=np.array([members.index(one.staff) if one.staff in members else -1 for one in visits]),
    )


@lru_cache(maxsize=4096)
def shares_of(day: str, name: str) -> tuple[Floats, Floats, Floats]:
    """For length, arrival and coming at all: shares of cases, evenly spread, each in an order of its own."""
    random = np.random.default_rng(zlib.crc32(f"{day} {name}".encode()))
    even = (np.arange(DRAWS) + 0.5) / DRAWS
    return random.permutation(even), random.permutation(even), random.permutation(even)


def _free(day: Day, now: float, member: str, draws: int) -> Floats:
    """When a member is free."""
    one = day.serving.get(member)
    if one is not None and one.started is not None:
        shares = shares_of(day.day, one.visit)[0][:draws]
        return one.started + day.venue.lengths.draw(one.service, member, shares, now - one.started)
    if member in day.at_work:
        return np.full(draws, now)
    is_missed = any(other.state == State.HERE and other.staff in {None, member} for other in day.visits.values())
    over_s = now - day.doors if is_missed else -1.0  # nobody was there yet: nothing says that they are late
    return np.maximum(now, day.doors + day.venue.people.draw_staff(shares_of(day.day, member)[0][:draws], over_s))


def _ready(day: Day, now: float, one: Visit, draws: int) -> Floats:
    """When somebody is there; infinite: never."""
    if one.state == State.HERE:
        return np.full(draws, now)
    first = one.slot if one.slot is not None else one.joined + ON_THE_WAY_S
    arrivals, missing = day.venue.people.arrivals(first, one.told, now, booked=one.is_booked)
    _, when, whether = (shares[:draws] for shares in shares_of(day.day, one.visit))
    return np.where(whether < missing, np.inf, arrivals[(when * len(arrivals)).astype(int)])
