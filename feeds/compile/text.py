"""Text of a timetable: one blob, and where in it each text is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class TextPool:
    """Collects texts, each distinct one once."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[int, int]] = {}
        self._pieces: list[bytes] = []
        self._size = 0

    def places(self, texts: Iterable[str]) -> NDArray[Any]:
        """Offset and length of each text in the blob: int32 [n, 2]."""
        return np.array([self._place(text) for text in texts], np.int32).reshape(-1, 2)

    def _place(self, text: str) -> tuple[int, int]:
        known = self._of.get(text)
        if known is None:
            data = text.encode()
            known = self._of[text] = (self._size, len(data))
            self._pieces.append(data)
            self._size += len(data)
        return known

    def blob(self) -> NDArray[Any]:
        """All texts behind each other: uint8."""
        return np.frombuffer(b"".join(self._pieces), np.uint8)
