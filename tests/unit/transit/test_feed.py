"""What an operator may configure, and how a feed is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from chalicelib.transit.data.feed import (
    BadFeed,
    Feed,
    all_feeds,
    change_feed,
    configure_feed,
    load_feed,
    parse_feed,
    save_feed,
)
from tests.fakes.memory import ManualClock, MemoryDocuments

URL = "https://feeds.example.org/gtfs.zip"


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments(ManualClock(datetime(2024, 5, 15, tzinfo=UTC)))


def test_one_url_or_several(documents: MemoryDocuments) -> None:
    one = parse_feed("city", {"gtfs": URL, "realtime": None}, allow_paths=False)
    assert (one.feed_id, one.gtfs, one.realtime, one.state) == ("city", (URL,), (), "configured")
    more = {"gtfs": [URL, URL + "?2"], "realtime": ["https://rt.example.org/a"], "gbfs": "https://b.example.org/"}
    feed = parse_feed("city", more, allow_paths=False)
    assert (len(feed.gtfs), feed.realtime, feed.gbfs) == (2, ("https://rt.example.org/a",), ("https://b.example.org/",))
    assert load_feed(documents, "city") is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ([], "JSON object"),
        ({}, "gtfs is missing"),
        ({"gtfs": []}, "gtfs is missing"),
        ({"gtfs": 7}, "gtfs is a URL or a list"),
        ({"gtfs": [URL, 7]}, "gtfs is a URL or a list"),
        ({"gtfs": [""]}, "gtfs is a URL or a list"),
        ({"gtfs": [URL] * 11}, "10 at most"),
        ({"gtfs": URL, "realtime": {"url": URL}}, "realtime is a URL or a list"),
        ({"gtfs": URL, "url": URL}, "unknown: 'url'"),
        ({"gtfs": URL, "streets": [URL, URL]}, "one OpenStreetMap extract"),
        ({"gtfs": URL, "streets": "town.osm.pbf"}, "no http"),
        ({"gtfs": URL, "streets": "http://10.0.0.1/town.osm.pbf"}, "private address"),
        ({"gtfs": "feeds/city.zip"}, "no http"),
        ({"gtfs": "/etc/passwd"}, "no http"),
        ({"gtfs": "file:///etc/passwd"}, "no http"),
        ({"gtfs": "ftp://example.org/f.zip"}, "no http"),
        ({"gtfs": "https://"}, "names no host"),
        ({"gtfs": "https://[::1/f.zip"}, "no valid URL"),
        ({"gtfs": "https://example.org:port/f.zip"}, "no valid URL"),
        ({"gtfs": "https://me:secret@example.org/f.zip"}, "user name or password"),
        ({"gtfs": "https://example.org/" + "a" * 2000}, "too long"),
        ({"gtfs": "http://127.0.0.1/f.zip"}, "private address"),
        ({"gtfs": "http://169.254.169.254/latest/meta-data"}, "private address"),
        ({"gtfs": "http://[::1]/f.zip"}, "private address"),
        ({"gtfs": "http://localhost:8000/f.zip"}, "private address"),
        ({"gtfs": "http://printer.local/f.zip"}, "private address"),
        ({"gtfs": "http://2130706433/f.zip"}, "private address"),
        ({"gtfs": "http://0x7f.1/f.zip"}, "private address"),
        ({"gtfs": URL, "realtime": "http://10.0.0.1/rt"}, "private address"),
        ({"gtfs": URL, "gbfs": "http://192.168.1.1/"}, "private address"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(body: Any, sentence: str) -> None:
    with pytest.raises(BadFeed, match=sentence):
        parse_feed("city", body, allow_paths=False)


@pytest.mark.parametrize("feed_id", ["", "..", ".hidden", "a/b", "a#b", "a b", "ä", "a" * 65])
def test_a_name_that_keys_cannot_hold_is_refused(feed_id: str) -> None:
    with pytest.raises(BadFeed, match="a feed id is 1 to 64"):
        parse_feed(feed_id, {"gtfs": URL}, allow_paths=False)


def test_on_one_machine_paths_are_allowed_but_only_for_what_they_are() -> None:
    feed = parse_feed("city", {"gtfs": "data/city.zip", "realtime": "https://example.org/rt"}, allow_paths=True)
    assert feed.gtfs == ("data/city.zip",)
    assert parse_feed("city", {"gtfs": URL, "streets": "t.osm.pbf"}, allow_paths=True).streets == "t.osm.pbf"
    for body in (
        {"gtfs": URL, "realtime": "data/rt.pb"},
        {"gtfs": "ftp://example.org/f.zip"},
        {"gtfs": "file:///data/city.zip"},
        {"gtfs": "a\0b"},
        {"gtfs": "a" * 2001},
    ):
        with pytest.raises(BadFeed, match="no http"):
            parse_feed("city", body, allow_paths=True)


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.5", "192.168.1.1", "metadata.internal", "2130706433"])
def test_only_hosts_that_the_environment_names_may_be_private(host: str) -> None:
    allowed = parse_allowed_hosts(THIS_MACHINE)
    for own in ("localhost", "127.0.0.1", "[::1]"):
        url = f"http://{own}:8000/f.zip"
        assert parse_feed("city", {"gtfs": url, "realtime": url}, allow_paths=True, allowed_hosts=allowed)
        with pytest.raises(BadFeed, match="private address"):
            parse_feed("city", {"gtfs": url}, allow_paths=True)
    for body in ({"gtfs": f"http://{host}/f.zip"}, {"gtfs": URL, "realtime": f"http://{host}/rt"}):
        with pytest.raises(BadFeed, match="private address"):
            parse_feed("city", body, allow_paths=True, allowed_hosts=allowed)


@pytest.mark.parametrize("feed_id", ["", "..", "a/b", "a%2Fb", "a b", "-a", "ü", "a" * 65])
def test_a_feed_id_is_a_name_that_can_be_part_of_a_key(feed_id: str) -> None:
    with pytest.raises(BadFeed, match="feed id"):
        parse_feed(feed_id, {"gtfs": URL}, allow_paths=False)


def test_a_feed_comes_back_as_it_was_stored(documents: MemoryDocuments) -> None:
    feed = Feed(
        "city",
        (URL,),
        days={"2024-05-15": "timetables/city/1/day.tt"},
        bounds=(1.0, 2.0, 3.0, 4.0),
        calendar=("2024-01-01", "2024-12-31"),
        findings=({"file": "stops.txt", "row": "2", "what": "x", "why": "y"},) * 150,
        etag={URL: '"7"'},
    )
    stored = save_feed(documents, feed)
    assert stored == replace(feed, version=1, findings=feed.findings[:100])
    assert load_feed(documents, "city") == stored
    assert all_feeds(documents) == [stored]


def test_two_writers_do_not_overwrite_each_other(documents: MemoryDocuments) -> None:
    first = save_feed(documents, Feed("city", (URL,)))
    save_feed(documents, replace(first, state="compiling"))
    with pytest.raises(Conflict):
        save_feed(documents, replace(first, state="failed"))
    with pytest.raises(Conflict):
        save_feed(documents, Feed("city", (URL,)))


def test_a_change_is_applied_to_what_is_newest(documents: MemoryDocuments) -> None:
    save_feed(documents, Feed("city", (URL,)))
    seen: list[int] = []

    def change(feed: Feed) -> Feed:
        seen.append(feed.version)
        if len(seen) == 1:  # somebody else is faster, once
            save_feed(documents, replace(feed, message="theirs"))
        return replace(feed, state="ready")

    changed = change_feed(documents, "city", change)
    assert changed is not None
    assert (changed.message, changed.state, changed.version, seen) == ("theirs", "ready", 3, [1, 2])
    assert change_feed(documents, "nowhere", change) is None


def test_a_change_that_always_loses_gives_up(documents: MemoryDocuments) -> None:
    save_feed(documents, Feed("city", (URL,)))

    def change(feed: Feed) -> Feed:
        save_feed(documents, replace(feed, message=feed.message + "."))
        return feed

    with pytest.raises(Unavailable, match="keep changing"):
        change_feed(documents, "city", change)


def test_configuring_again_keeps_what_is_compiled_from_the_same_sources(documents: MemoryDocuments) -> None:
    configure_feed(documents, Feed("city", (URL,)))
    change_feed(documents, "city", lambda feed: replace(feed, state="ready", days={"2024-05-15": "key"}))
    same = configure_feed(documents, Feed("city", (URL,), ("https://rt.example.org/",)))
    assert (same.state, same.days, same.realtime) == ("ready", {"2024-05-15": "key"}, ("https://rt.example.org/",))
    streets = configure_feed(documents, Feed("city", (URL,), streets="https://example.org/town.osm.pbf"))
    assert (streets.state, streets.days) == ("configured", {})
    other = configure_feed(documents, Feed("city", (URL + "?new",)))
    assert (other.state, other.days, other.version) == ("configured", {}, 5)
