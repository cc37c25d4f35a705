"""`Documents` on DynamoDB.

An item holds the key, the index attributes, `version`, `expires_at` (the table's TTL attribute) and the whole
document in `doc` (`aws/packed.py`): what was written is what is read, without DynamoDB's number type in between.

DynamoDB deletes expired items days late, so expiry is decided on reading and in conditions too; whoever writes where
an expired item still lies replaces it as if it were gone.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.aws.calls import code_of, reaching
from chalicelib.aws.items import condition, document_of, item_of, reasons
from chalicelib.aws.statements import (
    STATEMENTS_MAX,
    Throttled,
    failure_of,
    has_all_attributes,
    is_other_kind,
    is_refused,
    update_of,
)
from chalicelib.foundation.keys import TABLES, is_possible_key
from chalicelib.foundation.ports import LAST, Conflict, Unavailable
from chalicelib.foundation.retry import try_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chalicelib.aws.calls import Clients
    from chalicelib.foundation.ports import Clock, Document, Write

TRANSACTION_WRITES_MAX = 100  # of one transaction, by DynamoDB
BATCH_KEYS_MAX = 100  # of one batch read, by DynamoDB
WRITES_AT_ONCE = 8  # writes side by side; botocore keeps ten connections
BATCH_ATTEMPTS = 6  # for what a batch read leaves over when throttled; waits 50 ms, 100 ms, … between
FIRST_WAIT_S = 0.05
THROTTLED_TRIES = 5  # more of a statement that was throttled: 1.5 s at most, with pauses of random length


def _name_of(write: Write) -> str:
    return f"{write.table}: {write.document[TABLES[write.table].key]}"


def _group_writes(writes: Sequence[Write]) -> tuple[list[list[int]], list[int]]:
    """Places of writes that can share a call, in packs, and of those that cannot.

    New documents cannot, nor what would have to lose an attribute (`statements`), nor what is the only one, nor a
    document that is named a second time.
    """
    seen: set[str] = set()
    together, alone = list[int](), list[int]()
    for place, write in enumerate(writes):
        full = write.expects is not None and has_all_attributes(TABLES[write.table], write.document)
        shares = full and _name_of(write) not in seen
        (together if shares else alone).append(place)
        seen.add(_name_of(write))
    if len(together) == 1:
        together, alone = [], sorted(together + alone)
    packs = [together[begin : begin + STATEMENTS_MAX] for begin in range(0, len(together), STATEMENTS_MAX)]
    return packs, alone


class DynamoDocuments:
    """A store of documents with optimistic versions on DynamoDB tables."""

    def __init__(self, clients: Clients, names: Mapping[str, str], clock: Clock) -> None:
        """`names` maps the tables of `keys.TABLES` to the names they have in this account."""
        self._clients = clients
        self._names = names
        self._clock = clock

    @property
    def _dynamodb(self) -> Any:
        return self._clients.get("dynamodb")

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())

    def _alive(self, table: str, items: Iterable[Mapping[str, Any]]) -> list[Document]:
        documents = (document_of(TABLES[table], item) for item in items)
        return [one for one in documents if one.get("expires_at") is None or one["expires_at"] > self._now_s()]

    def get(self, table: str, key: str) -> Document | None:
        """The document, strongly consistent; None also under a key that no document can have. Raises `Unavailable`."""
        if not is_possible_key(key):
            return None
        client = self._dynamodb
        with reaching("DynamoDB"):
            answer = client.get_item(
                TableName=self._names[table], Key={TABLES[table].key: {"S": key}}, ConsistentRead=True
            )
        alive = self._alive(table, [answer["Item"]] if "Item" in answer else [])
        return alive[0] if alive else None

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        """Those of the documents that exist, in any order, strongly consistent. Raises `Unavailable`."""
        return self.get_all({table: keys})[table]

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:
        """The same for several tables (table → keys) in one go. Raises `Unavailable`."""
        found: dict[str, list[Document]] = {table: [] for table in wanted}
        unique = [(table, key) for table, keys in wanted.items() for key in dict.fromkeys(keys) if is_possible_key(key)]
        for start in range(0, len(unique), BATCH_KEYS_MAX):
            for table, items in self._batch(unique[start : start + BATCH_KEYS_MAX], strong=not may_lag).items():
                found[table] += self._alive(table, items)
        return found

    def _batch(self, wanted: Sequence[tuple[str, str]], *, strong: bool) -> dict[str, list[Mapping[str, Any]]]:
        client, asked = self._dynamodb, dict[str, Any]()
        for table, key in wanted:
            keys = asked.setdefault(self._names[table], {"Keys": [], "ConsistentRead": strong})["Keys"]
            keys.append({TABLES[table].key: {"S": key}})
        items: dict[str, list[Mapping[str, Any]]] = {table: [] for table, _ in wanted}
        for attempt in range(BATCH_ATTEMPTS):
            with reaching("DynamoDB"):
                answer = client.batch_get_item(RequestItems=asked)
            for table in items:
                items[table] += answer["Responses"].get(self._names[table], [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return items
            time.sleep(FIRST_WAIT_S * 2**attempt)
        raise Unavailable(f"DynamoDB left keys of {set(items)} unread {BATCH_ATTEMPTS} times: it is throttling")

    def write(self, *writes: Write) -> None:
        """All of the writes (100 at most, each another document) or none. Raises `Conflict`, `Unavailable`."""
        distinct = {(write.table, write.document.get(TABLES[write.table].key)) for write in writes}
        if len(writes) > TRANSACTION_WRITES_MAX or len(distinct) < len(writes):
            raise ValueError(
                f"{len(writes)} writes of {len(distinct)} documents; at most {TRANSACTION_WRITES_MAX}, each another one"
            )
        puts = [self._put(write) for write in writes]
        if len(puts) == 1:
            self._put_one(writes[0], puts[0])
        elif puts:
            self._put_all(writes, puts)

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        """Each write by itself, several at once; what kept each from being written, None: nothing did."""
        failures: list[Conflict | Unavailable | None] = [None] * len(writes)
        together, alone = _group_writes(writes)
        for pack in together:
            for place, failure in zip(pack, self._update_pack([writes[place] for place in pack]), strict=True):
                failures[place] = failure
            for attempt in range(THROTTLED_TRIES):
                late = [place for place in pack if isinstance(failures[place], Throttled)]
                if not late:
                    break
                time.sleep(random.uniform(0, FIRST_WAIT_S * 2**attempt))  # noqa: S311 - spreads, hides nothing
                for place, failure in zip(late, self._update_pack([writes[place] for place in late]), strict=True):
                    failures[place] = failure
        if alone:
            with ThreadPoolExecutor(
                WRITES_AT_ONCE
            ) as threads:  # a Lambda's process may be frozen: none outlives the call
                tries = threads.map(partial(try_write, self.write), [writes[place] for place in alone])
                for place, failure in zip(alone, tries, strict=True):
                    failures[place] = failure
        return failures

    def _update_pack(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        """Documents that exist, written anew in one call."""
        client, now_s = self._dynamodb, self._now_s()
        statements = [
            update_of(TABLES[write.table], self._names[write.table], write.document, write.expects or 0, now_s)
            for write in writes
        ]
        try:
            with reaching("DynamoDB"):
                answer = client.batch_execute_statement(Statements=statements)
        except Unavailable as away:
            return [away] * len(writes)
        repeated = answer["ResponseMetadata"].get("RetryAttempts", 0) > 0
        return [
            try_write(self.write, write)
            if is_other_kind(told, write.expects or 0) or is_refused(told)
            else failure_of(told, statement, _name_of(write), repeated=repeated)
            for told, statement, write in zip(answer["Responses"], statements, writes, strict=True)
        ]

    def _put(self, write: Write) -> dict[str, Any]:
        item = item_of(TABLES[write.table], write.document)
        return {"TableName": self._names[write.table], "Item": item, **condition(write.expects, self._now_s())}

    def _put_one(self, write: Write, put: dict[str, Any]) -> None:
        client = self._dynamodb
        try:
            with reaching("DynamoDB"):
                client.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except client.exceptions.ConditionalCheckFailedException as error:
            # the answer to a first attempt was lost and botocore asked again: what lies there is ours
            repeated = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
            if not (repeated and error.response.get("Item", {}).get("doc") == put["Item"]["doc"]):
                raise Conflict(_name_of(write)) from error
        except client.exceptions.TransactionConflictException as error:
            raise Conflict(_name_of(write)) from error

    def _put_all(self, writes: Sequence[Write], puts: list[dict[str, Any]]) -> None:
        client = self._dynamodb
        try:
            with reaching("DynamoDB"):  # botocore adds the token that makes its own repetitions harmless
                client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
        except client.exceptions.TransactionCanceledException as error:
            found = reasons(error)
            clashes = [
                i for i, reason in enumerate(found) if reason in ("ConditionalCheckFailed", "TransactionConflict")
            ]
            if clashes:
                raise Conflict(", ".join(_name_of(writes[i]) for i in clashes)) from error
            if "ValidationError" in found:
                raise
            raise Unavailable(f"DynamoDB said {sorted(set(found) - {'None'}) or code_of(error)}") from error

    def delete(self, table: str, key: str) -> None:
        """Afterwards there is no such document. Raises `Unavailable`."""
        client = self._dynamodb
        with reaching("DynamoDB"):
            client.delete_item(TableName=self._names[table], Key={TABLES[table].key: {"S": key}})

    def query(
        self, table: str, index: str, partition: str, *, first: str = "", last: str = LAST, limit: int = 1000
    ) -> list[Document]:
        """Documents of one partition whose sort attribute is in [first, last], ascending; may lag a write."""
        key, (part, sort) = TABLES[table].key, TABLES[table].indexes[index]

        def read(items: Iterable[Mapping[str, Any]]) -> list[Document]:
            named = self.get_many(table, [item[key]["S"] for item in items])
            there = (one for one in named if one.get(part) == partition and first <= (one.get(sort) or "") <= last)
            return sorted(there, key=lambda one: str(one[sort]))

        reads = read if index in TABLES[table].keys_only else partial(self._alive, table)
        return self._all(self._query(table, index, partition, first, last), limit, reads)

    def keys(
        self, table: str, index: str, partition: str, *, first: str = "", last: str = LAST, limit: int = 1000
    ) -> list[Document]:
        """The key and the two index attributes of each such document; may lag a write, and name expired ones."""
        names = [TABLES[table].key, *TABLES[table].indexes[index]]

        def bare(items: Iterable[Mapping[str, Any]]) -> list[Document]:
            return [{name: item[name]["S"] for name in names} for item in items]

        return self._all(self._query(table, index, partition, first, last), limit, bare)

    def _all(
        self, request: dict[str, Any], limit: int, read: Callable[[Iterable[Mapping[str, Any]]], list[Document]]
    ) -> list[Document]:
        """What all pages hold, `limit` at most."""
        client = self._dynamodb
        found: list[Document] = []
        while len(found) < limit:
            with reaching("DynamoDB"):
                answer = client.query(**request, Limit=limit - len(found))
            found += read(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def _query(self, table: str, index: str, partition: str, first: str, last: str) -> dict[str, Any]:
        part, sort = TABLES[table].indexes[index]
        # DynamoDB refuses an empty string in a key condition, and only one condition on the sort key is allowed
        between = " AND #s BETWEEN :first AND :last" if first else " AND #s <= :last"
        values = {":p": {"S": partition}, ":last": {"S": last}} | ({":first": {"S": first}} if first else {})
        return {
            "TableName": self._names[table],
            "IndexName": index,
            "KeyConditionExpression": "#p = :p" + between,
            "ExpressionAttributeNames": {"#p": part, "#s": sort},
            "ExpressionAttributeValues": values,
        }
