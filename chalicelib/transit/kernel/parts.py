"""The compiled parts as one value, so that tests can run the same code interpreted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.kernel import batch, batch_rides, connections, single

if TYPE_CHECKING:
    from types import ModuleType


class Kernel(NamedTuple):
    """Four modules; each is its `.so` where that was built, else its `.py`."""

    connections: ModuleType
    single: ModuleType
    batch: ModuleType
    batch_rides: ModuleType


BUILT = Kernel(connections, single, batch, batch_rides)
