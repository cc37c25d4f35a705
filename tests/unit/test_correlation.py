"""What set something off is known to the end: one id from a webhook's answer to the text, in every line between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints import http, schedules
from chalicelib.entrypoints.messages import handle_message
from chalicelib.foundation.commands import CheckBatch, CheckTicket, FinishRound, ProcessEvent, StartRound
from chalicelib.foundation.ports import Unavailable
from chalicelib.pages.page import NotFound
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.lindenau import SALON, START, Lindenau
from tests.fakes.log_lines import log_lines

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.foundation.ports import Document

SECRET = "a-shared-secret"
PRIVATE = ("Ada", "447700900123", "ada@example.com", "guest@example.com", "A Guest", "/t/")


def calling(town: Lindenau) -> str:
    """A booking tool calls; the event id that it is answered with."""
    town.hub.operator.connections.put(
        "salon", "cal", {"provider": "calcom", "secret": SECRET}, "https://hub.example.com"
    )
    times = {"start": START.isoformat(), "end": START.replace(hour=15).isoformat()}
    body, headers = calcom_signed(calcom_payload(**times), SECRET)
    call = Raw(body, {name.lower(): value for name, value in headers.items()})
    return town.hub.inbox.accept("cal", call, town.clock.now()).event_id


def work_off(town: Lindenau) -> list[Document]:
    """Does what all messages ask for, until there are none; the messages."""
    done: list[Document] = []
    while messages := [one for queue in ("inbox", "tickets", "notices") for one in town.hub.queues.take(queue)]:  # type: ignore[attr-defined] # the town's queues are lists
        for message in messages:
            handle_message(message, town.hub, town.clock.now())
        done += messages
    return done


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    town.open_salon()
    return town


def test_one_id_goes_from_the_webhook_to_the_text(town: Lindenau) -> None:
    with log_lines() as lines:
        event_id = calling(town)
        work_off(town)
    found = [line for line in lines.parsed() if line["event"] != "metric"]
    assert [line["event"] for line in found] == [
        "a call was stored", "a notice was decided", "an event was processed", "a notice was sent",
    ]  # a table, read by rows # fmt: skip
    assert {line["correlation_id"] for line in lines.parsed()} == {event_id}
    notices = town.hub.operator.notices.list("salon", {})["notices"]
    assert [notice["state"] for notice in notices] == ["sent"]
    for notice in notices:
        shown = town.hub.operator.notices.get("salon", notice["notice_id"])
        assert shown["facts"]["correlation_id"] == event_id
        assert f"It was caused by booking event {event_id}, correlation id {event_id}." in shown["why"]
    assert [word for word in PRIVATE if word in lines.text] == []


def test_the_id_of_a_webhook_that_the_clock_queued_again_is_its_own(town: Lindenau) -> None:
    event_id = calling(town)
    town.hub.queues.take("inbox")  # type: ignore[attr-defined] # lost
    town.clock.advance(minutes=30)
    with log_lines() as lines:
        schedules.run_each(town.hub.minute_work, town.clock.now())
        work_off(town)
    assert {line["correlation_id"] for line in lines.parsed()} == {event_id}


def test_what_fails_is_logged_with_what_set_it_off(town: Lindenau) -> None:
    def fail(message: Document) -> None:
        town.hub.services.documents.tables["tickets"]["t1"] = {"ticket_id": "t1"}  # type: ignore[attr-defined] # the memory's own: no ticket
        handle_message(message, town.hub, town.clock.now())

    class Record:
        body = '{"command": "check_ticket", "v": 1, "ticket_id": "t1", "correlation_id": "outage:salon:power"}'

        def to_dict(self) -> dict[str, str]:
            return {"messageId": "m1"}

    with log_lines() as lines:
        assert http.handle_each([Record()], fail) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    (line,) = lines.parsed()
    assert (line["event"], line["error"]) == ("a command failed and will be delivered again", "KeyError")
    assert (line["correlation_id"], line["command"]) == ("outage:salon:power", "check_ticket")


def test_a_part_of_the_minute_that_fails_is_logged_with_the_minute(town: Lindenau) -> None:
    def away(_: object) -> None:
        raise Unavailable("+12025550123 is away")

    with log_lines() as lines, pytest.raises(ExceptionGroup):
        schedules.run_each([away], town.clock.now())
    (line,) = lines.parsed()
    assert (line["correlation_id"], line["error"]) == ("clock:2026-09-03T06:00", "Unavailable")
    assert "12025550123" not in lines.text


def test_a_command_knows_what_set_it_off(town: Lindenau) -> None:
    now = town.clock.now()
    round_ = "conditions:town:1788"
    assert [one.cause(now) for one in (StartRound("town", 1788), CheckBatch("town", 1788, ()))] == [round_] * 2
    assert FinishRound("town", 1788, correlation_id="conditions:town:1").cause(now) == round_
    assert ProcessEvent("cal-1", correlation_id="clock:x").cause(now) == "cal-1"
    assert CheckTicket("t1", correlation_id="outage:salon:o1").cause(now) == "outage:salon:o1"
    assert CheckTicket("t1").cause(now) == "clock:2026-09-03T06:00"


def test_another_businesss_notice_is_not_found(town: Lindenau) -> None:
    calling(town)
    work_off(town)
    town.hub.operator.businesses.put("other", SALON)
    notice = town.hub.operator.notices.list("salon", {})["notices"][0]
    for business_id, notice_id in (("other", notice["notice_id"]), ("salon", "no-such-notice"), ("nobody", "n")):
        with pytest.raises(NotFound):
            town.hub.operator.notices.get(business_id, notice_id)
