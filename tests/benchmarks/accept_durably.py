"""How many webhooks a second one machine accepts durably, beside one durable SQLite commit at a time, in one run.

The ceiling is one process that inserts a webhook's bytes into a table, WAL, `synchronous=FULL`, one row a commit, on
the same disk. Each webhook is new, signed, and goes over a kept-alive connection to the real HTTP door in a process of
its own; nothing reads the queues meanwhile. Clients are threads of this process: they share the machine with the door.
Rounds alternate, and medians are printed. `--fsync-ms 5` makes every fsync of both take so much longer (LD_PRELOAD).
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from infra.local.family import Child
from infra.local.ministack import answers, listen
from tests.benchmarks.accept import KEY, accepting, configure, machine, measured
from tests.fakes.disk import slow

BODY = "x" * 1500


def ceiling(path: Path, seconds: float) -> float:
    """Durable commits a second, one after another."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT)")
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        connection.execute("INSERT INTO events VALUES (?, ?)", [f"{begun}-{done}", BODY])
        done += 1
    connection.close()
    return done / seconds


def main() -> None:
    """Prints the medians."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--fsync-ms", type=float, default=0)
    arguments.add_argument("--seconds", type=float, default=4)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--folder", type=Path, help="on the disk that is measured; else a temporary one")
    given = arguments.parse_args()
    sys.setswitchinterval(0.0005)  # or a client would measure how long its fellow clients keep it waiting
    with tempfile.TemporaryDirectory(dir=given.folder) as name, listen(0) as listening:
        folder = Path(name)
        port = listening.getsockname()[1]
        slower = slow(folder, given.fsync_ms) if given.fsync_ms else {}
        settings = {
            "HUB_ADMIN_KEY": KEY,
            "HUB_LOCAL": "1",
            "HUB_STORE": "embedded",
            "HUB_LOCAL_DIR": name,
            "HUB_LOCAL_FD": str(listening.fileno()),
        }
        door = Child("http", [], settings | slower, folder, (listening.fileno(),))
        door.start()
        try:
            while not answers(f"http://127.0.0.1:{port}/health"):
                time.sleep(0.1)
            configure(port)
            rows = []
            for n in range(given.rounds):
                raw = ceiling(folder / "ceiling.db", given.seconds) if not slower else 1000 / given.fsync_ms
                rows.append((raw, *measured(given.clients, accepting(port, n), given.seconds)))
        finally:
            door.stop()
    raws, rates, p99s = (sorted(column) for column in zip(*rows, strict=True))
    load = os.getloadavg()[0]
    print(
        f"{machine()}; load {load:.1f}; {given.clients} clients, {given.rounds} rounds of {given.seconds:g} s, medians"
    )
    raw, rate = statistics.median(raws), statistics.median(rates)
    print(f"one durable commit at a time {raw:.0f}/s ({raws[0]:.0f} to {raws[-1]:.0f})")
    print(f"webhooks accepted {rate:.0f}/s ({rates[0]:.0f} to {rates[-1]:.0f}), {rate / raw:.1f} times; ", end="")
    print(f"p99 {statistics.median(p99s):.1f} ms ({p99s[0]:.1f} to {p99s[-1]:.1f})")


if __name__ == "__main__":
    main()
