"""Many documents written anew in one call, each for itself: updates in PartiQL. Pure.

DynamoDB's batch of puts knows no conditions, and a transaction costs twice as much. In a batch of statements each is
written or not by its own condition: what an UPDATE's WHERE asks beside the key. It never makes an item where there is
none. (DynamoDB Developer Guide, "PartiQL"; API Reference, `BatchExecuteStatement`.)

Rules
- A statement only sets, `SET "a"=? SET "b"=? WHERE …`, as AWS's own examples do. Its grammar does not say whether SET
  and REMOVE may stand in one statement: what may have to lose an attribute is put whole, by itself.
- A statement that the service refuses is put whole, too: no reading of the grammar keeps a document from being written.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalicelib.aws.items import item_of
from chalicelib.foundation.ports import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.keys import TableShape
    from chalicelib.foundation.ports import Document

log = logging.getLogger("hub.aws")

STATEMENTS_MAX = 25  # of one call, by DynamoDB
CLASHES = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
LATER = frozenset({"InternalServerError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"})


class Throttled(Unavailable):
    """One statement of a call was not carried out, for its partition is too busy now."""


def update_of(shape: TableShape, table: str, document: Document, expects: int, now_s: int) -> dict[str, Any]:
    """The statement that writes the document in the place of its version `expects`, unless that has expired.

    `table` is the table's name in this account; `has_all_attributes` of the document. Only what expires takes the
    place of what expires, for a key must stand among plain ANDs: `is_other_kind` tells the rest. Raises `ValueError`
    where the document cannot be kept as it is.
    """
    item = item_of(shape, document)
    key = item.pop(shape.key)
    sets = " ".join(f'SET "{name}"=?' for name in item)
    return {
        "Statement": f'UPDATE "{table}" {sets} WHERE "{shape.key}"=? AND "version"=? AND "expires_at">?',
        "Parameters": [*item.values(), key, {"N": str(expects)}, {"N": str(now_s)}],
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def has_all_attributes(shape: TableShape, document: Document) -> bool:
    """Whether a statement can write the document: whatever attributes the item has, all are set anew."""
    live = [name for index, pair in shape.indexes.items() if index not in shape.former for name in pair]
    return all(document.get(name) is not None for name in (*live, "expires_at"))


def is_other_kind(answer: Mapping[str, Any], expects: int) -> bool:
    """Whether the version expected lies there all the same: it expires and the new one does not, or the reverse."""
    item: Mapping[str, Any] = answer.get("Error", {}).get("Item", {})
    found: str | None = item.get("version", {}).get("N")
    return found == str(expects)


def is_refused(answer: Mapping[str, Any]) -> bool:
    """Whether the service does not take the statement as one; then nothing was done."""
    return str(answer.get("Error", {}).get("Code")) == "ValidationError"


def failure_of(
    answer: Mapping[str, Any], statement: Mapping[str, Any], what: str, *, repeated: bool
) -> Conflict | Unavailable | None:
    """What kept one statement from being carried out; None: nothing did.

    `repeated`: the whole call was, for its first answer was lost: where our own document lies by now, it was written.
    A statement that will never be carried out is logged, and fails like one that waits: those around it are written.
    """
    error: Mapping[str, Any] = answer.get("Error", {})
    code = error.get("Code", "")
    if not error or (repeated and code in CLASHES and error.get("Item", {}).get("doc") in statement["Parameters"]):
        return None
    if code in CLASHES:
        return Conflict(what)
    if code in LATER:
        return Throttled(f"DynamoDB said {code}")
    log.error("DynamoDB refuses to write %s: %s", what, code)
    return Unavailable(f"DynamoDB said {code} of {what}")
