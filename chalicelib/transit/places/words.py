"""Names of stops as people type them: folded to plain letters, cut into words, abbreviations seen through.

Both sides of a search, the names and what is typed, pass through `fold`. It keeps what distinguishes names for a person
in a hurry and drops the rest: case, accents (NFKD, then combining marks away, Unicode Standard Annex 15), punctuation,
invisible characters. Scripts other than Latin are kept; Katakana is written as Hiragana.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# letters with no decomposition in Unicode that people type without their stroke; and Katakana as Hiragana
_LETTERS = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "\u0131": "i"}
_PLAIN = str.maketrans(_LETTERS | {chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_APOSTROPHES = str.maketrans("", "", "'`\u00b4\u02bc\u2018\u2019\u2032")
_BLANKLESS_FROM = "\u0e00"  # Thai, and nearly everything after it that is written without blanks

# Words that mean the same on a stop's sign, one line each; a word may be on several lines ("st" is a street and a
# saint). Languages are mixed on purpose: who visits a town types "street" for its "gatvė".
ABBREVIATIONS = """
    street st str strasse straat g gatve gata gatan gade ulica ul ulice улица ул οδοσ
    square sq skv skveras platz pl plac plaza plein place pza plza piazza praca aikste namesti nam площадь пл πλατεια
    avenue ave av avenida avda aven allee aleja al aleje aleja prospekt prospektas pr просп проспект пр
    boulevard blvd bd bld boul bulvar bulvaras bul бульвар бул
    road rd
    drive dr
    lane ln
    court ct
    place pl
    highway hwy
    parkway pkwy
    freeway fwy
    circle cir zirkel
    crescent cres
    terrace ter terr
    gardens gdns
    grove grv
    bridge br brucke bruecke most tiltas
    mount mt mountain
    fort ft
    heights hts
    hospital hosp spital krankenhaus
    university univ uni universitat universitaet universite
    school sch schule
    airport apt flughafen aeroporto aeroport aeropuerto oro
    north n nord
    south s sud sued
    east e ost
    west w
    northeast ne
    northwest nw
    southeast se
    southwest sw
    saint st sankt ste sainte sv
    center centre ctr cntr zentrum centrum centras centro
    transportation trans transit transp
    interchange int intch
    terminal term
    junction jct jn jcn
    station stn sta bahnhof bf bhf gare estacion stazione dworzec dw nadrazi stotis вокзал станция ст
    hauptbahnhof hbf hb
    opposite opp
    entrance ent
    rue r
    chemin ch
    weg w
    gasse g
    calle c
    number no nr
"""
# Words that people add or leave out between others.
FILLERS = frozenset(
    word
    for line in """
        and und et y i u at an am by the der die das de of
        stop bus haltestelle stotele
    """.splitlines()
    for word in line.split()
)
# Ends of compounds: a word with the short end is also found by the long one ("Marktpl." as "marktplatz").
_ENDS = {"str": ("strasse", "straat"), "pl": ("platz",), "bf": ("bahnhof",), "bhf": ("bahnhof",)}
_SHORT_ENDS = tuple(_ENDS)
_MAIN_STATION = frozenset({"hbf", "hauptbahnhof"})  # which is a station, too
_STEM_MIN = 3


_LINES = [frozenset(line.split()) for line in ABBREVIATIONS.splitlines()]
SAME: dict[str, frozenset[str]] = {
    word: frozenset().union(*(other for other in _LINES if word in other)) for line in _LINES for word in line
}


def fold(text: str) -> str:
    """Words of plain lower-case letters and digits with one blank between them; "" if there are none."""
    if text.isascii():
        return " ".join(re.findall(r"[a-z0-9]+", text.replace("'", "").replace("`", "").lower()))
    bare = (c for c in unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)) if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFKD", "".join(bare).casefold()).translate(_PLAIN)
    return " ".join("".join(map(_plain_character, plain)).split())


def _plain_character(char: str) -> str:
    """The character, a blank where it parts words, nothing where it cannot be seen."""
    kind = unicodedata.category(char)
    if kind[0] in "LN" or (kind[0] == "M" and not unicodedata.combining(char)):
        return char
    return "" if kind in {"Cf", "Mn"} else " "


def squeeze(folded: str) -> str:
    """The words run together, so that "markt platz" is "marktplatz"; digits never join digits."""
    return re.sub(r"(?<!\d) | (?!\d)", "", folded)


def spellings(text: str, folded: str) -> Iterable[str]:
    """Further words by which a name is found: "muehlbach" for Mühlbach, "marktplatz" for Marktpl."""
    if not text.isascii():
        written = fold(unicodedata.normalize("NFC", text).lower().translate(_UMLAUTS))
        yield from set(written.split()) - set(folded.split())
    for word in folded.split():
        if word in _MAIN_STATION:
            yield "bahnhof"
        if word.endswith(_SHORT_ENDS):
            short = max(filter(word.endswith, _SHORT_ENDS), key=len)
            if len(word) >= len(short) + _STEM_MIN:
                yield from (word.removesuffix(short) + end for end in _ENDS[short])


def synonyms(word: str, *, unfinished: bool) -> frozenset[str]:
    """Other words that mean the same; of an unfinished word of three letters or more, what it may become counts."""
    found = SAME.get(word, frozenset())
    if unfinished and len(word) >= _STEM_MIN:
        found = found.union(*(same for full, same in SAME.items() if full.startswith(word)))
    return found - {word}


def is_blankless(word: str) -> bool:
    """Whether the word is of a script that is written without blanks, where each character counts."""
    return max(word) >= _BLANKLESS_FROM


def has_digit(word: str) -> bool:
    """Whether the word holds a digit; numbers are never taken for typos."""
    return any(char.isdigit() for char in word)
