"""The machine: its clock that only goes forward, what its start anew means for leases, the names on its disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
DELAY_MAX_S = 900  # of a message, by SQS; nobody may rely on more


def forward_clock() -> float:
    """Seconds since the machine started, sleep included; the same for all its processes."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def void_leases_of_another_start(connection: sqlite3.Connection) -> None:
    """After the machine started anew nobody holds a message any more; what was put off waits for what is left of it."""
    boot = BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
    known = connection.execute("SELECT value FROM facts WHERE name = 'boot'").fetchone()
    if known is None or known[0] != boot:
        connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES ('boot', ?)", [boot])
        connection.execute(
            "UPDATE messages SET visible_at = ? + MAX(0, MIN(due_at - ?, ?)) WHERE dead_at IS NULL",
            [forward_clock(), time.time(), DELAY_MAX_S],
        )


def sync_folder(folder: Path) -> None:
    """Has the names in a folder written to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
