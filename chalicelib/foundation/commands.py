"""What travels in a queue: one frozen value for each thing that is asked for, and how it is written.

A message is the command's fields as a JSON object, with "command" (its name) and "v" (the version of its fields)
beside them; `entrypoints/messages` reads it. Names, versions and fields are what the version before and the version
after this one read during a deployment: a field is added with a default, and never changes its meaning. Who needs
another meaning writes a command of another version.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from chalicelib.foundation.causes import clock_cause, conditions_cause, outage_cause, timetable_cause
from chalicelib.foundation.logs import correlation_id

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Queues


@dataclass(frozen=True, slots=True)
class Command:
    """What every command has. `correlation_id` names the call or snapshot from which it all came; "": unknown."""

    NAME: ClassVar[str]
    QUEUE: ClassVar[str]  # where it travels
    VERSION: ClassVar[int] = 1

    correlation_id: str = field(default="", kw_only=True)

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - for commands that only the clock explains
        """What set it off (`foundation/causes`): what the command names itself, else what came with it."""
        return self.correlation_id


@dataclass(frozen=True, slots=True)
class ProcessEvent(Command):
    """A webhook was stored: understand it."""

    NAME: ClassVar[str] = "process_event"
    QUEUE: ClassVar[str] = "inbox"

    event_id: str

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The webhook; the clock may have queued it again."""
        return self.event_id


@dataclass(frozen=True, slots=True)
class ReceiveMail(Command):
    """SES has put a mail into the bucket. The fields are SES's own: `receipt` with recipients and action, `mail`."""

    NAME: ClassVar[str] = "receive_mail"
    QUEUE: ClassVar[str] = "inbox"

    receipt: dict[str, Any]
    mail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckTicket(Command):
    """Whatever is due for this ticket happens."""

    NAME: ClassVar[str] = "check_ticket"
    QUEUE: ClassVar[str] = "tickets"

    ticket_id: str

    def cause(self, now: datetime) -> str:
        """What asked for the check, or the clock."""
        return self.correlation_id or clock_cause(now)


@dataclass(frozen=True, slots=True)
class CheckTicketsDue(Command):
    """Some tickets that were due when the minute's search found them."""

    NAME: ClassVar[str] = "check_tickets_due"
    QUEUE: ClassVar[str] = "tickets"

    ticket_ids: tuple[str, ...]

    def cause(self, now: datetime) -> str:
        """The clock."""
        return self.correlation_id or clock_cause(now)


@dataclass(frozen=True, slots=True)
class CheckFeedDays(Command):
    """A feed has new timetables for these local dates (YYYY-MM-DD)."""

    NAME: ClassVar[str] = "check_feed_days"
    QUEUE: ClassVar[str] = "tickets"

    feed_id: str
    dates: tuple[str, ...]

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The new timetable."""
        return timetable_cause(self.feed_id, self.dates[0]) if self.dates else self.correlation_id


@dataclass(frozen=True, slots=True)
class CheckFeedPart(Command):
    """Some of the tickets of a feed's local date (YYYY-MM-DD): a step through one part of its index.

    `part` is one of `keys.FEED_PARTS`, or "" for tickets of the version before; `after` is the sort key to go on from.
    """

    NAME: ClassVar[str] = "check_feed_part"
    QUEUE: ClassVar[str] = "tickets"

    feed_id: str
    date: str
    part: str
    after: str = ""

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The new timetable."""
        return timetable_cause(self.feed_id, self.date)


@dataclass(frozen=True, slots=True)
class CheckTickets(Command):
    """Some tickets, whether they are due or not."""

    NAME: ClassVar[str] = "check_tickets"
    QUEUE: ClassVar[str] = "tickets"

    ticket_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutageChanged(Command):
    """An outage began, changed or ended; `days`: the local dates (YYYY-MM-DD) whose tickets it may concern."""

    NAME: ClassVar[str] = "outage_changed"
    QUEUE: ClassVar[str] = "tickets"

    business_id: str
    outage_id: str
    days: tuple[str, ...]

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The outage; the clock may have noticed it."""
        return outage_cause(self.business_id, self.outage_id)


@dataclass(frozen=True, slots=True)
class StartRound(Command):
    """New conditions of a feed were published at `conditions_at` (POSIX s)."""

    NAME: ClassVar[str] = "start_round"
    QUEUE: ClassVar[str] = "updates"

    feed_id: str
    conditions_at: int

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The conditions."""
        return conditions_cause(self.feed_id, self.conditions_at)


@dataclass(frozen=True, slots=True)
class CutRound(Command):
    """Cut the rest of a round into batches: from this part of the watched tickets on, and from `after` in it."""

    NAME: ClassVar[str] = "cut_round"
    QUEUE: ClassVar[str] = "updates"

    feed_id: str
    conditions_at: int
    part: str
    after: str = ""

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The conditions."""
        return conditions_cause(self.feed_id, self.conditions_at)


@dataclass(frozen=True, slots=True)
class CheckBatch(Command):
    """Some of a round's tickets, under conditions at least as new as `conditions_at` (POSIX s).

    `business_ids` are read at once with the tickets; it may name fewer than there are.
    """

    NAME: ClassVar[str] = "check_batch"
    QUEUE: ClassVar[str] = "updates"

    feed_id: str
    conditions_at: int
    ticket_ids: tuple[str, ...]
    business_ids: tuple[str, ...] = ()

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The conditions."""
        return conditions_cause(self.feed_id, self.conditions_at)


@dataclass(frozen=True, slots=True)
class FinishRound(Command):
    """The last batch of the conditions `round_of` (POSIX s) was sent before this."""

    NAME: ClassVar[str] = "finish_round"
    QUEUE: ClassVar[str] = "updates"

    feed_id: str
    round_of: int

    def cause(self, now: datetime) -> str:  # noqa: ARG002 - see above
        """The conditions."""
        return conditions_cause(self.feed_id, self.round_of)


@dataclass(frozen=True, slots=True)
class SendNotice(Command):
    """A notice is ready to go out. `booking_id`, where it is known, saves asking for the booking by itself."""

    NAME: ClassVar[str] = "send_notice"
    QUEUE: ClassVar[str] = "notices"

    notice_id: str
    booking_id: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReported(Command):
    """A carrier said what became of a message, named by our `notice_id` or by its own `message_id`.

    `state`: of `DeliveryState`; `at`: ISO 8601; `for_good`: the address will never work. `tries`: how often this was
    put back, since the message may not be recorded yet.
    """

    NAME: ClassVar[str] = "delivery_reported"
    QUEUE: ClassVar[str] = "notices"

    carrier: str
    state: str
    at: str
    why: str = ""
    notice_id: str = ""
    message_id: str = ""
    for_good: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class TextEvent(Command):
    """AWS End User Messaging says what became of a text. The fields are its own, as SNS hands them on."""

    NAME: ClassVar[str] = "text_event"
    QUEUE: ClassVar[str] = "notices"

    eventType: str  # noqa: N815 - AWS's name
    messageId: str  # noqa: N815 - AWS's name
    eventTimestamp: int = 0  # noqa: N815 - AWS's name; milliseconds
    isFinal: bool = False  # noqa: N815 - AWS's name
    messageStatusDescription: str = ""  # noqa: N815 - AWS's name
    destinationPhoneNumber: str = ""  # noqa: N815 - AWS's name
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MailEvent(Command):
    """SES says what became of a mail. The fields are its own; each kind of event has one of its name."""

    NAME: ClassVar[str] = "mail_event"
    QUEUE: ClassVar[str] = "notices"

    eventType: str  # noqa: N815 - AWS's name
    mail: dict[str, Any]
    bounce: dict[str, Any] = field(default_factory=dict)
    complaint: dict[str, Any] = field(default_factory=dict)
    delivery: dict[str, Any] = field(default_factory=dict)
    reject: dict[str, Any] = field(default_factory=dict)
    deliveryDelay: dict[str, Any] = field(default_factory=dict)  # noqa: N815 - AWS's name


@dataclass(frozen=True, slots=True)
class InboundText(Command):
    """Somebody sent us a text. The fields are those of AWS End User Messaging, as SNS hands them on."""

    NAME: ClassVar[str] = "inbound_text"
    QUEUE: ClassVar[str] = "notices"

    originationNumber: str  # noqa: N815 - AWS's name
    messageBody: str  # noqa: N815 - AWS's name
    inboundMessageId: str = ""  # noqa: N815 - AWS's name; the same text comes again under the same id


@dataclass(frozen=True, slots=True)
class CompileFeed(Command):
    """A feed was configured, a new day began ("daily"), or somebody travels on `dates` ("days", YYYY-MM-DD)."""

    NAME: ClassVar[str] = "compile_feed"
    QUEUE: ClassVar[str] = "feeds"

    feed_id: str
    why: str = ""
    dates: tuple[str, ...] = ()


def to_message(command: Command) -> Document:
    """The message of a command: a JSON object. A reader of the version before this understands its fields, too."""
    plain = {one.name: getattr(command, one.name) for one in fields(command)}
    known = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
    if not known["correlation_id"]:
        del known["correlation_id"]
    return {"command": command.NAME, "v": command.VERSION} | known


def send_commands(queues: Queues, *commands: Command, delay_s: int = 0) -> None:
    """Sends commands, each to its queue, with what set them off (`logs.correlation_id`) unless they say so themselves.

    None is nothing to do. Raises `Unavailable`; then some of them may have been sent all the same.
    """
    cause = correlation_id()
    known = {"correlation_id": cause} if cause else {}
    for queue in dict.fromkeys(command.QUEUE for command in commands):
        messages = [known | to_message(command) for command in commands if queue == command.QUEUE]
        queues.send(queue, *messages, delay_s=delay_s)
