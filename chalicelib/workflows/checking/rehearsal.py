"""A rehearsal of an outage: whom it would tell what, if it were reported now. Nothing is written, nothing sent.

The very checks are taken that the real report causes, on what is stored now; their changes are looked at and dropped.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict
from chalicelib.foundation.unit_of_work import UnitOfWork
from chalicelib.notices.documents import from_document
from chalicelib.outages.store import days_concerned
from chalicelib.workflows.checking.commit import LoadedTicket, settle

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Documents
    from chalicelib.notices.notice import Notice
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Readers, Services

log = logging.getLogger("hub.outages")


class Dropped(UnitOfWork):
    """A unit of work that is never committed, and deletes nothing."""

    def delete(self, table: str, key: str) -> None:
        """Nothing."""


def rehearse_outage(
    services: Services, business: Business, stored: Outage | None, outage: Outage, now: datetime
) -> list[tuple[Ticket, Notice]]:
    """The notices that the outage would cause now in the place of `stored`, each with its ticket, by its start.

    Raises `Unavailable`.
    """
    others = tuple(one for one in business.outages if one.outage_id != outage.outage_id)
    changed = replace(business, outages=(*others, outage) if outage.is_open(now) else others)
    unit = Dropped(services.documents, services.queues)

    def readers(documents: Documents) -> Readers:
        known = services.readers(documents)
        return replace(known, business=lambda name: changed if name == business.business_id else known.business(name))

    within = replace(services.within(unit), readers=readers)
    days = days_concerned(stored, outage, business.timezone, now)
    found = list[tuple["Ticket", "Notice"]]()
    for ticket in services.tickets.to_come_on(business.business_id, days, now):
        try:
            with unit.step(ticket.ticket_id):
                settle(within, LoadedTicket(ticket, ticket), changed, now)
        except Conflict:
            continue  # it is being changed at this moment, and will be checked anyway
        except Exception:
            log.exception("a ticket could not be rehearsed", extra=about(ticket_id=ticket.ticket_id))
            continue
        caused = (from_document(one) for one in unit.noted("notices", ticket.ticket_id))
        found += [(ticket, notice) for notice in caused if notice.version == 1]
    return found
