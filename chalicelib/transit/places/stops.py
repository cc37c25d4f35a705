"""Stops by name, as people type them on a phone: half a word, no accents, a slip of the finger, words in any order.

Best first: the name itself, the same words (abbreviated, or in another order), names that begin so, names with words
that begin so, names with it inside a word ("platz markt" finds Marktplatz), names without words that go without saying
("street", "stop"), names within a slip or two. Among equals: served stops, then stations, then busier ones. When no
name has all the words, those that have all but one.
"""

from __future__ import annotations

import weakref
from heapq import nsmallest
from typing import TYPE_CHECKING

from chalicelib.transit.itinerary import Place
from chalicelib.transit.places.index import build_index
from chalicelib.transit.places.typos import max_slips
from chalicelib.transit.places.words import FILLERS, SAME, fold, has_digit, is_blankless, squeeze, synonyms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.places.index import StopIndex

QUERY_CHARACTERS_MAX = 80  # of what is typed
QUERY_WORDS_MAX = 8  # of what is typed: each costs a pass over the vocabulary
INSIDE_MIN = 3  # letters from which a word is searched inside others
SAME_NAME, SAME_WORDS, BEGINS, WORDS, INSIDE, UNSAID, SLIPS, LACKING = range(8)  # how a name fits, best first
WHOLE, BEGUN, WITHIN, SLIPPED = range(4)  # how one word fits; plus the slips

_indexes: dict[int, StopIndex] = {}  # by the identity of a timetable, as long as somebody holds that


def find_stops(timetable: Timetable, q: str, limit: int = 10) -> tuple[Place, ...]:
    """The stops that may be meant, best first, at most `limit`; () where nothing fits. Never fails on what is typed."""
    index = _index(timetable)
    typed = fold(" ".join(q.split())[:QUERY_CHARACTERS_MAX])
    if not typed or limit < 1:
        return ()
    fits = _fits(index, typed, limit)
    best = nsmallest(limit, fits.items(), key=lambda item: (*item[1], index.stops[item[0]][0]))
    stops = sorted((*fit, *ranked) for title, fit in best for ranked in index.stops[title])
    return tuple(_place(timetable, stop) for *_, stop in stops[:limit])


def only_match(timetable: Timetable, words: str) -> Place | None:
    """The one stop that these words name for sure, or None: its whole name, or how only its name begins.

    A name in other words that mean the same (abbreviated, in another order) is its whole name, too.
    """
    index, typed = _index(timetable), fold(words)
    if not typed or len(words) > QUERY_CHARACTERS_MAX:
        return None
    fits = _fits(index, typed, 1)
    for kind in (SAME_NAME, SAME_WORDS):
        named = [title for title, fit in fits.items() if fit[0] == kind]
        if named:
            return _only(timetable, index, named)
    if all(word in FILLERS or word in SAME or len(word) < INSIDE_MIN for word in typed.split()):
        return None  # "north", "st": the beginning of many a name
    begun = [title for title, name in enumerate(index.titles) if name.startswith(squeeze(typed))]
    return _only(timetable, index, [title for title in begun if _begins(timetable, index, title, typed)])


def _begins(timetable: Timetable, index: StopIndex, title: int, typed: str) -> bool:
    """Whether the title's first words, whole ones, are those typed."""
    name = timetable.text("stop_name", index.stops[title][0][1])
    return fold(name).startswith(f"{typed} ")


def _only(timetable: Timetable, index: StopIndex, titles: list[int]) -> Place | None:
    stops = [stop for title in titles for _, stop in index.stops[title]]
    return _place(timetable, stops[0]) if len(stops) == 1 else None


def stop_by_id(timetable: Timetable, stop_id: str) -> Place | None:
    """The stop with exactly this id (blanks around it aside); None if there is none."""
    found = _index(timetable).stop_of.get(stop_id.strip())
    return None if found is None else _place(timetable, found)


def _index(timetable: Timetable) -> StopIndex:
    key = id(timetable)
    if key not in _indexes:
        _indexes[key] = build_index(timetable)  # two threads may both do it: the same index, and both see it whole
        weakref.finalize(timetable, _indexes.pop, key, None)
    return _indexes[key]


def _place(timetable: Timetable, stop: int) -> Place:
    lat, lon = float(timetable.stop_lat[stop]), float(timetable.stop_lon[stop])
    return Place(timetable.text("stop_name", stop), lat, lon, timetable.text("stop_id", stop))


Fit = tuple[int, int, int]  # how the name fits (SAME_NAME …), slips, words before the last that are not whole


def _fits(index: StopIndex, typed: str, limit: int) -> dict[int, Fit]:
    """Title → how it fits. What is less likely meant is tried only where too little is found without it."""
    words = typed.split()[:QUERY_WORDS_MAX]
    telling = [at for at, word in enumerate(words) if word not in FILLERS and word not in SAME]
    some_unsaid = 0 < len(telling) < len(words)
    fits = _literal(index, squeeze(typed))
    plain = [_fits_without_slips(index, word, last=at == len(words) - 1) for at, word in enumerate(words)]
    _add(fits, index, plain)
    if len(fits) < limit and some_unsaid:
        _add(fits, index, [plain[at] for at in telling], best=UNSAID)
    if len(fits) < limit:
        last = -1 if fits else len(words) - 1  # the beginning of a word with a slip is a wide net
        slipped = [_with_slips(index, word, plain[at], unfinished=at == last) for at, word in enumerate(words)]
        _add(fits, index, slipped)
        if not fits and some_unsaid:
            _add(fits, index, [slipped[at] for at in telling])
    if not fits and len(telling) > 1:
        for lacking in telling:
            others = [plain[at] for at in telling if at != lacking]
            _add_lacking(fits, words[lacking], others)
    return fits


def _literal(index: StopIndex, typed: str) -> dict[int, Fit]:
    """Titles that hold what was typed letter by letter, blanks aside."""
    if len(typed) < INSIDE_MIN and not is_blankless(typed):
        return {i: (SAME_NAME, 0, 0) for i, title in enumerate(index.titles) if title == typed}
    found = {}
    for i, title in enumerate(index.titles):
        if typed in title:
            at = title.index(typed)
            if at == 0:
                found[i] = (SAME_NAME if len(title) == len(typed) else BEGINS, 0, 0)
            elif not (typed[0].isdigit() and title[at - 1].isdigit()):
                found[i] = (INSIDE, 0, 0)
    return found


def _fits_without_slips(index: StopIndex, word: str, *, last: bool) -> dict[int, int]:
    """Title → how the word fits without slips."""
    found: dict[int, int] = {}
    for level, at in _readings(index, word, last=last):
        for title in index.titles_of[at]:
            if level < found.get(title, SLIPPED):
                found[title] = level
    return found


def _readings(index: StopIndex, word: str, *, last: bool) -> Iterator[tuple[int, int]]:
    """(level, word of the vocabulary) of every reading of a typed word; a word may come more than once."""
    for other in (word, *SAME.get(word, ())):
        yield from ((WHOLE, at) for at in index.word(other))
    for other in synonyms(word, unfinished=last):
        yield from ((BEGUN, at) for at in index.word(other))
    whole_number = word[-1].isdigit() and not last  # "21 gr" may become 21ST, never 210
    for at in index.beginning_with(word):
        if not (whole_number and index.words[at][len(word) : len(word) + 1].isdigit()):
            yield BEGUN, at
    if (len(word) >= INSIDE_MIN or is_blankless(word)) and not has_digit(word):
        yield from ((WITHIN, at) for at, other in enumerate(index.words) if word in other)


def _with_slips(index: StopIndex, word: str, plain: dict[int, int], *, unfinished: bool) -> dict[int, int]:
    """The same with titles that the word fits with slips."""
    slips = 0 if has_digit(word) else max_slips(word)
    if not slips:
        return plain
    found = dict(plain)
    for at, away in index.spelling.near(word, slips, unfinished=unfinished):
        if not has_digit(index.words[at]):
            for title in index.titles_of[at]:
                found[title] = min(SLIPPED + away, found.get(title, SLIPPED + away))
    return found


def _add(fits: dict[int, Fit], index: StopIndex, found: list[dict[int, int]], best: int = SAME_NAME) -> None:
    """Adds the titles that every word fits, at the better of two fits, but none better than `best`."""
    fewest: dict[int, int] = min(found, key=len)
    for title in set(fewest).intersection(*found):
        how, slips, loose = _fit([levels[title] for levels in found], index.n_words[title])
        fit = (max(how, best), slips, loose)
        fits[title] = min(fit, fits.get(title, fit))


def _fit(levels: list[int], n_words: int) -> Fit:
    worst = max(levels)
    loose = sum(level != WHOLE for level in levels[:-1])
    if worst >= SLIPPED:
        return SLIPS, sum(max(0, level - SLIPPED) for level in levels), loose
    if worst == WITHIN:
        return INSIDE, 0, loose
    return (SAME_WORDS if worst == WHOLE and len(levels) == n_words else WORDS), 0, loose


def _add_lacking(fits: dict[int, Fit], word: str, others: list[dict[int, int]]) -> None:
    """Adds the titles that all words but one fit; the shorter that one is, the better, and a house number is least."""
    missed = 0 if has_digit(word) else len(word)
    for title in set(others[0]).intersection(*others[1:]):
        fit = (LACKING, missed, sum(levels[title] for levels in others))
        fits[title] = min(fit, fits.get(title, fit))
