"""What a document looks like as a DynamoDB item, and the condition under which it may be written. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.aws.packed import packed

if TYPE_CHECKING:
    from chalicelib.foundation.keys import TableShape
    from chalicelib.foundation.ports import Document


def item_of(shape: TableShape, document: Document) -> dict[str, Any]:
    """The item that holds a document. Raises `ValueError` where the document cannot be kept as it is."""
    version = document.get("version")
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"a document's version is an integer from 1, not {version!r}")
    item = {name: {"S": text_of(name, document[name])} for name in attributes(shape) if document.get(name) is not None}
    if shape.key not in item:
        raise ValueError(f"a document of this table needs the key {shape.key!r}")
    item["version"] = {"N": str(version)}
    if document.get("expires_at") is not None:
        item["expires_at"] = {"N": str(int(document["expires_at"]))}
    item["doc"] = packed(document)
    return item


def attributes(shape: TableShape) -> list[str]:
    """The key and index attributes of a table, each once."""
    return list(dict.fromkeys([shape.key, *(name for pair in shape.indexes.values() for name in pair)]))


def text_of(name: str, value: object) -> str:
    """The value of a key or index attribute: a string that is not empty. Raises `ValueError`."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name!r} is a key or index attribute: a string that is not empty, or None; not {value!r}")
    return value


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
