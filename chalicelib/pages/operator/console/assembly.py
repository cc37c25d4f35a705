"""Puts the operator's site together, of the parts that the hub has anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chalicelib.notices.repository import Notices
from chalicelib.pages.operator.console.acts import Acts
from chalicelib.pages.operator.console.console import Console
from chalicelib.pages.operator.console.pages import Pages
from chalicelib.pages.operator.console.routes import forms_of, pages_of
from chalicelib.pages.operator.setup.acts import SetupActs
from chalicelib.pages.operator.setup.pages import SetupPages
from chalicelib.pages.operator.setup.places import Geocoder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.bookings.access.sessions import Sessions
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.foundation.ports import Documents, QueueCare, Queues, ShownOutbox
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.pages.operator.health import Health
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints
    from chalicelib.transit.data.service_days import ServiceDays


class Parts(Protocol):
    """What the site needs of the hub (`wiring.Hub`)."""

    documents: Documents
    queues: Queues
    queue_care: QueueCare | None
    shown_outbox: ShownOutbox | None
    keep_secret: Callable[[str, Mapping[str, str]], object] | None
    allow_paths: bool
    allowed_hosts: AllowedHosts
    geocoder: str
    catalogue: str

    @property
    def config(self) -> Config: ...  # noqa: D102 - as in `wiring.Hub`, like all below

    @property
    def keyring(self) -> Keyring: ...  # noqa: D102

    @property
    def sessions(self) -> Sessions: ...  # noqa: D102

    @property
    def inbox(self) -> Inbox: ...  # noqa: D102

    @property
    def health(self) -> Health: ...  # noqa: D102

    @property
    def operator(self) -> OperatorEndpoints: ...  # noqa: D102

    @property
    def service_days(self) -> ServiceDays: ...  # noqa: D102


def console_of(parts: Parts) -> Console:
    """The site."""
    notices, geocoder = Notices(parts.documents), Geocoder(parts.geocoder, parts.allowed_hosts)
    pages = Pages(
        parts.documents,
        parts.config,
        parts.operator,
        parts.health,
        parts.keyring,
        parts.queue_care,
        parts.shown_outbox,
    )
    setup = SetupPages(
        parts.documents,
        parts.config,
        parts.operator,
        notices,
        lambda: parts.service_days,
        geocoder,
        parts.shown_outbox,
        parts.catalogue,
        takes_uploads=parts.allow_paths,
        keeps_secrets=parts.keep_secret is not None,
    )
    setup_acts = SetupActs(
        parts.documents,
        parts.queues,
        parts.config,
        parts.operator,
        parts.inbox,
        geocoder,
        parts.keep_secret,
        parts.catalogue,
        takes_uploads=parts.allow_paths,
    )
    acts = Acts(parts.config, parts.operator, parts.queue_care)
    return Console(parts.keyring, parts.sessions, pages_of(pages, setup), forms_of(acts, setup_acts))
