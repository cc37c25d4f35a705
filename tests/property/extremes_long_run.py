"""Every parser of the hub with every extreme in every place of what it reads.

`python -m tests.property.extremes_long_run [--only PARSER] [--every N] [--first K]`: which parsers there are stands in
`tests/fakes/extreme_parsers`. Each kind of harm is told once, with the case that showed it. Ends with 0 when none does.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from tests.fakes.extreme_parsers import PARSERS
from tests.fakes.extremes import picked


def main() -> int:
    """Tries all cases; 1 if any does harm."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="")
    asked.add_argument("--every", type=int, default=1)
    asked.add_argument("--first", type=int, default=0)
    said = asked.parse_args()
    warnings.simplefilter("error")
    kinds: Counter[str] = Counter()
    total, begun = 0, time.monotonic()
    for name, cases in PARSERS.items():
        if said.only not in name:
            continue
        tried, from_here = 0, time.monotonic()
        for case, run in picked(cases(), said.every, said.first):
            tried += 1
            try:
                run()
            except Exception as error:  # noqa: BLE001 - whatever gets out is what is looked for
                frames = traceback.extract_tb(error.__traceback__)
                ours = next((one for one in reversed(frames) if "/tests/" not in one.filename), frames[-1])
                kind = (
                    f"{name}: {type(error).__name__} {str(error)[:120]!r} at {Path(ours.filename).name}:{ours.lineno}"
                )
                kinds[kind] += 1
                if kinds[kind] == 1:
                    print(f"HARM {kind}\n  case: {case[:200]}", flush=True)
        total += tried
        print(f"{name:32} {tried:8} cases in {time.monotonic() - from_here:5.0f} s", flush=True)
    print(f"{total} cases, {len(kinds)} kinds of harm, in {time.monotonic() - begun:.0f} s")
    for kind, times in kinds.most_common():
        print(f"{times:8} x {kind}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
