"""Distances on the ground, for arrays of points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.foundation.distance import EARTH_M

if TYPE_CHECKING:
    from numpy.typing import NDArray


def metres(lat_a: Any, lon_a: Any, lat_b: Any, lon_b: Any) -> NDArray[Any]:
    """Great-circle metres between points (degrees), elementwise; haversine, so also right across the antimeridian."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((phi_b - phi_a) / 2) ** 2
    half = half + np.cos(phi_a) * np.cos(phi_b) * np.sin(np.radians(np.asarray(lon_b) - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
