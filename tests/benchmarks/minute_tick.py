"""What the minute's work costs with 10,000 and with 100,000 tickets in the store, of which as many are due.

On one folder; each round moves the clock a minute and finds 60 tickets due. Medians of 20 rounds, alternating.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.keys import due_keys
from chalicelib.foundation.ports import Write
from chalicelib.wiring import Hub
from tests.benchmarks.accept import machine
from tests.fakes.memory import ManualClock

NOW = datetime(2026, 9, 3, 6, 0, tzinfo=UTC)
SIZES = (10_000, 100_000)
DUE, ROUNDS, PACK = 60, 20, 100
BODY = "x" * 4000  # about what a planned ticket takes


def filled(folder: Path, size: int, clock: ManualClock) -> Embedded:
    """A store of so many tickets; sixty fall due in each of the next minutes, the others later."""
    parts = Embedded(folder, clock, {"HUB_SECRETS_KEY_FILE": str(folder / "key")})
    for begin in range(0, size, PACK):
        parts.documents.write(*(Write("tickets", ticket(n), None) for n in range(begin, begin + PACK)))
    parts.database.checkpoint(alone=True)
    return parts


def ticket(n: int) -> dict[str, object]:
    minute = n // DUE if n < DUE * ROUNDS else 600 + n % 20_000
    shard, sort = due_keys(f"t{n}", NOW + timedelta(minutes=minute))
    where = {"due_shard": shard, "next_look_at": sort, "business_day": f"b{n % 500}#2026-09-03", "start_utc": "2026"}
    return {"ticket_id": f"t{n}", "version": 1, "booking_id": f"b{n}", "body": BODY, **where}


def main() -> None:
    """Prints the medians."""
    took: dict[int, list[float]] = {size: [] for size in SIZES}
    with tempfile.TemporaryDirectory() as name:
        clocks = {size: ManualClock(NOW) for size in SIZES}
        stores = {size: filled(Path(name) / str(size), size, clocks[size]) for size in SIZES}
        hubs = {
            size: Hub(
                one.documents, one.queues, one.bucket, one.texts, one.mail, one.topic, one.secrets,
                clocks[size], "https://hub.example.org",
            )
            for size, one in stores.items()
        }  # a table, read by rows # fmt: skip
        for _ in range(ROUNDS):
            for size, hub in hubs.items():
                began = time.perf_counter()
                for work in hub.minute_work:
                    work(hub.now())
                took[size].append(time.perf_counter() - began)
                found = stores[size].queues.receive("tickets", 10_000, 600)
                stores[size].queues.delete(found)
                clocks[size].advance(minutes=1)
        for one in stores.values():
            one.close()
    print(f"{machine()}; load {os.getloadavg()[0]:.1f}; a minute's work, {DUE} tickets due, medians of {ROUNDS}")
    for size, times in took.items():
        print(f"{size:7} tickets in the store: {statistics.median(times) * 1000:.1f} ms ({min(times) * 1000:.1f} best)")


if __name__ == "__main__":
    main()
