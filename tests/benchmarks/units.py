"""What DynamoDB bills for a read or a write, counted from the very items that are stored. Pure.

Sources (the Developer Guide's pages, read in 2025): "DynamoDB read and write operations" (a write unit a KiB of the
larger of the item before and after, a read unit 4 KiB strongly consistent, half of it where it may lag), "Item sizes
and formats",
"Using global secondary indexes" (an entry whose projected attributes stay costs nothing; one that comes or
goes costs one write, one whose keys change costs two), "Capacity management for transactions" (twice). Whether entries
of indexes are doubled in a transaction the pages do not say: they are counted twice here.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from chalicelib.aws.items import item_of
from chalicelib.foundation.keys import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.foundation.keys import TableShape
    from chalicelib.foundation.ports import Document, Write

KIB = 1024
READ_KIB = 4
ENTRY_OVERHEAD_BYTES = 100  # of each entry of an index
Item = dict[str, dict[str, Any]]


def item(table: str, document: Document | None) -> Item | None:
    """The item that holds the document."""
    return item_of(TABLES[table], document) if document else None


def item_bytes(stored: Item | None) -> int:
    """Names and values; a number has half a byte a digit and one more."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in stored.items()) if stored else 0


def _value_bytes(value: Mapping[str, Any]) -> int:
    if "N" in value:
        return len(value["N"]) // 2 + 2
    return len(value["B"]) if "B" in value else len(value["S"].encode())


def write_units(table: str, before: Item | None, after: Item) -> int:
    """Of one write by itself, its indexes included."""
    shape = TABLES[table]
    units = ceil(max(item_bytes(before), item_bytes(after)) / KIB)
    return units + sum(_index_units(shape, index, before or {}, after) for index in shape.indexes)


def transaction_units(writes: Sequence[Write], before: Sequence[Item | None]) -> int:
    """Of several writes in one transaction; of one, there is none."""
    each = [
        write_units(write.table, old, item_of(TABLES[write.table], write.document))
        for write, old in zip(writes, before, strict=True)
    ]
    return sum(each) * (2 if len(each) > 1 else 1)


def _index_units(shape: TableShape, index: str, before: Item, after: Item) -> int:
    pair = shape.indexes[index]
    old, new = (tuple(one.get(name, {}).get("S") for name in pair) for one in (before, after))
    was, is_in = None not in old, None not in new
    only_keys = index in shape.keys_only
    size = 1 if only_keys else ceil((item_bytes(after if is_in else before) + ENTRY_OVERHEAD_BYTES) / KIB)
    if was and is_in and old == new:
        return 0 if only_keys else size
    return size * (was + is_in)


def read_units(stored: Item | None) -> float:
    """Strongly consistent; of nothing: one."""
    return max(1, ceil(item_bytes(stored) / KIB / READ_KIB))


def query_units(read_bytes: int) -> float:
    """Of a page of an index, which may lag: half a unit for 4 KiB of all entries together, half a unit at least."""
    return max(1, ceil(read_bytes / KIB / READ_KIB)) / 2
