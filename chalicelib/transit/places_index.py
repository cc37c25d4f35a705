"""The stops of one timetable made ready for search: merged where people see one stop, and their names cut into words.

Rules
- Offered are stops and stations. Entrances, nodes and boarding areas are not: nobody calls them a stop.
- Of one name within `MERGED_M` of each other, and in one station, only one is offered: the station, else the stop with
  most departures, which stands for all their departures. The same name farther away is another stop.
- A stop without usable coordinates (at 0, 0) is offered only if it is served, because a plan can still begin there by
  its id; a station without them is as good as its platforms.
- A title is what several stops may share: a folded name. Titles are what is searched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.access import metres
from chalicelib.transit.places_typos import Spelling
from chalicelib.transit.places_words import fold, spellings, squeezed
from chalicelib.transit.timetable import CAN_BOARD

if TYPE_CHECKING:
    from chalicelib.transit.timetable import Timetable

MERGED_M = 300.0
STOP, STATION = 0, 1  # location_type of stops.txt
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Index:
    """What a search needs. A title's stops come best first, as (rank in the whole network, stop)."""

    titles: list[str]  # squeezed, as they are compared whole
    n_words: list[int]
    stops: list[list[tuple[int, int]]]
    words: list[str]  # sorted
    titles_of: list[list[int]]  # for each word
    spelling: Spelling
    stop_of: dict[str, int]  # stop_id → stop

    def beginning_with(self, beginning: str) -> range:
        """The words that begin so."""
        return range(bisect_left(self.words, beginning), bisect_left(self.words, beginning + LAST))

    def word(self, word: str) -> range:
        """The word itself, if any name has it."""
        at = bisect_left(self.words, word)
        return range(at, at + (at < len(self.words) and self.words[at] == word))


def build(timetable: Timetable) -> Index:
    """The index of one day: tens of milliseconds for a city."""
    blob = timetable.text_blob.tobytes()
    ids = [blob[at : at + size].decode() for at, size in timetable.stop_id_text.tolist()]
    names = [blob[at : at + size].decode() for at, size in timetable.stop_name_text.tolist()]
    folded = {name: fold(name) for name in set(names)}
    of_title: dict[str, list[int]] = defaultdict(list)
    for stop in np.flatnonzero(np.isin(timetable.stop_kind, (STOP, STATION))).tolist():
        of_title[folded[names[stop]]].append(stop)
    of_title.pop("", None)  # a name of punctuation alone: found by its id only
    offered = _offered(timetable, ids, of_title)
    words = defaultdict(set)
    titles = sorted(offered)
    at = {title: i for i, title in enumerate(titles)}
    for name, title in folded.items():
        if title in at:
            for word in (*title.split(), *spellings(name, title)):
                words[word].add(at[title])
    vocabulary = sorted(words)
    return Index(
        [squeezed(title) for title in titles],
        [title.count(" ") + 1 for title in titles],
        [offered[title] for title in titles],
        vocabulary,
        [sorted(words[word]) for word in vocabulary],
        Spelling(vocabulary),
        {stop_id: stop for stop, stop_id in reversed(list(enumerate(ids)))},
    )


def _offered(timetable: Timetable, ids: list[str], of_title: dict[str, list[int]]) -> dict[str, list[tuple[int, int]]]:
    """Title → its stops with their ranks: served, then stations, then busier; ids settle what is left."""
    parent, station = timetable.stop_parent.tolist(), (timetable.stop_kind == STATION).tolist()
    busy = _departures(timetable)
    placed = ((timetable.stop_lat != 0) | (timetable.stop_lon != 0)).tolist()
    lat, lon = timetable.stop_lat, timetable.stop_lon

    def order(stop: int) -> tuple[bool, bool, bool, int, str]:
        return not station[stop], not placed[stop], not busy[stop], -busy[stop], ids[stop]

    def one(stop: int, other: int) -> bool:
        if parent[stop] == other or (parent[stop] >= 0 and parent[stop] == parent[other]):
            return True
        if not (placed[stop] and placed[other]):
            return not placed[stop] and not busy[stop]
        return bool(metres(lat[stop], lon[stop], lat[other], lon[other]) <= MERGED_M)

    kept: list[tuple[str, int, int]] = []
    for title, stops in of_title.items():
        departures: dict[int, int] = {}
        for stop in sorted(stops, key=order) if len(stops) > 1 else stops:
            first = next((other for other in departures if one(stop, other)), stop)
            calls = busy[stop] if not station[stop] or first == stop else 0  # a station's are its platforms'
            departures[first] = departures.get(first, 0) + calls
        kept += [(title, stop, calls) for stop, calls in departures.items() if placed[stop] or calls]
    kept.sort(key=lambda row: (not row[2], not station[row[1]], -row[2], ids[row[1]]))
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for rank, (title, stop, _) in enumerate(kept):
        found[title].append((rank, stop))
    return dict(found)


def _departures(timetable: Timetable) -> list[int]:
    """Departures in the file at each stop where one may board; a station has those of all in it."""
    boarded = timetable.st_stop[(timetable.st_flags & CAN_BOARD) != 0]
    return np.bincount(boarded, minlength=timetable.n_stops).tolist()  # type: ignore[no-any-return] # numpy's stubs
