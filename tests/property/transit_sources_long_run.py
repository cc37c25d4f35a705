"""Very many damaged and extreme inputs of transit sources, without what makes a test comfortable.

`python -m tests.property.transit_sources_long_run [COUNT] [SEED]`: each input has its own number; the first that does
harm is named by it, and the same number is the same input again (`… 1 NUMBER`). Of a hundred inputs one is a whole
GTFS feed; the others are GTFS-Realtime messages and GBFS files in turn. No exception may leave what reads them, what
they make must be within bounds, and the good neighbour beside each must be read as if it were alone. Ends with 0 when
all do no harm.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter

from tests.fakes.transit_inputs import source


def main() -> None:
    """Tries inputs and says how many of which."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    warnings.simplefilter("error")
    begun = time.monotonic()
    ended: Counter[str] = Counter()
    for number in range(first, first + count):
        ended[source(number)] += 1
        if (number - first + 1) % 100_000 == 0:
            print(f"{number - first + 1} inputs in {time.monotonic() - begun:.0f} s", flush=True)
    for what, times in sorted(ended.items()):
        print(f"{times:9} {what}")
    print(f"{count} inputs, none does harm, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
