"""What a document looks like as a DynamoDB item, and the condition under which it may be written. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.aws.packed import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.keys import TableShape
    from chalicelib.foundation.ports import Document


def item_of(shape: TableShape, document: Document) -> dict[str, Any]:
    """The item that holds a document. Raises `ValueError` where the document cannot be kept as it is."""
    item = {name: {"S": value} for name, value in shape.index_values(document).items()}
    item["version"] = {"N": str(document["version"])}
    if document.get("expires_at") is not None:
        item["expires_at"] = {"N": str(int(document["expires_at"]))}
    item["doc"] = packed(document, beside(shape, item))
    return item


def document_of(shape: TableShape, item: Mapping[str, Any]) -> Document:
    """Inverse of `item_of`."""
    return unpacked(item["doc"], beside(shape, item))


def beside(shape: TableShape, item: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that a document has beside it: those of former indexes may be left from a version before."""
    live = {name for index, pair in shape.indexes.items() if index not in shape.former for name in pair}
    return {name: item[name] for name in (shape.key, "version", "expires_at", *live) if name in item}


def condition(expects: int | None, now_s: int) -> dict[str, Any]:
    """The condition of a put: the version expected lies there (None: nothing does). What has expired is not there."""
    names = {"#v": "version", "#e": "expires_at"}
    now = {":now": {"N": str(now_s)}}
    if expects is None:
        return {
            "ConditionExpression": "attribute_not_exists(#v) OR #e <= :now",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": now,
        }
    return {
        "ConditionExpression": "#v = :v AND (attribute_not_exists(#e) OR #e > :now)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": now | {":v": {"N": str(expects)}},
    }


def reasons(error: Exception) -> list[str]:
    """Why each write of a cancelled transaction failed, as DynamoDB's codes; "None" for those that did not."""
    response: dict[str, Any] = getattr(error, "response", {})
    return [str(reason.get("Code", "None")) for reason in response.get("CancellationReasons", [])]
