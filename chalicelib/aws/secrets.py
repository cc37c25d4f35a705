"""`Secrets` on AWS Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib.aws.calls import reaching
from chalicelib.foundation.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.aws.calls import Clients

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
