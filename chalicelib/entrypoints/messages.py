"""What comes by queue: a message is read into its command, and the command goes to the workflow that it concerns.

Rules
- `HANDLERS` is the one table. A message names its command and version ("command", "v"); what has neither is told by
  its fields: it comes from AWS itself (a mail's receipt, a text), or from the version of the hub before commands had
  names, whose last messages a deployment must not lose.
- What is unknown, or lacks a field, raises: it is logged, delivered again (perhaps to a worker that knows it), and ends
  among the dead letters. What it has more than the command is passed over.
- What a service that is away or too busy kept from being done comes again within seconds (`come_again`).
- A workflow is imported when its first command comes: a cold start pays for what it does.
"""

from __future__ import annotations

import contextlib
import logging
import random
from dataclasses import MISSING, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.entrypoints.http import handle_each
from chalicelib.foundation import commands
from chalicelib.foundation.logs import FAILED_MESSAGES, log_context, measure
from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.deadline import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from dataclasses import Field
    from datetime import datetime

    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.foundation.commands import Command
    from chalicelib.foundation.ports import Bucket, Document, Documents, Queues
    from chalicelib.workflows.notice_due import Outbox
    from chalicelib.workflows.services import Services
    from chalicelib.workflows.webhook_arrived import Worker

    Handler = Callable[["MessageParts", Any, datetime], None]

log = logging.getLogger("hub.messages")
MESSAGE_SHOWN_MAX = 80  # characters of what a message says that an error repeats
INBOX_BATCH_S = 20.0  # of the 30 that the function has
OF_DATES = frozenset({"dates", "days"})  # fields of commands that hold local dates


class UnknownCommand(ValueError):
    """A message that no handler here is for."""


class BadCommand(ValueError):
    """A message of a known command that lacks a field, or holds something else in it."""


COMES_AGAIN = frozenset({"tickets", "updates", "notices"})  # a webhook's tool is not asked again so soon
AGAIN_MAX = 4  # times that a message comes again within seconds: a minute in all
AGAIN_WITHIN_S = 3  # the longest pause before the first of them; doubled for each further one


class MessageParts(Protocol):
    """What the handlers use of the hub."""

    @property
    def documents(self) -> Documents:
        """The store."""
        ...

    @property
    def queues(self) -> Queues:
        """Work to be done soon."""
        ...

    @property
    def bucket(self) -> Bucket:
        """Where mail is put."""
        ...

    @property
    def inbox(self) -> Inbox:
        """Takes in what a booking tool sends."""
        ...

    @property
    def worker(self) -> Worker:
        """Understands stored webhooks."""
        ...

    @property
    def services(self) -> Services:
        """What workflows around tickets work with."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Sends notices."""
        ...


def handle_batch(event: Iterable[Any], hub: MessageParts, now: Callable[[], datetime]) -> dict[str, Any]:
    """Does what each SQS message of a batch asks for; the answer names those that failed, and they are counted."""

    def work(message: Any) -> None:
        try:
            handle_message(message, hub, now())
        except Unavailable:
            if not come_again(message, hub.queues):
                raise

    answer = handle_each(event, work)
    if failed := len(answer["batchItemFailures"]):
        measure(FAILED_MESSAGES, failed, now())
    return answer


def handle_inbox_batch(event: Iterable[Any], hub: MessageParts, now: Callable[[], datetime]) -> dict[str, Any]:
    """The same for messages that may have tools asked: all tools of a batch together keep its function so long.

    What was left out for want of time is delivered again, as anything that failed.
    """
    with deadline(INBOX_BATCH_S):
        return handle_batch(event, hub, now)


def come_again(message: Document, queues: Queues) -> bool:
    """Puts what a service that is too busy kept from being done into its queue once more, to come within seconds.

    A message that merely fails is hidden for as long as a worker may take, which is minutes. After `AGAIN_MAX` times it
    fails all the same: then something is wrong for longer, and the queue's own patience is the right one.
    """
    tries, queue = message.get("tries", 0), read_command(message).QUEUE
    if queue not in COMES_AGAIN or not isinstance(tries, int) or tries >= AGAIN_MAX:
        return False
    delay_s = random.randint(1, AGAIN_WITHIN_S * 2**tries)  # noqa: S311 - spreads, hides nothing
    try:
        queues.send(queue, message | {"tries": tries + 1}, delay_s=delay_s)
    except Unavailable:
        return False
    return True


def handle_message(message: Any, hub: MessageParts, now: datetime) -> None:
    """Does what one message asks for. Raises `UnknownCommand`, `BadCommand`, and what its workflow raises.

    What fails is logged here, with what set it off.
    """
    try:
        command = read_command(message)
        handler = handler_of(command)
    except (UnknownCommand, BadCommand):
        log.exception("a message cannot be understood and will be delivered again")
        raise
    with log_context(command=command.NAME, correlation_id=command.cause(now)):
        try:
            handler(hub, command, now)
        except Exception:
            log.exception("a command failed and will be delivered again")
            raise


def handler_of(command: Command) -> Handler:
    """What does it. Raises `UnknownCommand` for a command of another function."""
    handler = HANDLERS[type(command)]
    if handler is None:
        raise UnknownCommand(f"{command.NAME} is not for this function")
    return handler


# --- reading ---


def read_command(message: Any) -> Command:
    """The command that a message holds. Raises `UnknownCommand`, `BadCommand`."""
    if not isinstance(message, dict):
        raise UnknownCommand(f"a message is a JSON object, not {type(message).__name__}")
    kind = _kind_of(message)
    needed = [one.name for one in fields(kind) if one.default is MISSING is one.default_factory]
    lacking = [name for name in needed if name not in message]
    if lacking:
        raise BadCommand(f"{kind.NAME} lacks {', '.join(lacking)}")
    given = [one for one in fields(kind) if one.name in message]
    return kind(**{one.name: _read_field(kind, one, message[one.name]) for one in given})


def _kind_of(message: Mapping[str, Any]) -> type[Command]:
    if "command" not in message:
        for names, kind in WITHOUT_NAME:
            if names <= message.keys():
                return kind
        raise UnknownCommand(f"no command has the fields {', '.join(sorted(message))[:MESSAGE_SHOWN_MAX]}")
    for kind in HANDLERS:
        if (message["command"], message.get("v")) == (kind.NAME, kind.VERSION):
            return kind
    said = f"{str(message['command'])[:MESSAGE_SHOWN_MAX]!r} of version {str(message.get('v'))[:MESSAGE_SHOWN_MAX]}"
    raise UnknownCommand(f"no command {said} is known here")


def _read_field(kind: type[Command], one: Field[Any], value: Any) -> Any:
    is_one, read = _FIELD_TYPES[str(one.type)]
    if not is_one(value):
        raise BadCommand(f"{kind.NAME}.{one.name} should be {one.type}, not {type(value).__name__}")
    if one.name in OF_DATES and (wrong := [day for day in value if not _is_date(day)]):
        raise BadCommand(f"{kind.NAME}.{one.name} should hold dates (YYYY-MM-DD), not {wrong[0][:MESSAGE_SHOWN_MAX]!r}")
    return read(value)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_FIELD_TYPES: Mapping[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "str": (lambda value: isinstance(value, str), str),
    "int": (lambda value: isinstance(value, int) and not isinstance(value, bool), int),
    "bool": (lambda value: isinstance(value, bool), bool),
    "tuple[str, ...]": (lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value), tuple),
    "dict[str, Any]": (lambda value: isinstance(value, dict), dict),
}


# --- one handler for each command ---


def process_event(hub: MessageParts, command: commands.ProcessEvent, now: datetime) -> None:
    """Understands a stored webhook."""
    hub.worker.process(command.event_id, now)


def receive_mail(hub: MessageParts, command: commands.ReceiveMail, now: datetime) -> None:
    """Takes a mail in as any other call of its connection."""
    from chalicelib.bookings.inbox import mail  # noqa: PLC0415 - only where mail comes in
    from chalicelib.bookings.inbox.accept import BadSignature, TooLarge, UnknownConnection  # noqa: PLC0415 - the same

    for received in mail.mails_of({"ses": {"receipt": command.receipt, "mail": command.mail}}):
        with contextlib.suppress(BadSignature, TooLarge, UnknownConnection):  # anybody can write to an address
            mail.accept_mail(hub.inbox, hub.bucket, received, now)


def check_ticket(hub: MessageParts, command: commands.CheckTicket, now: datetime) -> None:
    """Checks one ticket."""
    from chalicelib.workflows import ticket_due  # noqa: PLC0415 - at first use

    ticket_due.check_ticket(hub.services, command.ticket_id, now)


def check_tickets_due(hub: MessageParts, command: commands.CheckTicketsDue, now: datetime) -> None:
    """Checks those of a batch that are due still."""
    from chalicelib.workflows import ticket_due  # noqa: PLC0415 - at first use

    ticket_due.check_tickets_due(hub.services, command.ticket_ids, now)


def check_tickets(hub: MessageParts, command: commands.CheckTickets, now: datetime) -> None:
    """Checks a batch of tickets."""
    from chalicelib.workflows import ticket_due  # noqa: PLC0415 - at first use

    ticket_due.check_tickets(hub.services, command.ticket_ids, now)


def check_feed_part(hub: MessageParts, command: commands.CheckFeedPart, now: datetime) -> None:  # noqa: ARG001 - each ticket's own check asks for the time
    """Has some of the tickets of a feed's new day checked."""
    from chalicelib.workflows import timetable_changed  # noqa: PLC0415 - at first use

    timetable_changed.check_feed_part(hub.services, command)


def check_feed_days(hub: MessageParts, command: commands.CheckFeedDays, now: datetime) -> None:  # noqa: ARG001 - each ticket's own check asks for the time
    """Has the tickets of a feed's new days checked."""
    from chalicelib.workflows import timetable_changed  # noqa: PLC0415 - at first use

    timetable_changed.check_feed_days(hub.services, command.feed_id, command.dates)


def check_outage(hub: MessageParts, command: commands.OutageChanged, now: datetime) -> None:
    """Has the tickets checked that an outage may concern."""
    from chalicelib.workflows import outage_changed  # noqa: PLC0415 - at first use

    outage_changed.check_outage(hub.services, command, now)


def start_round(hub: MessageParts, command: commands.StartRound, now: datetime) -> None:
    """Begins a round through the tickets of a feed."""
    from chalicelib.workflows import conditions_changed  # noqa: PLC0415 - at first use

    conditions_changed.start_round(hub.services, command, now)


def cut_round(hub: MessageParts, command: commands.CutRound, now: datetime) -> None:
    """Cuts more of a round into batches."""
    from chalicelib.workflows import conditions_changed  # noqa: PLC0415 - at first use

    conditions_changed.cut_round(hub.services, command, now)


def check_batch(hub: MessageParts, command: commands.CheckBatch, now: datetime) -> None:
    """Checks one batch of a round."""
    from chalicelib.workflows import conditions_changed  # noqa: PLC0415 - at first use

    conditions_changed.check_batch(hub.services, command, now)


def finish_round(hub: MessageParts, command: commands.FinishRound, now: datetime) -> None:
    """Ends a round."""
    from chalicelib.workflows import conditions_changed  # noqa: PLC0415 - at first use

    conditions_changed.finish_round(hub.services, command, now)


def send_notice(hub: MessageParts, command: commands.SendNotice, now: datetime) -> None:
    """Sends one notice."""
    hub.outbox.deliver(command.notice_id, now, booking_id=command.booking_id)


def take_report(hub: MessageParts, command: commands.DeliveryReported, now: datetime) -> None:
    """Takes down what a carrier says of a notice."""
    from chalicelib.workflows.sending import report  # noqa: PLC0415 - only where carriers report

    report.take_report(hub.documents, hub.queues, command, now)


def take_text_event(hub: MessageParts, command: commands.TextEvent, now: datetime) -> None:
    """The same as End User Messaging says it."""
    from chalicelib.workflows.sending import report  # noqa: PLC0415 - only where carriers report

    report.take_text_event(hub.documents, hub.queues, command, now)


def take_mail_event(hub: MessageParts, command: commands.MailEvent, now: datetime) -> None:
    """The same as SES says it."""
    from chalicelib.workflows.sending import report  # noqa: PLC0415 - only where carriers report

    report.take_mail_event(hub.documents, hub.queues, command, now)


def take_inbound_text(hub: MessageParts, command: commands.InboundText, now: datetime) -> None:
    """Does what somebody who sent us a text wants."""
    from chalicelib.workflows.customer.text_arrived import InboundText, take_text  # noqa: PLC0415 - only where texts come in

    text = InboundText(command.originationNumber, command.messageBody, command.inboundMessageId)
    take_text(hub.services, text, now)


HANDLERS: Mapping[type[Command], Handler | None] = {
    commands.ProcessEvent: process_event,
    commands.ReceiveMail: receive_mail,
    commands.CheckTicket: check_ticket,
    commands.CheckTicketsDue: check_tickets_due,
    commands.CheckTickets: check_tickets,
    commands.CheckFeedDays: check_feed_days,
    commands.CheckFeedPart: check_feed_part,
    commands.OutageChanged: check_outage,
    commands.StartRound: start_round,
    commands.CutRound: cut_round,
    commands.CheckBatch: check_batch,
    commands.FinishRound: finish_round,
    commands.SendNotice: send_notice,
    commands.DeliveryReported: take_report,
    commands.TextEvent: take_text_event,
    commands.MailEvent: take_mail_event,
    commands.InboundText: take_inbound_text,
    commands.CompileFeed: None,  # `feeds/handler`, which has an image of its own
}

WITHOUT_NAME: tuple[tuple[frozenset[str], type[Command]], ...] = (
    # from AWS itself
    (frozenset({"receipt"}), commands.ReceiveMail),
    (frozenset({"originationNumber", "messageBody"}), commands.InboundText),
    (frozenset({"eventType", "messageId"}), commands.TextEvent),
    (frozenset({"eventType", "mail"}), commands.MailEvent),
    # from the version before commands had names; the first that fits
    (frozenset({"event_id"}), commands.ProcessEvent),
    (frozenset({"notice_id"}), commands.SendNotice),
    (frozenset({"ticket_id"}), commands.CheckTicket),
    (frozenset({"ticket_ids", "feed_id"}), commands.CheckBatch),
    (frozenset({"ticket_ids"}), commands.CheckTicketsDue),
    (frozenset({"outage_id"}), commands.OutageChanged),
    (frozenset({"conditions_at"}), commands.StartRound),
    (frozenset({"round_of"}), commands.FinishRound),
    (frozenset({"feed_id", "why"}), commands.CompileFeed),
    (frozenset({"feed_id", "dates"}), commands.CheckFeedDays),
)
