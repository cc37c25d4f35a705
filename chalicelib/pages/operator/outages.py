"""Outages that an operator reports: what is out of service, since when, and when it will be back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.foundation.invalid import Invalid
from chalicelib.outages.outage import operator_view
from chalicelib.outages.reported import end_outage, outage_from_form, parse_outage_form
from chalicelib.outages.store import outage_of
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.operator.checks import SHOWN_NAME_MAX, remarks
from chalicelib.pages.page import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock
    from chalicelib.notices.notice import Notice
    from chalicelib.outages.form import OutageForm
    from chalicelib.outages.outage import Outage
    from chalicelib.outages.store import Outages
    from chalicelib.tickets.ticket import Ticket

    Rehearse = Callable[[Business, Outage | None, Outage, datetime], list[tuple[Ticket, Notice]]]


@dataclass(frozen=True, slots=True)
class OutageEndpoints:
    """/admin/businesses/{business_id}/outages, and below it."""

    config: Config
    outages: Outages
    clock: Clock
    rehearse_outage: Rehearse

    def put(self, business_id: str, outage_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Reports an outage, another range of it, or ({"ended": true}) that it is over; the same again changes nothing.

        Raises `NotFound`, `Invalid`, `Conflict`, `Unavailable`.
        """
        business, now = known_business(self.config, business_id), self.clock.now()
        form = self._checked_form(business_id, outage_id, body)
        if form.ended:
            return self.end(business_id, outage_id)

        def report(stored: Outage | None) -> Outage:
            return outage_from_form(stored, business_id, outage_id, form, now)

        outage = self.outages.change(business_id, outage_id, report, now)
        assert outage is not None  # `outage_from_form` makes one
        return operator_view(outage, business.timezone, now) | remarks(type(form), body)

    def rehearse(self, business_id: str, outage_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Whom the same report would tell what, if it were made now; nothing is written or sent.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        business, now = known_business(self.config, business_id), self.clock.now()
        form = self._checked_form(business_id, outage_id, body)
        stored = outage_of(self.outages.documents, business_id, outage_id)
        if not form.ended:
            outage = outage_from_form(stored, business_id, outage_id, form, now)
        elif stored is None:
            raise NotFound(f"Business {business_id} has no outage {outage_id[:SHOWN_NAME_MAX]!r}.")
        else:
            outage = end_outage(stored, now) or stored
        told = self.rehearse_outage(business, stored, outage, now)
        return {
            "would_tell": [
                {
                    "ticket_id": ticket.ticket_id,
                    "name": ticket.customer.name,
                    "start": ticket.start.astimezone(ZoneInfo(business.timezone)).isoformat(),
                    **{name: getattr(notice, name) for name in ("kind", "channel", "to", "text", "reason")},
                    "state": notice.state.value,
                }
                for ticket, notice in told
            ]
        }

    def _checked_form(self, business_id: str, outage_id: str, body: dict[str, Any]) -> OutageForm:
        form = parse_outage_form(outage_id, body)
        if form.connection_id is not None:
            connection = self.config.connection(form.connection_id)
            if connection is None or connection.business_id != business_id:
                raise Invalid("unknown_connection", f"Business {business_id} has no connection {form.connection_id}.")
        return form

    def end(self, business_id: str, outage_id: str) -> dict[str, Any]:
        """It is over; once more changes nothing. Raises `NotFound`, `Invalid`, `Conflict`, `Unavailable`."""
        business, now = known_business(self.config, business_id), self.clock.now()

        def end(stored: Outage | None) -> Outage | None:
            return end_outage(stored, now) if stored else None

        outage = self.outages.change(business_id, outage_id, end, now)
        if outage is None:
            raise NotFound(f"Business {business_id} has no outage {outage_id[:SHOWN_NAME_MAX]!r}.")
        return operator_view(outage, business.timezone, now)

    def list(self, business_id: str) -> dict[str, Any]:
        """The outages of the last months, the latest first. Raises `NotFound`, `Unavailable`."""
        business, now = known_business(self.config, business_id), self.clock.now()
        outages = self.outages.of_business(business_id)
        return {"outages": [operator_view(one, business.timezone, now) for one in outages]}
