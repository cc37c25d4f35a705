"""What an operator may write about a gateway, checked by pydantic. Imported only where one is configured."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from chalicelib.foundation.forms import Form
from chalicelib.notices.delivery.gateways.filling import NAMES, places_of
from chalicelib.notices.delivery.gateways.gateway import SMTP
from chalicelib.notices.delivery.gateways.kinds import KINDS


def _expression(value: str) -> str:
    import jmespath  # noqa: PLC0415 - only gateways of an operator's own pay for it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - the same

    try:
        jmespath.compile(value)
    except (JMESPathError, AttributeError, TypeError):
        raise ValueError("is not a JMESPath expression (jmespath.org)") from None
    return value


def _words(value: Any) -> Any:
    """Codes and states may be written as numbers."""
    return [str(one) if isinstance(one, int) else one for one in value] if isinstance(value, list) else value


Expression = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_expression)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_words), Field(max_length=50)]
Value = Annotated[str, StringConstraints(max_length=2000)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1000)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\[\]-]{1,100}$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]+$", max_length=200)]
MailSender = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+$", max_length=254)]


class TemplateForm(Form):
    """The call of provider "http"; names in braces stand for what differs from text to text."""

    url: Url
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[Name, Value] = Field(default_factory=dict, max_length=20)
    json_body: Any = Field(default=None, alias="json")
    form: dict[Name, Value] | None = None
    basic: tuple[Value, Value] | None = None
    message_id: Expression | None = None
    error: Expression | None = None
    code: Expression | None = None
    good_codes: Words = ()
    busy_codes: Words = ()
    later_codes: Words = ()
    opted_out_codes: Words = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> TemplateForm:
        """It carries the number and the text, and asks for nothing that there is not."""
        parts = [self.url, self.headers, self.json_body, self.form, self.basic]
        places = places_of(parts)
        unknown = {one for one in places if one not in NAMES and not one.startswith(("secret.", "bearer."))}
        if unknown:
            raise ValueError(f"there is no {{{min(unknown)}}}: there are {', '.join(NAMES)} and secret.NAME")
        if "text" not in places or not places & {"to", "to_digits"}:
            raise ValueError("needs {text} and {to} (or {to_digits}) somewhere")
        if self.json_body is not None and self.form is not None:
            raise ValueError("has json or form, not both")
        if any(one.startswith("secret.") for one in places_of(self.url.partition("//")[2].partition("/")[0])):
            raise ValueError("a secret cannot be part of the host")
        return self


class ReportsForm(Form):
    """How what a gateway of provider "http" calls back with is read."""

    items: Expression | None = None
    message_id: Expression | None = None
    reference: Expression | None = None
    state: Expression | None = None
    why: Expression | None = None
    number: Expression | None = None
    text: Expression | None = None
    delivered: Words = ()
    failed: Words = ()
    on_the_way: Words = ()


class GatewayForm(Form):
    """PUT /admin/gateways/{gateway_id}, and below a business."""

    provider: str
    credentials: SecretName | None = None  # the name of a secret below gateways/
    secret: dict[Name, Annotated[str, StringConstraints(min_length=1, max_length=4000)]] | None = None  # kept as such
    url: Url | None = None  # of the service, where it is not the usual one
    account: Annotated[str, StringConstraints(max_length=120)] | None = None
    sender: Annotated[str, StringConstraints(pattern=r"^[+A-Za-z0-9 ]{1,20}$")] | None = None
    per_s: float | None = Field(default=None, gt=0, le=1000)
    signature: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] | None = None  # of provider "vonage"
    template: TemplateForm | None = None
    reports: ReportsForm | None = None
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")] | None = None  # of provider "smtp"
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] | None = None
    mail_from: MailSender | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _is_whole(self) -> GatewayForm:
        """What the provider needs is there."""
        known = [*KINDS, SMTP]
        if self.provider not in known:
            raise ValueError(f"provider must be one of: {', '.join(known)}")
        if self.provider == "http" and self.template is None:
            raise ValueError('provider "http" needs template')
        if self.provider == SMTP and (self.host is None or self.mail_from is None):
            raise ValueError('provider "smtp" needs host and from')
        return self

    def settings(self) -> dict[str, Any]:
        """What is stored beside provider and credentials."""
        known = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {name: value for name, value in known.items() if name not in {"provider", "credentials", "secret"}}
