"""The operator's doors for outages: what is out of service, since when, and when it will be back. JSON in, JSON out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.invalid import Invalid
from chalicelib.outages.outage import operator_view
from chalicelib.outages.reported import end_outage, outage_from_form, parse_outage_form
from chalicelib.pages.operator.checks import remarks
from chalicelib.pages.operator.office import NotFound

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock
    from chalicelib.outages.outage import Outage
    from chalicelib.outages.store import Outages


@dataclass(frozen=True, slots=True)
class OutageDoors:
    """Where the operator reports outages."""

    config: Config
    outages: Outages
    clock: Clock

    def put(self, business_id: str, outage_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Reports an outage, another range of it, or ({"ended": true}) that it is over; the same again changes nothing.

        Raises `NotFound`, `Invalid`, `Conflict`, `Unavailable`.
        """
        business, now, form = self._business(business_id), self.clock.now(), parse_outage_form(outage_id, body)
        if form.ended:
            return self.end(business_id, outage_id)
        self._check_connection(business_id, form)

        def how(stored: Outage | None) -> Outage:
            return outage_from_form(stored, business_id, outage_id, form, now)

        made = self.outages.change(business_id, outage_id, how, now)
        assert made is not None  # `outage_from_form` makes one
        return operator_view(made, business.timezone, now) | remarks("OutageForm", body)

    def end(self, business_id: str, outage_id: str) -> dict[str, Any]:
        """It is over; once more changes nothing. Raises `NotFound`, `Invalid`, `Conflict`, `Unavailable`."""
        business, now = self._business(business_id), self.clock.now()

        def how(stored: Outage | None) -> Outage | None:
            return end_outage(stored, now) if stored else None

        over = self.outages.change(business_id, outage_id, how, now)
        if over is None:
            raise NotFound(f"Business {business_id} has no outage {outage_id[:80]!r}.")
        return operator_view(over, business.timezone, now)

    def list(self, business_id: str) -> dict[str, Any]:
        """The outages of the last months, the latest first. Raises `NotFound`, `Unavailable`."""
        business, now = self._business(business_id), self.clock.now()
        return {
            "outages": [operator_view(one, business.timezone, now) for one in self.outages.of_business(business_id)]
        }

    def _check_connection(self, business_id: str, form: Any) -> None:
        if form.connection_id is None:
            return
        connection = self.config.connection(form.connection_id)
        if connection is None or connection.business_id != business_id:
            raise Invalid("unknown_connection", f"Business {business_id} has no connection {form.connection_id}.")

    def _business(self, business_id: str) -> Business:
        business = self.config.business(business_id)
        if business is None:
            raise NotFound(f"There is no business {business_id}: PUT it first.")
        return business
