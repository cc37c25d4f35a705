"""A feed that ends, fails or comes back: told once, before customers are promised anything with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.notices.repository import Notices
from chalicelib.transit.data.feed import change_feed, load_feed
from tests.fakes.lindenau import SALON, Lindenau

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.transit.data.feed import Feed


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    town.hub.operator.businesses.put("salon", {**SALON, "operator_mail": "owner@example.org"})
    set_feed(town, last_in_days=60)
    return town


def set_feed(town: Lindenau, last_in_days: int = 60, **changed: object) -> None:
    """The feed as it would be compiled today, its last service day so many days ahead."""
    today = town.clock.now().date()
    days = {(today + timedelta(days=n)).isoformat(): "key" for n in range(-1, min(last_in_days, 13) + 1)}
    calendar = ("2026-01-01", (today + timedelta(days=last_in_days)).isoformat())
    lat, lon = SALON["location"]["lat"], SALON["location"]["lon"]  # type: ignore[index] # a location
    known = {
        "days": days, "calendar": calendar, "state": "ready", "message": "", "timezone": "Europe/Vienna",
        "bounds": (lat - 0.1, lon - 0.1, lat + 0.1, lon + 0.1), "checked_at": town.clock.now().isoformat(),
    }  # a table, read by rows # fmt: skip

    def change(feed: Feed) -> Feed:
        return replace(feed, **{**known, **changed})  # type: ignore[arg-type] # fields of a feed

    change_feed(town.hub.documents, "town", change)


def told(town: Lindenau) -> list[str]:
    """Kinds that were told after a look a quarter of an hour later, newest last."""
    town.clock.advance(minutes=16)
    before = len(Notices(town.hub.documents).of_business("salon"))
    town.hub.feed_watch.look(town.clock.now())
    return [one.kind for one in Notices(town.hub.documents).of_business("salon")[before:]]


def test_the_end_is_told_fourteen_and_three_days_before_and_when_it_has_come(town: Lindenau) -> None:
    assert told(town) == []
    kinds = []
    for left in (15, 14, 13, 5, 3, 2, 0, -1, -2):
        set_feed(town, last_in_days=left)
        kinds.append((left, told(town)))
    assert [(left, kind) for left, found in kinds for kind in found] == [
        (14, "feed_ending"), (3, "feed_ending"), (-1, "feed_lost"),
    ]  # a table, read by rows # fmt: skip
    set_feed(town)
    assert told(town) == ["feed_back"]
    assert told(town) == []


def test_who_is_told_and_what_to_do(town: Lindenau) -> None:
    set_feed(town, last_in_days=10)
    told(town)
    (notice,) = Notices(town.hub.documents).of_business("salon")
    assert (notice.channel, notice.to, notice.audience) == ("mail", "owner@example.org", "operator")
    assert "2026-09-13" in notice.text
    assert "https://hub.example.com/setup/salon/timetable" in notice.text


def test_a_business_whose_feed_is_lost_promises_nothing_and_is_told_at_put(town: Lindenau) -> None:
    set_feed(town, state="failed", message="no stops", days={}, calendar=None)
    assert told(town) == ["feed_lost"]
    business = town.hub.config.business("salon")
    assert business is not None
    assert (business.feed_lost, business.can_plan) == ("failed", False)
    answer = town.hub.operator.businesses.put("salon", SALON)
    assert answer["feed_lost"] == "failed"
    assert answer["notes"] == [
        "Feed town cannot be used (no stops): customers are not told when to leave until it can."
    ]
    assert town.hub.operator.businesses.get("salon")["feed_lost"] == "failed"
    set_feed(town)
    told(town)
    assert town.hub.operator.businesses.get("salon")["feed_lost"] == ""


def test_older_timetables_stay_in_use_when_a_newer_zip_is_broken(town: Lindenau) -> None:
    set_feed(town, state="failed", message="the zip is broken (older timetables stay in use)")
    assert told(town) == []
    assert town.hub.operator.businesses.get("salon")["feed_lost"] == ""


def test_a_feed_that_moved_away_from_the_venue_is_foreign(town: Lindenau) -> None:
    set_feed(town, bounds=(10.0, 10.0, 11.0, 11.0))
    assert told(town) == ["feed_lost"]


def test_a_business_without_a_feed_is_told_nothing(town: Lindenau) -> None:
    town.hub.operator.businesses.put("salon", {**SALON, "feed": None})
    assert told(town) == []


def test_what_failed_or_ended_is_fetched_again_every_hour(town: Lindenau) -> None:
    town.hub.queues.take("feeds")  # type: ignore[attr-defined] # the memory's own
    set_feed(town, last_in_days=-3)
    for _ in range(8):  # two hours, a look every quarter
        told(town)
    asked = town.hub.queues.take("feeds")  # type: ignore[attr-defined] # the memory's own
    assert {one["feed_id"] for one in asked} == {"town"}
    assert 4 <= len(asked) <= 5
    feed = load_feed(town.hub.documents, "town")
    assert feed is not None
    assert feed.feed_id == "town"


def test_who_does_not_want_it_is_not_told(town: Lindenau) -> None:
    town.hub.operator.businesses.put("salon", {**SALON, "notices": {"feed_ending": False}})
    set_feed(town, last_in_days=10)
    told(town)
    (notice,) = Notices(town.hub.documents).of_business("salon")
    assert (notice.state.value, notice.reason) == ("suppressed", "switched_off")
