"""Recorded days as files: rows of CSV, each understood or named; instants as seconds since 1970."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = TypeVar("Row")


def read_rows(path: Path, understand: Callable[[dict[str, str]], Row], what: str) -> list[Row]:
    """The rows of a CSV file (or .csv.gz). Raises `ValueError` that names file and line of what is no such thing."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(enumerate(csv.DictReader(file), start=2))
    found = []
    for line, row in rows:
        try:
            found.append(understand(row))
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise ValueError(f"{path.name}, line {line}: not {what} ({error!r})") from error
    return found


def parse_instant(text: str) -> float:
    """ISO 8601 with an offset. Raises `ValueError`."""
    instant = datetime.fromisoformat(text.strip())
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return instant.timestamp()


def instant_text(seconds: float) -> str:
    """An instant to the second, in UTC."""
    return datetime.fromtimestamp(round(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
