"""The folder over time: backups, restores, versions before and after, secrets and their key."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from chalicelib.embedded.environment import EXPIRED_FOR_S, Embedded
from chalicelib.embedded.shape import SHAPE, NewerFolder
from chalicelib.foundation.ports import Refused, Text, Write
from infra.local.folder import CannotDo, back_up, enter_secret, restore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.memory import ManualClock


def put(parts: Embedded, key: str, **more: object) -> None:
    parts.documents.write(Write("inbox", {"event_id": key, "version": 1, **more}, None))


def test_a_backup_made_while_the_hub_writes_is_restored_whole(
    parts: Embedded, tmp_path: Path, clock: ManualClock
) -> None:
    put(parts, "a")
    parts.bucket.put("timetables/a", b"blob")
    parts.secrets.write("square", {"token": "made-up"})
    parts.queues.send("inbox", {"n": 1})
    stop = threading.Event()

    def write_on() -> None:
        n = 0
        while not stop.is_set():
            put(parts, f"later-{n}")
            n += 1

    thread = threading.Thread(target=write_on)
    thread.start()
    assert back_up(tmp_path / "state", tmp_path / "hub.tar") > 0
    stop.set()
    thread.join()
    assert stat.S_IMODE((tmp_path / "hub.tar").stat().st_mode) == 0o600
    restore(tmp_path / "hub.tar", tmp_path / "other")
    again = Embedded(tmp_path / "other", clock, {"HUB_SECRETS_KEY_FILE": str(tmp_path / "elsewhere" / "key")})
    assert again.documents.get("inbox", "a") == {"event_id": "a", "version": 1}
    assert again.bucket.get("timetables/a") == b"blob"
    assert again.secrets.read("square") == {"token": "made-up"}
    assert [one.body for one in again.queues.receive("inbox", 10, 30)] == ['{"n":1}']
    again.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["elsewhere", "hub.tar", "other", "state"]


def test_a_backup_opens_no_secret_without_the_key(parts: Embedded, tmp_path: Path, clock: ManualClock) -> None:
    parts.secrets.write("square", {"token": "made-up"})
    back_up(tmp_path / "state", tmp_path / "hub.tar")
    assert b"made-up" not in (tmp_path / "hub.tar").read_bytes()
    restore(tmp_path / "hub.tar", tmp_path / "other")
    again = Embedded(tmp_path / "other", clock, {"HUB_SECRETS_KEY_FILE": str(tmp_path / "lost")})
    with pytest.raises(Refused, match="put it back"):
        again.secrets.read("square")
    with pytest.raises(Refused, match="put it back"):
        again.secrets.write("another", {"token": "x"})
    (tmp_path / "lost").write_bytes(b"no key")
    with pytest.raises(Refused, match="holds no key"):
        again.secrets.read("square")
    (tmp_path / "lost").write_bytes((tmp_path / "elsewhere" / "key").read_bytes())
    assert again.secrets.read("square") == {"token": "made-up"}
    again.close()


def test_the_key_lies_outside_and_only_its_owner_reads_it(parts: Embedded, tmp_path: Path) -> None:
    parts.secrets.write("square", {"token": "made-up"})
    key = tmp_path / "elsewhere" / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() not in (tmp_path / "state" / "secrets.json").read_bytes()
    parts.secrets.delete("square")
    with pytest.raises(Refused, match="there is no secret square"):
        parts.secrets.read("square")
    assert parts.secrets.names() == []


def test_secrets_are_entered_as_lines(parts: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRETS_KEY_FILE", str(tmp_path / "elsewhere" / "key"))
    with pytest.raises(CannotDo, match="nothing was entered"):
        enter_secret("square", ["\n"], tmp_path / "state")
    assert enter_secret("square", ["token = made=up \n"], tmp_path / "state") == str(tmp_path / "elsewhere" / "key")
    assert parts.secrets.read("square") == {"token": "made=up"}


def test_what_cannot_be_restored_leaves_the_folder_alone(parts: Embedded, tmp_path: Path) -> None:
    put(parts, "a")
    back_up(tmp_path / "state", tmp_path / "hub.tar")
    with pytest.raises(CannotDo, match="holds a hub already"):
        restore(tmp_path / "hub.tar", tmp_path / "state")
    with pytest.raises(CannotDo, match="there already"):
        back_up(tmp_path / "state", tmp_path / "hub.tar")
    with pytest.raises(CannotDo, match="nothing to back up"):
        back_up(tmp_path / "empty", tmp_path / "other.tar")
    with pytest.raises(CannotDo, match="no file"):
        restore(tmp_path / "nothing.tar", tmp_path / "other")
    half = (tmp_path / "hub.tar").read_bytes()
    (tmp_path / "half.tar").write_bytes(half[: len(half) // 3])
    (tmp_path / "no.tar").write_bytes(b"no tar at all")
    with tarfile.open(tmp_path / "strange.tar", "w") as tar:
        tar.add(tmp_path / "no.tar", "../../escaped")
    for name in ("half.tar", "no.tar", "strange.tar"):
        with pytest.raises(CannotDo, match=r"backup|damaged"):
            restore(tmp_path / name, tmp_path / "other")
        assert [one.name for one in (tmp_path / "other").iterdir()] == ["lock"]
    restore(tmp_path / "hub.tar", tmp_path / "other")


def test_a_folder_of_a_newer_version_is_refused_and_not_touched(
    folder: Path, parts: Embedded, clock: ManualClock, tmp_path: Path
) -> None:
    put(parts, "a")
    parts.close()
    with closing(sqlite3.connect(folder / "hub.db")) as connection:
        connection.execute(f"PRAGMA user_version = {SHAPE + 1}")
    before = (folder / "hub.db").read_bytes()
    with pytest.raises(NewerFolder, match="newer version of the hub"):
        Embedded(folder, clock, {})
    assert (folder / "hub.db").read_bytes() == before
    back_up(folder, tmp_path / "hub.tar")
    with pytest.raises(CannotDo, match="newer version"):
        restore(tmp_path / "hub.tar", tmp_path / "other")


def test_indexes_follow_the_version_that_opens_the_folder(folder: Path, parts: Embedded, clock: ManualClock) -> None:
    """A version before knew other indexes and columns; what it wrote is found by those of today."""
    put(parts, "a", open_shard="0", received_at="2026")
    parts.close()
    with closing(sqlite3.connect(folder / "hub.db", isolation_level=None)) as connection:
        connection.execute("DROP INDEX documents_inbox_open_keys")
        connection.execute("CREATE INDEX documents_inbox_of_old ON documents_inbox (received_at)")
        connection.execute("UPDATE documents_inbox SET open_shard = NULL, received_at = NULL")
        connection.execute("DROP INDEX documents_inbox_parked_keys")
        connection.execute("ALTER TABLE documents_inbox DROP COLUMN parked_business")
    again = Embedded(folder, clock, {})
    assert [one["event_id"] for one in again.documents.query("inbox", "open_keys", "0")] == ["a"]
    with again.database.reading() as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {"documents_inbox_open_keys", "documents_inbox_parked_keys"} <= names
    assert "documents_inbox_of_old" not in names
    again.close()


def test_what_expired_is_deleted_later_everywhere(parts: Embedded, clock: ManualClock) -> None:
    now_s = int(clock.now().timestamp())
    put(parts, "a", expires_at=now_s + 1)
    put(parts, "b")
    parts.texts.send(Text("+12025550123", "Leave by 09:12"))
    clock.advance(seconds=EXPIRED_FOR_S)
    parts.tidy()
    assert rows(parts) == 2, "a clock that jumped an hour ahead may come back"
    clock.advance(seconds=2)
    parts.tidy()
    assert rows(parts) == 1
    assert len(parts.outbox.latest()) == 1
    clock.advance(days=15)
    parts.tidy()
    assert parts.outbox.latest() == []


def rows(parts: Embedded) -> int:
    with parts.database.reading() as connection:
        return int(connection.execute("SELECT COUNT(*) FROM documents_inbox").fetchone()[0])


def test_a_folder_that_was_copied_while_it_was_open_is_read(folder: Path, parts: Embedded, clock: ManualClock) -> None:
    put(parts, "a")
    shutil.copytree(folder, folder.parent / "copy", ignore=shutil.ignore_patterns("*-shm"))
    again = Embedded(folder.parent / "copy", clock, {})
    assert again.documents.get("inbox", "a")
    again.close()
