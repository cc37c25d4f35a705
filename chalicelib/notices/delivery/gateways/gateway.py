"""What a gateway is: a service that takes texts (or mails) for a business, as an operator configured it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.notices.notice import DeliveryState

TEXTS, MAILS = "text", "mail"
SMTP = "smtp"  # the one kind that takes mails
CARRIER = "gateway:"  # before a gateway's id, as notices name who took them


@dataclass(frozen=True, slots=True)
class Gateway:
    """`owner`: the business, or "" where it is the operator's, and takes what businesses without their own have to say.

    `credentials` is the name of a secret below "gateways/". `settings` depend on the provider.
    """

    gateway_id: str
    owner: str
    provider: str
    credentials: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    @property
    def carrier(self) -> str:
        """Its name in notices and reports."""
        return CARRIER + self.gateway_id

    @property
    def takes(self) -> str:
        """`TEXTS` or `MAILS`."""
        return MAILS if self.provider == SMTP else TEXTS


@dataclass(frozen=True, slots=True)
class Template:
    """One HTTP call, with names in braces for what differs, and how its answer is read (JMESPath over its JSON).

    `{to}` (E.164), `{to_digits}`, `{text}`, `{sender}`, `{reference}` (ours), `{report_url}` (where to report),
    `{ttl_s}`, `{ttl_ms}`, `{secret.NAME}`. A field that becomes empty is left out. Where `error` finds words, or `code`
    something beside `good_codes`, it was refused, whatever the status is; other codes say why it is not for good.
    """

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    basic: tuple[str, str] | None = None  # user and password
    message_id: str = ""
    error: str = ""
    code: str = ""
    good_codes: tuple[str, ...] = ()
    busy_codes: tuple[str, ...] = ()  # try again in seconds
    later_codes: tuple[str, ...] = ()  # an account's trouble: try again later
    opted_out_codes: tuple[str, ...] = ()
    will_report: bool = False
    by_id: bool = False  # its reports name the message by its own id only


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came from a gateway. Header names are in lower case; `url` is whole; `key` stood behind the path."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]
    url: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a gateway reports of a message that it took."""

    state: DeliveryState
    message_id: str = ""
    reference: str = ""
    why: str = ""
    for_good: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A text that somebody sent to the gateway's number; `number` is E.164."""

    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gateway: how it is called, what it needs, and how what comes from it is checked and read."""

    template: Callable[[Gateway], Template]
    fields: tuple[str, ...]  # of its secret, without which it cannot be called
    is_genuine: Callable[[Call, Gateway, Mapping[str, str]], bool]
    read: Callable[[Call, Gateway], list[Said | Heard]]
    per_s: float = 1.0  # texts a second, unless the operator knows better
    signs: bool = True  # False: it is known by the key in the address that it calls
    signed_by: tuple[str, ...] = ()  # fields of its secret that its calls are checked with


def state_of(word: str, states: Mapping[str, DeliveryState]) -> DeliveryState | None:
    """The state that a gateway's word means; None: it is no report."""
    return states.get(word.strip().lower())
