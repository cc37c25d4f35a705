"""What is done once a minute, and for a batch of messages; every part gets its turn, though another one failed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.causes import clock_cause
from chalicelib.foundation.logs import MINUTES, log_context, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from chalicelib.entrypoints.messages import MessageParts

log = logging.getLogger("hub.schedules")


def run_minute(work: str, parts: Sequence[Callable[[datetime], object]], now: datetime) -> None:
    """Does each part, and counts the minute if none failed: an alarm misses it. Raises as `run_each`."""
    run_each(parts, now)
    measure(MINUTES, 1, now, work=work)


def run_each(parts: Sequence[Callable[[datetime], object]], now: datetime) -> None:
    """Does each part. Raises `ExceptionGroup` after all of them, if any failed: it comes again in a minute."""
    failures = []
    with log_context(correlation_id=clock_cause(now)):
        for part in parts:
            try:
                part(now)
            except Exception as failure:
                log.exception("a part of the minute's work failed and comes again in a minute")
                failures.append(failure)
    if failures:
        raise ExceptionGroup("a part of the minute's work failed; it comes again in a minute", failures)


def work_off(
    event: Iterable[Any], hub: MessageParts, now: Callable[[], datetime], *, asks_tools: bool = False
) -> dict[str, Any]:
    """Does what each message of a batch asks for; the answer names those to be delivered again."""
    from chalicelib.entrypoints.messages import handle_batch, handle_inbox_batch  # noqa: PLC0415 - HTTP needs none

    return (handle_inbox_batch if asks_tools else handle_batch)(event, hub, now)
