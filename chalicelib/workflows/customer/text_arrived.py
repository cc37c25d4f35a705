"""Somebody sent us a text: it is understood (`replies`), and what it wants happens, or a person gets to read it.

Rules
- A stop acts at once, on the number, and is confirmed once; the appointment stands. "Yes" is a start only for a number
  that has opted out. In North America a bare "cancel" ends texts, as carriers demand there.
- A text is about the next appointment of its number; where that matters (to cancel, to move) it is asked which.
- Nothing is cancelled or moved by a text. What is not clear goes to the business, and waits there for an answer.
- The same text again changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.phone_numbers import current_number
from chalicelib.foundation.commands import SendNotice, send_commands
from chalicelib.foundation.keys import message_key, message_owner
from chalicelib.foundation.locales import language_of
from chalicelib.foundation.logs import about as log_about
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.notices.delivery.opt_out import is_opted_out, record_wish
from chalicelib.notices.delivery.reached import tickets_reached
from chalicelib.notices.documents import notice_write
from chalicelib.notices.notice import Notice, NoticeState
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.rendering.texts import text_for
from chalicelib.replies.reading import Intent
from chalicelib.replies.understand import understand
from chalicelib.tickets.documents import KEEP_TICKET
from chalicelib.tickets.said.wish import LATE_MIN_MAX, What, Wish, said_of
from chalicelib.tickets.states import is_open
from chalicelib.workflows.customer.hear import hear

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.replies.reading import Reading
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.workflows.services import Services

log = logging.getLogger("hub.replies")

NORTH_AMERICA = "+1"
ASKED_FOR = timedelta(hours=1)  # so long a bare number answers the question by how many minutes
BODY_MAX = 1600  # characters of a text: what carriers join to one
WISHES = {
    Intent.LATE: What.LATE,
    Intent.HERE: What.HERE,
    Intent.ON_WAY: What.ON_WAY,
    Intent.CONFIRM: What.COMING,
    Intent.CANCEL: What.CANNOT_COME,
    Intent.MOVE: What.ANOTHER_TIME,
    Intent.THANKS: What.THANKS,
}
ALWAYS_ANSWERED = frozenset({Intent.CANCEL, Intent.MOVE})  # by a link; nothing is cancelled or moved


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text as a carrier hands it on. `text_id`: the carrier's own; "": it has none."""

    number: str
    body: str
    text_id: str = ""


def take_text(services: Services, text: InboundText, now: datetime) -> Reading | None:
    """Does what a text wants; how it was understood, None for what comes from no number. Raises `Unavailable`."""
    if not text.number.startswith("+"):
        return None
    number, body = current_number(text.number), text.body[:BODY_MAX]
    text_id = text.text_id or hashlib.sha256(f"{number}{body}{now:%Y-%m-%dT%H}".encode()).hexdigest()[:16]
    ids = tickets_reached(services.documents, number)
    reached = services.tickets.load_all(ids, now) if ids else []
    others = (other for one in reached for other in services.tickets.of_person(one, now))  # not each has its own text
    tickets = sorted({one.ticket_id: one for one in (*others, *reached)}.values(), key=lambda one: one.start)
    coming = [one for one in tickets if is_open(one) and now < one.end]
    about = coming[0] if coming else tickets[-1] if tickets else None
    reading = _read(services, body, about)
    has_stopped = is_opted_out(services.documents, number)
    log.info("a text was understood", extra=log_about(kind=reading.intent.value))
    if _is_about_number(reading, body, number, has_stopped=has_stopped):
        _answer_number(services, reading, number, about, now, text_id=text_id, has_stopped=has_stopped)
    elif coming:
        wish = _wish_of(reading, body, coming[0], now, text_id)
        after = hear(services, coming[0].ticket_id, wish, now, has_others=len(coming) > 1)
        if wish.what is What.MESSAGE and after:
            _keep_message(services, after, wish, now)
    return reading


def _read(services: Services, body: str, ticket: Ticket | None) -> Reading:
    """In the customer's language, else in that of the business."""
    business = services.business(ticket.business_id) if ticket else None
    locales = [ticket.said.language, ticket.customer.locale, business.locale if business else ""] if ticket else []
    languages = dict.fromkeys(re.split("[-_]", locale)[0].lower() for locale in locales if locale)
    readings = (understand(body, language) for language in [*languages, "en"])
    found = list(readings)
    return next((one for one in found if one.intent is not Intent.OTHER), found[0])


def _is_about_number(reading: Reading, body: str, number: str, *, has_stopped: bool) -> bool:
    if reading.intent in {Intent.STOP, Intent.START, Intent.HELP}:
        return True
    is_bare = len(body.split()) == 1
    return is_bare and (
        (reading.intent is Intent.CANCEL and number.startswith(NORTH_AMERICA))
        or (reading.intent is Intent.CONFIRM and has_stopped)
    )


def _answer_number(
    services: Services,
    reading: Reading,
    number: str,
    about: Ticket | None,
    now: datetime,
    *,
    text_id: str,
    has_stopped: bool,
) -> None:
    """STOP, START, HELP: the wish of a number, and the one answer to it."""
    kinds = {Intent.START: "started", Intent.CONFIRM: "started", Intent.HELP: "help"}
    kind = kinds.get(reading.intent, "stopped")
    if kind != "help":
        record_wish(services.documents, number, now, stopped=kind == "stopped")
    business = services.business(about.business_id) if about else None
    is_said = (kind == "stopped") is has_stopped and kind != "help"
    if about is None or business is None or is_said:
        return
    say = Say(kind, "plain", now, now + timedelta(hours=1))
    words = text_for(say, about, business, now, public_url=services.public_url, first=False)
    notice = Notice(
        notice_id=f"{about.ticket_id}-{kind}-{text_id}",
        ticket_id=about.ticket_id,
        business_id=about.business_id,
        kind=kind,
        channel="sms",
        to=number,
        text=words.text,
        state=NoticeState.DUE,
        created_at=now,
        send_at=now,
        expires_at=say.expires_at,
        decision=about.decision,
        version=1,
        locale=words.locale,
    )
    with contextlib.suppress(Conflict):  # the same text came before
        services.documents.write(notice_write(notice, None))
        send_commands(services.queues, SendNotice(notice.notice_id))


def _wish_of(reading: Reading, body: str, ticket: Ticket, now: datetime, text_id: str) -> Wish:
    asked_at = said_of(ticket).late_at
    number = re.fullmatch(r"\s*\+?(\d{1,3})\s*\.?\s*", body)
    if number and asked_at and now <= asked_at + ASKED_FOR and 0 < int(number[1]) <= LATE_MIN_MAX:
        return Wish(What.LATE, int(number[1]), text_id=text_id)
    what = WISHES.get(reading.intent)
    if what is None or not (reading.acts or reading.intent in ALWAYS_ANSWERED):
        return Wish(What.MESSAGE, value=body, text_id=text_id)
    return Wish(what, reading.minutes if what in {What.LATE, What.ON_WAY} else None, text_id=text_id)


def _keep_message(services: Services, ticket: Ticket, wish: Wish, now: datetime) -> None:
    """What the business is to answer stays open until somebody says that it is answered."""
    message_id = f"{ticket.ticket_id}-{wish.text_id}"
    document = {
        "config_id": message_key(ticket.business_id, message_id),
        "owner": message_owner(ticket.business_id),
        "version": 1,
        "message_id": message_id,
        "ticket_id": ticket.ticket_id,
        "name": ticket.customer.name,
        "text": wish.value,
        "at": now.isoformat(),
        "language": language_of(ticket.said.language, ticket.customer.locale),
        "answered_at": None,
        "expires_at": int((ticket.end + KEEP_TICKET).timestamp()),
    }
    with contextlib.suppress(Conflict, Unavailable):  # it came before; or the business was told of it by its notice
        services.documents.write(Write("config", document, None))
