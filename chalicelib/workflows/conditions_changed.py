"""The conditions of a feed changed: a whole city is checked, cut into batches that many workers share.

Rules
- One message per feed and update becomes messages of `ROUND_BATCH` tickets, those of one venue beside each other:
  tickets whose customers follow an itinerary that we promised. A plan that was not told yet is checked by its own clock
  (`tickets/schedule`). A message that comes twice, or an older one after a newer one, only makes somebody check again
  under the newest conditions.
- One round through the tickets of a feed at a time: `checking/rounds`.
- A batch reads at once what its tickets need and commits together what they want written (`unit_of_work`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckBatch, FinishRound, send_commands
from chalicelib.foundation.keys import WATCH_SHARDS, business_key
from chalicelib.foundation.unit_of_work import UnitOfWork
from chalicelib.workflows.checking.batch import check_each
from chalicelib.workflows.checking.commit import LoadedTicket, settle
from chalicelib.workflows.checking.rounds import begin_round, end_round
from chalicelib.workflows.ticket_due import await_business, check_ticket

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.commands import StartRound
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Services

ROUND_BATCH = 50  # tickets in one message: a fraction of a second of work, one call reads all that it needs


def start_round(services: Services, command: StartRound, now: datetime) -> None:
    """Begins the round of new conditions, unless another one is under way. Raises `Unavailable`."""
    if not begin_round(services.documents, command, now):
        return
    send_round(services, command, now)
    send_commands(
        services.queues, FinishRound(command.feed_id, command.conditions_at, correlation_id=command.correlation_id)
    )


def send_round(services: Services, command: StartRound, now: datetime) -> int:
    """Sends the tickets of those who follow a promised itinerary to the queue, in batches; how many there are.

    Raises `Unavailable`.
    """
    feed_id = command.feed_id
    found = [one for part in WATCH_SHARDS for one in services.tickets.ids_to_check(feed_id, part, now)]
    batches = [found[begin : begin + ROUND_BATCH] for begin in range(0, len(found), ROUND_BATCH)]
    commands = [
        CheckBatch(
            feed_id,
            command.conditions_at,
            ticket_ids=tuple(ticket for _, ticket in some),
            business_ids=tuple(sorted({business for business, _ in some})),
            correlation_id=command.correlation_id,
        )
        for some in batches
    ]
    send_commands(services.queues, *commands)
    return len(found)


def finish_round(services: Services, command: FinishRound, now: datetime) -> None:
    """The last batch of these conditions was sent before this: what was published meanwhile begins its round.

    Raises `Unavailable`.
    """
    end_round(services.documents, command, now, partial(send_commands, services.queues))


def check_batch(services: Services, command: CheckBatch, now: datetime) -> None:
    """Checks one batch of a round, under conditions at least as new as those that it was cut for.

    Raises `Unavailable` after all had their turn, if any of them could not be checked.
    """
    services.travel().expect(command.feed_id, command.conditions_at)
    unit = UnitOfWork(services.documents, services.queues)
    unit.fetch({"tickets": command.ticket_ids, "config": map(business_key, command.business_ids)})
    within = services.within(unit)
    tickets = within.tickets.load_all(command.ticket_ids, now)
    unit.fetch(
        {
            "config": [business_key(ticket.business_id) for ticket in tickets],
            "notices": [one for ticket in tickets for one in ticket.promise.open_notice_ids],
        }
    )
    check_each(
        unit,
        tickets,
        check=partial(_check_lean, within, now),
        check_alone=lambda ticket_id: check_ticket(services, ticket_id, now),
    )


def _check_lean(services: Services, now: datetime, ticket: Ticket) -> None:
    """Checks a ticket just read, because the network changed: its booking is not asked, a good plan is kept."""
    business = services.business(ticket.business_id)
    if business is None:
        await_business(services, ticket, now)
    else:
        settle(services, LoadedTicket(ticket, ticket), business, now, lean=True)
