"""How long a text is on the air, and how to keep it in the alphabet that makes it cheap and short.

Source: 3GPP TS 23.038 (GSM 7 bit default alphabet and its extension table), TS 23.040 (concatenation headers).
A text in this alphabet takes 160 septets in one segment, 153 in each of several; a character of the extension table
takes two and is never split. Any other character turns the whole text into UCS-2: 70 units, 67 in each of several.
"""

from __future__ import annotations

import re
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
    dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u2032\u2035\u2039\u203a`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u02ba\u2033\u2036", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2022\u2023", "-")
    | dict.fromkeys("\u00b7\u2027\u2219\u22c5", ".")
    | dict.fromkeys("\u2044\u2215\u00f7", "/")
    | {"\u2026": "...", "\u00d7": "x", "\u2192": ">", "\u0131": "i", "\u00b1": "+/-", "\u00a2": "c", "\u00ac": "-"}
    | dict(zip("\u2264\u2265\u2260\u2248\u223c\u2217\u2236", ("<=", ">=", "!=", "~", "~", "*", ":"), strict=True))
    | dict.fromkeys("\u2020\u2021", "+") | dict.fromkeys("\u00a6\u2016", "|")
    | {"\u2030": "o/oo", "\u203d": "?!", "\u203f": "_"}
    | dict(zip("çłŁđĐð\u00d0ħĦŋŊŧŦĸ\u00b5", "clLdDdDhHnNtTku", strict=True))
    | {"œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ẞ": "SS", "ə": "e", "Ə": "E"}
)  # as GSM 03.38 prints it # fmt: skip
_CURRENCIES = {
    "\u20bd": "RUB", "\u20b4": "UAH", "\u20ba": "TL", "\u20b9": "Rs", "\u20a8": "Rs", "\u20a9": "KRW", "\u20aa": "NIS",
    "\u20ab": "VND", "\u20b1": "PHP", "\u20a6": "NGN", "\u20a1": "CRC", "\u20b2": "PYG", "\u20b5": "GHS",
    "\u20b8": "KZT", "\u20be": "GEL", "\u20bf": "BTC", "\u0e3f": "THB", "\u20bc": "AZN", "\u20ae": "MNT",
    "\u20ad": "LAK", "\u20a3": "F", "\u20a4": "£",
}  # as GSM 03.38 prints it # fmt: skip
_DROPPED = frozenset({"So", "Sk", "Cn", "Co", "Cf", "Cs", "Mn"})  # emoji and what only steers rendering
_MIXED_NUMBER = re.compile(r"(?<=[0-9])(?=[\u00bc-\u00be\u2150-\u215f\u2189])")  # 2½ is no 21/2
_LATIN = re.compile(r"LATIN (SMALL|CAPITAL) LETTER (?:OPEN |DOTLESS |TURNED |REVERSED )?([A-Z])(?: WITH .*)?")
_EMOJI = "\U0001f000"  # from here on signs are pictures


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
    """The text in one line and, as far as its script allows, in the alphabet; what cannot be spelled in it stays.

    A sign never forces a text into UCS-2 whose letters are all in the alphabet: it is spelled, else left out.
    """
    line = " ".join(_MIXED_NUMBER.sub(" ", text).translate(_ALIKE).split())
    spelled = "".join(map(_letter, line))
    if any(unicodedata.category(letter)[0] in "LM" for letter in spelled if not _is_in_alphabet(letter)):
        return spelled  # another script: it takes UCS-2 anyway
    return "".join(letter if _is_in_alphabet(letter) else _sign(letter) for letter in spelled)


def _is_in_alphabet(letter: str) -> bool:
    return letter in BASIC or letter in EXTENSION


def _letter(letter: str) -> str:
    if _is_in_alphabet(letter):
        return letter
    category = unicodedata.category(letter)
    arrow = _arrow(letter)
    if arrow or category == "Cc" or (category in _DROPPED and category != "So") or letter in "\u2120\u2122":
        return arrow
    parts = unicodedata.normalize("NFKD", letter).translate(_ALIKE)
    bare = "".join(part for part in parts if not unicodedata.combining(part) and part != "\u00b0")
    if bare and all(map(_is_in_alphabet, bare)):
        return bare
    latin = _LATIN.fullmatch(unicodedata.name(letter, ""))
    if latin:
        return latin[2] if latin[1] == "CAPITAL" else latin[2].lower()
    return "" if category in _DROPPED else letter


def _arrow(letter: str) -> str:
    """An arrow between two names says from where to where; "" for every other sign."""
    name = unicodedata.name(letter, "") if letter < _EMOJI else ""
    if "ARROW" not in name or ("RIGHT" not in name and "LEFT" not in name):
        return ""
    return "-" if "RIGHT" in name and "LEFT" in name else ">" if "RIGHT" in name else "<"


def _sign(letter: str) -> str:
    """A sign, digit or number outside the alphabet, as it is spelled in it; "" where it is not."""
    category, name = unicodedata.category(letter), unicodedata.name(letter, "")
    if category[0] == "N":
        number = unicodedata.numeric(letter)
        return str(int(number)) if number == int(number) else ""
    if "QUOTATION" in name or "PRIME" in name:
        return "'" if "SINGLE" in name or name.endswith((" PRIME", "SINGLE")) else '"'
    kinds = {"Pd": "-", "Ps": "(", "Pe": ")", "Pi": '"', "Pf": '"', "Pc": "_"}
    return _CURRENCIES.get(letter) or kinds.get(category, "")
