"""The rest of a day, played many times at once: when will each visit begin? Pure.

A visit begins when it is there and its member is free. Whoever is free takes, of those who are there, the one with the
earliest claim; nobody without an appointment is begun who would run into an appointment of this very member.
Each row of the arrays is one draw: how long visits last, who comes when, who does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWS = 200
MAY_OVERRUN_S = 300.0  # a walk-in may run so much into an appointment
GIVEN_UP_AFTER_S = 900.0  # an appointment this late no longer holds the chair
WAITED_ENOUGH_S = 3600.0  # who has waited so long is begun all the same


@dataclass(frozen=True, slots=True)
class Scene:
    """What is still to come. D draws, M members, N visits."""

    free: Floats  # D, M: when each member is free
    ready: Floats  # D, N: when each visit is there; infinite: never
    lengths: Floats  # D, N
    claims: Floats  # D, N: who has the smaller one goes first
    usual: Floats  # N: the mean length
    slots: Floats  # N: infinite without an appointment
    bound: NDArray[np.int64]  # N: the member's number, -1 for any


def play_on(scene: Scene, until: int | None = None) -> Floats:
    """When each visit begins in each draw (D, N; infinite: never). Stops once `until` has begun in all of them."""
    draws, members = scene.free.shape
    visits = scene.ready.shape[1]
    rows = np.arange(draws)
    free = scene.free.copy()
    ready = scene.ready.copy()
    starts = np.full((draws, visits), np.inf)
    closed = (scene.bound[None, :] >= 0) & (scene.bound[None, :] != np.arange(members)[:, None])  # M, N
    extra = np.where(closed, np.inf, 0.0)[None]
    walk_ins = ~np.isfinite(scene.slots)
    held = np.where(~closed & (scene.bound[None, :] >= 0), scene.slots[None, :], np.inf)[None]  # M, N
    fit = bool(walk_ins.any()) and bool(np.isfinite(held).any())
    patience = scene.ready[:, None, :] + WAITED_ENOUGH_S
    for _ in range(visits):
        times = np.maximum(free[:, :, None], ready[:, None, :]) + extra
        if fit:
            coming = np.where(
                np.isfinite(ready)[:, None, :] & (held > free[:, :, None] - GIVEN_UP_AFTER_S), held, np.inf
            )
            following = coming.min(axis=2)[:, :, None]
            clash = walk_ins & (times + scene.usual > following + MAY_OVERRUN_S) & (times < patience)
            times = np.where(clash, np.maximum(times, following + GIVEN_UP_AFTER_S), times)
        flat = times.reshape(draws, -1)
        soonest = flat.min(axis=1)
        going = np.isfinite(soonest)
        if not going.any():
            break
        claims = np.where(times <= soonest[:, None, None], scene.claims[:, None, :], np.inf).reshape(draws, -1)
        chosen = claims.argmin(axis=1)
        member, visit = chosen // visits, chosen % visits
        at, who, whose = rows[going], visit[going], member[going]
        starts[at, who] = soonest[going]
        free[at, whose] = soonest[going] + scene.lengths[at, who]
        ready[at, who] = np.inf
        if until is not None and not np.isfinite(ready[:, until]).any():
            break
    return starts
