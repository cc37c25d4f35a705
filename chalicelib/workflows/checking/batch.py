"""Many tickets checked together: one unit of work, each ticket a step of its own.

A ticket that fails stops no other; the batch comes again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalicelib.foundation.unit_of_work import UnitOfWork
    from chalicelib.tickets.ticket import Ticket

log = logging.getLogger("hub.batches")


def check_each(
    unit: UnitOfWork,
    tickets: Sequence[Ticket],
    check: Callable[[Ticket], object],
    check_alone: Callable[[str], object],
) -> None:
    """Checks each ticket as a step of the unit of work, and commits them together.

    Who conflicts is decided again on what is true by then: `check_alone(ticket_id)`, outside the unit of work. Raises
    `Unavailable` after all had their turn, if any of them could not be checked.
    """
    again, failed = list[str](), list[str]()
    for ticket in tickets:
        try:
            with unit.step(ticket.ticket_id):
                check(ticket)
        except Conflict:
            again.append(ticket.ticket_id)
        except Exception:
            log.exception("the check of a ticket failed", extra=about(ticket_id=ticket.ticket_id))
            failed.append(ticket.ticket_id)
    outcome = unit.commit()
    failed += outcome.failed
    for key in (*again, *outcome.again):
        try:
            check_alone(key)
        except Unavailable:
            failed.append(key)
        except Exception:
            log.exception("the check of a ticket failed", extra=about(ticket_id=key))
            failed.append(key)
    if failed:
        raise Unavailable(f"{len(failed)} of {len(tickets)} tickets could not be checked; try again")
