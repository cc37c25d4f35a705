"""Which wording of a message is sent: the fullest that fits in one GSM-7 segment; where none does, in two.

Names are shortened on the way: first a little, for each wording in turn; then a lot. A text that cannot fit in one
segment (a long link, another script) gets two. Never more.
"""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from chalicelib.notices.rendering import gsm7
from chalicelib.notices.rendering.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHORTENABLE = ("business", "stop", "customer", "place", "where", "origin")  # fields that are names
COMFORTABLE_LENGTHS = (60, 32, 24, 18)  # characters of a name that is still easily recognised
TIGHT_LENGTHS = (14, 10, 6)  # tried only after shorter wordings
SEGMENTS_MAX = 2  # each costs as much as a text of its own


def fit_text(wordings: Sequence[str], fields: Mapping[str, str]) -> str:
    """The wording that fits, filled in. A wording is passed over if a field of it is not known.

    Raises `ValueError` where nothing fits: the link is too long.
    """
    for most in range(1, SEGMENTS_MAX + 1):
        for text in _attempts(wordings, fields):
            if gsm7.segments(text) <= most:
                return text
    raise ValueError(f"the link is too long for a text message: {len(fields.get('link', ''))} characters")


def fill(wording: str, fields: Mapping[str, str], name_length: int = COMFORTABLE_LENGTHS[0]) -> str:
    """One wording with its fields, names in at most so many characters."""
    short = {name: shorten(fields[name], name_length) for name in SHORTENABLE if name in fields}
    return gsm7.plain(wording.format_map({**fields, **short}))


def _attempts(wordings: Sequence[str], fields: Mapping[str, str]) -> Iterator[str]:
    usable = [one for one in wordings if {name for _, name, _, _ in Formatter().parse(one) if name} <= fields.keys()]
    for lengths in (COMFORTABLE_LENGTHS, TIGHT_LENGTHS):
        for wording in usable:
            for length in lengths:
                yield fill(wording, fields, length)
