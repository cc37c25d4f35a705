"""By which gateway a message goes: the business's own, the operator's, or what the hub has itself (AWS, the outbox)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from chalicelib.foundation.ports import Refused, Unavailable
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY
from chalicelib.notices.delivery.channel import UNPACED
from chalicelib.notices.delivery.gateways.gateway import MAILS, TEXTS
from chalicelib.notices.delivery.pace import Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.ports import Clock, Handover, Letter, Mail, Secrets, Text, Texts
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.notices.delivery.gateways.gateway import Gateway
    from chalicelib.notices.delivery.gateways.http_texts import HttpTexts
    from chalicelib.notices.delivery.gateways.store import Gateways

SECRETS_BELOW = "gateways/"  # the hub's part that is called by gateways may read no other secrets


def secret_name(owner: str, credentials: str) -> str:
    """Where a gateway's secret is kept; a business reaches none but its own."""
    return f"{SECRETS_BELOW}{owner}/{credentials}" if owner else f"{SECRETS_BELOW}{credentials}"


@dataclass
class Access:
    """What calling gateways takes: what is configured, their secrets, and where they are to report."""

    gateways: Gateways
    secrets: Secrets
    clock: Clock
    public_url: str
    allowed_hosts: AllowedHosts = PUBLIC_ONLY
    _http: HttpTexts | None = field(default=None, init=False)

    def fields(self, gateway: Gateway) -> Mapping[str, str]:
        """The fields of its secret; none where it names no secret. Raises `Unavailable`, `Refused`."""
        return self.secrets.read(secret_name(gateway.owner, gateway.credentials)) if gateway.credentials else {}

    def fields_to_send(self, gateway: Gateway) -> Mapping[str, str]:
        """The same for a sender. A secret that is not there is mended some day: the message waits."""
        try:
            return self.fields(gateway)
        except Refused as error:
            raise Unavailable(f"{gateway.gateway_id}: {error}") from None

    def inbound_url(self, gateway: Gateway, fields: Mapping[str, str]) -> str:
        """Where the gateway is to call: with the key behind the path where it signs nothing."""
        from chalicelib.notices.delivery.gateways.kinds import KINDS  # noqa: PLC0415 - only who has gateways
        from chalicelib.notices.delivery.gateways.signing import key_of  # noqa: PLC0415 - the same

        key = "" if KINDS[gateway.provider].signs else key_of(gateway, fields)
        return f"{self.public_url}/texts/{gateway.gateway_id}" + (f"/{quote(key, safe='')}" if key else "")

    @property
    def http(self) -> HttpTexts:
        """The one sender of this process; it remembers which gateways hang."""
        if self._http is None:
            from chalicelib.notices.delivery.gateways.http_texts import HttpTexts  # noqa: PLC0415 - at first use

            self._http = HttpTexts(self.allowed_hosts)
        return self._http


@dataclass(frozen=True, slots=True)
class RoutedTexts:
    """`Texts` by the gateway in use. `own`: what the hub has itself, which takes so many a second (`line`)."""

    access: Access
    own: Texts
    line: Line = UNPACED

    def send(self, text: Text) -> Handover:
        """As `ports.Texts`."""
        gateway = self.access.gateways.in_use(text.business_id, TEXTS)
        if gateway is None:
            return self.own.send(text)
        fields = self.access.fields_to_send(gateway)
        report_url = f"{self.access.inbound_url(gateway, fields)}?ref={quote(text.reference, safe='')}"
        return self.access.http.send(text, gateway, fields, report_url, self.access.clock.now())

    def line_of(self, business_id: str) -> Line:
        """By which line a business's texts go out. Raises `Unavailable`."""
        gateway = self.access.gateways.in_use(business_id, TEXTS)
        if gateway is None:
            return self.line
        from chalicelib.notices.delivery.gateways.kinds import KINDS  # noqa: PLC0415 - only who has gateways

        return Line(gateway.carrier, gateway.settings.get("per_s") or KINDS[gateway.provider].per_s)


@dataclass(frozen=True, slots=True)
class RoutedMail:
    """`Mail` by the gateway in use."""

    access: Access
    own: Mail

    def send(self, letter: Letter) -> Handover:
        """As `ports.Mail`."""
        gateway = self.access.gateways.in_use(letter.business_id, MAILS)
        if gateway is None:
            return self.own.send(letter)
        from chalicelib.notices.delivery.gateways.smtp import send_by_smtp  # noqa: PLC0415 - only who mails by SMTP

        return send_by_smtp(letter, gateway, self.access.fields_to_send(gateway), self.access.allowed_hosts)
