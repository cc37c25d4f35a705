"""Writes the names of minutes and hours in many languages, as CLDR has them: `python -m infra.units`.

They are needed where replies are read ("10 Minuten", "10 phút"); Babel, which carries CLDR, is not deployed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Literal

from babel.units import format_unit

TO = Path(__file__).parents[1] / "chalicelib" / "replies" / "languages" / "units.json"
COUNTS = (1, 2, 3, 5, 11, 20, 21, 100, 1.5)  # one for each plural category of CLDR
LENGTHS: tuple[Literal["long", "short", "narrow"], ...] = ("long", "short", "narrow")
LANGUAGES = [
    "ar",
    "bg",
    "bn",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fa",
    "fi",
    "fr",
    "he",
    "hi",
    "hr",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "lt",
    "lv",
    "ms",
    "nb",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "sr",
    "sv",
    "sw",
    "ta",
    "th",
    "tr",
    "uk",
    "ur",
    "vi",
    "zh",
]  # a string: one line a language would be a page


def unit_names() -> dict[str, dict[str, list[str]]]:
    """Language → "minute" or "hour" → every form of its name, long, short and narrow."""
    return {
        language: {unit: _names(language, f"duration-{unit}") for unit in ("minute", "hour")} for language in LANGUAGES
    }


def _names(language: str, unit: str) -> list[str]:
    said = (format_unit(count, unit, length, locale=language) for length in LENGTHS for count in COUNTS)
    bare = (re.sub(r"[\W\d_]*\d[\d.,\u066b\u066c\u06d4\s]*|[\u200e\u200f\u200b]", "", form) for form in said)
    return sorted({name for form in bare if (name := form.strip(" .\u00a0\u202f"))})


def main() -> int:
    """Writes the file."""
    TO.write_text(json.dumps(unit_names(), ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
