"""When a commit is safe, who shares the waiting for it, and what a failing disk costs."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.embedded import database as database_module
from chalicelib.embedded.database import Database
from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    import sqlite3

    from chalicelib.embedded.environment import Embedded

ROOT = Path(__file__).resolve().parents[3]


class Disk:
    """A disk whose syncs a test counts, holds up, or lets fail."""

    def __init__(self) -> None:
        self.syncs = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.began = threading.Semaphore(0)
        self.error: int | None = None

    def sync(self, _file: int) -> None:
        self.syncs += 1
        self.began.release()
        self.goes_on.wait(30)
        if self.error:
            raise OSError(self.error, os.strerror(self.error))


def numbers(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS numbers (n INTEGER)")


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def database(folder: Path, disk: Disk) -> Database:
    made = Database(folder / "hub.db", disk.sync)
    made.prepare(numbers)
    disk.syncs, disk.began = 0, threading.Semaphore(0)
    return made


def add(database: Database, n: int) -> None:
    with database.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (?)", [n])


def add_and_fail(database: Database) -> None:
    with database.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
        connection.execute("INSERT INTO nowhere VALUES (1)")


def stored(database: Database) -> list[int]:
    with database.reading() as connection:
        return [n for (n,) in connection.execute("SELECT n FROM numbers ORDER BY n")]


def test_a_commit_waits_for_the_disk_and_those_who_come_meanwhile_share_the_next_flush(
    database: Database, disk: Disk
) -> None:
    disk.goes_on.clear()
    with ThreadPoolExecutor(40) as threads:
        first = [threads.submit(add, database, n) for n in range(database_module.FLUSHES_AT_ONCE)]
        for _ in first:
            assert disk.began.acquire(timeout=30)
        others = [threads.submit(add, database, n) for n in range(100, 130)]
        while len(stored(database)) < len(first) + len(others):
            pass  # their commits are there for everybody, and none has been acknowledged
        assert not any(one.done() for one in first + others)
        disk.goes_on.set()
        for one in first + others:
            one.result(30)
    assert disk.syncs < len(first) + 5, "thirty commits shared what followed"


def test_what_need_not_be_safe_waits_for_no_disk(database: Database, disk: Disk) -> None:
    with database.writing(safe=False) as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
    assert (stored(database), disk.syncs) == ([1], 0)


def test_a_transaction_that_is_left_by_an_exception_leaves_nothing(database: Database) -> None:
    with pytest.raises(Unavailable):
        add_and_fail(database)
    add(database, 2)
    assert stored(database) == [2]


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_acknowledges_nothing_and_what_follows_is_safe_again(
    database: Database, disk: Disk, error: int
) -> None:
    disk.error = error
    with pytest.raises(Unavailable, match="disk"):
        add(database, 1)
    with pytest.raises(Unavailable, match="disk"):
        add(database, 2)
    disk.error = None
    add(database, 3)
    assert stored(database) == [1, 2, 3], "what was not acknowledged may be there all the same"
    data = database.path.read_bytes()
    assert len(data) > 4096, "all of the log was copied before anything was called safe"


def test_a_conflict_is_told_only_when_what_stands_there_is_safe(parts: Embedded) -> None:
    document = {"event_id": "a", "version": 1}
    parts.documents.write(Write("inbox", document, None))
    flushes: list[int] = []
    parts.database._sync = flushes.append  # noqa: SLF001 - counts
    with pytest.raises(Conflict):
        parts.documents.write(Write("inbox", document, None))
    assert len(flushes) == 1


def test_a_log_that_grows_is_copied_and_begins_anew(database: Database) -> None:
    for n in range(30):
        add(database, n)
    assert database.checkpoint(alone=True)
    size = Path(f"{database.path}-wal").stat().st_size
    for n in range(30):
        add(database, n)
    assert Path(f"{database.path}-wal").stat().st_size == size
    assert database.path.stat().st_size >= 2 * 4096


def test_a_store_that_is_full_says_so_changes_nothing_and_recovers(database: Database) -> None:
    with database.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unavailable, match="full"), database.writing() as connection:
        connection.executemany("INSERT INTO numbers VALUES (?)", [(n,) for n in range(10_000)])
    assert stored(database) == []
    with database.writing() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    add(database, 1)
    assert stored(database) == [1]


COUNTER = """
import sys
from pathlib import Path
from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import RealClock
from chalicelib.foundation.ports import Conflict, Write

parts = Embedded(Path(sys.argv[1]), RealClock())
for _ in range(int(sys.argv[2])):
    while True:
        found = parts.documents.get("config", "counter")
        version = found["version"] if found else None
        document = {"config_id": "counter", "version": (version or 0) + 1}
        try:
            parts.documents.write(Write("config", document, version))
            break
        except Conflict:
            continue
"""


def test_several_processes_open_the_folder_at_once_and_lose_no_write(folder: Path, parts: Embedded) -> None:
    each, processes = 40, 3
    started = [
        subprocess.Popen([sys.executable, "-c", COUNTER, str(folder), str(each)], cwd=ROOT) for _ in range(processes)
    ]
    assert [one.wait(120) for one in started] == [0] * processes
    counter = parts.documents.get("config", "counter")
    assert counter is not None
    assert counter["version"] == each * processes
