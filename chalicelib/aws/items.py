"""What a document looks like as a DynamoDB item, and the condition under which it may be written. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.aws.packed import packed

if TYPE_CHECKING:
    from chalicelib.foundation.keys import TableShape
    from chalicelib.foundation.ports import Document


def item_of(shape: TableShape, document: Document) -> dict[str, Any]:
    """The item that holds a document. Raises `ValueError` where the document cannot be kept as it is."""
    item = {name: {"S": value} for name, value in shape.index_values(document).items()}
    item["version"] = {"N": str(document["version"])}
    if document.get("expires_at") is not None:
        item["expires_at"] = {"N": str(int(document["expires_at"]))}
    item["doc"] = packed(document)
    return item


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
