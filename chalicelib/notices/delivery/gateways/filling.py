"""A template with everything put into its places. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("to", "to_digits", "text", "sender", "reference", "report_url", "ttl_s", "ttl_ms", "alphabet")
PLACE = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_]+)?)\}")
_LINE_BREAK = re.compile(r"[\r\n]")


class NoSuchValue(ValueError):
    """A template asks for something that is not there."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled. Raises `NoSuchValue`."""
    return PLACE.sub(lambda place: _value(values, place[1]), text)


def fill_url(text: str, values: Mapping[str, str]) -> str:
    """The same for an address: what is put in is quoted."""
    return PLACE.sub(lambda place: quote(_value(values, place[1]), safe=""), text)


def fill_header(text: str, values: Mapping[str, str]) -> str:
    """The same for a header: one line."""
    return _LINE_BREAK.sub(" ", fill(text, values))


def fill_json(value: Any, values: Mapping[str, str]) -> Any:
    """The same for JSON: a place that stands alone and is a number becomes one; what becomes empty is left out."""
    if isinstance(value, dict):
        filled = {name: fill_json(one, values) for name, one in value.items()}
        return {name: one for name, one in filled.items() if one != ""}
    if isinstance(value, list):
        return [fill_json(one, values) for one in value]
    if not isinstance(value, str):
        return value
    return int(values[value[1:-1]]) if value in {"{ttl_s}", "{ttl_ms}"} else fill(value, values)


def places_of(value: Any) -> set[str]:
    """The names of all places in a template's parts."""
    if isinstance(value, dict):
        return set().union(*map(places_of, value.values())) if value else set()
    if isinstance(value, list | tuple):
        return set().union(*map(places_of, value)) if value else set()
    return set(PLACE.findall(value)) if isinstance(value, str) else set()


def _value(values: Mapping[str, str], name: str) -> str:
    if name.startswith("bearer."):
        token = values.get("secret." + name.partition(".")[2], "")
        return f"Bearer {token}" if token else ""
    if name not in values:
        raise NoSuchValue(f"{{{name}}}")
    return values[name]
