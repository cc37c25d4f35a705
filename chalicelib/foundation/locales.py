"""The languages that the hub speaks. Adding one is a line here, and a folder `chalicelib/texts/<language>/`.

The folder holds the texts of every room that speaks: a file for each kind of notice, `words.txt` with what notices
share, and `page.json` for customers' pages. A test says which file
lacks what.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parents[1] / "texts"  # TEXTS / language / file


@dataclass(frozen=True, slots=True)
class Language:
    """What differs beside texts. `code`: ISO 639-1; `direction`: "ltr" or "rtl", as HTML has it."""

    code: str
    direction: str = "ltr"
    nought_is_one: bool = False  # "0 changement" takes the form of one (CLDR's plural rules)

    def is_one(self, number: object) -> bool:
        """Whether a number takes the form for one; every other number takes the other form."""
        return number == 1 or (self.nought_is_one and number == 0)


SPOKEN = (
    Language("en"),  # the first one is spoken where nobody's wish can be met
    Language("de"),
    Language("fr", nought_is_one=True),
    Language("es"),
)
LANGUAGES = tuple(language.code for language in SPOKEN)
DEFAULT_LANGUAGE = LANGUAGES[0]


def language_of(*wishes: str | None) -> str:
    """The first one that we speak of locales ("de-AT", "fr_CA") and Accept-Language headers; else the default."""
    for wish in wishes:
        for part in (wish or "").split(","):
            code = part.split(";")[0].strip().replace("_", "-").split("-")[0].lower()
            if code in LANGUAGES:
                return code
    return DEFAULT_LANGUAGE


def language(code: str) -> Language:
    """What differs in this language. Raises `ValueError` where it is not spoken."""
    return SPOKEN[LANGUAGES.index(code)]
