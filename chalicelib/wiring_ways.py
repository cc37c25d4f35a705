"""The hub's parts that find ways, as `wiring` puts them together: timetables, live data, shared bikes, the planner."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.foundation.ports import Unavailable

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Bucket, Clock, Documents
    from chalicelib.tickets.origin import Places
    from chalicelib.tickets.replanning.bikes import BikePlanner
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.live import LiveConditions
    from chalicelib.transit.data.service_days import ServiceDays


class TravelParts:
    """Half of `wiring.Hub`; the doors that it reads through are the hub's."""

    documents: Documents
    bucket: Bucket
    clock: Clock
    cache: Path

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
        """Ways by shared bikes."""
        from chalicelib.tickets.replanning.bikes import BikePlanner  # noqa: PLC0415 - brings numpy
        from chalicelib.transit.bikes.live import SharedBikes  # noqa: PLC0415 - the same

        return BikePlanner(self.service_days, SharedBikes(self.bucket))

    def show(self, ticket: Ticket, business: Business, now: datetime) -> Ticket:
        """The ticket as somebody looks at it now: the age of its live data, a way by a shared bike where there is one.

        Where nothing can be asked about either, the ticket is shown as it is.
        """
        from chalicelib.workflows.ages import with_present_age  # noqa: PLC0415 - at first use

        with suppress(Unavailable):
            ticket = with_present_age(ticket, self.documents, now)
        if ticket.origin is None or not ticket.itineraries:
            return ticket
        from chalicelib.tickets.plan import TripContext  # noqa: PLC0415 - at first use
        from chalicelib.tickets.replanning.bikes import with_bike  # noqa: PLC0415 - brings numpy

        with suppress(Unavailable):
            return with_bike(ticket, self.bikes, TripContext(ticket.feed, business, now))
        return ticket

    def _travel(self) -> LiveTravel:
        from chalicelib.tickets.replanning.bikes import TravelWithBikes  # noqa: PLC0415 - brings numpy and the kernel
        from chalicelib.tickets.replanning.public_transport import PublicTransport  # noqa: PLC0415 - the same
        from chalicelib.transit.reliability.feed_forecasts import Forecasts  # noqa: PLC0415 - the same

        return TravelWithBikes(PublicTransport(self.service_days, self.live, Forecasts(self.bucket)), self.bikes)

    def _places(self) -> Places:
        from chalicelib.tickets.origin import KnownPlaces  # noqa: PLC0415 - at first use

        return KnownPlaces(self.service_days)
