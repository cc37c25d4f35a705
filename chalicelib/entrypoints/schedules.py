"""What is done once a minute; every part gets its turn, though another one failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime


def run_each(parts: Sequence[Callable[[datetime], object]], now: datetime) -> None:
    """Does each part. Raises `ExceptionGroup` after all of them, if any failed: it comes again in a minute."""
    failures = []
    for part in parts:
        try:
            part(now)
        except Exception as failure:  # noqa: BLE001 - raised below, after the other parts had their turn
            failures.append(failure)
    if failures:
        raise ExceptionGroup("a part of the minute's work failed; it comes again in a minute", failures)
