"""The gateways by which texts and mails go out: configured, seen without their secrets, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.ports import Refused
from chalicelib.foundation.public_hosts.check import NotPublic, UnknownHost, address_to_connect, is_refused_as_written
from chalicelib.notices.delivery.gateways.gateway import SMTP, Gateway
from chalicelib.notices.delivery.gateways.kinds import KINDS
from chalicelib.notices.delivery.gateways.routes import secret_name
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.operator.checks import remarks
from chalicelib.pages.page import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.config import Config
    from chalicelib.notices.delivery.gateways.form import GatewayForm
    from chalicelib.notices.delivery.gateways.routes import Access


@dataclass(frozen=True, slots=True)
class GatewayEndpoints:
    """/admin/gateways, and /admin/businesses/{business_id}/gateways: `owner` is "" or the business."""

    config: Config
    access: Access
    keep_secret: Callable[[str, Mapping[str, str]], object] | None = None  # where credentials can be entered here

    def put(self, owner: str, gateway_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Configures a gateway; the answer says where it has to call. Raises `NotFound`, `Invalid`, `Unavailable`."""
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - brings pydantic
        from chalicelib.notices.delivery.gateways.form import GatewayForm  # noqa: PLC0415 - the same

        if owner:
            known_business(self.config, owner)
        form = validate(GatewayForm, body, "invalid_gateway")
        settings = form.settings()
        self._check_addresses(settings)
        gateway = Gateway(gateway_id, owner, form.provider, self._credentials(owner, gateway_id, form), settings)
        try:
            fields = self.access.fields(gateway)
        except Refused as error:
            name = secret_name(owner, gateway.credentials)
            raise Invalid("unknown_secret", f"credentials: {error}. The secret is looked for as {name}.") from None
        kind = KINDS.get(gateway.provider)
        lacking = [one for one in kind.fields if one not in fields] if kind else []
        if lacking:
            raise Invalid("incomplete_secret", f"the secret of a {gateway.provider} gateway lacks {', '.join(lacking)}")
        return self._shown(self.access.gateways.put(gateway), fields) | remarks(GatewayForm, body)

    def get(self, owner: str, gateway_id: str) -> dict[str, Any]:
        """A gateway without its secret. Raises `NotFound`, `Unavailable`."""
        gateway = self._known(owner, gateway_id)
        return self._shown(gateway, self._fields_if_any(gateway))

    def list(self, owner: str) -> dict[str, Any]:
        """Those of an owner, by id. Raises `NotFound`, `Unavailable`."""
        if owner:
            known_business(self.config, owner)
        found = self.access.gateways.of(owner)
        return {"gateways": [self._shown(one, self._fields_if_any(one)) for one in found]}

    def delete(self, owner: str, gateway_id: str, *, only_say: bool) -> dict[str, Any]:
        """Removes a gateway, or (`only_say`) says what that would do. Raises `NotFound`, `Unavailable`."""
        gateway = self._known(owner, gateway_id)
        if not only_say:
            self.access.gateways.remove(gateway_id)
        what = "Mails" if gateway.provider == SMTP else "Texts"
        says = (
            f"{what} go out by the next gateway there is, or as the hub sends without one. What this one was given "
            "already stays sent; its reports and the texts that come to it are answered with 404 from then on. Its "
            "secret is not deleted."
        )
        return {"id": gateway_id, "deleted": not only_say, "coming_bookings": 0, "says": says}

    def _known(self, owner: str, gateway_id: str) -> Gateway:
        gateway = self.access.gateways.get(gateway_id)
        if gateway is None or gateway.owner != owner:
            raise NotFound(f"There is no gateway {gateway_id[:80]!r} here: PUT it first.")
        return gateway

    def _credentials(self, owner: str, gateway_id: str, form: GatewayForm) -> str:
        """The name of its secret. What was entered is kept first. Raises `Invalid`."""
        if form.secret is None:
            return form.credentials or ""
        if self.keep_secret is None:
            raise Invalid(
                "secrets_elsewhere",
                f"secret: this hub's secrets are kept in AWS Secrets Manager. Make one named "
                f"hub/{secret_name(owner, gateway_id)} with these fields as JSON, and say credentials: {gateway_id}.",
            )
        known = self.access.gateways.get(gateway_id)
        if known is not None and known.owner != owner:  # before its secret is replaced
            raise Invalid("gateway_taken", f"gateway {gateway_id} belongs to another: choose another id")
        try:
            self.keep_secret(secret_name(owner, gateway_id), form.secret)
        except Refused as error:
            raise Invalid("secret_not_kept", f"secret: {error}") from None
        return gateway_id

    def _check_addresses(self, settings: Mapping[str, Any]) -> None:
        """Raises `Invalid` for what is plainly private. Names are resolved at each call, and checked then."""
        template = settings.get("template") or {}
        for url in filter(None, (settings.get("url"), template.get("url"))):
            try:
                is_private = is_refused_as_written(urlsplit(url.partition("{")[0]), self.access.allowed_hosts)
            except ValueError:
                raise Invalid("invalid_gateway", "url: is not an address") from None
            if is_private:
                raise Invalid("private_address", "url: is a private address; gateways are public hosts")
        if host := settings.get("host"):
            try:
                address_to_connect(host, settings.get("port") or 587, self.access.allowed_hosts)
            except NotPublic:
                raise Invalid("private_address", "host: is a private address; mail servers are public hosts") from None
            except UnknownHost:
                return

    def _fields_if_any(self, gateway: Gateway) -> Mapping[str, str]:
        try:
            return self.access.fields(gateway)
        except Refused:
            return {}

    def _shown(self, gateway: Gateway, fields: Mapping[str, str]) -> dict[str, Any]:
        kind = KINDS.get(gateway.provider)
        return {
            "gateway_id": gateway.gateway_id,
            "business_id": gateway.owner or None,
            "provider": gateway.provider,
            "takes": gateway.takes,
            "credentials": gateway.credentials or None,
            "settings": dict(gateway.settings),
            "per_s": gateway.settings.get("per_s") or (kind.per_s if kind else None),
            "inbound_url": self.access.inbound_url(gateway, fields) if kind else None,
            "hears": _hears(kind, fields) if kind else None,
            "version": gateway.version,
        }


def _hears(kind: Any, fields: Mapping[str, str]) -> str:
    """Whether its reports and the texts that come to it can be checked, and so are heard; what to do where not."""
    lacking = [one for one in kind.signed_by if one not in fields]
    if lacking:
        return f"nothing: its calls cannot be checked until its secret has {' and '.join(lacking)}"
    return "what it calls inbound_url with" if kind.signs or fields else "nothing: it has no secret to make a key of"
