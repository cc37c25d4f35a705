"""Hands a text to a gateway by one HTTP call, and says in the gateway's own words what became of it.

Rules
- Only public hosts are called (and those that the operator's environment allows); redirects are not followed.
- One call has `CALL_S` in all, however slowly an answer drips, and is never repeated: a second text is worse than a
  doubtful one. A gateway that hung is left alone for `REST_S`, so that it does not keep the texts of others waiting.
- An answer of 200 with an error inside is a refusal. A refused credential, an account without money, a wrong address
  are no fault of the person's number: the text waits until they are mended.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.ports import Doubtful, Handover, OptedOut, Refused, Throttled, Unavailable
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, NotPublic, UnknownHost
from chalicelib.foundation.public_hosts.deadline import deadline
from chalicelib.notices.delivery.gateways.filling import NoSuchValue, fill, fill_header, fill_json, fill_url
from chalicelib.notices.delivery.gateways.kinds import KINDS
from chalicelib.notices.delivery.gateways.reading import found_text
from chalicelib.notices.rendering.gsm7 import septets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from chalicelib.foundation.ports import Text
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.notices.delivery.gateways.gateway import Gateway, Template

GATEWAY_CALL_S = 8.0  # one call in all
GATEWAY_REST_S = 30.0  # after it hung
GATEWAY_ANSWER_MAX = 64 * 1024  # bytes
TTL_MIN_S, TTL_MAX_S = 60, 36_000  # what all gateways take as the time that a text is good for
SHOWN_WORDS_MAX = 200
TOO_MANY_REQUESTS = 429
_ACCOUNT = {
    401: "refuses the credentials",
    402: "wants to be paid",
    403: "does not allow it",
    404: "has no such address",
}
_BUSY = {408, 425, 503}
_SERVER_ERROR = 500
_REFUSED = 400


class HttpTexts:
    """Sends by any gateway; one HTTP client for all of them. `clock_s` counts seconds and never goes back."""

    def __init__(self, allowed: AllowedHosts = PUBLIC_ONLY, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._clock_s = clock_s
        self._client: httpx.Client | None = None
        self._resting: dict[str, float] = {}

    def send(self, text: Text, gateway: Gateway, fields: Mapping[str, str], report_url: str, now: datetime) -> Handover:
        """As `ports.Texts.send`."""
        if self._clock_s() < self._resting.get(gateway.gateway_id, 0.0):
            raise Unavailable(f"{gateway.gateway_id} did not answer a moment ago and is left alone for a while")
        template = KINDS[gateway.provider].template(gateway)
        values = _values_of(text, fields, report_url, now)
        status, body = self._call(gateway, template, values)
        return _read_answer(gateway, template, status, body, values["sender"])

    def _call(self, gateway: Gateway, template: Template, values: Mapping[str, str]) -> tuple[int, bytes]:
        import httpx  # noqa: PLC0415 - only who has a gateway pays for it

        from chalicelib.foundation.public_hosts.bodies import TooManyBytes, read_at_most  # noqa: PLC0415 - brings httpx

        name = gateway.gateway_id
        try:
            with (
                deadline(GATEWAY_CALL_S),
                self._http().stream(template.method, **_request(template, values)) as answer,
            ):
                return answer.status_code, read_at_most(answer, GATEWAY_ANSWER_MAX)
        except NoSuchValue as error:
            raise Unavailable(f"{name}: {error} is not there: see the template and the fields of its secret") from None
        except (NotPublic, UnknownHost, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Unavailable(f"{name} cannot be called: {error}") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            self._resting[name] = self._clock_s() + GATEWAY_REST_S
            raise Unavailable(f"{name} cannot be reached: {type(error).__name__}") from None
        except (httpx.TransportError, httpx.DecodingError, TooManyBytes) as error:
            if isinstance(error, httpx.TimeoutException):
                self._resting[name] = self._clock_s() + GATEWAY_REST_S
            raise Doubtful(f"{name} took the text and gave no answer: {type(error).__name__}") from None

    def _http(self) -> httpx.Client:
        if self._client is None:
            from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - at first use

            import httpx  # noqa: PLC0415 - the same

            from chalicelib.foundation.public_hosts.transport import PublicHosts  # noqa: PLC0415 - brings httpx

            nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            limits = httpx.Timeout(GATEWAY_CALL_S)
            transport = PublicHosts(self._allowed)
            self._client = httpx.Client(transport=transport, timeout=limits, trust_env=False, cookies=nobody)
        return self._client


def _values_of(text: Text, fields: Mapping[str, str], report_url: str, now: datetime) -> dict[str, str]:
    left_s = (text.expires_at - now).total_seconds() if text.expires_at else TTL_MAX_S
    ttl_s = int(min(max(left_s, TTL_MIN_S), TTL_MAX_S))
    return {
        "to": text.to,
        "to_digits": text.to.lstrip("+"),
        "text": text.text,
        "sender": text.sender or "",
        "reference": text.reference,
        "report_url": report_url,
        "ttl_s": str(ttl_s),
        "ttl_ms": str(ttl_s * 1000),
        "alphabet": "unicode" if septets(text.text) is None else "text",
        **{f"secret.{name}": value for name, value in fields.items()},
    }


def _request(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of httpx. Raises `NoSuchValue`."""
    headers = {name: fill_header(value, values) for name, value in template.headers.items()}
    asked: dict[str, Any] = {
        "url": fill_url(template.url, values),
        "headers": {name: value for name, value in headers.items() if value},
    }
    if template.basic:
        asked["auth"] = (fill(template.basic[0], values), fill(template.basic[1], values))
    if template.form is not None:
        form = {name: fill(value, values) for name, value in template.form.items()}
        asked["data"] = {name: value for name, value in form.items() if value}
    elif template.json is not None:
        asked["json"] = fill_json(template.json, values)
    return asked


def _read_answer(gateway: Gateway, template: Template, status: int, body: bytes, sender: str) -> Handover:
    """What an answer means. Raises as `ports.Texts.send`."""
    try:
        said: Any = json.loads(body) if body else None
    except (ValueError, RecursionError):
        said = None
    code = found_text(template.code, said)
    plain = "" if said is not None else body.decode("utf-8", "replace").strip()
    words = found_text(template.error, said) or (plain if status >= _REFUSED else "")
    is_refused = status >= _REFUSED or bool(words) or bool(template.good_codes and code not in template.good_codes)
    told = ": ".join(filter(None, (f"{gateway.gateway_id} said {status}", code, words[:SHOWN_WORDS_MAX])))
    if is_refused:
        raise _failure(template, status, code, told)
    if status >= 300:  # noqa: PLR2004 - a redirect is not followed: the credentials are for this host
        raise Unavailable(f"{told}: it leads elsewhere; correct its address")
    message_id = found_text(template.message_id, said)
    chosen = gateway.settings.get("sender") or sender
    reports = template.will_report and bool(message_id or not template.by_id)
    return Handover(message_id, gateway.carrier, reports, template.by_id and reports, chosen)


def _failure(template: Template, status: int, code: str, told: str) -> Exception:
    if code and code in template.opted_out_codes:
        return OptedOut(told)
    if status == TOO_MANY_REQUESTS or (code and code in template.busy_codes):
        return Throttled(told)
    if status in _ACCOUNT:
        return Unavailable(f"{told} (it {_ACCOUNT[status]}: check the gateway and its secret)")
    if status in _BUSY or (code and code in template.later_codes):
        return Unavailable(told)
    return Doubtful(told) if status >= _SERVER_ERROR else Refused(told)
