"""10,000 webhooks in bad weather: `python -m tests.benchmarks.durability [--webhooks N] [--cuts N] [--kills N]`.

A real hub on one machine; kills of single processes, of all of them, and cuts of the power (only what was synced
stays) come while the webhooks do. Nothing that was acknowledged may be lost, no ticket and no text may come twice.
A text whose worker died between sending and noting it is in doubt: it is not sent again (`infra/decisions/002-…`), and
is counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fakes.stormy_hub import StormyHub, Weather


def main() -> int:
    """Plays, and prints what became of it; 1 where something was lost or came twice."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--webhooks", type=int, default=10_000)
    arguments.add_argument("--kills", type=int, default=12)
    arguments.add_argument("--kills-of-all", type=int, default=4)
    arguments.add_argument("--cuts", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        storm = StormyHub(Path(folder), given.seed, lambda line: print(line, flush=True))
        found = storm.play(given.webhooks, Weather(given.kills, given.kills_of_all, given.cuts))
    print(f"{found.webhooks} webhooks acknowledged; {found.texts} texts; {found.doubtful} in doubt, not sent again")
    wrong = [found.without_ticket, found.several_tickets, found.several_texts, found.without_text]
    for name, some in zip(("lost", "tickets twice", "texts twice", "nobody told"), wrong, strict=True):
        print(f"{name}: {len(some)} {some[:5] or ''}")
    print(f"{time.monotonic() - begun:.0f} s")
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
