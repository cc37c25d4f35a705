"""All that an operator can ask and configure, by what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.pages.operator.businesses import BusinessEndpoints
    from chalicelib.pages.operator.connections import ConnectionEndpoints
    from chalicelib.pages.operator.feeds import FeedEndpoints
    from chalicelib.pages.operator.keys import KeyEndpoints
    from chalicelib.pages.operator.notices import NoticeEndpoints
    from chalicelib.pages.operator.outages import OutageEndpoints
    from chalicelib.pages.operator.overview import OverviewEndpoints
    from chalicelib.pages.operator.parked import ParkedEndpoints
    from chalicelib.pages.operator.sending.gateways import GatewayEndpoints
    from chalicelib.pages.operator.sending.trials import TrialEndpoints
    from chalicelib.pages.operator.tickets import TicketListEndpoints
    from chalicelib.pages.people.messages import MessageEndpoints


@dataclass(frozen=True, slots=True)
class OperatorEndpoints:
    """Each takes ids and JSON and gives JSON; the admin key has been checked before."""

    feeds: FeedEndpoints
    businesses: BusinessEndpoints
    connections: ConnectionEndpoints
    tickets: TicketListEndpoints
    notices: NoticeEndpoints
    parked: ParkedEndpoints
    outages: OutageEndpoints
    keys: KeyEndpoints
    overview: OverviewEndpoints
    gateways: GatewayEndpoints
    trials: TrialEndpoints
    messages: MessageEndpoints
