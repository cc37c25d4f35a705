"""Shortens a name without dots: it loses what stands in brackets, then what follows a comma, then whole words."""

from __future__ import annotations

import re

_BRACKETS = re.compile(r"\s*[(\[{][^)\]}]*[)\]}]")
_BEHIND = re.compile(r"\s*(?:,|;|/| - | @ ).*$")
_LOOSE_END = " -,;:/&+.'\""


def shorten(name: str, limit: int) -> str:
    """The name in at most `limit` characters; letters are cut only where words alone do not help."""
    for tidied in (name, _BRACKETS.sub("", name), _BEHIND.sub("", _BRACKETS.sub("", name))):
        if tidied and len(tidied) <= limit:
            return tidied.strip()
    base = (_BEHIND.sub("", _BRACKETS.sub("", name)) or name).strip()
    cut = base[: limit + 1].rsplit(" ", 1)[0]
    return (cut if limit // 2 <= len(cut) <= limit else base[:limit]).rstrip(_LOOSE_END) or base[:limit]
