"""A customer says something, by the page or by a text: remembered, and told to whom it concerns. One write."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.foundation.causes import page_cause
from chalicelib.foundation.logs import log_context
from chalicelib.foundation.retry import retry
from chalicelib.notices.answers import to_business, to_customer
from chalicelib.notices.compose import compose_notice
from chalicelib.notices.delivery.opt_out import record_wish
from chalicelib.notices.delivery.phone import phone_of
from chalicelib.notices.policy.fact_finding import facts_of
from chalicelib.tickets.origin import with_origin
from chalicelib.tickets.said.choose import with_chosen
from chalicelib.tickets.said.said import Said
from chalicelib.tickets.said.wish import What, with_wish
from chalicelib.tickets.states import is_open
from chalicelib.workflows.checking.commit import LoadedTicket, commit, settle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.notice import Notice
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.said.wish import Wish
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Services

CHANGES_PLAN = frozenset({What.BY, What.FORGET, What.CHOOSE})


def hear(services: Services, ticket_id: str, wish: Wish, now: datetime, *, has_others: bool = False) -> Ticket | None:
    """The ticket after the wish; None: there is no such ticket. Once the visit is over nothing changes.

    A wish by text (`Wish.text_id`) is answered by text. Raises `Unavailable`.
    """
    with log_context(correlation_id=page_cause(ticket_id, now), ticket_id=ticket_id):
        return retry(partial(_hear, services, ticket_id, wish, now, has_others=has_others), "wish")


def _hear(services: Services, ticket_id: str, wish: Wish, now: datetime, *, has_others: bool) -> Ticket | None:
    stored = services.tickets.load(ticket_id, now)
    business = services.business(stored.business_id) if stored else None
    if stored is None or business is None:
        return stored
    if wish.what in {What.STOP, What.START}:
        if number := phone_of(stored.customer.phone, business).number:
            record_wish(services.documents, number, now, stopped=wish.what is What.STOP)
        return stored
    if now >= stored.end or not is_open(stored):
        return stored
    ticket = with_wish(stored, wish, now)
    if wish.what is What.FORGET:
        ticket = replace(with_origin(stored, None), said=Said(heard=stored.said.heard), address="", address_open=False)
    if ticket is stored:
        return stored
    if wish.what in CHANGES_PLAN:
        chosen = with_chosen(ticket) if wish.what is What.CHOOSE else ticket
        return settle(services, LoadedTicket(chosen, stored), business, now)
    says = [to_business(wish, stored, ticket, now)]
    says += [to_customer(wish, stored, ticket, now, has_others=has_others)] if wish.text_id else []
    ticket, notices = _put_into_words(ticket, filter(None, says), business, now, services.public_url)
    return commit(services, LoadedTicket(_as_told(ticket, wish), stored), now, notices)


def _put_into_words(
    ticket: Ticket, says: Iterable[Say], business: Business, now: datetime, public_url: str
) -> tuple[Ticket, list[Notice]]:
    notices = []
    for say in says:
        if not business.notices.get(say.kind, True):
            continue
        ticket = replace(ticket, decision=ticket.decision + 1)
        numbered = replace(say, decision=ticket.decision, facts=facts_of(say, ticket))
        notices.append(compose_notice(numbered, ticket, business, now, public_url))
    return ticket, notices


def _as_told(ticket: Ticket, wish: Wish) -> Ticket:
    """What the business heard from the customer is not told again by the rule that watches the plan."""
    if wish.what not in {What.LATE, What.ON_WAY} or ticket.said.late_min is None:
        return ticket
    return replace(ticket, promise=replace(ticket.promise, business_late_min=ticket.said.late_min))
