"""Whatever stops are called, their own names find them, also written in a hurry; nothing typed breaks a search."""

from __future__ import annotations

import os
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.transit.places.stops import find_stops, stop_by_id
from chalicelib.transit.places.typos import Spelling
from chalicelib.transit.places.words import fold, squeeze
from tests.fakes.stops import Row, timetable_of

EXAMPLES = int(os.environ.get("PLACES_EXAMPLES", "150"))

ALPHABETS = ["abcdefgh ", "äöüßéłøđš -.'", "абвгд ", "αβγίά ", "東京新宿駅前", "0123456789 ", "한국역 "]
words = st.one_of(*(st.text(alphabet, min_size=1, max_size=10) for alphabet in ALPHABETS))
names = st.builds(" ".join, st.lists(words, min_size=1, max_size=4)) | st.text(max_size=30)
places = st.builds(
    Row,
    st.just(""),
    names,
    st.none() | st.floats(-5000, 5000),
    st.floats(-5000, 5000),
    st.sampled_from(["", "", "", "station", "entrance"]),
    st.just(""),
    st.integers(0, 5),
)
towns = st.lists(places, min_size=1, max_size=8).map(
    lambda rows: [Row(f"s{i}", *list(vars(row).values())[1:]) for i, row in enumerate(rows)]
)


def offered(row: Row) -> bool:
    return row.kind != "entrance" and (row.east_m is not None or row.departures > 0) and fold(row.name) != ""


def slips(typed: str, word: str) -> int:
    """Optimal string alignment as the textbook has it."""
    rows = [list(range(len(word) + 1))]
    for i, a in enumerate(typed, 1):
        row = [i]
        for j, b in enumerate(word, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and (a, typed[i - 2]) == (word[j - 2], b):
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


@settings(max_examples=EXAMPLES, deadline=None)
@given(towns)
def test_every_stop_is_found_first_by_its_own_name(rows: list[Row]) -> None:
    timetable = timetable_of(rows)
    for row in filter(offered, rows):
        first = find_stops(timetable, row.name)[0]
        assert squeeze(fold(first.name)) == squeeze(fold(row.name))
        bare = "".join(c for c in unicodedata.normalize("NFKD", row.name) if not unicodedata.combining(c))
        for written in (row.name.upper(), row.name.lower(), bare, f"  {row.name} "):
            assert fold(row.name) in {fold(place.name) for place in find_stops(timetable, written)}


@settings(max_examples=EXAMPLES, deadline=None)
@given(towns, st.text("abcdefghijklmnop", min_size=8, max_size=20), st.data())
def test_a_letter_less_in_a_long_word_still_finds_it(rows: list[Row], name: str, data: st.DataObject) -> None:
    timetable = timetable_of([*rows, Row("long", f"{name} x", 9000, 9000)])
    at = data.draw(st.integers(0, len(name) - 1))
    assert f"{name} x" in {place.name for place in find_stops(timetable, f"{name[:at]}{name[at + 1 :]} x", 20)}


@settings(max_examples=EXAMPLES, deadline=None)
@given(towns, st.text(max_size=100) | names, st.integers(0, 12))
def test_whatever_is_typed_answers_are_few_distinct_and_known(rows: list[Row], typed: str, limit: int) -> None:
    timetable = timetable_of(rows)
    answer = find_stops(timetable, typed, limit)
    assert len(answer) <= limit
    assert len({place.stop_id for place in answer}) == len(answer)
    assert all(place == stop_by_id(timetable, place.stop_id or "") for place in answer)
    assert answer == find_stops(timetable_of(rows), typed, limit)
    assert answer == () or fold(typed)


@settings(max_examples=EXAMPLES, deadline=None)
@given(towns)
def test_the_order_of_the_rows_does_not_matter(rows: list[Row]) -> None:
    for row in rows:
        assert find_stops(timetable_of(rows), row.name) == find_stops(timetable_of(rows[::-1]), row.name)


@settings(max_examples=EXAMPLES * 4, deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(
    st.lists(st.text("abcd", min_size=1, max_size=24), min_size=1, max_size=12, unique=True),
    st.text("abcde", min_size=1, max_size=24),
    st.integers(0, 3),
)
def test_slips_are_counted_as_in_the_textbook(vocabulary: list[str], typed: str, most: int) -> None:
    spelling = Spelling(vocabulary)
    whole = {at: slips(typed, word) for at, word in enumerate(vocabulary)}
    begun = {at: min(slips(typed, word[:end]) for end in range(1, len(word) + 1)) for at, word in enumerate(vocabulary)}
    for away, unfinished in ((whole, False), (begun, True)):
        expected = {(at, n) for at, n in away.items() if n <= most}
        assert set(spelling.near(typed, most, unfinished=unfinished)) == expected
