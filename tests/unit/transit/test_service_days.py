"""Service days: fetched once, new versions noticed, a bounded cache, clear reasons."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chalicelib.transit.data import service_days as module
from chalicelib.transit.data.feed import Feed, change_feed, save_feed
from chalicelib.transit.data.service_days import FRESH_S, MISSING_FRESH_S, OPEN_MAX, NoTimetable, ServiceDays
from chalicelib.transit.data.timetable import save_timetable
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.memory import ManualClock, MemoryBucket, MemoryDocuments
from tests.fakes.timetable_text import today

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-05-15"


class CountingBucket(MemoryBucket):
    """Remembers what was fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def fetch(self, key: str, path: Path) -> bool:
        self.fetched.append(key)
        return super().fetch(key, path)


class Process:
    """The service days of one process, with everything they stand on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(datetime(2024, 5, 15, 6, tzinfo=UTC))
        self.documents, self.bucket = MemoryDocuments(self.clock), CountingBucket()
        self.service_days = ServiceDays(self.documents, self.bucket, folder / "cache", self.clock)
        save_feed(self.documents, Feed("city", ("https://example.org/f.zip",), calendar=("2024-01-01", "2026-12-31")))

    def publish(self, ride: str, *dates: str) -> None:
        path = feed_zip(self.folder / "f.zip", rides=ride)
        for date in dates or (DAY,):
            timetable = timetable_of(path, date)
            key = f"timetables/city/{timetable.meta['feed_version']}/day-{date}.tt"
            save_timetable(self.folder / "day.tt", timetable.meta, timetable.arrays)
            self.bucket.put_file(key, self.folder / "day.tt")
            self.name(date, key)

    def name(self, date: str, key: str) -> None:
        change_feed(self.documents, "city", lambda feed: replace(feed, days=feed.days | {date: key}))


@pytest.fixture
def process(tmp_path: Path) -> Process:
    return Process(tmp_path)


def test_a_day_is_fetched_once_and_shared(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10")
    first = process.service_days.day("city", DAY)
    assert today(first) == {"t": "A 08:00, B 08:10"}
    process.clock.advance(hours=1)
    assert process.service_days.day("city", DAY) is first
    assert len(process.bucket.fetched) == 1


def test_another_process_of_the_same_machine_finds_the_file(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10")
    process.service_days.day("city", DAY)
    other = ServiceDays(process.documents, process.bucket, process.folder / "cache", process.clock)
    assert other.day("city", DAY).n_runs == 1
    assert len(process.bucket.fetched) == 1


def test_a_feed_that_was_not_there_is_looked_for_sooner_than_another_version_of_one(process: Process) -> None:
    assert process.service_days.feed("town") is None
    save_feed(process.documents, Feed("town", ("https://example.org/t.zip",)))
    process.clock.advance(seconds=MISSING_FRESH_S)
    assert process.service_days.feed("town") is not None


def test_a_new_version_is_noticed_after_a_few_seconds(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10")
    old = process.service_days.day("city", DAY)
    process.publish("t: A 08:00, B 08:15")
    assert process.service_days.day("city", DAY) is old
    process.clock.advance(seconds=FRESH_S)
    assert today(process.service_days.day("city", DAY)) == {"t": "A 08:00, B 08:15"}
    assert today(old) == {"t": "A 08:00, B 08:10"}, "who has it open keeps it"


@pytest.mark.parametrize(
    ("feed_id", "date", "reason", "sentence"),
    [
        ("town", DAY, "unknown_feed", "configure it first"),
        ("city", "2024-05-17", "no_timetable", "not compiled yet"),
        ("city", "2023-12-31", "outside_calendar", "from 2024-01-01 to 2026-12-31"),
        ("city", "2027-01-01", "outside_calendar", "from 2024-01-01 to 2026-12-31"),
    ],
)
def test_what_is_not_there_has_its_reason(
    process: Process, feed_id: str, date: str, reason: str, sentence: str
) -> None:
    process.publish("t: A 08:00, B 08:10")
    with pytest.raises(NoTimetable, match=sentence) as missing:
        process.service_days.day(feed_id, date)
    assert missing.value.reason == reason


def test_what_was_missing_is_found_a_second_after_it_came(process: Process) -> None:
    with pytest.raises(NoTimetable):
        process.service_days.day("city", DAY)
    process.publish("t: A 08:00, B 08:10")
    process.clock.advance(seconds=1)
    assert process.service_days.day("city", DAY).n_runs == 1


def test_a_document_that_names_a_lost_file_is_no_timetable(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10")
    process.bucket.blobs.clear()
    with pytest.raises(NoTimetable) as missing:
        process.service_days.day("city", DAY)
    assert missing.value.reason == "no_timetable"


def test_a_spoilt_file_in_the_cache_is_fetched_again(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10")
    process.service_days.day("city", DAY)
    (cached,) = (process.folder / "cache").iterdir()
    cached.write_bytes(b"cut")
    other = ServiceDays(process.documents, process.bucket, process.folder / "cache", process.clock)
    assert other.day("city", DAY).n_runs == 1
    assert len(process.bucket.fetched) == 2


def test_a_blob_that_is_no_timetable_is_said_and_not_fetched_for_ever(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10")
    for key in process.bucket.blobs:
        process.bucket.blobs[key] = b"no timetable at all"
    with pytest.raises(NoTimetable, match="compile the feed again"):
        process.service_days.day("city", DAY)
    assert len(process.bucket.fetched) == 2


def test_only_so_many_days_stay_open(process: Process) -> None:
    dates = [f"2024-05-{day}" for day in range(15, 15 + OPEN_MAX + 1)]
    process.publish("t: A 08:00, B 08:10", *dates)
    opened = [process.service_days.day("city", date) for date in dates]
    assert process.service_days.day("city", dates[-1]) is opened[-1]
    assert process.service_days.day("city", dates[0]) is not opened[0]
    assert len(process.bucket.fetched) == len(dates)


def test_the_cache_on_disk_is_bounded(process: Process) -> None:
    process.publish("t: A 08:00, B 08:10", DAY, "2024-05-16")
    process.service_days.day("city", DAY)
    (cached,) = (process.folder / "cache").iterdir()
    with cached.open("ab") as file:
        file.truncate(module.CACHE_BYTES_MAX)  # sparse: it takes no room
    os.utime(cached, (1, 1))
    process.service_days.day("city", "2024-05-16")
    assert cached not in set((process.folder / "cache").iterdir())
    assert process.service_days.day("city", DAY).n_runs == 1
