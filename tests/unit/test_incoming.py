"""What comes by queue and by the clock reaches the part that it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.entrypoints import incoming
from chalicelib.foundation.ports import Unavailable
from chalicelib.notices.delivery.opt_out import is_opted_out
from tests.fakes.lindenau import Lindenau

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

PHONE = "+12025550123"


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    return Lindenau.founded(tmp_path)


def test_a_text_that_says_stop_ends_texts_and_one_that_says_start_begins_them_again(town: Lindenau) -> None:
    for text, opted_out in (("STOP", True), ("What a nice day", True), ("start", False)):
        incoming.on_notice_message(town.hub, {"originationNumber": PHONE, "messageBody": text})
        assert is_opted_out(town.hub.documents, PHONE) is opted_out


def test_a_mail_to_nobodys_address_changes_nothing(town: Lindenau) -> None:
    receipt = {"recipients": ["nobody+guess@in.example.com"], "action": {"objectKey": "mail/1"}}
    town.hub.bucket.put("mail/1", b"BEGIN:VCALENDAR")
    incoming.on_inbox_message(town.hub, {"receipt": receipt, "mail": {"messageId": "1"}})
    assert not town.hub.queues.messages["inbox"]  # type: ignore[attr-defined]  # the town's queues are lists


def test_every_part_of_the_minute_has_its_turn_though_another_failed(town: Lindenau) -> None:
    seen = []

    class Failing:
        def queue_due(self, now: datetime) -> None:  # noqa: ARG002 - as the desk has it
            raise Unavailable("the tables rest")

    class Sweeping:
        def sweep(self, now: datetime) -> None:
            seen.append(now)

    town.hub.__dict__ |= {"ticket_service": Failing(), "outbox": Sweeping(), "inbox": Sweeping()}
    with pytest.raises(ExceptionGroup):
        incoming.run_every_minute(town.hub)
    assert seen == [town.clock.now()] * 2
