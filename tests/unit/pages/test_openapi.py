"""The description of the HTTP contract: complete, sound, and true of what the endpoints really answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from chalicelib.entrypoints.endpoints import ENDPOINTS
from chalicelib.entrypoints.openapi import description, openapi_page
from tests.fakes.openapi import validator

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = (".json", ".ics")  # of /t/{token}: one route of the app, three endpoints


def test_every_route_of_the_app_is_described_and_nothing_else() -> None:
    import app  # noqa: PLC0415 - the app is made when it is needed

    routes = {(method.lower(), path) for path, methods in app.app.routes.items() for method in methods}
    described = {(one.method, one.path) for one in ENDPOINTS if not one.path.endswith(("}.json", "}.ics"))}
    assert described == routes
    assert {one.path for one in ENDPOINTS if one.path.endswith(("}.json", "}.ics"))} == {
        f"/t/{{token}}{suffix}" for suffix in SUFFIXES
    }


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_to_a_shape_and_every_shape_is_a_sound_schema() -> None:
    shapes = description()["components"]["schemas"]
    assert {found.removeprefix("#/components/schemas/") for found in references(description())} <= shapes.keys()
    for shape in shapes.values():
        jsonschema.Draft202012Validator.check_schema(shape)


def test_operations_have_names_of_their_own_and_all_their_parameters() -> None:
    operations = [
        (path, method, operation) for path, item in description()["paths"].items() for method, operation in item.items()
    ]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names)) == len(ENDPOINTS)
    for path, _, operation in operations:
        inside = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert inside == set(re.findall(r"{(\w+)}", path))
        assert ("security" in operation) is path.startswith("/admin/")


def test_the_forms_that_check_a_body_describe_it() -> None:
    form = description()["components"]["schemas"]["BusinessForm"]
    assert set(form["required"]) == {"name", "timezone", "location"}
    assert form["properties"]["location"] == {"$ref": "#/components/schemas/LocationForm"}


def test_the_description_is_json_that_anyone_may_keep() -> None:
    page = openapi_page()
    assert json.loads(page.body)["openapi"] == "3.1.0"
    assert page.headers["Cache-Control"].startswith("public")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Origin", {"lat": 1, "lon": 2}, {"lat": 1, "lon": 2, "stop_id": "x"}),
        ("Origin", {"stop_id": "x"}, {}),
        ("Origin", {"lat": 1, "lon": 2, "accuracy_m": 5}, {"lat": 1, "stop_id": "x"}),
        ("Origin", {"forget": True, "stop_id": "x"}, {"lat": 1, "lon": None}),
        ("Origin", {"forget": True}, {"forget": False}),
        ("Place", {"name": "", "lat": 0, "lon": 0}, {"name": "", "lat": 91, "lon": 0}),
        ("FeedForm", {"gtfs": "https://example.com/gtfs.zip"}, {"gtfs": "x", "gfbs": []}),
        ("Error", {"error": {"code": "x", "message": "y"}}, {"error": "x"}),
    ],
)
def test_a_shape_tells_right_from_wrong(name: str, good: Any, bad: Any) -> None:
    assert validator(name).is_valid(good)
    assert not validator(name).is_valid(bad)
