"""Kills and power cuts while webhooks come, in small; `python -m tests.benchmarks.durability` plays 10,000 of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from infra.local.booking_tool import Appointment, send, webhook
from tests.fakes import disk
from tests.fakes.hub_process import SECRET, HubProcess, eventually
from tests.fakes.stormy_hub import StormyHub, Weather

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    found = StormyHub(tmp_path, seed=7).play(40, Weather(kills=2, kills_of_all=1, cuts=1))
    assert found.webhooks == 40
    assert (found.without_ticket, found.several_tickets) == ([], [])
    assert (found.several_texts, found.without_text) == ([], [])
    assert found.texts + found.doubtful >= 40


def test_a_full_disk_is_a_clear_503_and_what_is_sent_again_is_taken(tmp_path: Path) -> None:
    home = tmp_path / "state"
    home.mkdir()
    environment, full = disk.may_be_full(tmp_path, home)
    hub = HubProcess(home, settings=environment | {"HUB_STORE": "embedded"}).start()
    try:
        business = {
            "name": "Salon",
            "timezone": "Europe/Vienna",
            "feed": "town",
            "location": {"lat": 48.2, "lon": 16.4},
        }
        assert hub.admin("PUT", "/admin/feeds/town", {"gtfs": "https://feeds.example.org/town.zip"}).is_success
        assert hub.admin("PUT", "/admin/businesses/salon", business).is_success
        made = hub.admin("PUT", "/admin/businesses/salon/connections/cal", {"provider": "calcom", "secret": SECRET})
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
        booked = Appointment("Ada Example", start, phone="+12025550123")
        full.touch()
        with httpx.Client(timeout=20) as client:
            for _ in range(3):
                answer = send(client, made.json()["webhook_url"], SECRET, webhook("BOOKING_CREATED", booked, start))
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
                assert answer.json()["error"]["code"] == "unavailable"
                assert "machine" in answer.json()["error"]["message"] or "disk" in answer.json()["error"]["message"]
        assert hub.admin("PUT", "/admin/businesses/other", business).status_code == httpx.codes.SERVICE_UNAVAILABLE
        full.unlink()
        assert hub.admin("GET", "/admin/businesses/other").status_code == httpx.codes.NOT_FOUND
        hub.book(made.json()["webhook_url"], booked, start)
        eventually(lambda: len(hub.tickets(start)) == 1, within_s=60, what="one ticket")
    finally:
        hub.stop()
