"""The one place that puts the real parts together. Everything is made at first use: a cold start pays for what it does.

`hub()` is this process's hub, made from its environment; a program with a clock of its own (the demo) `install`s one.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, private_hosts_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from chalicelib.aws.environment import Aws
    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.bookings.access.sessions import Sessions
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.connections.chores import Chores
    from chalicelib.bookings.connections.overview import Overview
    from chalicelib.bookings.connections.silence import Silences
    from chalicelib.bookings.connections.tool_access import ToolAccess
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.bookings.inbox.parking import Parking
    from chalicelib.bookings.store import Bookings
    from chalicelib.embedded.environment import Embedded
    from chalicelib.foundation.ports import (
        Bucket,
        Clock,
        Documents,
        Mail,
        QueueCare,
        Queues,
        Secrets,
        ShownOutbox,
        Texts,
        Topic,
    )
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.notices.delivery.gateways.inbound import InboundCalls
    from chalicelib.notices.delivery.gateways.routes import Access
    from chalicelib.outages.store import Outages
    from chalicelib.outages.watches import Watches
    from chalicelib.pages.customer.ticket_endpoints import TicketEndpoints
    from chalicelib.pages.operator.console.console import Console
    from chalicelib.pages.operator.health import Health
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints
    from chalicelib.pages.page import Page
    from chalicelib.pages.status.status_endpoints import StatusEndpoints
    from chalicelib.tickets.origin import Places
    from chalicelib.tickets.replanning.bikes import BikePlanner
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.transit.data.live import LiveConditions
    from chalicelib.transit.data.service_days import ServiceDays
    from chalicelib.workflows.checking.due import DueDocuments
    from chalicelib.workflows.checking.feed_watch import FeedWatch
    from chalicelib.workflows.notice_due import Outbox
    from chalicelib.workflows.services import Services
    from chalicelib.workflows.ticket_opened import TicketView
    from chalicelib.workflows.tool_failing import Detector
    from chalicelib.workflows.webhook_arrived import Worker


@dataclass
class Hub:
    """The real parts, behind the ports. `public_url` has no slash at the end."""

    documents: Documents
    queues: Queues
    bucket: Bucket
    texts: Texts
    mail: Mail
    topic: Topic
    secrets: Secrets
    clock: Clock
    public_url: str
    allow_paths: bool = False  # on one machine feeds may be files
    allowed_hosts: AllowedHosts = PUBLIC_ONLY  # what may be asked although it is not public
    cache: Path = Path(tempfile.gettempdir()) / "hub-timetables"
    queue_care: QueueCare | None = None  # where one can look into the queues from here
    shown_outbox: ShownOutbox | None = None  # where texts and mails stay on the machine
    keep_secret: Callable[[str, Mapping[str, str]], object] | None = None  # where credentials can be entered here
    geocoder: str = ""  # URL with {q} that finds addresses; "": places are pasted from a map
    catalogue: str = ""  # file with the timetables to pick from; "": the one that is shipped
    text_line: tuple[str, float] = ("", 0.0)  # what `texts` is called, and how many a second it takes; 0: any number
    admin_key: Callable[[], str] = lambda: os.environ.get("HUB_ADMIN_KEY", "")  # "": there is none, nobody passes

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self.clock.now()

    # --- who may do what ---

    @cached_property
    def keyring(self) -> Keyring:
        """Keys of operators and businesses, and staff links."""
        from chalicelib.bookings.access.keyring import Keyring  # noqa: PLC0415 - at first use

        return Keyring(self.documents, self.admin_key)

    @cached_property
    def sessions(self) -> Sessions:
        """Browsers in which a key was entered."""
        from chalicelib.bookings.access.sessions import Sessions  # noqa: PLC0415 - at first use

        return Sessions(self.documents, self.keyring)

    # --- bookings ---

    @cached_property
    def config(self) -> Config:
        """What operators configured."""
        from chalicelib.bookings.config import Config  # noqa: PLC0415 - at first use

        return Config(self.documents)

    @cached_property
    def inbox(self) -> Inbox:
        """Where webhooks are taken in."""
        from chalicelib.bookings.inbox.accept import Inbox  # noqa: PLC0415 - at first use

        return Inbox(self.documents, self.queues, self.bucket, self.config)

    @cached_property
    def bookings(self) -> Bookings:
        """Bookings as they are now."""
        from chalicelib.bookings.store import Bookings  # noqa: PLC0415 - at first use

        return Bookings(self.documents)

    @cached_property
    def worker(self) -> Worker:
        """What becomes of a stored webhook."""
        from chalicelib.workflows.booking_changed import follow_booking  # noqa: PLC0415 - at first use
        from chalicelib.workflows.webhook_arrived import Worker  # noqa: PLC0415 - at first use

        return Worker(
            self.documents, self.bucket, self.config, partial(follow_booking, self.services), self.tool_access.api
        )

    @cached_property
    def parking(self) -> Parking:
        """What could not be understood."""
        from chalicelib.bookings.inbox.parking import Parking  # noqa: PLC0415 - at first use

        return Parking(self.documents, self.queues)

    @cached_property
    def watches(self) -> Watches:
        """How calls of booking tools end."""
        from chalicelib.outages.watches import Watches  # noqa: PLC0415 - at first use

        return Watches(self.documents)

    @cached_property
    def outages(self) -> Outages:
        """What is out of service."""
        from chalicelib.outages.store import Outages  # noqa: PLC0415 - at first use

        return Outages(self.documents, self.queues)

    @cached_property
    def detector(self) -> Detector:
        """Outages that the hub finds itself."""
        from chalicelib.workflows.tool_failing import Detector  # noqa: PLC0415 - at first use

        return Detector(self.documents, self.config, self.outages, self.inbox.request_read_back)

    @cached_property
    def tool_access(self) -> ToolAccess:
        """Access to booking tools' interfaces."""
        from chalicelib.bookings.connections.tool_access import ToolAccess  # noqa: PLC0415 - at first use

        return ToolAccess(self.secrets, self.clock, allowed_hosts=self.allowed_hosts, watches=self.watches)

    @cached_property
    def chores(self) -> Chores:
        """What is done for connections without anybody calling."""
        from chalicelib.bookings.connections.chores import Chores  # noqa: PLC0415 - at first use

        return Chores(
            self.documents,
            self.config,
            self.inbox,
            self.tool_access,
            lambda connection_id: f"{self.public_url}/hooks/{connection_id}",
        )

    @cached_property
    def silences(self) -> Silences:
        """Connections that fall silent, reported to their operator."""
        from chalicelib.bookings.connections.silence import Silences  # noqa: PLC0415 - at first use
        from chalicelib.workflows.connection_silent import silence_notifier  # noqa: PLC0415 - at first use

        return Silences(self.documents, self.config, silence_notifier(self.documents))

    @cached_property
    def connections_overview(self) -> Overview:
        """Connections as their operator sees them."""
        from chalicelib.bookings.connections.overview import Overview  # noqa: PLC0415 - at first use

        return Overview(self.documents, self.bucket, self.config, self.parking)

    # --- tickets and notices ---

    @cached_property
    def services(self) -> Services:
        """What the workflows around tickets work with."""
        from chalicelib.workflows.services import Services, readers_of  # noqa: PLC0415 - at first use

        return Services(
            self.documents,
            self.queues,
            readers_of,
            travel=lambda: self.travel,
            public_url=self.public_url,
            places=lambda: self.places,
            reminders_within=timedelta(minutes=int(os.environ.get("HUB_REMINDERS_WITHIN_MIN") or 0)),
        )

    @cached_property
    def tickets_due(self) -> DueDocuments:
        """Which tickets want to be checked."""
        from chalicelib.workflows.checking.due import DueDocuments  # noqa: PLC0415 - at first use

        return DueDocuments(self.documents, "tickets")

    @cached_property
    def outbox(self) -> Outbox:
        """Where notices are sent from."""
        from chalicelib.notices.delivery.channel import Carriers  # noqa: PLC0415 - at first use
        from chalicelib.notices.delivery.gateways.routes import RoutedMail, RoutedTexts  # noqa: PLC0415 - the same
        from chalicelib.notices.delivery.pace import Line  # noqa: PLC0415 - the same
        from chalicelib.workflows.notice_due import Outbox  # noqa: PLC0415 - at first use
        from chalicelib.workflows.services import readers_of  # noqa: PLC0415 - the same

        texts = RoutedTexts(self.gateway_access, self.texts, Line(*self.text_line))
        mail = RoutedMail(self.gateway_access, self.mail)
        carriers = Carriers(texts, mail, self.topic, texts.line_of)
        return Outbox(self.documents, self.queues, carriers, readers_of, public_url=self.public_url)

    @cached_property
    def gateway_access(self) -> Access:
        """The gateways of the operator and of businesses."""
        from chalicelib.notices.delivery.gateways.routes import Access  # noqa: PLC0415 - at first use
        from chalicelib.notices.delivery.gateways.store import Gateways  # noqa: PLC0415 - the same

        gateways = Gateways(self.documents, self.clock)
        return Access(gateways, self.secrets, self.clock, self.public_url, self.allowed_hosts)

    @cached_property
    def gateway_calls(self) -> InboundCalls:
        """What gateways call with."""
        from chalicelib.notices.delivery.gateways.inbound import InboundCalls  # noqa: PLC0415 - at first use

        return InboundCalls(self.gateway_access, self.queues)

    # --- the minute's work ---

    @property
    def minute_work(self) -> tuple[Callable[[datetime], object], ...]:
        """Whatever is due, and whatever was lost on the way, goes to its queue."""
        return (
            self.note_minute,
            self.feed_watch.look,
            self.queue_tickets_due,
            self.outbox.sweep,
            self.inbox.sweep,
        )

    @property
    def booking_tools_work(self) -> tuple[Callable[[datetime], object], ...]:
        """What is due towards booking tools, then what their failures and silences mean."""
        return (
            self.note_booking_tools_minute,
            self.chores.do_due,
            self.detector.detect,
            self.silences.report_new,
        )

    def note_minute(self, now: datetime) -> None:
        """Notes that the minute's work runs. Raises `Unavailable`."""
        from chalicelib.workflows.checking.heartbeat import MINUTE, note_minute  # noqa: PLC0415 - at first use

        note_minute(self.documents, MINUTE, now)

    def note_booking_tools_minute(self, now: datetime) -> None:
        """Notes that the work towards booking tools runs. Raises `Unavailable`."""
        from chalicelib.workflows.checking.heartbeat import BOOKING_TOOLS, note_minute  # noqa: PLC0415 - at first use

        note_minute(self.documents, BOOKING_TOOLS, now)

    @cached_property
    def feed_watch(self) -> FeedWatch:
        """Businesses whose feed ends, fails or comes back."""
        from chalicelib.workflows.checking.feed_watch import FeedWatch  # noqa: PLC0415 - at first use

        return FeedWatch(self.documents, self.queues, self.config, self.public_url)

    def queue_tickets_due(self, now: datetime) -> int:
        """Sends every ticket that is due to the queue; how many. Raises `Unavailable`."""
        from chalicelib.workflows.ticket_due import queue_tickets_due  # noqa: PLC0415 - at first use

        return queue_tickets_due(self.tickets_due, self.queues, now)

    # --- how to get there ---

    @cached_property
    def service_days(self) -> ServiceDays:
        """Compiled timetables."""
        from chalicelib.transit.data.service_days import ServiceDays  # noqa: PLC0415 - brings numpy

        return ServiceDays(self.documents, self.bucket, self.cache, self.clock)

    @cached_property
    def live(self) -> LiveConditions:
        """What is different from the timetables now."""
        from chalicelib.transit.data.live import LiveConditions  # noqa: PLC0415 - brings numpy

        return LiveConditions(self.bucket)

    @cached_property
    def bikes(self) -> BikePlanner:
        """Itineraries by shared bikes."""
        from chalicelib.tickets.replanning.bikes import BikePlanner  # noqa: PLC0415 - brings numpy
        from chalicelib.transit.bikes.live import SharedBikes  # noqa: PLC0415 - the same

        return BikePlanner(self.service_days, SharedBikes(self.bucket))

    @cached_property
    def travel(self) -> LiveTravel:
        """Plans itineraries, and says how they stand."""
        from chalicelib.tickets.replanning.bikes import TravelWithBikes  # noqa: PLC0415 - brings numpy and the kernel
        from chalicelib.tickets.replanning.public_transport import PublicTransport  # noqa: PLC0415 - the same
        from chalicelib.transit.reliability.feed_forecasts import Forecasts  # noqa: PLC0415 - the same

        return TravelWithBikes(PublicTransport(self.service_days, self.live, Forecasts(self.bucket)), self.bikes)

    @cached_property
    def places(self) -> Places:
        """Places by the words that people use for them."""
        from chalicelib.tickets.origin import KnownPlaces  # noqa: PLC0415 - brings numpy

        return KnownPlaces(self.service_days)

    # --- pages ---

    @cached_property
    def show(self) -> TicketView:
        """What is shown of a stored ticket."""
        from chalicelib.workflows.ticket_opened import TicketView  # noqa: PLC0415 - at first use

        return TicketView(self.documents, bikes=lambda: self.bikes)

    @cached_property
    def ticket_endpoints(self) -> TicketEndpoints:
        """What a customer's link opens."""
        from chalicelib.pages.customer.stops import NetworkStops  # noqa: PLC0415 - at first use
        from chalicelib.pages.customer.ticket_endpoints import TicketEndpoints  # noqa: PLC0415 - the same
        from chalicelib.pages.customer.tickets import LinkedTickets  # noqa: PLC0415 - the same

        stops = NetworkStops(self.service_days)
        return TicketEndpoints(LinkedTickets(self.services), self.config, stops, self.public_url, self.show)

    @cached_property
    def operator(self) -> OperatorEndpoints:
        """What the admin key opens."""
        from chalicelib.notices.repository import Notices  # noqa: PLC0415 - at first use
        from chalicelib.pages.operator import (  # noqa: PLC0415 - at first use
            businesses,
            connections,
            feeds,
            keys,
            notices,
            outages,
            overview,
            parked,
            tickets,
        )
        from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints  # noqa: PLC0415 - the same
        from chalicelib.pages.operator.sending.gateways import GatewayEndpoints  # noqa: PLC0415 - the same
        from chalicelib.pages.operator.sending.trials import TrialEndpoints  # noqa: PLC0415 - the same
        from chalicelib.pages.people.messages import MessageEndpoints  # noqa: PLC0415 - the same
        from chalicelib.workflows.checking.rehearsal import rehearse_outage  # noqa: PLC0415 - the same

        clock, config, hosts = self.clock, self.config, self.allowed_hosts
        return OperatorEndpoints(
            feeds.FeedEndpoints(self.documents, self.queues, clock, config, self.allow_paths, hosts),
            businesses.BusinessEndpoints(self.documents, config, clock, self.bookings, self.keyring.revoke_all),
            connections.ConnectionEndpoints(
                config, self.connections_overview, self.inbox, clock, self.bookings, self.outages, self.parking, hosts
            ),
            tickets.TicketListEndpoints(config, self.services.tickets, clock, self.show),
            notices.NoticeEndpoints(config, Notices(self.documents)),
            parked.ParkedEndpoints(config, self.parking),
            outages.OutageEndpoints(config, self.outages, clock, partial(rehearse_outage, self.services)),
            keys.KeyEndpoints(self.keyring, config, clock, self.public_url),
            overview.OverviewEndpoints(self.documents, config, clock, self.inbox, self.queue_care, self.shown_outbox),
            GatewayEndpoints(config, self.gateway_access, self.keep_secret),
            TrialEndpoints(config, self.documents, self.queues, clock),
            MessageEndpoints(config, self.services, clock),
        )

    @cached_property
    def status_endpoints(self) -> StatusEndpoints:
        """What works now, for everybody."""
        from chalicelib.pages.status.status_endpoints import StatusEndpoints  # noqa: PLC0415 - at first use

        return StatusEndpoints(self.config, self.outages)

    @cached_property
    def health(self) -> Health:
        """How the hub does, part by part."""
        from chalicelib.pages.operator.health import Health  # noqa: PLC0415 - at first use

        return Health(self.documents, self.config, self.queue_care)

    @cached_property
    def console(self) -> Console:
        """The operator's pages."""
        from chalicelib.pages.operator.console.assembly import console_of  # noqa: PLC0415 - at first use

        return console_of(self)

    def robots_txt(self) -> Page:
        """What crawlers are told."""
        from chalicelib.pages.page import robots_txt  # noqa: PLC0415 - at first use

        return robots_txt()

    def openapi(self) -> Page:
        """The description of all endpoints."""
        from chalicelib.entrypoints.openapi import openapi_page  # noqa: PLC0415 - at first use

        return openapi_page()


def from_environment() -> Hub:
    """A hub of the real parts that the environment names. Raises `aws.environment.NotConfigured`, `ValueError`."""
    from chalicelib.foundation.instants import clock_from  # noqa: PLC0415 - at first use

    clock = clock_from(os.environ)
    parts = parts_from_environment(clock)
    local = os.environ.get("HUB_LOCAL_DIR") if os.environ.get("HUB_LOCAL") else None
    return Hub(
        parts.documents,
        parts.queues,
        parts.bucket,
        parts.texts,
        parts.mail,
        parts.topic,
        parts.secrets,
        clock,
        os.environ.get("HUB_PUBLIC_URL", "").rstrip("/"),
        allow_paths=bool(os.environ.get("HUB_LOCAL")),
        allowed_hosts=private_hosts_from(os.environ),
        admin_key=parts.admin_key,
        text_line=parts.text_line,
        cache=Path(local or tempfile.gettempdir()) / ("timetables" if local else "hub-timetables"),
        queue_care=parts.queue_care,
        shown_outbox=parts.shown_outbox,
        keep_secret=getattr(parts.secrets, "write", None),
        geocoder=os.environ.get("HUB_GEOCODER", ""),
        catalogue=os.environ.get("HUB_CATALOGUE", ""),
    )


def parts_from_environment(clock: Clock) -> Aws | Embedded:
    """What stands behind the ports: one folder where `HUB_STORE=embedded`, else AWS. Raises as these do."""
    if os.environ.get("HUB_STORE") == "embedded":
        from chalicelib.embedded.environment import Embedded  # noqa: PLC0415 - one of the two, at first use

        return Embedded.from_environment(clock)
    from chalicelib.aws.environment import Aws  # noqa: PLC0415 - the other

    return Aws.from_environment(clock)


_installed: list[Hub] = []


def install(hub: Hub) -> None:
    """Makes this the process's hub."""
    _installed[:] = [hub]


def hub() -> Hub:
    """The process's hub."""
    if not _installed:
        install(from_environment())
    return _installed[0]
