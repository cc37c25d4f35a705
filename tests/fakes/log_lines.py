"""What the hub writes into its log while a test goes on, as it would on AWS."""

from __future__ import annotations

import io
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.logs import HUB, JsonLines

if TYPE_CHECKING:
    from collections.abc import Iterator


class LogLines:
    """The lines so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def parsed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def log_lines(level: int = logging.INFO) -> Iterator[LogLines]:
    """Collects the lines of all loggers, the hub's from this level on."""
    lines = LogLines()
    handler = logging.StreamHandler(lines.stream)
    handler.setFormatter(JsonLines())
    root, hub = logging.getLogger(), logging.getLogger(HUB)
    before = hub.level
    root.addHandler(handler)
    hub.setLevel(level)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        hub.setLevel(before)
