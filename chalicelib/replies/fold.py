"""A reply as it is compared: case, accents, scripts' digits, emoji and spellings without accents folded away. Pure.

Words are parted by one space, clauses by " | ", a clause that was a question ends in " ?". The patterns of the
languages are folded by the same function, so what is written in `languages/` is ordinary spelling.
"""

from __future__ import annotations

import re
import unicodedata

CLAUSE = "|"
QUESTION = "?"
WITHOUT_SPACES = frozenset({"ja", "zh", "th"})
WITHOUT_LATIN_FOLD = frozenset({"hi", "ko", "bn", "ta", "te", "ml", "th", "mr"})  # marks are letters there

_PLAIN = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "ı": "i",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ß": "ss",
        "ə": "e",
    }
)
_ARABIC = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ة": "ه",
        "ؤ": "و",
        "ئ": "ي",
        "ء": None,
        "ـ": None,
        "ک": "ك",
        "گ": "ك",
    }
)
_SPELT_OUT = {"de": (("ae", "a"), ("oe", "o"), ("ue", "u")), "da": (("ae", "a"), ("oe", "o"), ("aa", "a"))}
_AGREES, _THANKS = " 👍 ", " 🙏 "
_EMOJI = {"👍": _AGREES, "👌": _AGREES, "✅": _AGREES, "✔": _AGREES, "🆗": _AGREES, "🙏": _THANKS}
_GREEK_PAIRS = (
    ("ου", "U"),
    ("αι", "e"),
    ("ει", "i"),
    ("οι", "i"),
    ("υι", "i"),
    ("ευ", "ef"),
    ("αυ", "af"),
    ("μπ", "v"),
    ("ντ", "d"),
    ("γκ", "g"),
    ("γγ", "g"),
)
_GREEK = str.maketrans(
    dict(zip("αβγδεζηικλμνορσςτυφω", "avgdeziiklmnorsstifo", strict=True)) | {"θ": "th", "ξ": "ks", "χ": "x", "ψ": "ps"}
)
_GREEKLISH = (
    (r"(?<![0-9])[89](?=[a-z])", "th"),
    (r"ou", "U"),
    (r"ai", "e"),
    (r"ei|oi|ui", "i"),
    (r"[ey]u(?=[a-z])", "ef"),
    (r"ey(?=[hx])", "ef"),
    (r"au", "af"),
    (r"mp|b", "v"),
    (r"nt", "d"),
    (r"gk|gg", "g"),
    (r"ch|kh", "x"),
    (r"ph", "f"),
    (r"(?<!t)h(?=[aeiouwyU])", "x"),
    (r"(?<!t)h", "i"),
    (r"w", "o"),
    (r"y|u", "i"),
    (r"c", "k"),
    (r"q", "k"),
)
_KATAKANA = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)} | {"ー": None, "〜": "-"})
_QUESTIONS = "?؟？"
_ENDS = re.compile(
    r"(?<![0-9])[.,:](?![0-9])|(?<=[0-9])[.,:](?![0-9])|(?<![0-9])[.,:](?=[0-9])|[!;\n\r()،؛。、！…·]| [-–—]+ | / "
)
_KANJI_NUMBER = re.compile("[一二三四五六七八九十]+(?=分|時間|ふん|じかん)")
_KANJI = {sign: value for value, sign in enumerate("一二三四五六七八九", 1)}


def fold(text: str, language: str) -> str:
    """The text in the form that patterns are compared in; "" where nothing is left."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(sign if (value := unicodedata.decimal(sign, None)) is None else str(value) for sign in text)
    text = re.sub(r"(?<=[0-9])\s*(['′’´](?!\w)|min\b\.?)", " min ", text)
    for sign, kept in _EMOJI.items():
        text = text.replace(sign, kept)
    text = _letters(text, language)
    text = re.sub(r"(?<=[0-9]) ?[-–—~〜/] ?(?=[0-9])", "-", text)
    text = re.sub(f"[{_QUESTIONS}]+" if language != "el" else f"[{_QUESTIONS};]+", f" {QUESTION} {CLAUSE} ", text)
    text = _ENDS.sub(f" {CLAUSE} ", text)
    if language in WITHOUT_SPACES:
        text = re.sub(r"\s*(\||\?)\s*", r"\1", re.sub(r"(?<![a-z0-9])\s+|\s+(?![a-z0-9])", "", text))
        text = re.sub(r"([|?])", r" \1 ", text)
    marks = {"Mn", "Mc"}  # letters in some scripts
    kept = "".join(
        sign if sign.isalnum() or sign in "|?-+.:,👍🙏" or unicodedata.category(sign) in marks else " " for sign in text
    )
    kept = re.sub(r"(?<![0-9])-|-(?![0-9])|\+(?![0-9])", " ", kept)
    clauses = (" ".join(clause.split()) for clause in kept.split(CLAUSE))
    return f" {CLAUSE} ".join(clause for clause in clauses if clause and clause != QUESTION)


def _letters(text: str, language: str) -> str:
    if language in {"en", "tr"}:
        text = re.sub(r"(?<=\w)['’`´](?=\w)", "", text)
    if language in WITHOUT_SPACES:
        return _kanji_as_digits(text.translate(_KATAKANA))
    if language in WITHOUT_LATIN_FOLD:
        return text
    bare = unicodedata.normalize("NFD", text)
    text = "".join(sign for sign in bare if unicodedata.category(sign) != "Mn").translate(_PLAIN)
    if language == "ar":
        text = text.translate(_ARABIC)
    text = re.sub(r"([^\W\d])\1{2,}", r"\1", text)
    if language == "el":
        return _greek(text)
    for spelt, letter in _SPELT_OUT.get(language, ()):
        text = text.replace(spelt, letter)
    return text


def _greek(text: str) -> str:
    """Greek in either script as one: by sound, in Latin letters."""
    for pair, sound in _GREEK_PAIRS:
        text = text.replace(pair, sound)
    text = text.translate(_GREEK)
    for spelling, sound in _GREEKLISH:
        text = re.sub(spelling, sound, text)
    return re.sub(r"([a-z])\1", r"\1", text.replace("U", "u"))


def _kanji_as_digits(text: str) -> str:
    """Up to 99, before a unit: a sign for ten stands between tens and ones."""

    def value(found: re.Match[str]) -> str:
        tens, ten, ones = found.group().rpartition("十")
        return str((_KANJI.get(tens[-1:], 1) * 10 if ten else 0) + _KANJI.get(ones[-1:], 0))

    return _KANJI_NUMBER.sub(value, text)
