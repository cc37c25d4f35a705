"""The feeds function: a configured feed becomes days that readers can open, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.ports import Unavailable
from chalicelib.transit.data.feed import change_feed
from feeds.compile.archive.download import NotFetched
from feeds.handler import DAYS_AHEAD, on_feeds_message
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.memory import MemoryDocuments
from tests.fakes.publisher import CONFIGURED, RIDE, URL, House
from tests.fakes.timetable_text import today

if TYPE_CHECKING:
    from pathlib import Path

    from feeds.compile.archive.download import Download
    from tests.fakes.memory import ManualClock


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, datetime(2024, 5, 15, 22, 30, tzinfo=UTC))  # past midnight in Berlin: the 16th


def test_a_configured_feed_is_ready_for_two_weeks_from_its_own_today(house: House) -> None:
    house.tell()
    feed = house.feed()
    expected = [f"2024-05-{day}" for day in range(16, 16 + DAYS_AHEAD)]
    assert (feed.state, feed.message, list(feed.days)) == ("ready", "", expected)
    assert (feed.timezone, feed.calendar, feed.bounds) == (
        "Europe/Berlin",
        ("2024-01-01", "2026-12-31"),
        (50.0, 10.0, 50.1, 10.0),
    )
    assert feed.checked_at
    assert house.told() == expected
    assert today(house.service_days.day("city", "2024-05-20")) == {"t": "A 08:00, B 08:10"}


def test_the_same_message_again_changes_nothing_and_fetches_nothing_new(house: House) -> None:
    house.tell()
    house.told()
    before, blobs = house.feed(), dict(house.bucket.blobs)
    house.tell()
    after = house.feed()
    assert replace(after, version=0) == replace(before, version=0)
    assert house.bucket.blobs == blobs
    assert house.told() == []


def test_a_new_day_is_compiled_from_our_own_copy_and_old_days_are_forgotten(house: House) -> None:
    house.tell()
    house.told()
    house.server.path.unlink()  # it would fail if it were asked for the bytes
    house.clock.advance(days=2)
    house.tell(why="daily")
    assert house.told() == ["2024-05-30", "2024-05-31"]
    assert min(house.feed().days) == "2024-05-17", "yesterday stays for the night"


def test_when_our_copy_is_lost_the_whole_feed_is_fetched_again(house: House) -> None:
    house.tell()
    for key in [key for key in house.bucket.blobs if key.startswith("gtfs/")]:
        del house.bucket.blobs[key]
    house.clock.advance(days=1)
    house.tell(why="daily")
    assert "2024-05-30" in house.feed().days


def test_a_new_feed_replaces_every_day_and_the_tickets_hear_of_it(house: House) -> None:
    house.tell()
    house.told()
    old = house.feed()
    house.server.path, house.server.tag = feed_zip(house.folder / "new.zip", rides="t: A 08:00, B 08:12"), '"2"'
    house.tell(why="daily")
    new = house.feed()
    assert new.feed_version != old.feed_version
    assert all(new.feed_version in key for key in new.days.values())
    assert house.told() == list(old.days)
    assert set(old.days.values()) <= house.bucket.blobs.keys(), "who reads the old version is not cut off"


def test_days_far_ahead_are_compiled_when_they_are_asked_for(house: House) -> None:
    house.tell(why="days", dates=["2024-08-01", "2024-05-18", "2031-01-01", "2020-01-01", "soon", None])
    assert max(house.feed().days) == "2024-08-01"
    assert len(house.feed().days) == DAYS_AHEAD + 1
    assert house.told()[-1] == "2024-08-01"


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (NotFetched("feeds.example.org answers 404; check the URL"), "answers 404"),
        (NotFetched("feeds.example.org leads to a private address: refused"), "private address"),
    ],
)
def test_a_feed_that_cannot_be_fetched_has_failed_and_says_why(house: House, trouble: Exception, sentence: str) -> None:
    house.server.trouble = trouble
    house.tell()
    assert house.feed().state == "failed"
    assert sentence in house.feed().message
    assert house.told() == []


def test_garbage_fails_but_the_older_version_stays_in_use(house: House) -> None:
    house.tell()
    days = house.feed().days
    house.server.path, house.server.tag = house.folder / "garbage.zip", '"2"'
    house.server.path.write_bytes(b"<html>maintenance</html>")
    house.tell(why="daily")
    feed = house.feed()
    assert (feed.state, feed.days) == ("failed", days)
    assert "no readable zip" in feed.message
    assert "older timetables stay in use" in feed.message
    assert house.service_days.day("city", "2024-05-20").n_runs == 1
    house.server.path, house.server.tag = feed_zip(house.folder / "good.zip", rides=RIDE), '"3"'
    house.tell(why="daily")
    assert (house.feed().state, house.feed().message) == ("ready", "")


@pytest.mark.parametrize(
    ("now", "state", "sentence", "days"),
    [
        (datetime(2027, 1, 2, tzinfo=UTC), "failed", "ended on 2026-12-31", 0),
        (datetime(2026, 12, 30, tzinfo=UTC), "ready", "ends on 2026-12-31; later days wait", 2),
        (datetime(2023, 12, 1, tzinfo=UTC), "ready", "begins on 2024-01-01", 0),
    ],
)
def test_a_calendar_that_ends_or_did_not_begin_is_said(
    tmp_path: Path, now: datetime, state: str, sentence: str, days: int
) -> None:
    house = House(tmp_path, now)
    house.tell()
    assert (house.feed().state, len(house.feed().days)) == (state, days)
    assert sentence in house.feed().message


class Dying(MemoryDocuments):
    """Documents whose connection is lost at the n-th write."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.writes_left = 10**9

    def write(self, *writes: Any) -> None:
        self.writes_left -= 1
        if self.writes_left < 0:
            raise Unavailable("the table cannot be reached")
        super().write(*writes)


@pytest.mark.parametrize("writes", range(DAYS_AHEAD + 2))
def test_a_restart_anywhere_ends_in_the_same_days_and_every_day_is_told(tmp_path: Path, writes: int) -> None:
    house = House(tmp_path, datetime(2024, 5, 15, 12, tzinfo=UTC))
    dying = Dying(house.clock)
    dying.tables = house.documents.tables
    dying.writes_left = writes
    with pytest.raises(Unavailable):
        on_feeds_message(CONFIGURED, replace(house.doors, documents=dying))
    for key in house.feed().days.values():
        assert key in house.bucket.blobs, "a day is named only after it is there"
    house.tell()
    assert list(house.feed().days) == [f"2024-05-{day}" for day in range(15, 15 + DAYS_AHEAD)]
    assert set(house.told()) == set(house.feed().days)


def test_what_was_compiled_for_other_sources_is_not_published(house: House) -> None:
    def answer(url: str, path: Path, tag: str = "") -> Download:
        change_feed(house.documents, "city", lambda feed: replace(feed, gtfs=(URL + "?new",)))
        return house.server(url, path, tag)

    on_feeds_message(CONFIGURED, replace(house.doors, fetch=answer))
    assert (house.feed().days, house.feed().gtfs) == ({}, (URL + "?new",))


def test_a_feed_on_this_machine_is_read_from_its_path_only_where_that_is_allowed(house: House) -> None:
    change_feed(house.documents, "city", lambda feed: replace(feed, gtfs=(str(house.server.path),)))
    house.tell()
    assert house.feed().state == "failed"
    on_feeds_message(CONFIGURED, replace(house.doors, allow_paths=True))
    assert house.feed().state == "ready"
    assert house.server.asked == 0


def test_several_sources_are_one_network(house: House) -> None:
    rail = feed_zip(house.folder / "rail.zip", rides="u: X 08:00, Y 08:10")
    change_feed(house.documents, "city", lambda feed: replace(feed, gtfs=(str(house.server.path), str(rail))))
    on_feeds_message(CONFIGURED, replace(house.doors, allow_paths=True))
    assert set(today(house.service_days.day("city", "2024-05-20"))) == {"t", "u"}


def test_a_fault_of_ours_is_said_and_comes_back_to_us(house: House) -> None:
    house.server.trouble = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        house.tell()
    assert house.feed().state == "failed"
    assert "the hub's fault" in house.feed().message
    assert "a bug" not in house.feed().message


def test_messages_nobody_can_use_are_dropped(house: House) -> None:
    for message in ({}, {"feed_id": "town"}, {"feed_id": None}, {"feed_id": "city", "dates": "2024-05-16"}):
        on_feeds_message(message, house.doors)
    assert house.feed().state == "ready"
