"""Very many histories of one booking, and what its customer hears of them.

`python -m tests.property.told_long_run [COUNT] [SEED]`: each history has its own number, and the first that ends wrong
is named by it; the same number is the same history again (`… 1 NUMBER`).
"""

from __future__ import annotations

import sys
import time

from tests.fakes.told_histories import history


def main() -> None:
    """Lives through histories and says how many texts went out."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    begun, texts = time.monotonic(), 0
    for number in range(first, first + count):
        texts += history(number)
        if (number - first + 1) % 1000 == 0:
            print(f"{number - first + 1} histories in {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{count} histories, {texts} texts, all right, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
