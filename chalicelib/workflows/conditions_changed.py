"""The conditions of a feed changed: a whole city is checked, cut into batches that many workers share.

Rules
- One message per feed and update becomes messages of `ROUND_BATCH` tickets, those of one venue beside each other:
  tickets whose customers follow an itinerary that we promised. A plan that was not told yet is checked by its own clock
  (`tickets/schedule`). A message that comes twice, or an older one after a newer one, only makes somebody check again
  under the newest conditions.
- However many there are, a step cuts `ROUND_STEP` of them and sends the message for the next step.
- One round through the tickets of a feed at a time: `checking/rounds`.
- A batch reads at once what its tickets need and commits together what they want written (`unit_of_work`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckBatch, CutRound, FinishRound, send_commands
from chalicelib.foundation.keys import WATCH_SHARDS, business_key, business_of_watch
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

ROUND_STEP = 5000  # cut by one function call: a hundred messages, a second
ROUND_BATCH = 50  # tickets in one message: a fraction of a second of work, one call reads all that it needs


def start_round(services: Services, command: StartRound, now: datetime) -> None:
    """Begins the round of new conditions, unless another one is under way. Raises `Unavailable`."""
    if begin_round(services.documents, command, now):
        feed_id, at, cause = command.feed_id, command.conditions_at, command.correlation_id
        begin = CutRound(feed_id, at, WATCH_SHARDS[0], correlation_id=cause)
        _send_next(services, command, send_round(services, begin, now))


def cut_round(services: Services, command: CutRound, now: datetime) -> None:
    """Goes on with a round that has more tickets than one step cuts. Raises `Unavailable`."""
    _send_next(services, command, send_round(services, command, now))


def _send_next(services: Services, command: StartRound | CutRound, rest: CutRound | None) -> None:
    end = FinishRound(command.feed_id, command.conditions_at, correlation_id=command.correlation_id)
    send_commands(services.queues, rest or end)


def send_round(services: Services, command: CutRound, now: datetime) -> CutRound | None:
    """Sends up to about `ROUND_STEP` to the queue, in batches; the command for the rest, if there is any.

    Raises `Unavailable`.
    """
    feed_id, rest = command.feed_id, command
    found: list[tuple[str, str]] = []
    parts = list(WATCH_SHARDS[WATCH_SHARDS.index(command.part) :])
    while parts and len(found) < ROUND_STEP:
        step = services.tickets.step_to_check(feed_id, parts[0], now, after=rest.after, limit=ROUND_STEP)
        found += sorted((business_of_watch(sort), ticket_id) for ticket_id, sort in step.found)
        parts = parts if step.next else parts[1:]
        rest = replace(rest, part=parts[0] if parts else "", after=step.next)
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
    return rest if parts else None


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
    read = {"tickets": command.ticket_ids, "config": map(business_key, command.business_ids)}
    unit.fetch(read, may_lag=True)  # as if the round had come a moment earlier; a write names the version it saw
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
