"""What is asked of the hub and cannot be: said with a code for programs and a sentence for people."""

from __future__ import annotations

import re

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
