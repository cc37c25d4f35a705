"""What is asked of the hub as a whole, by the API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.store import Bookings
from chalicelib.entrypoints import operator_shapes as shapes
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.page import NotFound
from tests.fakes.lindenau import SALON, Lindenau
from tests.fakes.openapi import check_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass
class Care:
    """Queues in which two messages are dead."""

    revived: list[int] = field(default_factory=list)

    def lengths(self) -> dict[str, Any]:
        return {}

    def dead(self, limit: int = 100) -> list[dict[str, Any]]:
        return [{"id": n, "queue": "tickets", "body": "{}", "dead_at": 1.0} for n in (2, 1)][:limit]

    def revive(self, message_ids: Sequence[int]) -> int:
        self.revived += message_ids
        return len(message_ids)


@dataclass
class Line:
    """A text in the outbox."""

    id: int = 1
    at: str = "2026-09-03T06:00:00Z"
    channel: str = "text"
    to: str = "+12025550123"
    subject: str = ""
    body: str = "Hello"


class Shown:
    """An outbox with one text."""

    def latest(self, limit: int = 100) -> list[Line]:
        return [Line()][:limit]


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    town.open_salon()
    return town


def test_businesses_and_feeds_are_listed_as_they_are_described(town: Lindenau) -> None:
    town.hub.operator.businesses.put("bare", {**SALON, "feed": None})
    listed = town.hub.operator.overview.businesses()
    check_whole(shapes.Businesses, json.dumps(listed))
    assert {one["business_id"]: one["feed_state"] for one in listed["businesses"]} == {
        "bare": "none",
        "salon": "waiting",
    }
    check_whole(shapes.Feeds, json.dumps(town.hub.operator.overview.feeds()))


def test_the_outbox_and_what_failed_for_good(town: Lindenau) -> None:
    for ask in (town.hub.operator.overview.outbox, town.hub.operator.overview.dead_letters):
        with pytest.raises(NotFound):
            ask()
    care = town.hub.queue_care = Care()
    town.hub.shown_outbox = Shown()
    del town.hub.operator
    overview = town.hub.operator.overview
    check_whole(shapes.Outbox, json.dumps(overview.outbox()))
    check_whole(shapes.DeadLetters, json.dumps(overview.dead_letters()))
    assert overview.revive({"ids": [1, 2]}) == {"replayed": 2}
    assert care.revived == [1, 2]
    for wrong in ({}, {"ids": "1"}, {"ids": [True]}, {"ids": ["1"]}, {"ids": [2**70]}):
        with pytest.raises(Invalid):
            overview.revive(wrong)


def test_a_trial_is_a_booking_like_any_other(town: Lindenau) -> None:
    body = {"phone": "+12025550123", "start": "2026-09-04T10:00:00+02:00"}
    made = town.hub.operator.overview.trial("salon", body)
    check_whole(shapes.TrialBooked, json.dumps(made))
    for queued in town.hub.queues.take("inbox"):  # type: ignore[attr-defined] # the memory's own
        town.hub.worker.process(queued["event_id"], town.clock.now())
    booking = Bookings(town.hub.documents).booking(made["booking_id"])
    assert booking is not None
    assert booking.start.isoformat() == body["start"]
    for wrong in ({"start": body["start"]}, {"phone": "+12025550123"}, {**body, "start": "2026-09-04T10:00:00"}):
        with pytest.raises(Invalid):
            town.hub.operator.overview.trial("salon", wrong)
