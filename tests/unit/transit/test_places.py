"""Stops by name: what people type on a phone, and the stop that they mean."""

from __future__ import annotations

import datetime as dt
import gc
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from chalicelib.transit.data.timetable import load_timetable
from chalicelib.transit.places import stops as search_of_stops
from chalicelib.transit.places.stops import find_stops, stop_by_id
from feeds.compile.network import read_network
from feeds.compile.output import write_day
from infra.local.town import write_town
from tests.fakes.stops import Row, named, stops, timetable_of

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable


@cache
def town() -> Timetable:
    date = dt.date(2026, 9, 3)
    with TemporaryDirectory() as folder:
        feed = write_town(Path(folder) / "town.zip", date, date)
        return load_timetable(
            Path(folder) / write_day(Path(folder), read_network([feed]), date)
        )  # its map stays readable


def found(timetable: Timetable, typed: str, limit: int = 10) -> list[str]:
    return [place.name for place in find_stops(timetable, typed, limit)]


def ids(timetable: Timetable, typed: str) -> list[str | None]:
    return [place.stop_id for place in find_stops(timetable, typed)]


IN_TOWN = [
    # typed, first found
    ("Westhof", "Westhof"),
    ("westh", "Westhof"),
    ("WEST", "Westhof"),
    ("w", "Werft"),
    ("muhlbach", "Mühlbach"),
    ("Mühlbch", "Mühlbach"),
    ("muehlbach", "Mühlbach"),
    ("mu\u0308hlbach", "Mühlbach"),
    ("hbf", "Lindenau Hbf"),
    ("hauptbahnhof", "Lindenau Hbf"),
    ("Hauptbahnhof Lindenau", "Lindenau Hbf"),
    ("hauptbah", "Lindenau Hbf"),
    ("bahnhof", "Lindenau Hbf"),
    ("station lindenau", "Lindenau Hbf"),
    ("platz markt", "Marktplatz"),
    ("markt platz", "Marktplatz"),
    ("marktpl", "Marktplatz"),
    ("am taich", "Am Teich"),
    ("teich", "Am Teich"),
    ("stop am teich", "Am Teich"),
    ("sudtor", "Südtor"),
    ("suedschule", "Südschule"),
    ("oststrnad", "Oststrand"),
    ("gartnerei", "Gärtnerei"),
    ("nordfelt", "Nordfeld"),
    ("hochschlue", "Hochschule"),
    ("lagerhaus 5", "Lagerhaus"),
    ("kirche alte", "Alte Kirche"),
    ("alte kirhce", "Alte Kirche"),
]


@pytest.mark.parametrize(("typed", "first"), IN_TOWN)
def test_what_people_type_in_lindenau_finds_what_they_mean(typed: str, first: str) -> None:
    assert found(town(), typed)[0] == first


def test_the_station_is_offered_once_instead_of_its_platforms() -> None:
    assert ids(town(), "Lindenau Hbf") == ["hbf"]


def test_better_fits_come_first_whatever_their_service() -> None:
    timetable = stops(
        """
        slip    | Marht          |     0 | 0 |         | 60
        inside  | Altmarkt       |  1000 | 0 |         | 50
        word    | Alter Markt    |  2000 | 0 |         | 40
        words   | Am Marktplatz  |  3000 | 0 |         | 45
        begins  | Marktgasse     |  4000 | 0 |         | 20
        same    | Markt          |  5000 | 0 |         | 1
        """
    )
    assert ids(timetable, "markt") == ["same", "begins", "words", "word", "inside", "slip"]
    assert ids(timetable, "markt alter")[0] == "word"


def test_among_equals_served_stops_come_first_then_stations_then_busier_ones() -> None:
    timetable = stops(
        """
        closed   | Park North |     0 | 0 | station |
        idle     | Park East  |  1000 | 0 |         |
        few      | Park South |  2000 | 0 |         | 2
        many     | Park West  |  3000 | 0 |         | 9
        rail     | Park Mid   |  4000 | 0 | station |
        rail_1   | Platform 1 |  4000 | 9 | in rail | 1
        """
    )
    assert ids(timetable, "park") == ["rail", "many", "few", "closed", "idle"]


def test_words_that_go_without_saying_may_be_missing_and_others_only_when_nothing_has_them_all() -> None:
    streets = named("Elm", "Elm Struck", "Elm-Oak", "Oak")
    assert found(streets, "elm street") == ["Elm", "Elm Struck", "Elm-Oak"]
    assert found(streets, "elm st")[0] == "Elm Struck"  # which may still be typed
    assert found(streets, "stop elm & oak") == ["Elm-Oak"]
    assert found(streets, "elm meadow") == ["Elm", "Elm Struck", "Elm-Oak"]
    assert found(streets, "oak 17 meadow") == []
    assert found(streets, "street stop") == []


def test_one_name_nearby_is_one_stop_and_far_away_another() -> None:
    timetable = stops(
        """
        north | Elm St |    0 |    0 | | 3
        south | Elm St |   20 |  290 | | 7
        other | ELM st.|    0 | 5000 | | 1
        """
    )
    assert ids(timetable, "elm") == ["south", "other"]
    assert found(timetable, "elm") == ["Elm St", "ELM st."]


def test_platforms_belong_to_their_station_however_far_and_entrances_to_nobody() -> None:
    timetable = stops(
        """
        far    | Zoo     |  900 | 0 | in zoo          | 5
        zoo    | Zoo     |    0 | 0 | station         |
        near   | Zoo     |   50 | 0 |                 | 9
        in     | Zoo     |    0 | 9 | entrance in zoo |
        hall   | Zoo     |    0 | 9 | node in zoo     |
        area   | Zoo     |    0 | 9 | area in far     |
        gate   | Zoo Way |  600 | 0 | entrance in zoo |
        """
    )
    assert ids(timetable, "zoo") == ["zoo"]
    assert found(timetable, "way") == []


def test_twin_platforms_of_a_station_with_another_name_are_one() -> None:
    timetable = stops(
        """
        c   | Central     |    0 | 0 | station |
        c_a | Central Bus | -400 | 0 | in c    | 1
        c_b | Central Bus |  400 | 0 | in c    | 2
        """
    )
    assert ids(timetable, "central") == ["c", "c_b"]


def test_a_stop_without_a_place_is_offered_only_where_it_is_served_and_nothing_else_has_its_name() -> None:
    timetable = stops(
        """
        served | Ghost Lane | - | - | | 2
        idle   | Lost Lane  | - | - | |
        placed | Twin Lane  | 0 | 0 | |
        twin   | Twin Lane  | - | - | |
        """
    )
    assert ids(timetable, "lane") == ["served", "placed"]


def test_the_date_line_parts_no_stop() -> None:
    timetable = stops("a | Edge | 0 | 0 | | 2\nb | Edge | 0 | 0 | | 1")
    timetable.stop_lon[:] = (179.9999, -179.9999)
    assert ids(timetable, "edge") == ["a"]


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\t\n", " " * 100_000, "...", "-", "'", "\u202e", "\u200b", "🚏", "\x00", "\u0301", "xqzwvk", "()[]{}"],
)
def test_nothing_is_found_for_nothing(typed: str) -> None:
    assert find_stops(town(), typed) == ()


@pytest.mark.parametrize(
    "typed",
    [
        "westhof(", "[westhof", "westhof\\", "*westhof*", "^westhof$", "westhof\x00", "west\u200bhof", "\u202ewesthof",
        "west\u00adhof", "westhof 🚏", " " * 50_000 + "westhof" + " " * 50_000, "westhof\ud800", "%westhof%",
        "<b>westhof", "westhof" + "\u0301" * 60,
    ],
)  # a table, read by rows # fmt: skip
def test_hostile_text_is_read_as_the_words_in_it(typed: str) -> None:
    assert "Westhof" in found(town(), typed)


def test_long_text_and_many_words_are_cut_not_refused() -> None:
    assert found(named("Westhof"), "Westhof " + "a" * 10_000) == ["Westhof"]
    assert isinstance(find_stops(town(), "\ufdfa" * 10_000), tuple)
    long = "Lange Gasse Nummer Eins Hinter Der Alten Mühle Am Bach Beim Garten"
    assert found(named("Lange Gasse", long), long) == [long]
    endless = "Donaudampfschifffahrtsgesellschaftskapitänspatent" * 2
    assert found(named(endless), endless)


def test_no_more_than_asked_for() -> None:
    assert len(find_stops(town(), "s", 3)) == 3
    assert find_stops(town(), "s", 0) == ()
    assert find_stops(timetable_of([Row("a", "...", departures=1)]), "a") == ()


def test_a_stop_by_its_id() -> None:
    place = stop_by_id(town(), " westhof ")
    assert place is not None
    assert (place.name, place.stop_id) == ("Westhof", "westhof")
    assert place == find_stops(town(), "Westhof")[0]
    assert stop_by_id(town(), "hbf_tram") is not None
    assert [stop_by_id(town(), unknown) for unknown in ("", "WESTHOF", "west", "\ud800")] == [None] * 4


def test_an_index_lives_as_long_as_its_timetable() -> None:
    gc.collect()
    before = dict(search_of_stops._indexes)  # noqa: SLF001 - what must not leak is private
    timetable = named("Here")
    find_stops(timetable, "here")
    find_stops(timetable, "there")
    assert len(search_of_stops._indexes) == len(before) + 1  # noqa: SLF001 - as above
    del timetable
    gc.collect()
    assert search_of_stops._indexes.keys() == before.keys()  # noqa: SLF001 - as above


def test_timetables_of_one_version_do_not_share_stops() -> None:
    here, there = named("Here"), named("There")
    assert here.meta == there.meta
    assert (found(here, "here"), found(there, "here")) == (["Here"], ["There"])
