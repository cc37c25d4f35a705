"""Holds values against the shapes of the served description."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import jsonschema

from chalicelib.entrypoints.endpoints import ENDPOINTS
from chalicelib.entrypoints.json_shapes import Error
from chalicelib.entrypoints.openapi import description

if TYPE_CHECKING:
    from pydantic import BaseModel

    from chalicelib.entrypoints.endpoints import Endpoint


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Checks against one shape of the description, formats included."""
    whole = {**description(), "$ref": f"#/components/schemas/{name}"}
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(whole, format_checker=checks)


def check_whole(shape: type[BaseModel], body: bytes | str) -> None:
    """Raises `ValidationError` unless the JSON has all that the shape says, and nothing that it does not name."""
    shape.model_validate_json(body, extra="forbid")


def check_answer(method: str, path: str, status: int, body: bytes) -> None:
    """The same for an answer of the hub, by the endpoint that gave it. What is no JSON object passes."""
    endpoint = _endpoint_of(method.lower(), path.partition("?")[0])
    if not body.startswith(b"{") or endpoint is None:
        return
    well = (endpoint.success, *endpoint.same_on)
    assert status in (*well, *endpoint.fails), f"{method} {endpoint.path}: {status} is undescribed"
    if status not in well:
        check_whole(Error, body)
    elif not isinstance(endpoint.gives, str):
        check_whole(endpoint.gives, body)


@cache
def _endpoint_of(method: str, path: str) -> Endpoint | None:
    """The most exact of those that match: /t/{token}.json before /t/{token}."""
    patterns = {one: re.sub(r"{\w+}", "[^/]+", one.path) for one in ENDPOINTS if one.method == method}
    found = [one for one, pattern in patterns.items() if re.fullmatch(pattern, path)]
    return max(found, key=lambda one: len(one.path), default=None)
