"""A business's parked events: what could not be understood, seen and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.inbox.remedies import remedy_for
from chalicelib.pages.operator.businesses import known_business

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.inbox.parking import Parking


@dataclass(frozen=True, slots=True)
class ParkedEndpoints:
    """/admin/businesses/{business_id}/parked, and below it."""

    config: Config
    parking: Parking

    def list(self, business_id: str) -> dict[str, Any]:
        """What could not be understood and what to do about it, the oldest first. Raises `NotFound`, `Unavailable`."""
        known_business(self.config, business_id)
        parked = self.parking.of_business(business_id)
        return {"parked": [one | {"remedy": remedy_for(one["reason"])} for one in parked]}

    def replay(self, business_id: str, event_id: str) -> dict[str, Any]:
        """Has a parked event processed again. Raises `NotFound`, `UnknownEvent`, `Unavailable`."""
        known_business(self.config, business_id)
        self.parking.replay(event_id, business_id)
        return {"event_id": event_id, "replayed": True}

    def replay_all(self, business_id: str, connection_id: str | None) -> dict[str, Any]:
        """Has all parked events (of one connection) processed again. Raises `NotFound`, `Unavailable`."""
        known_business(self.config, business_id)
        return {"replayed": self.parking.replay_all(business_id, connection_id)}
