"""One folder for a test, opened as a process of the hub opens it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chalicelib.embedded.environment import Embedded
from tests.fakes.memory import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def parts(folder: Path, clock: ManualClock) -> Iterator[Embedded]:
    made = Embedded(folder, clock, {"HUB_SECRETS_KEY_FILE": str(folder.parent / "elsewhere" / "key")})
    yield made
    made.close()
