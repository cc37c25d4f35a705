"""Credentials of tools, from Secrets Manager."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.calls import Clients
from chalicelib.aws.secrets import ADMIN_KEY_FRESH_S, ManagedAdminKey, ManagedSecrets
from chalicelib.foundation.ports import Refused
from infra.local.ministack import REGION
from infra.local.stack import client
from tests.fakes.memory import ManualClock

if TYPE_CHECKING:
    from infra.local.stack import Stack

pytestmark = pytest.mark.aws


@pytest.fixture
def secrets(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> ManagedSecrets:
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    return ManagedSecrets(Clients(stack.endpoint_url, REGION))


def keep(stack: Stack, name: str, text: str) -> None:
    client("secretsmanager", stack.endpoint_url).create_secret(Name=name, SecretString=text)


def test_a_named_secrets_fields_are_read(stack: Stack, secrets: ManagedSecrets) -> None:
    keep(stack, "hub/square-of-a-salon", json.dumps({"token": "made-up"}))
    assert secrets.read("square-of-a-salon") == {"token": "made-up"}


def test_a_missing_secret_is_refused_by_its_name(secrets: ManagedSecrets) -> None:
    with pytest.raises(Refused, match="hub/nobodys"):
        secrets.read("nobodys")


@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"token": 1}'])
def test_what_is_no_object_of_texts_is_refused_without_being_shown(
    stack: Stack, secrets: ManagedSecrets, text: str, request: Any
) -> None:
    name = f"odd-{abs(hash(request.node.name))}"
    keep(stack, f"hub/{name}", text)
    with pytest.raises(Refused, match="JSON object of texts") as refused:
        secrets.read(name)
    assert text not in str(refused.value)


def test_a_changed_admin_key_is_seen_within_a_minute(stack: Stack, secrets: ManagedSecrets) -> None:  # noqa: ARG001 - sets the environment
    clock, manager = ManualClock(datetime(2026, 9, 3, 6, 0, tzinfo=UTC)), client("secretsmanager", stack.endpoint_url)
    keep(stack, "the-admin-key", "made-up-before")
    key = ManagedAdminKey(Clients(stack.endpoint_url, REGION), "the-admin-key", clock)
    assert key.read() == "made-up-before"
    manager.put_secret_value(SecretId="the-admin-key", SecretString="made-up-after")
    assert key.read() == "made-up-before"
    clock.advance(seconds=ADMIN_KEY_FRESH_S)
    assert key.read() == "made-up-after"
    assert ADMIN_KEY_FRESH_S <= 60
