"""The compiled parts as one value, so that tests can run the same code interpreted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.kernel import against, lanes, scan

if TYPE_CHECKING:
    from types import ModuleType


class Kernel(NamedTuple):
    """Three modules; each is its `.so` where that was built, else its `.py`."""

    scan: ModuleType
    lanes: ModuleType
    against: ModuleType


BUILT = Kernel(scan, lanes, against)
