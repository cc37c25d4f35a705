"""GET /openapi.json: the table of endpoints and its JSON shapes as an OpenAPI 3.1 description."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from chalicelib.entrypoints.endpoints import ENDPOINTS, HTML
from chalicelib.entrypoints.json_shapes import Error
from chalicelib.entrypoints.refused_calls import GUESSABLE
from chalicelib.pages.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from chalicelib.entrypoints.endpoints import Endpoint

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TEXT = {"type": "string"}
REFERENCE = "#/components/schemas/{model}"
REASONS = {
    200: "Done",
    202: "Accepted",
    204: "Taken; there is nothing to say",
    303: "See the page",
    400: "What was sent cannot be used",
    401: "The signature or key is missing or wrong",
    403: "Not with this key, or sent from another site",
    404: "There is no such thing",
    405: "This tool asks for no handshake; webhooks come by POST",
    409: "Not possible any more, or changed by somebody else meanwhile",
    411: "The length of the body is missing (on one machine only)",
    413: "Too large",
    429: "Too many refused calls came from this address: wait a minute",
    503: "Not possible just now; try again",
}


@cache
def description() -> Mapping[str, Any]:
    """The whole description."""
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Live ticket hub",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"admin": {"type": "http", "scheme": "bearer"}},
        },
    }


def openapi_page() -> Page:
    """GET /openapi.json. It holds nothing about anybody, so anyone may keep it for an hour."""
    headers = {"Content-Type": JSON, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Page(200, headers, json.dumps(description()).encode())


def _schemas() -> dict[str, Any]:
    """All that endpoints take and give, and what that refers to, by name."""
    shapes: dict[str, type[BaseModel]] = {Error.__name__: Error}
    for endpoint in ENDPOINTS:
        shapes |= {one.__name__: one for one in (endpoint.gives, endpoint.takes) if one and not isinstance(one, str)}
    _, made = models_json_schema([(shape, "validation") for shape in shapes.values()], ref_template=REFERENCE)
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    words = re.findall(r"\w+", endpoint.path.replace("{", "by_").replace(".", "_as_"))
    operation: dict[str, Any] = {
        "operationId": "_".join([endpoint.method, *words]),
        "summary": endpoint.does,
        "responses": {str(endpoint.success): _success(endpoint)}
        | {str(status): _failure(endpoint, status) for status in _fails(endpoint)},
    }
    for status in endpoint.same_on:
        operation["responses"][str(status)] = _success(endpoint) | {"description": REASONS[status]}
    parameters = [_parameter(name, "path") for name in re.findall(r"{(\w+)}", endpoint.path)]
    parameters += [_parameter(name, "query") for name in endpoint.query]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.takes:
        content = {} if endpoint.only_form else {JSON: {"schema": _ref(endpoint.takes)}}
        if endpoint.takes_form or endpoint.only_form:
            content[FORM] = {"schema": _ref(endpoint.takes)}
            operation["responses"]["303"] = {"description": REASONS[303], "headers": {"Location": {"schema": TEXT}}}
        needs_some = any(one.is_required() for one in endpoint.takes.model_fields.values())
        operation["requestBody"] = {"required": needs_some, "content": content}
        operation["responses"]["411"] = _failure(endpoint, 411)
    if endpoint.answers_handshake:
        operation["responses"]["200"] = {
            "description": "A handshake's answer",
            "content": {"text/plain": {"schema": TEXT}},
        }
    if endpoint.is_for_operators:
        operation["security"] = [{"admin": []}]
    return operation


def _fails(endpoint: Endpoint) -> tuple[int, ...]:
    """How it can fail; where keys, links and ids may be tried out, too often is 429."""
    may_be_tried = endpoint.is_for_operators or endpoint.only_form or endpoint.path.startswith(GUESSABLE)
    return (*endpoint.fails, 429) if may_be_tried else endpoint.fails


def _ref(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=shape.__name__)}


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": TEXT}


def _success(endpoint: Endpoint) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": REASONS[endpoint.success]}
    if isinstance(endpoint.gives, str):
        return answer | ({"content": {endpoint.gives: {"schema": TEXT}}} if endpoint.gives else {})
    return answer | {"content": {JSON: {"schema": _ref(endpoint.gives)}}}


def _failure(endpoint: Endpoint, status: int) -> dict[str, Any]:
    """An error, as JSON for programs and as a page for people. HEAD has no body."""
    answer: dict[str, Any] = {"description": REASONS[status]}
    if endpoint.method == "head":
        return answer
    error, page = {JSON: {"schema": _ref(Error)}}, {HTML: {"schema": TEXT}}
    if status == 404 and endpoint.gives == HTML:  # noqa: PLR2004 - an HTTP status
        return answer | {"content": page}
    is_page = endpoint.gives == HTML or (status == 404 and endpoint.takes_form)  # noqa: PLR2004 - the same
    return answer | {"content": error | page if is_page else error}
