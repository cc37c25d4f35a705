"""Distances on the ground between points in degrees (WGS 84): one Earth for all rooms, without numpy.

What measures many points at once has its own numpy version (`transit/data/walking.py`, `feeds/compile/walking`), of the
same Earth.
"""

from __future__ import annotations

import math

EARTH_M = 6_371_008.8  # mean radius (IUGG)
DEGREE_M = EARTH_M * math.pi / 180  # a degree of latitude: 111,195 m
DETOUR = 1.3  # streets are not straight: metres that are walked for each metre as the crow flies

Bounds = tuple[float, float, float, float]  # south, west, north, east


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Metres as the crow flies, right to a thousandth within the 100 km that matter here, also across the date line."""
    north = (lat_b - lat_a) * DEGREE_M
    east = ((lon_b - lon_a + 180) % 360 - 180) * DEGREE_M * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(north, east)


def distance_outside_m(lat: float, lon: float, bounds: Bounds) -> float:
    """Metres from a point to the nearest one of a box, 0 inside; good enough for limits of kilometres."""
    south, west, north, east = bounds
    up = max(south - lat, 0.0, lat - north) * DEGREE_M
    across = max(west - lon, 0.0, lon - east) * DEGREE_M * math.cos(math.radians(lat))
    return math.hypot(up, across)
