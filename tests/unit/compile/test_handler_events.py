"""The feeds function: events as Lambda brings them, and feeds with a street extract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.ports import Conflict
from chalicelib.transit.data.feed import Feed, change_feed, save_feed
from chalicelib.transit.data.service_days import FRESH_S
from feeds.handler import handle, on_feeds_message
from tests.fakes.memory import MemoryDocuments
from tests.fakes.osm_text import osm_file
from tests.fakes.publisher import CONFIGURED, URL, House

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, datetime(2024, 5, 15, 22, 30, tzinfo=UTC))  # past midnight in Berlin: the 16th


def test_a_street_extract_makes_walks_follow_streets(house: House) -> None:
    points = {"x": (50.0, 10.0), "y": (50.05, 10.0), "z": (50.1, 10.0)}
    town = osm_file(house.folder / "town.osm", "road: x y z | highway=path", **points)
    change_feed(house.documents, "city", lambda feed: replace(feed, gtfs=(str(house.server.path),), streets=str(town)))
    allowed = replace(house.doors, allow_paths=True)
    on_feeds_message(CONFIGURED, allowed)
    timetable = house.service_days.day("city", "2024-05-20")
    streets = house.service_days.walking("city", timetable)
    assert streets is not None
    assert streets is house.service_days.walking("city", timetable)
    assert streets.all_the_way(50.0, 10.0, 50.01, 10.0) == 890  # 1112 m straight along the path
    change_feed(house.documents, "city", lambda feed: replace(feed, streets=""))
    house.clock.advance(seconds=FRESH_S)
    on_feeds_message(CONFIGURED, allowed)
    assert house.service_days.walking("city", house.service_days.day("city", "2024-05-20")) is None


def test_a_street_extract_that_cannot_be_read_is_said(house: House) -> None:
    (house.folder / "town.osm.pbf").write_bytes(b"garbage")
    change_feed(
        house.documents,
        "city",
        lambda feed: replace(feed, gtfs=(str(house.server.path),), streets=str(house.folder / "town.osm.pbf")),
    )
    on_feeds_message(CONFIGURED, replace(house.doors, allow_paths=True))
    assert house.feed().state == "failed"
    assert "no readable OpenStreetMap extract" in house.feed().message


def event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(i), "body": body} for i, body in enumerate(bodies)]}


def test_of_a_batch_only_what_failed_comes_again(house: House) -> None:
    class Losing(MemoryDocuments):
        def write(self, *_: Any) -> None:
            raise Conflict("again")

    answer = handle(event(json.dumps(CONFIGURED), "{no json", "[]"), house.doors)
    assert answer == {"batchItemFailures": []}
    assert house.feed().state == "ready"
    losing = Losing(house.clock)
    losing.tables = house.documents.tables
    house.clock.advance(days=1)
    failing = handle(event("[]", json.dumps(CONFIGURED)), replace(house.doors, documents=losing))
    assert failing == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_a_new_day_looks_at_every_feed(house: House) -> None:
    save_feed(house.documents, Feed("town", (URL,)))
    assert handle({"source": "aws.events"}, house.doors) == {}
    assert sorted(message["feed_id"] for message in house.queues.take("feeds")) == ["city", "town"]
