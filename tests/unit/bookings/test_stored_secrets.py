"""What proves that a call is genuine is not stored with it, and large bodies live as long as their rows."""

from __future__ import annotations

import base64
import json
import random
import zlib
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.inbox.events import KEEP_EVENT_DAYS, KEEP_PARKED_DAYS
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Raw
from tests.fakes.asked_tools import ASKED, PUSHING
from tests.fakes.booking_tools import URL
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.histories import call, connected, work
from tests.fakes.hub import SECRET

if TYPE_CHECKING:
    from tests.fakes.booking_tools import Tool
    from tests.fakes.hub import BookingsRoom


@pytest.mark.parametrize("kind", dict.fromkeys((*PUSHING, *ASKED)), ids=lambda kind: kind.__name__)
def test_no_stored_event_holds_the_secret_and_all_are_understood(kind: type[Tool]) -> None:
    tool = kind()
    room = connected(tool)
    for action in (("book", 0, 1), ("move", 0, 2), ("cancel", 0, 0)):
        for one in tool.happened(*action):
            call(room, one)
            work(room, random.Random(1))
    events = list(room.documents.tables["inbox"].values())
    assert events
    for event in events:
        body = zlib.decompress(base64.b64decode(event["body_z"]))
        assert SECRET not in json.dumps(event)
        assert SECRET.encode() not in body
    assert room.parking.of_business("salon") == []


def test_an_address_with_the_secret_in_it_is_stored_without(room: BookingsRoom) -> None:
    room.connect("any", "json", mapping={"uid": "id", "start": "at"})
    body = b'{"id": "1", "at": "2026-01-05T10:00:00Z"}'
    raw = Raw(body, {}, {"key": SECRET, "page": "2"}, f"{URL}?key={SECRET}&page=2")
    assert not room.inbox.accept("any", raw, room.clock.now()).duplicate
    (event,) = room.documents.tables["inbox"].values()
    assert SECRET not in json.dumps(event)
    assert event["query"] == {"page": "2"}


def test_a_large_body_lives_as_long_as_its_row(room: BookingsRoom) -> None:
    room.connect("cal", "calcom")
    noise = random.Random(7).randbytes(400_000).hex()
    good = calcom_payload(notes=noise)
    room.call("cal", calcom_signed({"notes": noise}, SECRET))  # says nothing that can be understood
    assert [outcome.state for outcome in room.drain()] == ["parked"]
    (event,) = room.documents.tables["inbox"].values()
    assert event["body_key"].startswith(f"bodies/{KEEP_PARKED_DAYS}/cal/")
    assert [key for key, blob in room.bucket.blobs.items() if blob] == [event["body_key"]]
    room.parking.replay(event["event_id"], "salon")
    assert [outcome.state for outcome in room.drain()] == ["parked"]
    room.call("cal", calcom_signed(good, SECRET))
    assert [outcome.state for outcome in room.drain()] == ["done"]
    kept = [key.split("/")[1] for key, blob in sorted(room.bucket.blobs.items()) if blob]
    assert kept == [str(KEEP_EVENT_DAYS), str(KEEP_PARKED_DAYS)]


def test_a_notification_that_is_none_is_left_as_it_is() -> None:
    for body in (b"", b"[]", b'{"value": 5}', b'{"value": [5]}', b"[" * 5000):
        assert provider("graph").without_secret(body) in {body, b'{"value": [5]}'}
