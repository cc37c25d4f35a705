"""Streets that one may walk on, from an OpenStreetMap extract (.osm.pbf, .osm, .opl; https://wiki.openstreetmap.org)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.compile.findings import Unusable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# values of `highway` on which people walk unless a tag forbids it
WALKED = {
    "footway",
    "path",
    "pedestrian",
    "steps",
    "living_street",
    "residential",
    "service",
    "track",
    "unclassified",
    "road",
    "tertiary",
    "tertiary_link",
    "secondary",
    "secondary_link",
    "primary",
    "primary_link",
    "cycleway",
    "bridleway",
    "corridor",
    "crossing",
    "elevator",
    "platform",
}
ALLOWED_ONLY = {"trunk", "trunk_link", "motorway", "motorway_link"}  # walked on only if a tag says so
YES = {"yes", "designated", "permissive", "destination", "public"}
NO = {"no", "private", "use_sidepath", "military", "agricultural", "forestry"}
SIDEWALKS = {"both", "left", "right", "yes"}
WAYS_MAX = 20_000_000  # walkable ways of one extract: a cap on memory


@dataclass(frozen=True, slots=True)
class Ways:
    """All walkable ways behind each other: way w has points first[w]:first[w + 1]."""

    first: NDArray[Any]  # i8 [n_ways + 1]
    node: NDArray[Any]  # i8 OSM node ids: ways meet where they share one
    lat: NDArray[Any]  # f8
    lon: NDArray[Any]


def walkable(tags: dict[str, str]) -> bool:
    """Whether a way with these tags may be walked on."""
    kind = tags.get("highway") or (
        "platform" if "platform" in {tags.get("railway"), tags.get("public_transport")} else ""
    )
    foot, access = tags.get("foot", ""), tags.get("access", "")
    if foot in NO or (access in NO and foot not in YES):
        return False
    if kind in ALLOWED_ONLY:
        return foot in YES or tags.get("sidewalk", "") in SIDEWALKS
    return kind in WALKED


def read_ways(path: Path) -> Ways:
    """Reads an extract. Raises `Unusable` when it cannot be read or nothing in it can be walked on."""
    import osmium  # noqa: PLC0415 - only feeds with an extract need it

    first, node, lat, lon = array("q", [0]), array("q"), array("d"), array("d")
    try:
        keys = osmium.filter.KeyFilter("highway", "railway", "public_transport")
        only_ways = osmium.filter.EntityFilter(osmium.osm.WAY)
        for way in osmium.FileProcessor(str(path)).with_locations().with_filter(only_ways).with_filter(keys):
            if (
                isinstance(way, osmium.osm.Way)
                and len(first) <= WAYS_MAX
                and walkable({tag.k: tag.v for tag in way.tags})
            ):
                for point in way.nodes:
                    if point.location.valid():
                        node.append(point.ref)
                        lat.append(point.lat)
                        lon.append(point.lon)
                first.append(len(node))
    except (RuntimeError, OSError, ValueError) as error:
        raise Unusable(f"{path.name} is no readable OpenStreetMap extract ({error}); check the file") from error
    if not len(node):
        raise Unusable(f"{path.name} holds no street that one may walk on; is it the right extract?")
    columns = (np.frombuffer(first, np.int64), np.frombuffer(node, np.int64), np.frombuffer(lat), np.frombuffer(lon))
    return Ways(*columns)
