"""A name and what is typed may be written differently and still be the same: scripts, abbreviations, slips."""

from __future__ import annotations

import pytest

from chalicelib.transit.places.stops import find_stops
from chalicelib.transit.places.words import ABBREVIATIONS, FILLERS, fold
from tests.fakes.stops import named


def found(typed: str, *names: str) -> list[str]:
    return [place.name for place in find_stops(named(*names), typed)]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Main St", "main street"),
        ("Main Street", "main st."),
        ("Hauptstr.", "hauptstrasse"),
        ("Hauptstraße", "hauptstr"),
        ("HAUPTSTRASSE", "Hauptstraße"),
        ("Marktpl.", "marktplatz"),
        ("Bellevueplatz", "bellevue pl"),
        ("Union Sq", "union square"),
        ("Fifth Avenue", "fifth ave"),
        ("Grand Ave", "grand avenue"),
        ("Abbey Rd", "abbey road"),
        ("Kings Cross Stn", "kings cross station"),
        ("Westbf", "westbahnhof"),
        ("Bf Neustadt", "bahnhof neustadt"),
        ("Zürich HB", "zurich hauptbahnhof"),
        ("Vilniaus gatvė", "vilniaus g."),
        ("St. Stephen", "saint stephen"),
        ("Sankt Pölten", "st polten"),
        ("Goldenwest Trans Ctr", "goldenwest transit center"),
        ("N Main", "north main"),
        ("Łódź Żabieniec", "lodz zabieniec"),
        ("Sørlandet", "sorlandet"),
        ("Sørlandet", "soerlandet"),
        ("Đakovo", "dakovo"),
        ("Ærø", "aero"),
        ("Iş\u0131klar", "isiklar"),
        ("İstanbul", "istanbul"),
        ("O'Connell", "oconnell"),
        ("O\u2019Connell", "o'connell"),
        ("Grand & 21st", "grand and 21st"),
        ("GRAND-21ST", "grand/21st"),
        ("GRAND-21ST", "21 grand"),
        ("GRAND-21ST", "grand & 21st"),
        ("S-Bahn Nord", "sbahn nord"),
        ("Площадь Революции", "революции пл"),
        ("Арбатская", "арбатска"),
        ("Арбатская", "АРБАТЗКАЯ"),
        ("Πλατεία Συντάγματος", "συνταγματοσ"),
        ("東京駅", "東京"),
        ("東京駅", "京駅"),
        ("東京駅", "駅 東京"),
        ("新宿三丁目", "三"),
        ("ラーメン横丁", "らーめん"),
        ("ｶﾞｰﾃﾞﾝ", "がーでん"),
        ("서울역", "서울"),
        ("กรุงเทพ", "เทพ"),
        ("שדרות רוטשילד", "רוטשילד"),
        ("محطة الرمل", "الرمل"),
        ("नई दिल्ली", "दिल्ली"),
        ("\uff27\uff32\uff21\uff2e\uff24", "grand"),
    ],
)
def test_names_and_what_is_typed_may_be_written_differently(name: str, typed: str) -> None:
    assert found(typed, "Elsewhere", name, "Otherwhere")[0] == name


@pytest.mark.parametrize(
    ("name", "typed", "is_found"),
    [
        ("Park", "bark", True),  # four letters: one slip
        ("Park", "brak", False),
        ("Pak", "pok", False),  # three: none
        ("Linden", "lnidne", False),  # two slips in six letters
        ("Lindenhof", "lnidenhfo", True),  # two in nine
        ("Lindenhof", "nlidehnfo", False),
        ("Lindenhofstrasse", "lindenhpfs", True),  # an unfinished word with a slip
        ("Track 1234", "track 1235", True),  # as a name without the number
        ("Line 1234", "1235", False),
        ("21st", "22st", False),
        ("2nd Street", "2 street", True),  # the beginning of a number's word, not of another number
        ("12th Street", "2 street", False),
        ("12th Street", "2", False),
    ],
)
def test_slips_are_forgiven_by_the_length_of_the_word_and_never_in_numbers(
    name: str, typed: str, *, is_found: bool
) -> None:
    assert found(typed, name) == ([name] if is_found else [])


def test_a_number_is_not_the_beginning_of_a_longer_one_unless_it_may_still_be_typed() -> None:
    docks = ("Dock 1", "Dock 12", "Dock 2")
    assert found("dock 1", *docks) == ["Dock 1", "Dock 12"]
    assert found("1 dock", *docks) == ["Dock 1"]


def test_the_table_of_abbreviations_is_written_as_names_are_folded() -> None:
    words = {*ABBREVIATIONS.split(), *FILLERS}
    assert {word for word in words if fold(word) != word} == set()
