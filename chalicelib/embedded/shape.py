"""The tables of the file: those of `keys.TABLES`, made and changed by themselves, and the room's own.

Rules
- A document is JSON text beside its key and index attributes, as in DynamoDB. Indexes follow `keys.TABLES` with whoever
  opens the file first: one that is missing is filled from the documents, one that nobody knows is dropped. So a version
  that knows fewer may open the file, and the next one finds all of them right again.
- `SHAPE` is a promise about everything else. Whoever stores what the version before could not read, or changes one of
  the room's own tables, adds one to it, and the step from the version before to `STEPS`. A file with a greater number
  is not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.embedded.machine import void_leases_of_another_start
from chalicelib.foundation.keys import TABLES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from chalicelib.foundation.keys import TableShape

SHAPE = 1

OWN_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body TEXT NOT NULL,
    sent_at REAL NOT NULL, due_at REAL NOT NULL, visible_at REAL NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0, dead_at REAL);
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (queue, visible_at, id) WHERE dead_at IS NULL;
CREATE INDEX IF NOT EXISTS messages_dead ON messages (queue, dead_at) WHERE dead_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS schedules (name TEXT PRIMARY KEY, fired_at TEXT NOT NULL);
"""

STEPS: Mapping[int, Callable[[sqlite3.Connection], None]] = {}  # shape → what brings a file of the one before up to it


class NewerFolder(Exception):
    """The folder was used by a newer version of the hub."""


def table_name(table: str) -> str:
    """What a table of `keys.TABLES` is called in the file."""
    return f"documents_{table}"


def bring_up(connection: sqlite3.Connection) -> None:
    """Makes what is missing. Raises `NewerFolder`; then nothing was changed."""
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > SHAPE:
        raise NewerFolder(
            f"this folder was used by a newer version of the hub (its shape is {found}, this version knows {SHAPE}): "
            "run that version, or restore a backup that is older"
        )
    for number in range(found + 1, SHAPE + 1):
        if step := STEPS.get(number):
            step(connection)
    for statement in OWN_TABLES.split(";"):
        connection.execute(statement)
    for table, shape in TABLES.items():
        _bring_up_table(connection, table_name(table), shape)
    connection.execute(f"PRAGMA user_version={SHAPE}")
    void_leases_of_another_start(connection)


def _bring_up_table(connection: sqlite3.Connection, name: str, shape: TableShape) -> None:
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {name} "
        f"({shape.key} TEXT PRIMARY KEY, version INTEGER NOT NULL, expires_at INTEGER, doc TEXT NOT NULL)"
    )
    connection.execute(f"CREATE INDEX IF NOT EXISTS {name}_expires ON {name} (expires_at) WHERE expires_at IS NOT NULL")
    indexes = {f"{name}_{index}": pair for index, pair in shape.indexes.items()}
    select = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    there = {row[0] for row in connection.execute(select, [name])}
    for unknown in there - set(indexes) - {f"{name}_expires"}:
        connection.execute(f"DROP INDEX {unknown}")
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
    for attribute in shape.attributes:
        if attribute not in columns:
            connection.execute(f"ALTER TABLE {name} ADD COLUMN {attribute} TEXT")
    for index, (part, sort) in indexes.items():
        if index not in there:
            connection.execute(
                f"UPDATE {name} SET {part} = json_extract(doc, '$.{part}'), {sort} = json_extract(doc, '$.{sort}')"
            )
            connection.execute(
                f"CREATE INDEX {index} ON {name} ({part}, {sort}) WHERE {part} IS NOT NULL AND {sort} IS NOT NULL"
            )
