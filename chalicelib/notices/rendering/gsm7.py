"""How long a text is on the air, and how to keep it in the alphabet that makes it cheap and short.

Source: 3GPP TS 23.038 (GSM 7 bit default alphabet and its extension table), TS 23.040 (concatenation headers).
A text in this alphabet takes 160 septets in one segment, 153 in each of several; a character of the extension table
takes two and is never split. Any other character turns the whole text into UCS-2: 70 units, 67 in each of several.
"""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
ONE_SEGMENT, SEVERAL = 160, 153  # septets
ONE_SEGMENT_UCS2, SEVERAL_UCS2 = 70, 67  # UTF-16 units

# what looks like a letter of the alphabet and is none; the rest loses its marks by Unicode decomposition
_ALIKE = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4\u02bc`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u2022", "-")
    | {"\u2026": "...", "\u00b7": ".", "\u00d7": "x", "\u2192": ">", "\u0131": "i"}
    | dict(zip("çłŁđĐð\u00d0ħĦŋŊŧŦĸ\u00b5", "clLdDdDhHnNtTku", strict=True))
    | {"œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ẞ": "SS"}
)
_DROPPED = frozenset({"So", "Sk", "Cn", "Co", "Cf", "Cs", "Mn"})  # emoji and what only steers rendering


def septets(text: str) -> int | None:
    """How many septets the text takes; None if it is not in the alphabet."""
    if not all(letter in BASIC or letter in EXTENSION for letter in text):
        return None
    return sum(2 if letter in EXTENSION else 1 for letter in text)


def segments(text: str) -> int:
    """In how many messages a phone network sends the text."""
    units = [2 if letter in EXTENSION else 1 for letter in text]
    if septets(text) is None:
        units = [len(letter.encode("utf-16-be")) // 2 for letter in text]
        return _pieces(units, ONE_SEGMENT_UCS2, SEVERAL_UCS2)
    return _pieces(units, ONE_SEGMENT, SEVERAL)


def _pieces(units: list[int], alone: int, each: int) -> int:
    if sum(units) <= alone:
        return 1
    pieces, room = 1, each
    for size in units:
        if size > room:  # two halves of one character never part
            pieces, room = pieces + 1, each
        room -= size
    return pieces


def plain(text: str) -> str:
    """The text in one line and, as far as its script allows, in the alphabet; what cannot be spelled in it stays."""
    return "".join(_letter(letter) for letter in " ".join(text.translate(_ALIKE).split()))


def _letter(letter: str) -> str:
    if letter in BASIC or letter in EXTENSION:
        return letter
    if unicodedata.category(letter) in _DROPPED or unicodedata.category(letter) == "Cc":
        return ""
    parts = unicodedata.normalize("NFKD", letter).translate(_ALIKE)
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare if bare and all(part in BASIC for part in bare) else letter
