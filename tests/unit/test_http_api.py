"""An event of an HTTP API, in its payload format 1.0, is answered as one of the REST API is."""

from __future__ import annotations

import base64
import json
from typing import Any

from app import app
from chalicelib.wiring import Hub, install
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.memory import (
    ManualClock,
    MemoryBucket,
    MemoryDocuments,
    MemoryQueues,
    MemoryTopic,
    SentMail,
    SentTexts,
)
from tests.fakes.salon import URL, at
from tests.fakes.tools_http import MemorySecrets

SECRET = "a-shared-secret"


def event(method: str, route: str, path: str, body: bytes | None = None, **headers: str) -> dict[str, Any]:
    """As the API Gateway Developer Guide shows it ("Lambda proxy integrations for HTTP APIs", format 1.0).

    A body of a text or JSON type is text; others come as base64.
    """
    names = path.strip("/").split("/"), route.strip("/").split("/")
    named = {part[1:-1]: own for own, part in zip(*names, strict=True) if part.startswith("{")}
    is_text = headers.get("content-type", "").startswith(("text/", "application/json"))
    return {
        "version": "1.0",
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": "id.execute-api.eu-central-1.amazonaws.com",
            "httpMethod": method,
            "identity": {"sourceIp": "198.51.100.7"},
            "path": path,
            "protocol": "HTTP/1.1",
            "resourceId": None,
            "resourcePath": route,
            "stage": "$default",
        },
        "pathParameters": named or None,
        "stageVariables": None,
        "body": body and (body.decode() if is_text else base64.b64encode(body).decode()),
        "isBase64Encoded": bool(body) and not is_text,
    }


def installed() -> Hub:
    clock = ManualClock(at("1 10:00"))
    hub = Hub(
        MemoryDocuments(clock),
        MemoryQueues(),
        MemoryBucket(),
        SentTexts(),
        SentMail(),
        MemoryTopic(),
        MemorySecrets(),
        clock,
        URL,
    )
    place = {"timezone": "Europe/Vienna", "location": {"lat": 48.2, "lon": 16.3}, "feed": "town"}
    hub.config.put_business("salon", {"name": "Salon Lind"} | place, clock.now())
    hub.config.put_connection("salon", "cal", {"provider": "calcom", "secret": SECRET}, clock.now())
    install(hub)
    return hub


def test_a_signed_webhook_is_taken_whether_its_body_comes_as_text_or_as_base64() -> None:
    hub = installed()
    for kind in ("application/json", "application/octet-stream"):
        body, headers = calcom_signed(calcom_payload(uid=kind, title="Größe ✂"), SECRET)
        names = {name.lower(): value for name, value in headers.items()} | {"content-type": kind}
        answer = app(event("POST", "/hooks/{connection_id}", "/hooks/cal", body, **names), None)
        assert answer["statusCode"] == 202, answer["body"]
    assert len(hub.documents.tables["inbox"]) == 2  # type: ignore[attr-defined] # the fake's


def test_a_page_and_a_wrong_path_are_answered() -> None:
    installed()
    answer = app(event("GET", "/t/{token}", "/t/nobody.json", host="t.example.org"), None)
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (404, "not_found")
