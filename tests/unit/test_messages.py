"""What comes by queue and by the clock reaches the workflow that it concerns, also as the version before wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.entrypoints import schedules
from chalicelib.entrypoints.messages import (
    AGAIN_MAX,
    HANDLERS,
    BadCommand,
    UnknownCommand,
    handle_batch,
    handle_message,
    read_command,
)
from chalicelib.foundation import commands
from chalicelib.foundation.commands import (
    CheckBatch,
    CheckFeedDays,
    CheckFeedPart,
    CheckTicket,
    CheckTickets,
    CheckTicketsDue,
    Command,
    CompileFeed,
    CutRound,
    DeliveryReported,
    FinishRound,
    InboundText,
    MailEvent,
    OutageChanged,
    ProcessEvent,
    ReceiveMail,
    SendNotice,
    StartRound,
    TextEvent,
    send_commands,
    to_message,
)
from chalicelib.foundation.ports import Unavailable
from chalicelib.notices.delivery.opt_out import is_opted_out
from tests.fakes.lindenau import Lindenau
from tests.fakes.memory import MemoryQueues

if TYPE_CHECKING:
    from pathlib import Path

PHONE = "+12025550123"
RECEIPT = {"recipients": ["nobody+guess@in.example.com"], "action": {"objectKey": "mail/1"}}

# as the version before commands had names wrote them, letter for letter
OLD: list[tuple[dict[str, Any], Command]] = [
    ({"event_id": "e1"}, ProcessEvent("e1")),
    ({"ticket_id": "t1"}, CheckTicket("t1")),
    ({"ticket_ids": ["t1", "t2"]}, CheckTicketsDue(("t1", "t2"))),
    (
        {"ticket_ids": ["t1"], "business_ids": ["salon"], "feed_id": "town", "conditions_at": 5},
        CheckBatch("town", 5, ("t1",), ("salon",)),
    ),
    ({"ticket_ids": ["t1"], "feed_id": "town", "conditions_at": 5}, CheckBatch("town", 5, ("t1",))),
    (
        {"business_id": "salon", "outage_id": "o1", "days": ["2026-09-03"]},
        OutageChanged("salon", "o1", ("2026-09-03",)),
    ),
    ({"feed_id": "town", "conditions_at": 5}, StartRound("town", 5)),
    ({"feed_id": "town", "round_of": 5}, FinishRound("town", 5)),
    ({"feed_id": "town", "dates": ["2026-09-03"]}, CheckFeedDays("town", ("2026-09-03",))),
    ({"notice_id": "n1"}, SendNotice("n1")),
    ({"notice_id": "n1", "booking_id": "b1"}, SendNotice("n1", "b1")),
    ({"feed_id": "town", "why": "configured"}, CompileFeed("town", "configured")),
    ({"feed_id": "town", "why": "daily"}, CompileFeed("town", "daily")),
    ({"feed_id": "town", "why": "days", "dates": ["2026-09-03"]}, CompileFeed("town", "days", ("2026-09-03",))),
]
FROM_AWS: list[tuple[dict[str, Any], Command]] = [
    ({"receipt": RECEIPT, "mail": {"messageId": "1"}}, ReceiveMail(RECEIPT, {"messageId": "1"})),
    ({"originationNumber": PHONE, "messageBody": "STOP", "messageKeyword": "K"}, InboundText(PHONE, "STOP")),
    (
        {"eventType": "TEXT_DELIVERED", "isFinal": True, "messageId": "m", "context": {"notice": "n"}, "mcc": "310"},
        TextEvent("TEXT_DELIVERED", "m", isFinal=True, context={"notice": "n"}),
    ),
    ({"eventType": "Send", "mail": {"messageId": "1"}, "send": {}}, MailEvent("Send", {"messageId": "1"})),
]
NEW: list[Command] = [
    DeliveryReported("ses", "delivered", "2026-03-02T10:00:00+00:00", notice_id="n1", tries=2),
    CheckFeedPart("town", "2026-09-03", "0", "2026-09-03T07:00:00Z"),
    CheckTickets(("t1", "t2")),
    CutRound("town", 5, "0", "2026-09-03T07:00:00Z#salon"),
]
KNOWN = [command for _, command in OLD + FROM_AWS] + NEW


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    return Lindenau.founded(tmp_path)


@pytest.mark.parametrize(("message", "command"), OLD + FROM_AWS)
def test_a_message_without_a_name_is_still_understood(message: dict[str, Any], command: Command) -> None:
    assert read_command(message) == command


@pytest.mark.parametrize("command", KNOWN, ids=lambda one: one.NAME)
def test_a_command_is_what_was_sent(command: Command) -> None:
    queues = MemoryQueues()
    send_commands(queues, command)
    (message,) = queues.take(command.QUEUE)
    assert read_command(json.loads(json.dumps(message))) == command


@pytest.mark.parametrize(("message", "command"), OLD)
def test_workers_of_the_version_before_understand_new_messages(message: dict[str, Any], command: Command) -> None:
    """They told messages apart by which of these fields there are."""
    new = to_message(command)
    assert new.items() >= message.items()
    telling = {"ticket_id", "ticket_ids", "feed_id", "outage_id", "conditions_at", "round_of", "notice_id", "receipt"}
    assert telling & new.keys() == telling & message.keys()


def test_every_command_has_its_line_in_the_table() -> None:
    kinds = {one for one in vars(commands).values() if isinstance(one, type) and issubclass(one, Command)}
    assert set(HANDLERS) == kinds - {Command} == {type(command) for command in KNOWN}
    assert len({(kind.NAME, kind.VERSION) for kind in HANDLERS}) == len(HANDLERS)


def test_what_caused_a_command_travels_with_it() -> None:
    message = to_message(CheckTicket("t1", correlation_id="call-7"))
    assert message == {"command": "check_ticket", "v": 1, "ticket_id": "t1", "correlation_id": "call-7"}
    assert read_command(message).correlation_id == "call-7"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"command": "check_ticket", "v": 2, "ticket_id": "t1"}, "no command 'check_ticket' of version 2"),
        ({"command": "paint", "v": 1}, "no command 'paint'"),
        ({"command": ["check_ticket"], "v": 1}, "no command"),
        ({"colour": "red"}, "no command has the fields colour"),
        ({}, "no command"),
        (["ticket_id"], "a JSON object, not list"),
    ],
)
def test_an_unknown_message_is_refused_and_says_why(message: Any, why: str, town: Lindenau) -> None:
    with pytest.raises(UnknownCommand, match=why):
        handle_message(message, town.hub, town.clock.now())


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"command": "check_ticket", "v": 1}, "check_ticket lacks ticket_id"),
        ({"command": "check_ticket", "v": 1, "ticket_id": 7}, "check_ticket.ticket_id should be str, not int"),
        ({"ticket_ids": "t1"}, "check_tickets_due.ticket_ids should be tuple"),
        ({"feed_id": "town", "conditions_at": True}, "start_round.conditions_at should be int, not bool"),
        ({"ticket_ids": ["t1"], "feed_id": "town"}, "check_batch lacks conditions_at"),
    ],
)
def test_a_command_with_bad_fields_is_refused_and_says_which(message: Any, why: str, town: Lindenau) -> None:
    with pytest.raises(BadCommand, match=why):
        handle_message(message, town.hub, town.clock.now())


def test_what_is_for_another_function_is_refused(town: Lindenau) -> None:
    with pytest.raises(UnknownCommand, match="not for this function"):
        handle_message(to_message(CompileFeed("town", "daily")), town.hub, town.clock.now())


def test_a_text_that_says_stop_ends_texts_and_one_that_says_start_begins_them_again(town: Lindenau) -> None:
    for text, opted_out in (("STOP", True), ("What a nice day", True), ("start", False)):
        handle_message({"originationNumber": PHONE, "messageBody": text}, town.hub, town.clock.now())
        assert is_opted_out(town.hub.documents, PHONE) is opted_out


def test_a_mail_to_nobodys_address_changes_nothing(town: Lindenau) -> None:
    town.hub.bucket.put("mail/1", b"BEGIN:VCALENDAR")
    handle_message({"receipt": RECEIPT, "mail": {"messageId": "1"}}, town.hub, town.clock.now())
    assert not town.hub.queues.messages["inbox"]  # type: ignore[attr-defined]  # the town's queues are lists


def test_every_part_of_the_minute_has_its_turn_though_another_failed(town: Lindenau) -> None:
    seen = []

    class Failing:
        def hand_on(self, now: datetime, send: object) -> int:  # noqa: ARG002 - as `DueDocuments` has it
            raise Unavailable("the tables rest")

    class Sweeping:
        def sweep(self, now: datetime) -> None:
            seen.append(now)

    town.hub.__dict__ |= {"tickets_due": Failing(), "outbox": Sweeping(), "inbox": Sweeping()}
    with pytest.raises(ExceptionGroup):
        schedules.run_each(town.hub.minute_work, town.clock.now())
    assert seen == [town.clock.now()] * 2


class Away:
    """Parts of a hub whose store is too busy."""

    def __init__(self) -> None:
        self.queues = MemoryQueues()

    @property
    def services(self) -> Any:
        raise Unavailable("too busy")


def test_what_a_busy_service_kept_from_being_done_comes_again_within_seconds_and_fails_in_the_end() -> None:
    """A message that fails is hidden for six minutes: a throttled one must not wait so long."""
    hub = cast("Any", Away())

    class Record:
        def __init__(self, message: dict[str, Any]) -> None:
            self.body = json.dumps(message)

        def to_dict(self) -> dict[str, str]:
            return {"messageId": "m"}

    message, turns = to_message(CheckTicket("t1")), 0
    while not handle_batch([Record(message)], hub, lambda: datetime(2026, 9, 3, tzinfo=UTC))["batchItemFailures"]:
        (message,) = hub.queues.take("tickets")
        turns += 1
        assert read_command(message) == CheckTicket("t1")
    assert turns == AGAIN_MAX
    assert hub.queues.take("tickets") == []
