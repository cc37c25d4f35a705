"""A GBFS file over time: asked when its ttl is over, believed while it is fresh."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feeds.gbfs.part import LIVE_LEAST_S, LIVE_MAX_S, RETRY_MAX_S, STATIC_LEAST_S, STATIC_MAX_S, SystemPart, take_answer
from feeds.gbfs.reading import files_of, read_file
from feeds.gbfs.rows import posix_of
from feeds.realtime.decode import Rejected
from feeds.realtime.fetch import FeedAnswer
from feeds.realtime.source import Source

NOW = 1_788_000_000
URL = "https://velo.example.org/x.json"


def body(at: Any = NOW, ttl: Any = 60, **data: Any) -> bytes:
    return json.dumps({"last_updated": at, "ttl": ttl, "data": data}).encode()


def part(name: str = "station_status") -> SystemPart:
    return SystemPart(name, Source(URL))


@pytest.mark.parametrize(
    ("name", "at", "ttl", "wait_s"),
    [
        ("station_status", NOW, 60, 60),
        ("station_status", NOW - 20, 60, 40),
        ("station_status", NOW - 500, 60, LIVE_LEAST_S),
        ("station_status", NOW, 0, LIVE_LEAST_S),
        ("station_status", NOW, 7200, LIVE_MAX_S),
        ("station_status", 0, 90, 90),
        ("station_information", NOW, 60, STATIC_LEAST_S),
        ("station_information", NOW, 3600, 3600),
        ("station_information", NOW - 10**7, 3600, STATIC_LEAST_S),
        ("station_information", NOW, 10**9, STATIC_MAX_S),
        ("station_status", NOW, "soon", 60),
        ("station_status", NOW, -5, LIVE_LEAST_S),
    ],
)
def test_it_is_asked_again_when_its_ttl_is_over(name: str, at: int, ttl: Any, wait_s: int) -> None:
    assert take_answer(part(name), FeedAnswer(body(at, ttl)), NOW).ask_at == NOW + wait_s


def test_a_server_in_trouble_is_asked_more_and_more_seldom() -> None:
    waits, held = [], part()
    for _ in range(8):
        held = take_answer(held, FeedAnswer(trouble="it hangs"), NOW)
        waits.append(held.ask_at - NOW)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60, RETRY_MAX_S)
    assert take_answer(held, FeedAnswer(body()), NOW).source.failures == 0


@pytest.mark.parametrize(
    ("at", "age_s"),
    [(NOW, 0), (NOW - 300, 300), (NOW - 86_400, 86_400), (NOW + 300, 0), (NOW + 86_400, 0), (0, 0), ("?", 0)],
)
def test_status_is_as_old_as_its_publisher_says_and_never_of_the_future(at: Any, age_s: int) -> None:
    held = take_answer(part(), FeedAnswer(body(at)), NOW)
    assert held.source.age_s(NOW) == age_s
    assert held.usable(NOW) == (age_s <= 600)


def test_status_whose_publisher_stands_still_gets_old() -> None:
    held = take_answer(part(), FeedAnswer(body(), '"1"'), NOW)
    for later in (300, 601):
        again = take_answer(held, FeedAnswer(etag='"1"'), NOW + later)  # 304
        same = take_answer(held, FeedAnswer(body()), NOW + later)
        assert again.source.age_s(NOW + later) == same.source.age_s(NOW + later) == later
        assert again.usable(NOW + later) == (later <= 600)


def test_what_hardly_changes_may_be_as_old_as_it_likes() -> None:
    held = take_answer(part("station_information"), FeedAnswer(body(NOW - 10**7)), NOW)
    assert held.usable(NOW + 10**6)
    assert held.source.trouble == ""


def test_status_that_goes_back_in_time_is_refused() -> None:
    held = take_answer(part(), FeedAnswer(body(NOW, a=1)), NOW)
    back = take_answer(held, FeedAnswer(body(NOW - 120, a=2)), NOW + 60)
    assert back.file == held.file
    assert "back in time" in back.source.trouble


def test_rubbish_does_not_replace_what_is_held() -> None:
    held = take_answer(part(), FeedAnswer(body()), NOW)
    for rubbish in (b"<html>", b"", b"[]", b'{"data": []}', b'{"data"', b"\x1f\x8b\x08rubbish", b"[" * 100_000):
        after = take_answer(held, FeedAnswer(rubbish), NOW + 60)
        assert after.file == held.file
        assert after.source.trouble
        assert after.usable(NOW + 60)


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        (NOW, NOW),
        (float(NOW), NOW),
        (str(NOW), NOW),
        (NOW * 1000, NOW),
        ("2026-09-03T12:00:00Z", 1_788_436_800),
        ("2026-09-03T14:00:00+02:00", 1_788_436_800),
        ("2026-09-03T12:00:00", 1_788_436_800),
        ("", 0),
        ("9" * 400, 0),
        (10**400, 0),
        (-1, 0),
        (None, 0),
        (True, 0),
        ({}, 0),
        (float("nan"), 0),
    ],
)
def test_instants_are_seconds_milliseconds_or_rfc_3339(said: Any, instant: int) -> None:
    assert posix_of(said) == instant


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"datasets": []}, "several systems"),
        ({"versions": [{"version": "2.3", "url": URL}]}, "several systems"),
        ({"feeds": []}, "names neither"),
        ({"en": {"feeds": "none"}}, "names neither"),
        ({"en": {"feeds": [{"name": "station_status"}, 5, {"name": 7, "url": []}]}}, "names neither"),
        ({}, "names neither"),
    ],
)
def test_a_list_without_status_says_what_is_wrong(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        files_of(read_file(body(**data)), URL)


def test_urls_may_be_relative_and_the_first_of_a_name_counts() -> None:
    feeds = [{"name": "station_status", "url": " a.json"}, {"name": "station_status", "url": "b.json"}]
    feeds.append({"name": "free_bike_status", "url": "https://other.example.org/f"})
    found = files_of(read_file(body(de={"feeds": feeds}, en={"feeds": []})), URL)
    assert found == {
        "station_status": "https://velo.example.org/a.json", "vehicle_status": "https://other.example.org/f"
    }  # a table, read by rows # fmt: skip
