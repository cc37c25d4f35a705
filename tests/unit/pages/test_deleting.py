"""DELETE of a connection, a business, a feed: what it does to tickets is said before and with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.bookings.access.keyring import Keyring
from chalicelib.bookings.inbox.accept import UnknownConnection
from chalicelib.bookings.store import Bookings
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.keys import activity_key, chore_key, connection_key
from chalicelib.outages import outage
from chalicelib.pages.operator.businesses import BusinessEndpoints
from chalicelib.pages.operator.connections import ConnectionEndpoints
from chalicelib.pages.operator.feeds import FeedEndpoints
from chalicelib.pages.page import NotFound, StillUsed
from chalicelib.transit.data.feed import configure_feed, load_feed, parse_feed
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import BUSINESS, SECRET, BookingsRoom, deliver, only

STORED = Path(__file__).parents[1] / "bookings" / "stored_documents.json"


@pytest.fixture
def room() -> BookingsRoom:
    room = BookingsRoom()
    room.connect("cal", "calcom")
    return room


def connections(room: BookingsRoom) -> ConnectionEndpoints:
    bookings = Bookings(room.documents)
    return ConnectionEndpoints(room.config, room.overview, room.inbox, room.clock, bookings, room.outages, room.parking)


def businesses(room: BookingsRoom) -> BusinessEndpoints:
    keyring = Keyring(room.documents, str)
    return BusinessEndpoints(room.documents, room.config, room.clock, Bookings(room.documents), keyring.revoke_all)


def feeds(room: BookingsRoom) -> FeedEndpoints:
    return FeedEndpoints(room.documents, room.queues, room.clock, room.config)


def test_a_connection_is_gone_and_its_bookings_stay(room: BookingsRoom) -> None:
    deliver(room, calcom_payload())
    before = only(room)
    said = connections(room).delete("salon", "cal", only_say=True)
    assert (said["deleted"], said["coming_bookings"]) == (False, 1)
    assert "1 coming bookings stay as they are: their tickets live on" in said["says"]
    assert deliver(room, calcom_payload(uid="b")) == ["done: "]
    done = connections(room).delete("salon", "cal", only_say=False)
    assert (done["deleted"], done["coming_bookings"]) == (True, 2)
    with pytest.raises(UnknownConnection):
        room.call("cal", calcom_signed(calcom_payload(uid="c"), SECRET))
    assert before in room.all_bookings()
    assert connections(room).list("salon") == {"connections": []}
    with pytest.raises(NotFound):
        connections(room).delete("salon", "cal", only_say=False)


def test_an_outage_of_a_deleted_tool_ends_also_one_that_the_hub_found(room: BookingsRoom) -> None:
    now = room.clock.now()
    found = outage.from_json(json.loads(STORED.read_text())["outage_open"]["document"]["outage"])
    opened = replace(found, since=now - timedelta(minutes=5), opened_at=now, back_until=now + timedelta(hours=3))
    room.outages.change("salon", opened.outage_id, lambda _: opened, now)
    assert [one.is_open(now) for one in room.outages.of_business("salon")] == [True]
    connections(room).delete("salon", "cal", only_say=False)
    assert [one.is_open(now) for one in room.outages.of_business("salon")] == [False]


def test_nothing_secret_and_nothing_remembered_is_left_of_a_connection(room: BookingsRoom) -> None:
    deliver(room, calcom_payload())
    connections(room).delete("salon", "cal", only_say=False)
    assert SECRET not in str(room.documents.tables["config"])
    assert room.documents.get("config", chore_key("cal")) is None
    assert room.documents.get("config", activity_key("cal")) is None
    assert room.documents.get("config", connection_key("cal")) is not None


def test_events_that_wait_for_a_deleted_connection_are_parked(room: BookingsRoom) -> None:
    room.call("cal", calcom_signed(calcom_payload(), SECRET))
    connections(room).delete("salon", "cal", only_say=False)
    (outcome,) = room.drain()
    assert (outcome.state, outcome.note) == ("parked", "connection cal is not configured any more")


def test_the_id_of_a_deleted_connection_stays_its_businesss(room: BookingsRoom) -> None:
    connections(room).delete("salon", "cal", only_say=False)
    room.config.put_business("clinic", BUSINESS, room.clock.now())
    with pytest.raises(Invalid) as caught:
        room.config.put_connection("clinic", "cal", {"provider": "calcom", "secret": "s"}, room.clock.now())
    assert caught.value.code == "connection_taken"
    with pytest.raises(Invalid, match="secret is missing"):
        room.connect("cal", "calcom", None)
    room.connect("cal", "calcom", "another")
    connection = room.config.connection("cal")
    assert connection is not None
    assert connection.active_secrets(room.clock.now()) == ("another",)


def test_a_business_that_customers_expect_is_not_deleted(room: BookingsRoom) -> None:
    deliver(room, calcom_payload())
    with pytest.raises(StillUsed, match=r"has connections \(cal\): DELETE them first"):
        businesses(room).delete("salon", only_say=False)
    connections(room).delete("salon", "cal", only_say=False)
    for only_say in (True, False):
        with pytest.raises(StillUsed, match="has 1 coming bookings"):
            businesses(room).delete("salon", only_say=only_say)
    room.clock.set(only(room).end + timedelta(minutes=1))
    assert businesses(room).delete("salon", only_say=True)["deleted"] is False
    assert room.config.business("salon") is not None
    assert "no ticket changes" in businesses(room).delete("salon", only_say=False)["says"]
    with pytest.raises(NotFound):
        businesses(room).get("salon")


def test_a_feed_that_a_business_plans_with_is_not_deleted(room: BookingsRoom) -> None:
    configure_feed(room.documents, parse_feed("vilnius", {"gtfs": "https://example.com/gtfs.zip"}, allow_paths=False))
    with pytest.raises(StillUsed, match="is what salon plans with"):
        feeds(room).delete("vilnius", only_say=False)
    room.config.put_business("salon", BUSINESS | {"feed": "other"}, room.clock.now())
    assert feeds(room).delete("vilnius", only_say=True)["deleted"] is False
    assert load_feed(room.documents, "vilnius") is not None
    assert feeds(room).delete("vilnius", only_say=False)["deleted"] is True
    with pytest.raises(NotFound):
        feeds(room).delete("vilnius", only_say=False)
