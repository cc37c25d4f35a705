"""Counting septets and keeping texts in the alphabet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notices.rendering.gsm7 import plain, segments, septets


@pytest.mark.parametrize(
    ("text", "size"),
    [("", 0), ("Hello", 5), ("äöüßñàèéùìòÇØøÅå", 16), ("€", 2), ("[a]{b}~|^\\", 18), ("ç", None), ("ê", None)],
)
def test_septets_count_the_extension_table_twice(text: str, size: int | None) -> None:
    assert septets(text) == size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("€" * 80, 1), ("€" * 81, 2),
        ("€" * 152, 2),  # 76 to a segment: a character of two septets is not split over 153
        ("€" * 153, 3),
        ("д" * 70, 1), ("д" * 71, 2), ("д" * 134, 2), ("д" * 135, 3),
        ("a" * 69 + "д", 1), ("a" * 70 + "д", 2),
        ("😀" * 35, 1), ("😀" * 36, 2), ("😀" * 66, 2), ("😀" * 67, 3),
    ],
)  # a table, read by rows # fmt: skip
def test_segments_are_counted_as_networks_do(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Café “Zoë” \u2013 N°5…", 'Café "Zoe" - N5...'),
        ("Łódź, Plac Wolności", "Lodz, Plac Wolnosci"),
        ("Señora Ângela Çelik ç", "Señora Angela Çelik c"),
        ("two\r\nlines\tand  blanks", "two lines and blanks"),
        ("Salon 💇‍♀️ Lind", "Salon  Lind"),
        ("Улица", "Улица"),
        ("a\x00b\x1bc", "abc"),
        ("Gleis 2\u00bd, \u00bc Stunde", "Gleis 2 1/2, 1/4 Stunde"),
        ("5\u2032 30\u2033 \u2039Lind\u203a \u2015 \u201eKaf\u201c", "5' 30\" 'Lind' - \"Kaf\""),
        ("\u2116 5, \u00b15 \u00f7 2, 99\u00a2", "No 5, +/-5 / 2, 99c"),
        ("Wien \u2194 Graz \u2192 Linz \u2190 Bad \u21c4 Ort \u2794 Ziel", "Wien - Graz > Linz < Bad - Ort > Ziel"),
        (
            "Saal \u2167, Tor \u2776 und \u2461, 20 m\u00b2, 5\u20ba, 7\u20bd",
            "Saal VIII, Tor 1 und 2, 20 m2, 5TL, 7RUB",
        ),
        ("Salon Lind\u2122 \u00ae \u2605", "Salon Lind  "),
        ("\u018fliyev, \u0253\u0257, \u02bbOkina, \u01afu", "Eliyev, bd, 'Okina, Uu"),
        (
            "\u2018a\u2019 \u201cb\u201d \u201ac\u201b \u201ed\u201f \u00abe\u00bb \u300cf\u300d",
            '\'a\' "b" \'c\' "d" "e" (f)',
        ),
        ("a\u2010b\u2011c\u2012d\u2013e\u2014f\u2015g\u2212h\u2e3ai\u301cj\ufe63k\uff0dl", "a-b-c-d-e-f-g-h-i-j-k-l"),
        ("Kl\u00fcsse\u00a0\u2009\u3000A", "Klüsse A"),
        ("\u0663 Salon", "3 Salon"),
        ("\u0441\u0430\u043b\u043e\u043d \u20bd", "\u0441\u0430\u043b\u043e\u043d \u20bd"),
    ],
)
def test_names_become_plain_where_their_script_allows(text: str, kept: str) -> None:
    assert plain(text) == kept


@given(st.text())
def test_what_is_plain_stays_plain_and_is_one_line(text: str) -> None:
    once = plain(text)
    assert plain(once) == " ".join(once.split()) or plain(once) == once
    assert not any(letter in once for letter in "\r\n\t\x00\x1b")


@given(st.text(alphabet=st.characters(max_codepoint=0x17F, categories=["L", "Nd"])))
def test_latin_text_always_fits_the_alphabet(text: str) -> None:
    assert septets(plain(text)) is not None


SIGNS = st.characters(max_codepoint=0x2FFFF, categories=["P", "S", "Z", "N"])


@given(st.text(st.characters(max_codepoint=0x17F, categories=["L"]) | SIGNS))
def test_no_sign_makes_a_latin_text_dear(text: str) -> None:
    assert septets(plain(text)) is not None
