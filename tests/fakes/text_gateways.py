"""Gateways of texts as their vendors describe them, on a real HTTP server: what they answer, and how they call back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from chalicelib.foundation.ports import Refused, Text
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from chalicelib.notices.delivery.gateways.gateway import Call, Gateway
from chalicelib.notices.delivery.gateways.inbound import InboundCalls
from chalicelib.notices.delivery.gateways.routes import Access, RoutedMail, RoutedTexts
from chalicelib.notices.delivery.gateways.store import Gateways
from tests.fakes.memory import ManualClock, MemoryDocuments, MemoryQueues, SentMail, SentTexts
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.tools_http import Asked

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HUB = "https://hub.example.com"
TEXT = Text("+12025550123", "Leave by 9:12 & go", "SALON", "salon", "t1-1-booked-sms", NOW + timedelta(hours=2))
SECRETS: dict[str, dict[str, str]] = {
    "twilio": {"account_sid": "AC1", "auth_token": "12345"},
    "vonage": {"api_key": "abcd", "api_secret": "s3cret", "signature_secret": "sign-me"},
    "vonage_messages": {"api_key": "abcd", "api_secret": "s3cret", "signature_secret": "sign-me"},
    "46elks": {"username": "u1", "password": "p1"},
    "smsgate": {"username": "u1", "password": "p1", "signing_key": "k1"},
    "ntfy": {"token": "tk_1"},
    "http": {"token": "T"},
}
OWN: dict[str, Any] = {
    "template": {
        "url": "/send?apikey={secret.token}&n={to_digits}",
        "json": {"msg": {"body": "{text}", "ttl": "{ttl_s}"}, "cb": "{report_url}", "from": "{sender}"},
        "message_id": "result.id",
        "error": "result.error",
        "code": "result.code",
        "good_codes": ["0"],
        "busy_codes": ["7"],
    },
    "reports": {
        "items": "events",
        "message_id": "id",
        "state": "status",
        "delivered": ["ok"],
        "failed": ["dead"],
        "why": "cause",
        "number": "sender",
        "text": "body",
    },
}


class KeptSecrets:
    """Secrets that can be entered, as on one machine."""

    def __init__(self, **secrets: Mapping[str, str]) -> None:
        self.secrets = dict(secrets)

    def read(self, name: str) -> Mapping[str, str]:
        if name not in self.secrets:
            raise Refused(f"there is no secret {name}")
        return self.secrets[name]

    def write(self, name: str, fields: Mapping[str, str]) -> None:
        self.secrets[name] = dict(fields)


@dataclass
class Wired:
    """Gateways on memory fakes; what the hub has itself is `texts` and `mail`."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.documents, self.queues = MemoryDocuments(self.clock), MemoryQueues()
        self.secrets = KeptSecrets(**{f"gateways/{name}": fields for name, fields in SECRETS.items()})
        self.own_texts, self.own_mail = SentTexts(), SentMail()
        allowed = parse_allowed_hosts(THIS_MACHINE)
        self.access = Access(Gateways(self.documents, self.clock), self.secrets, self.clock, HUB, allowed)
        self.texts = RoutedTexts(self.access, self.own_texts)
        self.mail = RoutedMail(self.access, self.own_mail)
        self.calls = InboundCalls(self.access, self.queues)

    def use(self, provider: str, url: str = "", owner: str = "", **settings: Any) -> Gateway:
        """Configures the operator's gateway of a kind, whose service is at `url`."""
        more = dict(settings)
        if provider == "http":
            own = json.loads(json.dumps(OWN))
            own["template"]["url"] = url + own["template"]["url"]
            more = own | more
        elif url:
            more["url"] = url
        gateway = Gateway(f"{provider}-1", owner, provider, "" if owner else provider, more)
        return self.access.gateways.put(gateway)


def form_of(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode()))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# --- what the vendors answer ---

ACCEPTED: dict[str, tuple[str, Reply, str]] = {  # path, answer, the id in it
    "twilio": (
        "/2010-04-01/Accounts/AC1/Messages.json",
        Reply({"sid": "SM1", "status": "queued", "error_code": None, "error_message": None, "to": TEXT.to}, 201),
        "SM1",
    ),
    "vonage": (
        "/sms/json",
        Reply(
            {
                "message-count": "1",
                "messages": [{"to": "12025550123", "message-id": "0A01", "status": "0", "network": "1"}],
            }
        ),
        "0A01",
    ),
    "vonage_messages": ("/v1/messages", Reply({"message_uuid": "aaaa-1"}, 202), "aaaa-1"),
    "46elks": ("/a1/sms", Reply({"status": "created", "id": "s70d", "direction": "outgoing", "to": TEXT.to}), "s70d"),
    "smsgate": (
        "/messages",
        Reply({"id": "PyDm", "state": "Pending", "recipients": [{"phoneNumber": TEXT.to, "state": "Pending"}]}, 202),
        "PyDm",
    ),
    "ntfy": ("", Reply({"id": "xE73", "time": 1, "event": "message", "topic": "hub", "message": TEXT.text}), "xE73"),
    "http": ("/send", Reply({"result": {"id": 77, "code": 0, "error": ""}}), "77"),
}


# --- how the vendors call back ---

TOKEN, SIGNED_WITH = SECRETS["twilio"]["auth_token"], SECRETS["vonage"]["signature_secret"]


def twilio_call(url: str, token: str = TOKEN, **form: str) -> Call:
    """Signed as in "Webhooks security": the address, then names and values sorted by name; SHA-1, base64."""
    said = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    signature = base64.b64encode(hmac.new(token.encode(), said.encode(), "sha1").digest()).decode()
    query = dict(parse_qsl(url.partition("?")[2]))
    return Call(urlencode(form).encode(), {"x-twilio-signature": signature}, query, url)


def vonage_call(secret: str = SIGNED_WITH, **fields: str) -> Call:
    """Signed as in "Signing messages": &name=value sorted, with & and = in values replaced; HMAC-SHA256, hex."""
    row = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(fields.items()))
    signed = fields | {"sig": hmac.new(secret.encode(), row.encode(), "sha256").hexdigest().upper()}
    return Call(json.dumps(signed).encode(), {"content-type": "application/json"}, {}, f"{HUB}/texts/vonage-1")


def vonage_messages_call(said: Mapping[str, Any], secret: str = SIGNED_WITH, alg: str = "HS256") -> Call:
    """Signed as in "Signed webhooks": a JWT whose payload_hash is the SHA-256 of the body."""
    body = json.dumps(said).encode()

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {
        "iat": 1,
        "jti": "j",
        "iss": "Vonage",
        "api_key": "abcd",
        "payload_hash": hashlib.sha256(body).hexdigest(),
    }
    head = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims)}"
    signature = hmac.new(secret.encode(), head.encode(), "sha256").digest()
    token = f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    return Call(body, {"authorization": f"Bearer {token}"}, {}, f"{HUB}/texts/vonage_messages-1")


def smsgate_call(event: str, key: str = "k1", **payload: Any) -> Call:
    """Signed as in "Payload signing": HMAC-SHA256 over the body followed by the time, hex."""
    body = json.dumps({"deviceId": "d", "event": event, "id": "i", "payload": payload, "webhookId": "w"}).encode()
    signature = hmac.new(key.encode(), body + b"1772445600", "sha256").hexdigest()
    headers = {"x-signature": signature, "x-timestamp": "1772445600"}
    return Call(body, headers, {}, f"{HUB}/texts/smsgate-1")
