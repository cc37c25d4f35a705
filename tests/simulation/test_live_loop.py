"""The live loop end to end on the town: a late bus, a feed that dies, yesterday's feed, somebody else's feed.

The house of the demo, on one folder and on MiniStack from the deployed template: the app and the operator behind real
HTTP.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from chalicelib import wiring
from chalicelib.entrypoints.json_shapes import Feed
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts
from feeds.realtime.poll import RealtimeDoors, poll
from infra.local.booking_tool import Appointment, send, webhook
from infra.local.demo import build
from infra.local.morning import SECRET, StepClock
from infra.local.operator_feed import OperatorFeed
from infra.local.town import CENTRE, M_PER_DEGREE, TIMEZONE, write_town
from tests.fakes.openapi import check_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.demo import House

ZONE = ZoneInfo(TIMEZONE)
FIRST = date(2026, 3, 16)
WESTHOF = {"lat": CENTRE[0] - 330 / M_PER_DEGREE[0], "lon": CENTRE[1] - 2700 / M_PER_DEGREE[1]}
AT_ODDS = {"replan", "late"}  # what is said when a told way does not work


@pytest.fixture(scope="module", params=["folder", pytest.param("aws", marks=pytest.mark.aws)])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, before = tmp_path_factory.mktemp("house"), dict(os.environ)
    installed = list(wiring._installed)  # noqa: SLF001 - put back, so that other tests find their own hub
    with ExitStack() as closing:
        clock = StepClock(datetime.combine(FIRST, time(6), ZONE))
        yield build(folder, FIRST, clock, closing, on_aws=request.param == "aws")
    os.environ.clear()
    os.environ.update(before)
    wiring._installed[:] = installed  # noqa: SLF001 - the same


@dataclass
class Salon:
    """A salon in the town with a live feed of its own; Ada comes from the west for 10:00."""

    house: House
    name: str
    day: date
    operator: OperatorFeed
    link: str = ""

    @classmethod
    def opened(cls, house: House, name: str, days: int, town: Path) -> Salon:
        day = FIRST + timedelta(days=days)
        house.clock.at = datetime.combine(day, time(7, 30), ZONE)
        salon = cls(house, name, day, OperatorFeed(house.clock.now, f"{day:%Y%m%d}"))
        house.admin("PUT", f"/admin/feeds/{name}", {"gtfs": str(town), "realtime": [salon.operator.start()]})
        house.drain()
        place = {"lat": CENTRE[0] + 0.0005, "lon": CENTRE[1] + 0.0005}
        body = {"name": "Salon Lind", "timezone": TIMEZONE, "feed": name, "location": place, "phone": "+12025550199"}
        house.admin("PUT", f"/admin/businesses/{name}", body)
        made = house.admin(
            "PUT", f"/admin/businesses/{name}/connections/{name}", {"provider": "calcom", "secret": SECRET}
        )
        start = datetime.combine(day, time(10), ZONE)
        booked = Appointment("Ada Example", start, phone="+12025550123", timezone=TIMEZONE, uid=f"ada{name}")
        path = urlsplit(made["webhook_url"]).path
        assert send(house.client, path, SECRET, webhook("BOOKING_CREATED", booked, house.clock.at)).is_success
        house.drain()
        (ticket,) = house.admin("GET", f"/admin/businesses/{name}/tickets?date={day}")["tickets"]
        salon.link = f"/t/{ticket['token']}"
        assert house.client.post(f"{salon.link}/origin", json=WESTHOF).is_success
        return salon

    @property
    def ticket(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.house.client.get(f"{self.link}.json").json()
        return shown

    @property
    def ride(self) -> dict[str, Any]:
        ride: dict[str, Any] = next(leg for leg in self.ticket["options"][0]["legs"] if "trip_id" in leg)
        return ride

    @property
    def feed(self) -> dict[str, Any]:
        feed = self.house.admin("GET", f"/admin/feeds/{self.name}")
        check_whole(Feed, json.dumps(feed))
        (live,) = feed["live"]
        found: dict[str, Any] = live
        return found

    def said(self) -> list[str]:
        notices = self.house.admin("GET", f"/admin/businesses/{self.name}/notices")["notices"]
        return [one["kind"] for one in notices if one["state"] == "sent" and one["to"] == "+12025550123"]

    def go_on(self, minutes: int) -> None:
        """So many minutes go by; the live feed is polled in each of them."""
        hub = self.house.hub
        for _ in range(minutes):
            self.house.clock.at += timedelta(minutes=1)
            transport = AsyncPublicHosts(hub.allowed_hosts)
            poll(
                self.name,
                RealtimeDoors(hub.documents, hub.bucket, hub.queues, self.house.clock, hub.service_days, transport),
            )
            self.house.drain()

    def until_told(self) -> dict[str, Any]:
        """Until Ada was told when to leave; the ride that she was told."""
        tell_at = datetime.fromisoformat(self.ticket["leave_by"]) - timedelta(minutes=16)
        self.house.clock.at = max(self.house.clock.at, tell_at.astimezone(ZONE))
        self.go_on(2)
        assert self.said()[-1] == "leave_by"
        return self.ride


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("town") / "town.zip"
    return write_town(path, FIRST - timedelta(days=2), FIRST + timedelta(days=20))


@pytest.fixture
def salon(house: House, town: Path, request: pytest.FixtureRequest) -> Iterator[Salon]:
    tests = [name for name in globals() if name.startswith("test_")]
    number = tests.index(request.node.originalname)  # the clock goes forward
    opened = Salon.opened(house, f"salon{number}", number, town)
    yield opened
    opened.operator.stop()


def test_a_late_bus_is_told_once_with_another_way(salon: Salon) -> None:
    ride = salon.until_told()
    salon.operator.late[ride["trip_id"]] = (1, 45 * 60)
    salon.go_on(1)
    assert [kind for kind in salon.said() if kind in AT_ODDS] == ["replan"]
    assert salon.ride["trip_id"] != ride["trip_id"]
    assert datetime.fromisoformat(salon.ticket["arrive_at"]) <= datetime.fromisoformat(salon.ticket["start"])
    for late_min in (44, 46, 43):
        salon.operator.late[ride["trip_id"]] = (1, late_min * 60)
        salon.go_on(1)
    assert [kind for kind in salon.said() if kind in AT_ODDS] == ["replan"], "said once"


def test_of_a_feed_that_died_the_age_is_told_and_then_the_timetable_counts_again(salon: Salon) -> None:
    ride = salon.until_told()
    salon.operator.late[ride["trip_id"]] = (1, 3 * 60)
    salon.go_on(1)
    assert salon.ride["realtime"] is True
    assert salon.ticket["live_data_age_s"] <= 60
    salon.operator.stop()
    salon.go_on(4)
    assert salon.ticket["live_data_age_s"] >= 240
    assert salon.feed["trouble"]
    assert salon.feed["failures"] == 4
    salon.go_on(12)
    assert salon.feed["age_s"] >= 900
    assert salon.ticket["live_data_age_s"] >= 900
    assert [kind for kind in salon.said() if kind in AT_ODDS] == [], "a feed that dies delays nobody"


def test_what_yesterdays_file_says_is_about_yesterday(salon: Salon) -> None:
    ride = salon.until_told()
    yesterday = salon.house.clock.at - timedelta(days=1)
    salon.operator.now = lambda: yesterday
    salon.operator.day = f"{yesterday:%Y%m%d}"
    salon.operator.cancelled.add(ride["trip_id"])
    salon.go_on(3)
    assert salon.ride["trip_id"] == ride["trip_id"]
    assert [kind for kind in salon.said() if kind in AT_ODDS] == []
    assert salon.feed["trouble"], "its operator sees it"


def test_a_feed_of_another_city_is_ignored_and_its_operator_sees_it(salon: Salon) -> None:
    ride = salon.until_told()
    salon.operator.cancelled |= {f"another-city-{n}" for n in range(50)}
    salon.go_on(2)
    assert salon.ride["trip_id"] == ride["trip_id"]
    assert [kind for kind in salon.said() if kind in AT_ODDS] == []
    assert "wrong URL" in salon.feed["trouble"]
    assert salon.feed["report"]["matched"] == 0
