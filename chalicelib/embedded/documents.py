"""`Documents` in SQLite: one row a document, its JSON text beside the attributes that it is found by.

The rules are DynamoDB's, as `aws/tables.py` keeps them: what has expired reads as absent and is replaced as if it were
gone; a write passes if it finds the version that it expects.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.embedded.shape import table_name
from chalicelib.embedded.statements import insert_sql, keys_sql, query_sql, select_sql, update_sql
from chalicelib.foundation.keys import TABLES, is_possible_key
from chalicelib.foundation.ports import LAST, Conflict, Unavailable
from chalicelib.foundation.retry import try_write

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from chalicelib.embedded.database import Database
    from chalicelib.foundation.ports import Clock, Document, Write

WRITES_MAX = 100  # of one write; DynamoDB takes no more, so nobody may rely on more


class SqliteDocuments:
    """A store of documents with optimistic versions in one file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())

    def get(self, table: str, key: str) -> Document | None:
        """The document, strongly consistent; None also under a key that no document can have. Raises `Unavailable`."""
        found = self.get_many(table, [key])
        return found[0] if found else None

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        """Those of the documents that exist, in any order, strongly consistent. Raises `Unavailable`."""
        return self.get_all({table: keys})[table]

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:  # noqa: ARG002 - nothing lags here
        """The same for several tables (table → keys) in one go. Raises `Unavailable`."""
        found: dict[str, list[Document]] = {table: [] for table in wanted}
        now = self._now_s()
        with self._database.reading() as connection:
            for table, keys in wanted.items():
                possible = [key for key in dict.fromkeys(keys) if is_possible_key(key)]
                if possible:
                    rows = connection.execute(select_sql(table), {"keys": json.dumps(possible), "now": now})
                    found[table] = [json.loads(doc) for (doc,) in rows]
        return found

    def write(self, *writes: Write) -> None:
        """All of the writes (100 at most, each another document) or none. Raises `Conflict`, `Unavailable`."""
        rows = [_row_of(write) for write in writes]
        if len(writes) > WRITES_MAX or len({(table, row["key"]) for table, row in rows}) < len(writes):
            raise ValueError(f"{len(writes)} writes; at most {WRITES_MAX}, each of another document")
        if not writes:
            return
        try:
            with self._database.writing() as connection:
                for (table, row), write in zip(rows, writes, strict=True):
                    self._put(connection, table, row, write.expects)
        except Conflict:
            self._database.flush()  # what stands there is safe before anybody is told of it
            raise

    def _put(self, connection: sqlite3.Connection, table: str, row: dict[str, Any], expects: int | None) -> None:
        sql = insert_sql(table) if expects is None else update_sql(table)
        if connection.execute(sql, row | {"expects": expects, "now": self._now_s()}).rowcount != 1:
            raise Conflict(f"{table}: {row['key']}")

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        """Each write by itself, in one transaction; what kept each from being written, None: nothing did."""
        failures: list[Conflict | Unavailable | None] = []
        try:
            with self._database.writing() as connection:
                failures = [
                    try_write(lambda write: self._put(connection, *_row_of(write), write.expects), write)
                    for write in writes
                ]
        except Unavailable as away:
            return [away] * len(writes)
        return failures

    def delete(self, table: str, key: str) -> None:
        """Afterwards there is no such document. Raises `Unavailable`."""
        with self._database.writing() as connection:
            connection.execute(f"DELETE FROM {table_name(table)} WHERE {TABLES[table].key} = ?", [key])

    def query(
        self, table: str, index: str, partition: str, *, first: str = "", last: str = LAST, limit: int = 1000
    ) -> list[Document]:
        """Documents of one partition whose sort attribute is in [first, last], ascending."""
        asked = {"part": partition, "first": first, "last": last, "limit": limit, "now": self._now_s()}
        with self._database.reading() as connection:
            return [json.loads(doc) for (doc,) in connection.execute(query_sql(table, index), asked)]

    def keys(
        self, table: str, index: str, partition: str, *, first: str = "", last: str = LAST, limit: int = 1000
    ) -> list[Document]:
        """The key and the two index attributes of each such document; may name expired ones."""
        shape = TABLES[table]
        names = list(dict.fromkeys([shape.key, *shape.indexes[index]]))
        asked = {"part": partition, "first": first, "last": last, "limit": limit}
        with self._database.reading() as connection:
            rows = connection.execute(keys_sql(table, index), asked)
            return [dict(zip(names, row, strict=True)) for row in rows]

    def delete_expired(self, before_s: int, limit: int) -> int:
        """Deletes documents that expired before then (Unix seconds), `limit` of each table; how many."""
        deleted = 0
        for table in TABLES:
            name = table_name(table)
            with self._database.writing(safe=False) as connection:
                deleted += connection.execute(
                    f"DELETE FROM {name} WHERE rowid IN (SELECT rowid FROM {name} WHERE expires_at <= ? LIMIT ?)",
                    [before_s, limit],
                ).rowcount
        return deleted


def _row_of(write: Write) -> tuple[str, dict[str, Any]]:
    """The table and the row of a write. Raises `ValueError` where the document cannot be kept as it is."""
    shape = TABLES[write.table]
    values: dict[str, Any] = dict.fromkeys(shape.attributes) | shape.index_values(write.document)
    if not is_possible_key(values[shape.key]):
        raise ValueError(f"no document of {write.table} can have this key: it is too long, or no text")
    expires = write.document.get("expires_at")
    doc = json.dumps(write.document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    row = values | {
        "key": values[shape.key],
        "version": write.document["version"],
        "expires_at": None if expires is None else int(expires),
        "doc": doc,
    }
    return write.table, row
