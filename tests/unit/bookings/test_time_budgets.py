"""One event, and one batch of events, has so much time to ask tools; whoever gets none of it has not failed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.providers import provider
from chalicelib.entrypoints.messages import INBOX_BATCH_S, handle_inbox_batch
from chalicelib.foundation.keys import watch_key
from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.deadline import deadline, left_s
from chalicelib.workflows.webhook_arrived import EVENT_S
from tests.fakes.calendar_tools import GOOGLE, push
from tests.fakes.hub import NOW
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer


def test_a_tool_that_is_given_no_time_is_not_asked_and_has_not_failed(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("g", "google", credentials="tool", account="salon@example.com", api_url=tool.url)
    tool.answers[GOOGLE] = Reply({"items": []})
    connection = room.config.connection("g")
    assert connection is not None
    api = room.tool_access.api(connection, provider("google"))
    assert api is not None
    for _ in range(9):  # more than open a circuit
        with deadline(0), pytest.raises(Unavailable, match="no time is left"):
            api.get(GOOGLE)
    assert room.documents.get("config", watch_key("g")) is None
    assert push(room, 1) == ["done: "], "with time it is asked"


def test_an_events_reading_has_a_budget_of_its_own(room: BookingsRoom) -> None:
    left: list[float] = []

    class Asked:
        def get(self, *_: Any) -> Any:
            left.append(left_s())
            return {"items": []}

    room.worker = room.new_worker(api=lambda _connection, _tool: Asked())
    room.connect("g", "google", account="salon@example.com")
    assert push(room, 1) == ["done: "]
    assert 0 < left[0] <= EVENT_S


def test_the_events_of_a_batch_share_one_budget() -> None:
    left: list[float] = []
    hub: Any = SimpleNamespace(worker=SimpleNamespace(process=lambda _event_id, _now: left.append(left_s())))
    record = SimpleNamespace(body=json.dumps({"command": "process_event", "v": 1, "event_id": "e"}))
    assert handle_inbox_batch([record, record], hub, lambda: NOW) == {"batchItemFailures": []}
    assert INBOX_BATCH_S >= left[0] >= left[1] > 0
