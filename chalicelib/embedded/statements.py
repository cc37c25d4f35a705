"""The statements by which documents are read and written, made of the names in `keys.TABLES`. Values are parameters."""

from __future__ import annotations

from functools import lru_cache

from chalicelib.embedded.shape import table_name
from chalicelib.foundation.keys import TABLES

ALIVE = "(expires_at IS NULL OR expires_at > :now)"


def _columns(table: str) -> tuple[str, ...]:
    return (*TABLES[table].attributes, "version", "expires_at", "doc")


@lru_cache
def select_sql(table: str) -> str:
    """Documents by their keys, a JSON list `:keys`."""
    wanted = "SELECT value FROM json_each(:keys)"
    return f"SELECT doc FROM {table_name(table)} WHERE {TABLES[table].key} IN ({wanted}) AND {ALIVE}"


@lru_cache
def insert_sql(table: str) -> str:
    """A new document, or one in the place of what has expired; no row is changed where one is alive."""
    columns = _columns(table)
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    return (
        f"INSERT INTO {table_name(table)} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)}) "
        f"ON CONFLICT ({columns[0]}) DO UPDATE SET {sets} WHERE {table_name(table)}.expires_at <= :now"
    )


@lru_cache
def update_sql(table: str) -> str:
    """A document in the place of its version `:expects`; no row is changed where that is not there."""
    columns = _columns(table)
    sets = ", ".join(f"{name} = :{name}" for name in columns[1:])
    return f"UPDATE {table_name(table)} SET {sets} WHERE {columns[0]} = :key AND version = :expects AND {ALIVE}"


def _between(table: str, index: str) -> str:
    part, sort = TABLES[table].indexes[index]
    # "IS NOT NULL" is what lets SQLite take the index, which leaves out what lacks either attribute
    return f"{part} = :part AND {part} IS NOT NULL AND {sort} BETWEEN :first AND :last AND {sort} IS NOT NULL"


@lru_cache
def query_sql(table: str, index: str) -> str:
    """Documents of an index, in order."""
    sort = TABLES[table].indexes[index][1]
    where = f"{_between(table, index)} AND {ALIVE}"
    return f"SELECT doc FROM {table_name(table)} WHERE {where} ORDER BY {sort} LIMIT :limit"


@lru_cache
def keys_sql(table: str, index: str) -> str:
    """Keys of an index, in order."""
    shape = TABLES[table]
    names = ", ".join(dict.fromkeys([shape.key, *shape.indexes[index]]))
    sort = shape.indexes[index][1]
    return f"SELECT {names} FROM {table_name(table)} WHERE {_between(table, index)} ORDER BY {sort} LIMIT :limit"
