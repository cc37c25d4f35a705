"""Small OpenStreetMap extracts written as readable streets.

    path = osm_file(tmp_path / "town.osm", '''
        high: A B C | highway=residential
        back: C D   | highway=footway
    ''', A=(50.000, 10.000), B=(50.001, 10.000), …)

A line is a way: its name, the points it runs through, its tags. Points are (lat, lon).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def osm_file(path: Path, ways: str, **points: tuple[float, float]) -> Path:
    """Writes OSM XML and returns its path."""
    ids = {name: number for number, name in enumerate(points, start=1)}
    lines = [f'<node id="{ids[name]}" version="1" lat="{lat}" lon="{lon}"/>' for name, (lat, lon) in points.items()]
    for number, way in enumerate(filter(None, (line.strip() for line in ways.splitlines())), start=1):
        names, _, tags = way.partition(":")[2].partition("|")
        refs = "".join(f'<nd ref="{ids.get(name, 999_999)}"/>' for name in names.split())
        pairs = (tag.split("=") for tag in tags.split())
        lines.append(
            f'<way id="{number}" version="1">{refs}'
            + "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs)
            + "</way>"
        )
    path.write_text('<osm version="0.6">\n' + "\n".join(lines) + "\n</osm>\n")
    return path
