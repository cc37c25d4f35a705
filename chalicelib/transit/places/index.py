"""The stops of one timetable made ready for search: merged where people see one stop, and their names cut into words.

Rules
- Offered are stops and stations. Entrances, nodes and boarding areas are not: nobody calls them a stop.
- Of one name within `SAME_STOP_M` of each other, and in one station, only one is offered: the station, else the stop
  with most departures, which stands for all their departures. The same name farther away is another stop.
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

from chalicelib.foundation.distance import distance_m
from chalicelib.transit.data.timetable import CAN_BOARD
from chalicelib.transit.places.typos import Spelling
from chalicelib.transit.places.words import fold, spellings, squeeze

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable

SAME_STOP_M = 300.0  # as far as the platforms of one large junction lie apart
STOP, STATION = 0, 1  # location_type of stops.txt
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class StopIndex:
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
        return range(bisect_left(self.words, beginning), bisect_left(self.words, beginning + LAST_CHARACTER))

    def word(self, word: str) -> range:
        """The word itself, if any name has it."""
        at = bisect_left(self.words, word)
        return range(at, at + (at < len(self.words) and self.words[at] == word))


def build_index(timetable: Timetable) -> StopIndex:
    """The index of one day: a tenth of a second for a large city."""
    rows = _Rows.of(timetable)
    folded = {name: fold(name) for name in set(rows.names)}
    offered = _rank_titles(rows, folded)
    titles = sorted(offered)
    words = _words(folded, {title: i for i, title in enumerate(titles)})
    vocabulary = sorted(words)
    return StopIndex(
        [squeeze(title) for title in titles],
        [title.count(" ") + 1 for title in titles],
        [offered[title] for title in titles],
        vocabulary,
        [sorted(words[word]) for word in vocabulary],
        Spelling(vocabulary),
        {stop_id: stop for stop, stop_id in reversed(list(enumerate(rows.ids)))},
    )


def _words(folded: dict[str, str], at: dict[str, int]) -> dict[str, set[int]]:
    """Word → the titles that it finds."""
    words: dict[str, set[int]] = defaultdict(set)
    for name, title in folded.items():
        if title in at:
            for word in (*title.split(), *spellings(name, title)):
                words[word].add(at[title])
    return words


def _rank_titles(rows: _Rows, folded: dict[str, str]) -> dict[str, list[tuple[int, int]]]:
    """Title → its stops with their ranks: served ones, then stations, then busier; ids settle what is left."""
    of_title: dict[str, list[int]] = defaultdict(list)
    for stop in rows.offered:
        of_title[folded[rows.names[stop]]].append(stop)
    of_title.pop("", None)  # a name of punctuation alone is found by its id only
    kept = [
        (not calls, not rows.station[stop], -calls, rows.ids[stop], stop, title)
        for title, stops in of_title.items()
        for stop, calls in rows.merge(stops)
        if calls or rows.placed[stop]
    ]
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for rank, (*_, stop, title) in enumerate(sorted(kept)):
        found[title].append((rank, stop))
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of stops.txt as lists, which Python reads faster than arrays."""

    ids: list[str]
    names: list[str]
    offered: list[int]
    station: list[bool]
    placed: list[bool]
    parent: list[int]
    busy: list[int]  # departures in the file; a station has those of all in it
    lat: list[float]
    lon: list[float]

    @classmethod
    def of(cls, timetable: Timetable) -> _Rows:
        blob = timetable.text_blob.tobytes()
        ids, names = (
            [blob[at : at + size].decode() for at, size in texts.tolist()]
            for texts in (timetable.stop_id_text, timetable.stop_name_text)
        )
        kind, parent, lat, lon = timetable.stop_kind, timetable.stop_parent, timetable.stop_lat, timetable.stop_lon
        busy = np.bincount(timetable.st_stop[(timetable.st_flags & CAN_BOARD) != 0], minlength=timetable.n_stops)
        inside = np.flatnonzero(parent >= 0)
        total = busy + np.bincount(parent[inside], busy[inside], timetable.n_stops).astype(np.int64)
        offered = np.flatnonzero((kind == STOP) | (kind == STATION))
        placed = (lat != 0) | (lon != 0)
        return cls(
            ids,
            names,
            offered.tolist(),
            (kind == STATION).tolist(),
            placed.tolist(),
            parent.tolist(),
            total.tolist(),
            lat.tolist(),
            lon.tolist(),
        )

    def merge(self, stops: list[int]) -> list[tuple[int, int]]:
        """(stop, departures) of those of one name that are offered; what is merged into one counts there."""
        if len(stops) == 1:
            return [(stops[0], self.busy[stops[0]])]
        same = set(stops)
        departures: dict[int, int] = {}
        best_first = sorted(
            (not self.station[stop], not self.placed[stop], -self.busy[stop], self.ids[stop], stop) for stop in stops
        )
        for *_, stop in best_first:
            one = next((other for other in departures if self._is_part(stop, other)), stop)
            calls = 0 if self.parent[stop] in same else self.busy[stop]  # its station has counted them
            departures[one] = departures.get(one, 0) + calls
        return list(departures.items())

    def _is_part(self, stop: int, other: int) -> bool:
        """Whether people see two stops of one name as one; one without a place or service adds nothing to another."""
        if self.parent[stop] >= 0 and self.parent[stop] in {other, self.parent[other]}:
            return True
        if not (self.placed[stop] and self.placed[other]):
            return not self.placed[stop] and not self.busy[stop]
        return distance_m(self.lat[stop], self.lon[stop], self.lat[other], self.lon[other]) <= SAME_STOP_M
