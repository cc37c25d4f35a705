"""A feed's stops drawn on one page that loads nothing from elsewhere: enough to see which city it is, and strays."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.distance import distance_m

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 1000  # of the drawing, in its own units
HEIGHT_MIN, HEIGHT_MAX = 100, 4000
MARGIN = 10
NAMED_MAX = 5000  # stops; more of them are drawn without their names, else the page grows heavy
STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:1rem;color:#222}
svg{width:100%;max-height:85vh;background:#fafafa}
circle{fill:#1a5fb4;fill-opacity:.7}path{stroke:#1a5fb4;stroke-width:4;stroke-linecap:round;stroke-opacity:.7}"""


def stop_map(title: str, places: dict[str, Any]) -> str:
    """A page of HTML. `places`: a GeoJSON FeatureCollection of points with stop_id and stop_name."""
    features = places["features"]
    points = [tuple(feature["geometry"]["coordinates"]) for feature in features]
    dots, height = _project(points)
    if len(dots) > NAMED_MAX:
        drawn = f'<path d="{"".join(f"M{x:.0f} {y:.0f}h0" for x, y in dots)}"/>'
    else:
        about = [feature["properties"] for feature in features]
        names = [str(one.get("stop_name") or one["stop_id"]) for one in about]
        drawn = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(name)}</title></circle>'
            for (x, y), name in zip(dots, names, strict=True)
        )
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>
<h1>{escape(title)}</h1><p>{len(dots)} stops; north is up, {_width_km(points):.1f} km from west to east.</p>
<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="The stops on a map">{drawn}</svg>
</html>
"""


def _project(points: Sequence[tuple[float, float]]) -> tuple[list[tuple[float, float]], float]:
    """Longitudes and latitudes as x and y of the drawing, and its height; true to angles at the middle latitude."""
    if not points:
        return [], HEIGHT_MIN
    lons, lats = zip(*points, strict=True)
    narrow = max(math.cos(math.radians((min(lats) + max(lats)) / 2)), 0.01)  # near a pole a map of this kind ends
    wide, high = (max(lons) - min(lons)) * narrow, max(lats) - min(lats)
    scale = min((WIDTH - 2 * MARGIN) / max(wide, 1e-6), (HEIGHT_MAX - 2 * MARGIN) / max(high, 1e-6))
    height = max(high * scale + 2 * MARGIN, HEIGHT_MIN)
    left = (WIDTH - wide * scale) / 2
    dots = [(left + (lon - min(lons)) * narrow * scale, MARGIN + (max(lats) - lat) * scale) for lon, lat in points]
    return dots, height


def _width_km(points: Sequence[tuple[float, float]]) -> float:
    if not points:
        return 0.0
    lons, lats = zip(*points, strict=True)
    middle = (min(lats) + max(lats)) / 2
    return distance_m(middle, min(lons), middle, max(lons)) / 1000
