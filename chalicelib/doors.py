"""What every HTTP door does alike: read what came, answer in one shape, turn a refusal into its 4xx.

`Answer` is what a door gives; `door` wraps a view so that refusals raised by the rooms become
{"error": {"code", "message"}} with the fitting status.
"""

from __future__ import annotations

import functools
import hmac
import json
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice.app import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger("hub.doors")

BODY_MAX = 1 << 20  # bytes; what is larger is no booking


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request that cannot be carried out; whose fault it is and what to do stands in the message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def as_json(value: Any, status: int = 200) -> Answer:
    """A JSON answer that nobody caches."""
    headers = {"Content-Type": "application/json", "Cache-Control": "private, no-store"}
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers)


def refused(refusal: Refusal) -> Answer:
    """The contract's shape of an error."""
    return as_json({"error": {"code": refusal.code, "message": refusal.message}}, refusal.status)


def json_body(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body. Raises `Refusal`."""
    if len(body) > BODY_MAX:
        raise Refusal(413, "too_large", f"The body is larger than {BODY_MAX} bytes.")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", f"The body is no valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise Refusal(400, "invalid_json", "The body must be a JSON object.")
    return value


def only_admin(headers: Mapping[str, str]) -> None:
    """Lets pass who knows the admin key. Raises `Refusal`; without a configured key nobody passes."""
    key = os.environ.get("HUB_ADMIN_KEY", "")
    given = headers.get("authorization", "")
    if not key or not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
        raise Refusal(401, "unauthorized", "This needs the header Authorization: Bearer <the hub's admin key>.")


def _refusal_for(error: Exception) -> Refusal | None:
    """The refusal that a room's exception means, if it means one."""
    from chalicelib.refusals import REFUSALS  # noqa: PLC0415 - imports rooms, and only when something went wrong

    for kind, (status, code) in REFUSALS.items():
        if isinstance(error, kind):
            return Refusal(status, getattr(error, "code", None) or code, str(error))
    return None


def door(view: Callable[..., Answer]) -> Callable[..., Response]:
    """Makes a Chalice view of a function that gives an `Answer`."""

    @functools.wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Response:
        try:
            answer = view(*args, **kwargs)
        except Refusal as refusal:
            answer = refused(refusal)
        except Exception as error:
            refusal = _refusal_for(error)
            if refusal is None:
                log.exception("a door failed: %s", view.__name__)
                refusal = Refusal(500, "internal", "The hub failed; nothing of the request was kept. Try again.")
            answer = refused(refusal)
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))

    return inside
