"""Credentials of tools, from Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.calls import Clients
from chalicelib.aws.secrets import ManagedSecrets
from chalicelib.foundation.ports import Refused
from infra.local.ministack import REGION
from infra.local.stack import client

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
