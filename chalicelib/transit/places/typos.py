"""How many slips of the finger lie between what was typed and each word of a vocabulary, for all of them at once.

The distance is optimal string alignment (Damerau and Levenshtein's, where no letter is edited twice): a letter too
many, too few, another one, or two swapped are one slip each. Bits of a 64-bit word stand for the typed letters, one
numpy lane for each word of the vocabulary (Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
distances", 2003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LETTERS_MAX = 24  # of a word; what comes after is not compared
_SHORT, _LONG = 4, 8  # letters from which one and two slips are forgiven
TOO_MANY_SLIPS = 99  # stands for "not compared"


def max_slips(word: str) -> int:
    """How many slips are forgiven in a typed word."""
    return (len(word) >= _SHORT) + (len(word) >= _LONG)


class Spelling:
    """A vocabulary in a form to compare with."""

    def __init__(self, words: Sequence[str]) -> None:
        self._code = {char: i for i, char in enumerate(sorted({char for word in words for char in word}), 1)}
        self._length = np.array([min(len(word), LETTERS_MAX) for word in words], np.int16)
        codes = [self._code[char] for word in words for char in word[:LETTERS_MAX]]
        self._letters = np.zeros((LETTERS_MAX, len(words)), np.uint16)
        row = np.repeat(np.arange(len(words)), self._length)
        column = np.arange(len(codes)) - np.repeat(np.cumsum(self._length, dtype=np.int64) - self._length, self._length)
        self._letters[column, row] = codes

    def near(self, typed: str, slips: int, *, unfinished: bool) -> list[tuple[int, int]]:
        """(word, slips) of each word at most so many slips away; unfinished: its beginning may be."""
        typed = typed[:LETTERS_MAX]
        fits = self._length >= len(typed) - slips
        if not unfinished:
            fits &= self._length <= len(typed) + slips
        rows = np.flatnonzero(fits)
        if not len(rows):
            return []
        columns = min(len(typed) + slips, LETTERS_MAX)
        away = self._away(typed, self._letters[:columns, rows], self._length[rows], unfinished=unfinished)
        good = np.flatnonzero(away <= slips)
        return list(zip(rows[good].tolist(), away[good].tolist(), strict=True))

    def _away(self, typed: str, letters: NDArray[Any], length: NDArray[Any], *, unfinished: bool) -> NDArray[Any]:
        """Slips between `typed` and the whole of each word, or (unfinished) the nearest of its beginnings."""
        masks = self._masks(typed)
        one, top = np.uint64(1), np.uint64(len(typed) - 1)
        n = letters.shape[1]
        plus = np.full(n, (1 << len(typed)) - 1, np.uint64)
        minus, diagonal, before = np.zeros(n, np.uint64), np.zeros(n, np.uint64), np.zeros(n, np.uint64)
        score, away = np.full(n, len(typed), np.int16), np.full(n, TOO_MANY_SLIPS, np.int16)
        for column, codes in enumerate(letters, 1):
            match = masks[codes]
            swapped = ((~diagonal & match) << one) & before
            diagonal = (((match & plus) + plus) ^ plus) | match | minus | swapped
            up, down = minus | ~(diagonal | plus), diagonal & plus
            score += ((up >> top) & one).astype(np.int16) - ((down >> top) & one).astype(np.int16)
            up, down = (up << one) | one, down << one
            plus, minus, before = down | ~(diagonal | up), up & diagonal, match
            ends = length >= column if unfinished else length == column
            away = np.where(ends & (score < away), score, away)
        return away

    def _masks(self, typed: str) -> NDArray[Any]:
        """For each letter of the vocabulary, the positions at which it was typed."""
        masks = np.zeros(len(self._code) + 1, np.uint64)
        for at, char in enumerate(typed):
            masks[self._code.get(char, 0)] |= np.uint64(1 << at)
        masks[0] = 0  # no letter, or one that no name has
        return masks
