"""A customer's message is answered by the business: it is open no more, and what was written goes to the customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.keys import message_key, message_owner
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry
from chalicelib.notices.compose import compose_notice
from chalicelib.notices.policy.fact_finding import facts_of
from chalicelib.notices.policy.situation import Say
from chalicelib.workflows.checking.commit import LoadedTicket, commit

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.workflows.services import Services

SHOWN = ("message_id", "ticket_id", "name", "text", "at", "language", "answered_at")
ANSWER_EXPIRES = timedelta(hours=12)  # an answer that comes later answers nothing
OPEN_MESSAGES_MAX = 500  # of one business


def open_messages(services: Services, business_id: str) -> list[dict[str, Any]]:
    """What nobody has answered, oldest first. Raises `Unavailable`."""
    found = services.documents.query("config", "by_owner", message_owner(business_id), limit=OPEN_MESSAGES_MAX)
    still_open = (one for one in found if one["answered_at"] is None)
    return sorted(({name: one[name] for name in SHOWN} for one in still_open), key=lambda one: str(one["at"]))


def answer_message(
    services: Services, business_id: str, message_id: str, text: str, now: datetime
) -> dict[str, Any] | None:
    """The message as it is then; None: there is none. Answered again, it sends nothing more. Raises `Unavailable`."""
    return retry(partial(_answer, services, business_id, message_id, text, now), "message")


def _answer(services: Services, business_id: str, message_id: str, text: str, now: datetime) -> dict[str, Any] | None:
    message = services.documents.get("config", message_key(business_id, message_id))
    if message is None or message["answered_at"]:
        return message
    answered = message | {"answered_at": now.isoformat(), "version": message["version"] + 1}
    mark = Write("config", answered, message["version"])
    ticket = services.tickets.load(message["ticket_id"], now)
    business = services.business(business_id)
    if not text or ticket is None or business is None:
        services.documents.write(mark)
        return answered
    numbered = replace(ticket, decision=ticket.decision + 1)
    say = Say(
        kind="answer",
        variant="from_business",
        because="the business answered what the customer wrote",
        act_by=now,  # they wait for it
        expires_at=now + ANSWER_EXPIRES,
        words=text,
        decision=numbered.decision,
    )
    notice = compose_notice(replace(say, facts=facts_of(say, ticket)), numbered, business, now, services.public_url)
    commit(services, LoadedTicket(numbered, ticket, also=(mark,)), now, [notice])
    return answered
