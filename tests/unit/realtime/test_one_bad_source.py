"""The live poller survives any single bad source: its neighbours in the same feed and in other feeds stay live."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from chalicelib.transit.bikes.live import SharedBikes
from chalicelib.transit.data.feed import Feed
from chalicelib.transit.data.live import LiveConditions
from feeds.gbfs.poll import BikeDoors, poll_bikes
from feeds.realtime.poll import RealtimeDoors, poll_many
from tests.fakes.memory import ManualClock, MemoryBucket, MemoryDocuments, MemoryQueues
from tests.fakes.realtime_text import DAY, ORIGIN, expected, message, posix, timetable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from chalicelib.transit.data.timetable import Timetable

TABLE = timetable("one: A 8:00, B 8:10\nother: A 9:00, B 9:10")
NOW = ORIGIN + 8 * 3600
GOOD, BAD = "https://good.example.org", "https://bad.example.org"


class Endless(httpx.AsyncByteStream):
    """A body without an end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)


class Broken(httpx.AsyncByteStream):
    """A body that breaks off as no library says it would."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"\x0a"
        raise RuntimeError("out of order")


def raises(error: Exception) -> Callable[[], httpx.Response]:
    def answer() -> httpx.Response:
        raise error

    return answer


BEHAVIOUR: dict[str, Callable[[], httpx.Response]] = {
    "an endless body": lambda: httpx.Response(200, stream=Endless()),
    "a body that breaks off": lambda: httpx.Response(200, stream=Broken()),
    "a library's own error": raises(ValueError("odd")),
    "a timeout": raises(httpx.ReadTimeout("slow")),
    "nothing": lambda: httpx.Response(200, content=b""),
    "rubbish": lambda: httpx.Response(200, content=bytes(range(256)) * 40),
    "an etag that cannot be sent back": lambda: httpx.Response(
        200, content=b"{}", headers=[(b"etag", '"é\u20ac"'.encode()), (b"last-modified", b"x" * 90_000)]
    ),
    "a redirect to nowhere": lambda: httpx.Response(302, headers={"location": "https://[::1"}),
    "a redirect to itself": lambda: httpx.Response(302, headers={"location": f"{BAD}/x"}),
}


def numbers_message() -> bytes:
    """Every number as large as it gets."""
    made = message("one | 2 arr+60; 1 dep+0\nextra relation=NEW | A dep=9:00; B arr=9:05\none relation=CANCELED")
    made.header.timestamp = 2**64 - 1
    for entity in made.entity:
        entity.trip_update.timestamp = 2**64 - 1
        for call in entity.trip_update.stop_time_update:
            call.stop_sequence = 2**32 - 1
            call.departure.time, call.arrival.time, call.arrival.delay = 2**63 - 1, -(2**63), -(2**31)
    alert = made.entity.add(id="alert").alert
    alert.active_period.add(start=2**64 - 1, end=2**64 - 1)
    alert.informed_entity.add(stop_id="A")
    return bytes(made.SerializeToString())


REALTIME = BEHAVIOUR | {"huge numbers": lambda: httpx.Response(200, content=numbers_message())}


class Days:
    """Two feeds: one with a good and a bad source, one with a good source only; each has the same day."""

    def feed(self, feed_id: str) -> Feed | None:
        urls = {"mixed": (f"{BAD}/x", f"{GOOD}/x"), "broken": (f"{BAD}/x",), "other": (f"{GOOD}/x",)}[feed_id]
        return Feed(feed_id, ("x.zip",), urls, timezone="UTC", days={DAY: "key"})

    def day(self, feed_id: str, date: str) -> Timetable:
        assert date == DAY, feed_id
        return TABLE


def answering(bad: Callable[[], httpx.Response], good: Callable[[str], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(
        lambda request: bad() if request.url.host == "bad.example.org" else good(request.url.path)
    )


class World:
    """Doors in memory and three feeds."""

    def __init__(self, web: httpx.MockTransport, days: Days | None = None) -> None:
        self.clock = ManualClock(datetime.fromtimestamp(NOW, UTC))
        self.bucket = MemoryBucket()
        self.doors = RealtimeDoors(
            MemoryDocuments(self.clock), self.bucket, MemoryQueues(), self.clock, days or Days(), web
        )

    def poll(self, clock: str) -> dict[str, Any]:
        self.clock.advance(seconds=posix(clock) - self.clock.now().timestamp())
        return asyncio.run(poll_many(["broken", "mixed", "other"], self.doors))

    def expected(self, feed_id: str) -> dict[str, str] | None:
        conditions, _ = LiveConditions(self.bucket).conditions(feed_id, DAY, self.clock.now())
        return None if conditions is None else expected(TABLE, conditions)


@pytest.mark.parametrize("case", REALTIME)
def test_one_bad_source_of_live_data_stops_nobody(case: str) -> None:
    world = World(
        answering(
            REALTIME[case],
            lambda _: httpx.Response(200, content=message("one | 2 arr+60", "8:00").SerializeToString()),
        )
    )
    for minute in ("8:00", "8:00:30", "8:01"):
        world.poll(minute)
        assert world.expected("other") == {"one": "B 8:11:00"}
        assert world.expected("mixed") == {"one": "B 8:11:00"}


def test_a_feed_whose_timetable_cannot_be_had_stops_no_other() -> None:
    class Half(Days):
        def day(self, feed_id: str, date: str) -> Timetable:
            if feed_id == "mixed":
                raise RuntimeError("the disk is gone")
            return super().day(feed_id, date)

    good = message("one | 2 arr+60", "8:00").SerializeToString()
    world = World(answering(lambda: httpx.Response(500), lambda _: httpx.Response(200, content=good)), Half())
    assert "its log says why" in str(world.poll("8:00")["mixed"])
    assert world.expected("other") == {"one": "B 8:11:00"}
    assert world.expected("mixed") is None


STATION = {"station_id": "m", "name": "Markt", "lat": 48.2, "lon": 14.8}
STATUS = {
    "station_id": "m", "num_bikes_available": 5, "num_docks_available": 5,
    "is_installed": 1, "is_renting": 1, "is_returning": 1,
}  # a table, read by rows # fmt: skip


def bike_files(host: str, changed: dict[str, str] | None = None) -> dict[str, str]:
    """A small system as text by path; `changed` replaces words in all files."""
    names = ("station_information", "station_status", "free_bike_status")
    listed = [{"name": name, "url": f"{host}/{name}"} for name in names]
    data: dict[str, Any] = {
        "/gbfs.json": {"en": {"feeds": listed}},
        "/station_information": {"stations": [STATION]},
        "/station_status": {"stations": [STATUS]},
        "/free_bike_status": {"bikes": [{"bike_id": "b", "lat": 48.2, "lon": 14.8, "is_reserved": 0, "is_disabled": 0,
                                         "current_range_meters": 2000}]},
    }  # a table, read by rows # fmt: skip
    made = {}
    for path, content in data.items():
        text = json.dumps({"last_updated": NOW, "ttl": 60, "version": "2.3", "data": content})
        for word, other in (changed or {}).items():
            text = text.replace(word, other)
        made[path] = text
    return made


ODD_NUMBERS = (
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e308",
    "9" * 400,
    "9" * 5000,
    str(2**63),
    "-1",
    "null",
)
ODD_PLACES = ('"ttl": 60', f'"last_updated": {NOW}', '"num_bikes_available": 5', '"num_docks_available": 5',
              '"lat": 48.2', '"current_range_meters": 2000', '"version": "2.3"')  # a table, read by rows # fmt: skip
GBFS_BEHAVIOUR: dict[str, Callable[[str], httpx.Response]] = {
    name: lambda _, answer=answer: answer()  # type: ignore[misc]
    for name, answer in BEHAVIOUR.items()
}
for _place in ODD_PLACES:
    for _number in ODD_NUMBERS:
        _spoiled = bike_files(BAD, {_place: f"{_place.partition(':')[0]}: {_number}"})
        GBFS_BEHAVIOUR[f"{_place.partition(':')[0]}: {_number[:12]}"] = (
            lambda path, files=_spoiled: httpx.Response(200, text=files[path])  # type: ignore[misc]
        )
GBFS_BEHAVIOUR["nested without an end"] = lambda _: httpx.Response(200, text="[" * 100_000)
GBFS_BEHAVIOUR["more values than memory"] = lambda _: httpx.Response(200, text="[" + "[]," * 4_000_000 + "[]]")


@pytest.mark.parametrize("case", GBFS_BEHAVIOUR)
def test_one_bad_system_of_bikes_stops_nobody(case: str) -> None:
    good, bad = bike_files(GOOD), GBFS_BEHAVIOUR[case]
    web = httpx.MockTransport(
        lambda request: (
            bad(request.url.path)
            if request.url.host == "bad.example.org"
            else httpx.Response(200, text=good[request.url.path])
        )
    )
    clock = ManualClock(datetime.fromtimestamp(NOW, UTC))
    doors = BikeDoors(MemoryDocuments(clock), MemoryBucket(), clock, lambda: web)
    feeds = [
        Feed("broken", ("x",), gbfs=(f"{BAD}/gbfs.json",)),
        Feed("mixed", ("x",), gbfs=(f"{BAD}/gbfs.json", f"{GOOD}/gbfs.json")),
        Feed("other", ("x",), gbfs=(f"{GOOD}/gbfs.json",)),
    ]
    for _ in range(2):
        found = asyncio.run(poll_bikes(feeds, doors))
        assert found["other"]["published"]
        for feed_id in ("mixed", "other"):
            fleets = SharedBikes(doors.bucket).fleets(feed_id, clock.now())
            assert ("Markt", 5) in [(one.name, one.vehicles) for fleet in fleets for one in fleet.stations]
        clock.advance(seconds=61)
