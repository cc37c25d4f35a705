"""Credentials of tools: in memory, in one encrypted file, from Secrets Manager; and the admin key there."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.calls import Clients
from chalicelib.aws.secrets import ADMIN_KEY_FRESH_S, ManagedAdminKey, ManagedSecrets
from chalicelib.embedded.secrets import EncryptedSecrets
from chalicelib.foundation.ports import Refused
from infra.local.ministack import REGION
from infra.local.stack import client
from tests.fakes.memory import ManualClock
from tests.fakes.tools_http import MemorySecrets

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.foundation.ports import Secrets
    from infra.local.stack import Stack


@pytest.fixture
def secrets(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> ManagedSecrets:
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    return ManagedSecrets(Clients(stack.endpoint_url, REGION))


def keep(stack: Stack, name: str, text: str) -> None:
    client("secretsmanager", stack.endpoint_url).create_secret(Name=name, SecretString=text)


@pytest.fixture(params=["memory", "embedded", pytest.param("ministack", marks=pytest.mark.aws)])
def holding_square(request: pytest.FixtureRequest, tmp_path: Path) -> Secrets:
    """Secrets that hold the fields of one tool."""
    fields = {"token": "made-up", "note": "Größe"}
    if request.param == "memory":
        return MemorySecrets(square=fields)
    if request.param == "embedded":
        parts = EncryptedSecrets(tmp_path / "secrets.json", tmp_path / "elsewhere" / "key")
        parts.write("square", fields)
        return parts
    managed: ManagedSecrets = request.getfixturevalue("secrets")
    manager = client("secretsmanager", request.getfixturevalue("stack").endpoint_url)
    with suppress(manager.exceptions.ResourceExistsException):
        manager.create_secret(Name="hub/square", SecretString=json.dumps(fields))
    return managed


def test_a_named_secrets_fields_are_read(holding_square: Secrets) -> None:
    assert holding_square.read("square") == {"token": "made-up", "note": "Größe"}


def test_a_missing_secret_is_refused_by_its_name(holding_square: Secrets) -> None:
    with pytest.raises(Refused, match="nobodys"):
        holding_square.read("nobodys")


@pytest.mark.aws
@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"token": 1}'])
def test_what_is_no_object_of_texts_is_refused_without_being_shown(
    stack: Stack, secrets: ManagedSecrets, text: str, request: Any
) -> None:
    name = f"odd-{abs(hash(request.node.name))}"
    keep(stack, f"hub/{name}", text)
    with pytest.raises(Refused, match="JSON object of texts") as refused:
        secrets.read(name)
    assert text not in str(refused.value)


@pytest.mark.aws
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
