"""The text of a calendar file as the reader needs it: long lines put together again, everything in UTF-8. Pure.

Rules:
- Lines are folded by bytes, also within a character (RFC 5545 §3.1): they are put together before they are decoded.
- A line that is no UTF-8 is read as Windows-1252, which holds all of Latin-1's letters; each line by itself, since
  files are put together of several sources. A byte order mark says what else a file is in.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLD = re.compile(rb"\r?\n[ \t]")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def as_utf8(data: bytes) -> bytes:
    """The file without folds, in UTF-8."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            data = data[len(mark) :].decode(encoding, "replace").encode()
    unfolded = _FOLD.sub(b"", data)
    try:
        unfolded.decode()
    except UnicodeDecodeError:
        return b"\n".join(map(_line_as_utf8, unfolded.split(b"\n")))
    return unfolded


def with_named_zones(data: bytes, zones: Mapping[str, str]) -> bytes:
    """The unfolded file with the zones that names stand for; a name that the file defines itself stays its own."""
    for name, zone in zones.items():
        named = re.escape(name.encode("utf-8", "replace"))
        if re.search(rb'(?mi)^TZID:"?' + named + rb'"?\s*$', data) is None:
            data = re.sub(rb';TZID="?' + named + rb'"?(?=[:;])', b";TZID=" + zone.encode(), data, flags=re.IGNORECASE)
    return data


def _line_as_utf8(line: bytes) -> bytes:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1").encode()
