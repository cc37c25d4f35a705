"""Credentials of a tool's interface: from the fields of a named secret to the headers of a call.

{"token"}                                                  Authorization: Bearer …
{"user", "password"}                                       Authorization: Basic …
{"refresh_token", "client_id", "client_secret", "token_url"}   OAuth 2.0 (RFC 6749 §6): a token is fetched and kept
{"header_<Name>": value}                                   any header of that name
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.ports import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import httpx

RENEW_EARLY_S = 60  # a token is renewed this long before it ends
TOKEN_LIFE_S = 3600  # of a token whose answer names no `expires_in`
TOKEN_ANSWER_BYTES_MAX = 256 * 1024  # far more than any token
_OK = 200


class Credentials:
    """One connection's credentials; never printed."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)
        self._token: tuple[str, datetime] | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"

    def headers(self, client: httpx.Client, now: datetime) -> dict[str, str]:
        """Headers of one call. Raises `Unavailable`, `Refused` where a token has to be fetched first."""
        fields = self._fields
        headers = {name.removeprefix("header_"): value for name, value in fields.items() if name.startswith("header_")}
        if "refresh_token" in fields:
            return headers | {"Authorization": f"Bearer {self._access_token(client, now)}"}
        if "token" in fields:
            return headers | {"Authorization": f"Bearer {fields['token']}"}
        if "user" in fields:
            pair = f"{fields['user']}:{fields.get('password', '')}".encode()
            return headers | {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return headers

    def _access_token(self, client: httpx.Client, now: datetime) -> str:
        import httpx as http  # noqa: PLC0415 - only connections that ask pay for it

        from chalicelib.foundation.public_hosts.bodies import TooManyBytes, read_at_most  # noqa: PLC0415 - the same

        if self._token is not None and now < self._token[1]:
            return self._token[0]
        form = {name: self._fields.get(name, "") for name in ("refresh_token", "client_id", "client_secret", "scope")}
        form = {name: value for name, value in form.items() if value} | {"grant_type": "refresh_token"}
        try:
            with client.stream("POST", self._fields.get("token_url", ""), data=form) as answer:
                body = read_at_most(answer, TOKEN_ANSWER_BYTES_MAX)
        except TooManyBytes:
            raise Refused("the tool's token service answers with more than a token") from None
        except http.HTTPError:
            raise Unavailable("the tool's token service does not answer") from None
        if answer.status_code >= 500:  # noqa: PLR2004 - HTTP's classes
            raise Unavailable(f"the tool's token service answers HTTP {answer.status_code}")
        if answer.status_code != _OK:
            raise Refused(f"the tool's token service refuses the credentials (HTTP {answer.status_code})")
        return self._keep_token(body, now)

    def _keep_token(self, body: bytes, now: datetime) -> str:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise Refused("the tool's token service answers without an access token")
        token, life = answer.get("access_token"), answer.get("expires_in", TOKEN_LIFE_S)
        if not isinstance(token, str) or not isinstance(life, int | float):
            raise Refused("the tool's token service answers without an access token")
        self._token = (token, now + timedelta(seconds=max(0.0, float(life) - RENEW_EARLY_S)))
        return token
