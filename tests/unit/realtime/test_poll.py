"""Polling: what is believed, what is published, what an operator is told."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from chalicelib.foundation.commands import StartRound, to_message
from chalicelib.transit.data.feed import Feed
from chalicelib.transit.data.live import LiveConditions, conditions_key
from feeds.realtime.decode import MESSAGE_BYTES_MAX
from feeds.realtime.poll import RealtimeDoors, poll, poll_minute
from tests.fakes.memory import ManualClock, MemoryBucket, MemoryDocuments, MemoryQueues
from tests.fakes.realtime_text import DAY, expected, message, posix, timetable

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.transit.data.timetable import Timetable

TABLE = timetable("one: A 8:00, B 8:10\nother: A 9:00, B 9:10")
URL, SECOND = "https://rt.example.com/updates", "https://rt.example.org/updates"


def at(clock: str) -> datetime:
    return datetime.fromtimestamp(posix(clock), UTC)


@dataclass
class OneDay:
    """A shelf with one feed and one day."""

    table: Timetable = TABLE
    urls: tuple[str, ...] = (URL,)

    def feed(self, feed_id: str) -> Feed | None:
        return Feed(feed_id, ("x.zip",), self.urls, timezone="UTC", days={DAY: "key"}) if feed_id == "city" else None

    def day(self, feed_id: str, date: str) -> Timetable:
        assert (feed_id, date) == ("city", DAY)
        return self.table


@dataclass
class Web:
    """What the feeds' servers answer at present, and what they were asked."""

    answers: dict[str, Callable[[httpx.Request], httpx.Response] | bytes | int] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[str(request.url)]
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        return httpx.Response(answer) if isinstance(answer, int) else answer(request)


@dataclass
class World:
    """A polling hub on a clock that is moved by hand."""

    service_days: OneDay = field(default_factory=OneDay)
    web: Web = field(default_factory=Web)
    clock: ManualClock = field(default_factory=lambda: ManualClock(at("8:00")))
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    queues: MemoryQueues = field(default_factory=MemoryQueues)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.live = LiveConditions(self.bucket)
        self.doors = RealtimeDoors(
            self.documents, self.bucket, self.queues, self.clock, self.service_days, httpx.MockTransport(self.web)
        )

    def poll(self, clock: str, **answers: Any) -> dict[str, Any]:
        """Polls at a time; `first` and `second` are what the URLs answer from now on."""
        self.clock.set(at(clock))
        self.web.answers |= {{"first": URL, "second": SECOND}[name]: answer for name, answer in answers.items()}
        return poll("city", self.doors)

    def now(self) -> tuple[dict[str, str] | None, int | None]:
        """What a reader sees: expected times and their age; None: the timetable is all it has."""
        conditions, age_s = self.live.conditions("city", DAY, self.clock.now(), at_least=2**40)
        return (None if conditions is None else expected(self.service_days.table, conditions)), age_s

    def trouble(self) -> str:
        document = self.documents.get("config", "live#city")
        assert document
        return "; ".join(source["trouble"] for source in document["sources"])


def sent(lines: str, clock: str) -> bytes:
    return bytes(message(lines, at=clock).SerializeToString())


def test_a_change_is_published_once_with_one_message() -> None:
    world = World()
    assert world.poll("8:00", first=sent("one | 2 arr+60", "7:59:50"))["published"] == [DAY]
    assert world.now() == ({"one": "B 8:11:00"}, 0)
    assert world.queues.take("updates") == [to_message(StartRound("city", posix("8:00")))]
    assert world.poll("8:00:30")["published"] == []
    assert world.queues.take("updates") == []
    assert world.now()[1] == 30


def test_the_server_is_asked_conditionally_and_304_is_no_news() -> None:
    world = World()
    body = sent("one | 2 arr+60", "8:00")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("if-none-match") == "v1":
            return httpx.Response(304)
        return httpx.Response(200, content=body, headers={"etag": "v1", "last-modified": "Mon"})

    world.poll("8:00", first=answer)
    assert world.poll("8:00:30")["published"] == []
    assert world.web.asked[-1].headers["if-modified-since"] == "Mon"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (500, "answered 500"),
        (404, "check its URL"),
        (b"<html>", "HTML page"),
        (b"", "nothing at all"),
        (gzip.compress(bytes(MESSAGE_BYTES_MAX + 2)), "more than"),
        (bytes(MESSAGE_BYTES_MAX + 2), "more than"),
    ],
)
def test_a_bad_answer_is_told_and_the_last_good_one_stays(answer: bytes | int, told: str) -> None:
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+60", "8:00"))
    assert world.poll("8:00:30", first=answer)["published"] == []
    assert told in world.trouble()
    assert world.now() == ({"one": "B 8:11:00"}, 30)


def test_a_server_that_fails_or_hangs_is_told() -> None:
    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    world = World()
    assert world.poll("8:00", first=hang)["published"] == []
    assert "ReadTimeout" in world.trouble()
    assert world.now() == (None, None)


def test_a_feed_that_stops_for_forty_minutes_goes_stale_and_comes_back() -> None:
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+60", "8:00"))
    world.poll("8:09")
    assert world.now() == ({"one": "B 8:11:00"}, 540)
    world.poll("8:40")
    assert world.now() == (None, 2400)
    world.poll("8:41", first=sent("other | 2 arr+60", "8:41"))
    assert world.now() == ({"other": "B 9:11:00"}, 0)


def test_yesterdays_file_is_as_timetabled_and_says_how_old_it_is() -> None:
    world = World()
    stale = message("one start=20240610 | 2 arr+60")
    stale.header.timestamp -= 86_400
    world.poll("8:00", first=stale.SerializeToString())
    assert world.now() == (None, 86_400)
    assert "1440 min old" in world.trouble()


def test_a_feed_that_jumps_back_and_forth_is_believed_forwards_only() -> None:
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+60", "8:00"))
    assert world.poll("8:00:30", first=sent("one | 2 arr+30", "7:59"))["published"] == []
    assert "went back" in world.trouble()
    world.poll("8:01", first=sent("one | 2 arr+90", "8:01"))
    assert world.now()[0] == {"one": "B 8:11:30"}


def test_a_feed_that_stays_back_had_a_wrong_clock_before() -> None:
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+60", "8:09"))
    for minute in range(1, 11):
        assert world.poll(f"8:0{minute}" if minute < 10 else "8:10", first=sent(f"one | 2 arr+{minute}", "8:01"))
    assert world.poll("8:11", first=sent("one | 2 arr+40", "8:02"))["published"] == [DAY]


def test_a_clock_ten_minutes_off_is_told_and_the_data_is_live_all_the_same() -> None:
    for clock, told in (("7:50", "-10 min"), ("8:10", "+10 min")):
        world = World()
        world.poll("8:00", first=sent("one | 2 arr+60", clock))
        assert world.now() == ({"one": "B 8:11:00"}, 0)
        assert told in world.trouble()


def test_another_citys_feed_changes_nothing_and_raises_the_alarm_number() -> None:
    world = World()
    strangers = "\n".join(f"s{n} | 1 dep+60" for n in range(20))
    answer = world.poll("8:00", first=sent(strangers, "8:00"))
    assert world.now()[0] == {}
    assert answer["sources"][0]["report"]["match_rate"] == 0.0
    assert "wrong URL" in world.trouble()


def test_conditions_made_for_another_timetable_are_not_used() -> None:
    """A new static feed in the middle of the day renames its trips; positions in the old one mean nothing in it."""
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+60", "8:00"))
    assert world.live.conditions("city", DAY, at("8:00"), feed_version="v1")[0] is not None
    assert world.live.conditions("city", DAY, at("8:00"), feed_version="v2") == (None, 0)


def test_all_sources_of_a_feed_are_in_every_publication() -> None:
    world = World(OneDay(urls=(URL, SECOND)))
    world.poll("8:00", first=sent("one | 2 arr+60", "8:00"), second=sent("other | 2 arr+60", "8:00"))
    world.poll("8:01", first=sent("one | 2 arr+90", "8:01"))
    assert world.now()[0] == {"one": "B 8:11:30", "other": "B 9:11:00"}
    world.poll("8:12", first=sent("one | 2 arr+120", "8:12"))
    assert world.now()[0] == {"one": "B 8:12:00"}, "the second source is too old by now"


def test_news_of_another_service_day_is_kept_for_its_day() -> None:
    """A strike on the eleventh is announced on the tenth, when hardly anything else is said."""
    tomorrow, epoch = "2024-06-11", int(TABLE.meta["origin_epoch"]) + 86_400
    rides = "\n".join(f"t{n}: A 9:00, B 9:10" for n in range(34))
    plain = timetable(rides)
    second = replace(plain, meta={**plain.meta, "service_date": tomorrow, "origin_epoch": epoch})

    class TwoDays(OneDay):
        def feed(self, feed_id: str) -> Feed | None:
            return Feed(feed_id, ("x.zip",), self.urls, timezone="UTC", days={DAY: "key", tomorrow: "key"})

        def day(self, feed_id: str, date: str) -> Timetable:
            return super().day(feed_id, date) if date == DAY else second

    world = World(TwoDays())
    strike = "\n".join(f"t{n} start=20240611 relation=CANCELED | A; B" for n in range(34))
    answer = world.poll("8:00", first=sent(strike + "\none | 2 arr+60", "8:00"))
    assert answer["published"] == [DAY, tomorrow]
    assert world.trouble() == ""
    assert world.now()[0] == {"one": "B 8:11:00"}
    conditions, age_s = world.live.conditions("city", tomorrow, world.clock.now())
    assert conditions is not None
    assert (conditions.cancelled.tolist(), age_s) == (list(range(34)), 0)


def test_one_dead_source_does_not_take_the_other_with_it() -> None:
    world = World(OneDay(urls=(URL, SECOND)))
    world.poll("8:00", first=500, second=sent("other | 2 arr+60", "8:00"))
    assert world.now()[0] == {"other": "B 9:11:00"}


def test_a_crash_before_publishing_loses_nothing() -> None:
    class Full(MemoryBucket):
        def put(self, key: str, data: bytes) -> None:
            raise OSError(f"no room for {len(data)} bytes at {key}")

    world = World()
    doors = world.doors
    world.doors = RealtimeDoors(doors.documents, Full(), doors.queues, doors.clock, doors.service_days, doors.transport)
    with pytest.raises(OSError, match="no room"):
        world.poll("8:00", first=sent("one | 2 arr+60", "8:00"))
    world.doors = doors
    assert world.poll("8:00:30")["published"] == [DAY]
    assert world.now()[0] == {"one": "B 8:11:00"}


def test_of_two_polls_at_once_one_publishes() -> None:
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+1", "8:00"))
    world.queues.take("updates")
    world.web.answers[URL] = sent("one | 2 arr+60", "8:01")

    async def both() -> None:
        await asyncio.gather(
            *(poll_minute(["city"], world.doors, jitter=lambda: 0.0, rounds=1, sleep=no) for _ in "ab")
        )

    async def no(_: float) -> None:
        return None

    asyncio.run(both())
    assert len(world.queues.take("updates")) == 1


def test_a_reader_ignores_a_publication_older_than_one_it_has_seen() -> None:
    world = World()
    world.poll("8:00", first=sent("one | 2 arr+60", "8:00"))
    older = world.bucket.blobs[conditions_key("city", DAY)]
    world.poll("8:01", first=sent("one | 2 arr+90", "8:01"))
    assert world.now()[0] == {"one": "B 8:11:30"}
    world.bucket.put(conditions_key("city", DAY), older)
    assert world.now()[0] == {"one": "B 8:11:30"}


def test_a_minute_holds_two_polls_with_jitter_before_the_first() -> None:
    world, slept = World(), list[float]()
    world.web.answers[URL] = sent("one | 2 arr+60", "8:00")

    async def sleep(s: float) -> None:
        slept.append(s)

    asyncio.run(poll_minute(["city", "unknown"], world.doors, jitter=lambda: 0.5, sleep=sleep))
    assert slept == [1.5, 27.0]
    assert len(world.web.asked) == 2
