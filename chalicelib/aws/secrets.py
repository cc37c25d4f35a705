"""`Secrets` on AWS Secrets Manager, and the key of admin calls, which is kept there too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib.aws.calls import reaching
from chalicelib.foundation.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.aws.calls import Clients
    from chalicelib.foundation.ports import Clock

ADMIN_KEY_FRESH_S = 30  # a changed key opens, and the old one closes, within a minute
SECRETS_NAMED = "hub/"  # the hub may read secrets of this name and no others; the template says the same


class ManagedSecrets:
    """Credentials that an operator keeps in Secrets Manager, each a JSON object of texts under `hub/<name>`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, name: str) -> Mapping[str, str]:
        """The named secret's fields. Raises `Unavailable`, `Refused` (there is none, or it is no JSON object)."""
        client = self._clients.get("secretsmanager")
        known = client.exceptions
        try:
            with reaching("Secrets Manager"):
                answer = client.get_secret_value(SecretId=SECRETS_NAMED + name)
            fields = json.loads(answer["SecretString"])
        except known.ResourceNotFoundException:
            raise Refused(f"there is no secret {SECRETS_NAMED}{name}: create it, or correct the connection") from None
        except (known.ClientError, KeyError, ValueError):
            raise Refused(f"the secret {SECRETS_NAMED}{name} cannot be read as a JSON object of texts") from None
        if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
            raise Refused(f"the secret {SECRETS_NAMED}{name} is no JSON object of texts")
        return fields


class ManagedAdminKey:
    """The admin key, a secret of its own that only the API's function may read; what was read holds for a while."""

    def __init__(self, clients: Clients, secret_id: str, clock: Clock) -> None:
        self._clients = clients
        self._secret_id = secret_id
        self._clock = clock
        self._known: tuple[str, datetime] | None = None

    def read(self) -> str:
        """The key. Raises `Unavailable`, and boto3's `ClientError` where the deployment is wrong."""
        now = self._clock.now()
        if self._known is None or (now - self._known[1]).total_seconds() >= ADMIN_KEY_FRESH_S:
            client = self._clients.get("secretsmanager")
            with reaching("Secrets Manager"):
                key: str = client.get_secret_value(SecretId=self._secret_id)["SecretString"]
            self._known = key, now
        return self._known[0]
