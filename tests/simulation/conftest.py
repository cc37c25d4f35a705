"""What simulations share: a hub in processes of its own, as `make run` starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.hub_process import HubProcess

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub for the tests of one module; its state is gone afterwards."""
    home = tmp_path_factory.mktemp("hub") / "state"
    home.mkdir()
    process = HubProcess(home).start()
    yield process
    process.stop()
