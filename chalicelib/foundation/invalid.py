"""What is asked of the hub and cannot be: said with a code for programs and a sentence for people.

And what is stored and cannot be read (`each_readable`): a list of stored things loses the one that is spoiled, not all.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalicelib.foundation.ports import Document

log = logging.getLogger("hub.stored")
S = TypeVar("S")
T = TypeVar("T")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Invalid(Exception):
    """What was asked for cannot be; `code` is for programs, `message` for the operator (HTTP 400)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_identifier(kind: str, identifier: str) -> None:
    """Raises `Invalid` for what cannot be the id of such a thing."""
    if not _IDENTIFIER.fullmatch(identifier):
        raise Invalid(f"invalid_{kind}_id", f"a {kind} id is 1 to 64 letters, digits, - and _: {identifier[:80]!r}")


def key_of(document: Document) -> str:
    """The key of a document of any table."""
    return next((str(value) for name, value in document.items() if name.endswith("_id")), "?")


def each_readable(stored: Iterable[S], read: Callable[[S], T], key: Callable[[Any], str] = key_of) -> list[T]:
    """What `read` makes of each. One that it fails on is left out, and logged by its key for the operator to mend.

    Raises `Conflict`, `Unavailable` as `read` does.
    """
    found = []
    for one in stored:
        try:
            found.append(read(one))
        except (Conflict, Unavailable):
            raise
        except Exception:
            log.exception("what is stored cannot be read and is left out", extra=about(document_id=key(one)))
    return found
