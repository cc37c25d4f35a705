"""Reads the templates of texts, `templates/<language>/<kind>.txt`: sections of lines, `#` for translators' notes.

A section of a kind's file holds wordings of the same message from the fullest to the shortest. `words.txt` holds
what all kinds share: weekdays, modes, how to stop.
"""

from __future__ import annotations

from functools import cache

from chalicelib.foundation.locales import TEXTS

Sections = dict[str, tuple[str, ...]]


@cache
def sections(locale: str, name: str) -> Sections:
    """All sections of one file. Raises `FileNotFoundError` for a kind without a template."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (TEXTS / locale / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {section: tuple(lines) for section, lines in found.items()}


def word(locale: str, section: str) -> str:
    """The one line of a section of `words.txt`."""
    return sections(locale, "words")[section][0]


def words(locale: str, section: str) -> tuple[str, ...]:
    """The words of a one-line list of `words.txt`."""
    return tuple(word(locale, section).split())


@cache
def pairs(locale: str, section: str) -> dict[str, str]:
    """The "key = word" lines of a section of `words.txt`."""
    return dict(line.split(" = ", 1) for line in sections(locale, "words")[section])
