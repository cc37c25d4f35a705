"""One SQLite file for all processes of one machine: who writes when, and when what was written is safe.

Rules
- One writer at a time, in the order of asking: the threads of a process wait for its lock, the processes for a lock on
  the file "turn". A writer never waits for a disk while it holds the turn: a commit appends to SQLite's log (WAL).
- What must be safe is safe before the caller goes on: `flush` has the log written to the disk. Those who come while
  that goes on share the next one, so that eight clients cost little more than one. The log is one sequence: what is
  safe, everything before it is. (SQLite would do the same inside the commit, with `synchronous=FULL`, and let everybody
  else wait for the disk meanwhile.)
- Others may see a commit before it is safe. Whatever they write comes behind it in the log, and who only answers what
  they found (a conflict: "this is stored already") has it flushed before they say so.
- Where the disk failed once, what lies in the log is doubtful, although the next flush may succeed: nothing is called
  safe before all of it has been copied into the database itself.
- The log is copied into the database beside the work (a checkpoint), never by a writer.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalicelib.embedded.machine import sync_folder
from chalicelib.foundation.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUSY_MAX_S = 10.0  # SQLite's own waiting: for another process that opens or repairs the file
FLUSHES_AT_ONCE = 4  # as many as a slow disk overlaps; those who come meanwhile share the next one
COMMITS_BETWEEN_CHECKPOINTS = 400  # of one process; some 4 MB of log
LOG_FRAMES_MAX = 4096  # 16 MB of log: then writers wait until the rest is copied, and it begins anew
READERS_KEPT = 16  # connections that are kept for the next reader


class Database:
    """Connections to one file. Safe for threads and processes; a process that forks makes its own afterwards."""

    def __init__(self, path: Path, sync: Callable[[int], object] = os.fdatasync) -> None:
        """`sync` has an open file written to its disk; a test may count or slow it. Nothing is opened yet."""
        self.path = path
        self._sync = sync
        self._turn = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._turn_file = -1
        self._log_file = -1
        self._readers: list[sqlite3.Connection] = []
        self._commits = 0
        self._checkpointing = threading.Lock()
        self._next = Flush()
        self._leading = threading.Lock()
        self._slots = threading.Semaphore(FLUSHES_AT_ONCE)
        self._is_doubtful = False

    def prepare(self, shape: Callable[[sqlite3.Connection], None]) -> None:
        """Lets `shape` make or change the tables while no other process writes; what it raises leaves all as it was."""
        with translating():
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.writing() as connection:
            shape(connection)
        with translating():
            sync_folder(self.path.parent)

    # --- reading ---

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees every commit so far. Raises `Unavailable`."""
        with translating():
            try:
                connection = self._readers.pop()
            except IndexError:
                connection = self._open()
            try:
                yield connection
            except sqlite3.Error:
                connection.close()
                raise
            else:
                if len(self._readers) < READERS_KEPT:
                    self._readers.append(connection)
                else:
                    connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_MAX_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # `flush` is what makes a commit safe
        connection.execute("PRAGMA wal_autocheckpoint=0")
        return connection

    # --- writing ---

    @contextmanager
    def writing(self, *, safe: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction: what is done inside happens whole, or not at all where an exception leaves it.

        `safe=False`: it outlives the process at once, but the machine only after the next flush. Raises `Unavailable`.
        """
        with translating(), self._turn_of_this_process() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            self._commits += 1
            wants_checkpoint = self._commits % COMMITS_BETWEEN_CHECKPOINTS == 0
        if wants_checkpoint:
            threading.Thread(target=self.checkpoint, daemon=True).start()
        if safe:
            self.flush()

    @contextmanager
    def _turn_of_this_process(self) -> Iterator[sqlite3.Connection]:
        """The only writing connection, while no other thread or process writes."""
        with self._turn:
            if self._writer is None:
                self._turn_file = os.open(self.path.with_name("turn"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                self._writer = self._open()
            fcntl.flock(self._turn_file, fcntl.LOCK_EX)
            try:
                yield self._writer
            finally:
                fcntl.flock(self._turn_file, fcntl.LOCK_UN)

    # --- safety ---

    def flush(self) -> None:
        """Returns when all that was committed before is on the disk. Raises `Unavailable` where the disk refuses."""
        with self._leading:
            flush = self._next
            leads, flush.has_leader = not flush.has_leader, True
        if leads:
            with self._slots:
                with self._leading:
                    self._next = Flush()  # who comes from now on is not part of this one
                flush.run(self._make_safe)
        flush.done.result()

    def _make_safe(self) -> None:
        if self._is_doubtful and not self.checkpoint(alone=True):
            raise Unavailable("the disk failed and is not back yet: nothing is stored until it is")
        try:
            if self._log_file < 0:
                self._log_file = os.open(f"{self.path}-wal", os.O_RDWR | os.O_CLOEXEC)
            self._sync(self._log_file)
        except OSError as error:
            self._is_doubtful = True
            raise Unavailable(f"the disk took nothing: {error.strerror}") from error
        self._is_doubtful = False

    def checkpoint(self, *, alone: bool = False) -> bool:
        """Copies the log into the database, as far as nobody reads it; whether all of it was.

        `alone`: no writer goes on meanwhile, so that the log can begin anew. While another thread does it, nothing is.
        """
        if not self._checkpointing.acquire(blocking=alone):
            return False
        try:
            with self.reading() as connection:
                if not alone:
                    busy, frames, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    if busy or frames < LOG_FRAMES_MAX:
                        return bool(frames == copied)
                with self._turn_of_this_process():
                    busy, frames, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                return bool(not busy and frames == copied)
        except Unavailable:
            return False  # the next one does it
        finally:
            self._checkpointing.release()

    def close(self) -> None:
        """Closes what is open; the last one of all processes copies the log and removes it."""
        with self._turn:
            for connection in [*self._readers, *([self._writer] if self._writer else [])]:
                connection.close()
            self._readers, self._writer = [], None
            for file in (self._turn_file, self._log_file):
                if file >= 0:
                    os.close(file)
            self._turn_file = self._log_file = -1


class Flush:
    """One writing of the log to the disk, and all who wait for it."""

    def __init__(self) -> None:
        self.has_leader = False
        self.done: Future[None] = Future()

    def run(self, make_safe: Callable[[], None]) -> None:
        """Does it, and tells everybody how it ended."""
        try:
            make_safe()
        except BaseException as error:  # noqa: BLE001 - those who wait get it, the leader too
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


@contextmanager
def translating() -> Iterator[None]:
    """SQLite's and the disk's errors as those of the ports: a full disk, a lock held for ever, a broken file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError | sqlite3.DataError):
            raise
        raise Unavailable(f"the store on this machine says: {error}") from error
    except OSError as error:
        raise Unavailable(f"the store on this machine cannot be used: {error.strerror}") from error
