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
)  # fmt: skip
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
