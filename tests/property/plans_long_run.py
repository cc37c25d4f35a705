"""Very many questions about real cities.

`python -m tests.property.plans_long_run [COUNT] [FIRST]`: so many of each city; the first that is answered wrong is
named by its number, and is the same question again (`… 1 NUMBER`). Ends with 0 when all are answered right.
"""

from __future__ import annotations

import sys
import time

from tests.fakes.asked_city import CITIES, GTFS, AskedCity


def main() -> None:
    """Asks, and says how many had an answer."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for name, date in CITIES.items():
        begun, city, planned = time.monotonic(), AskedCity.read(GTFS / f"{name}.zip", date), 0
        for number in range(first, first + count):
            planned += bool(city.check(number).itineraries)
            if (number - first + 1) % 500 == 0:
                print(f"{name}: {number - first + 1} questions in {time.monotonic() - begun:.0f} s", flush=True)
        print(f"{name}: {count} questions, {planned} with a plan, all right, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
