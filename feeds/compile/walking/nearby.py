"""Which points are close to each other: a grid, for any number of points at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.foundation.distance import EARTH_M
from feeds.compile.walking.distance import metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF = ((0, 0), (0, 1), (1, -1), (1, 0), (1, 1))  # a cell and that half of its neighbours which sees each pair once
CELL_COLUMNS = 1 << 31  # of the grid: more than any radius needs, so that (row, column) is one number
COS_MIN = 0.01  # nearer to a pole than this, cells stop growing


def near_pairs(lat: NDArray[Any], lon: NDArray[Any], radius_m: float) -> NDArray[Any]:
    """Ordered pairs (both directions) of different points within `radius_m` as the crow flies: int64 [n, 2]."""
    if len(lat) < 2:  # noqa: PLR2004 - no pair
        return np.empty((0, 2), np.int64)
    high = np.degrees(radius_m / EARTH_M)
    wide = high / max(float(np.cos(np.radians(np.abs(lat).max() + high))), COS_MIN)
    row, column = np.floor(lat / high).astype(np.int64), np.floor(lon / wide).astype(np.int64)
    key = row * CELL_COLUMNS + column
    order = np.argsort(key, kind="stable")
    found = [_pairs(key[order], order, down * CELL_COLUMNS + right, same=not (down or right)) for down, right in HALF]
    pairs = np.concatenate(found)
    close = metres(lat[pairs[:, 0]], lon[pairs[:, 0]], lat[pairs[:, 1]], lon[pairs[:, 1]]) <= radius_m
    return np.concatenate([pairs[close], pairs[close][:, ::-1]])


def _pairs(key: NDArray[Any], order: NDArray[Any], offset: int, *, same: bool) -> NDArray[Any]:
    """Points of each cell with points of the cell `offset` away (of its own cell: each pair once)."""
    at = np.arange(len(key))
    begin = at + 1 if same else np.searchsorted(key, key + offset, side="left")
    end = np.searchsorted(key, key + offset, side="right")
    count = np.maximum(end - begin, 0)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    other = np.arange(count.sum()) - np.repeat(start, count) + np.repeat(begin, count)
    return np.stack([order[np.repeat(at, count)], order[other]], axis=1)
