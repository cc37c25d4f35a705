"""What a business sees when it uses the hub for real: separate processes, real HTTP, real queues, real time."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from infra.local.booking_tool import Appointment, signed, webhook
from infra.local.town import CENTRE, write_town
from tests.fakes.hub_process import SECRET, eventually

if TYPE_CHECKING:
    from tests.fakes.hub_process import HubProcess

pytestmark = pytest.mark.aws
ZONE = ZoneInfo("Europe/Vienna")
OPTIONS_AT_MOST = 4


def tomorrow_at(hour: int, minute: int = 0) -> datetime:
    day = (datetime.now(ZONE) + timedelta(days=1)).date()
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


@pytest.fixture(scope="module")
def webhook_url(hub: HubProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    today = datetime.now(ZONE).date()
    town = write_town(
        tmp_path_factory.mktemp("town") / "town.zip", today - timedelta(days=1), today + timedelta(days=40)
    )
    assert hub.admin("PUT", "/admin/feeds/town", {"gtfs": str(town)}).is_success
    business = {
        "name": "Salon Lind", "timezone": "Europe/Vienna", "feed": "town", "phone": "+12025550199",
        "location": {"lat": CENTRE[0] + 0.0005, "lon": CENTRE[1] + 0.0005},
    }  # a table, read by rows # fmt: skip
    assert hub.admin("PUT", "/admin/businesses/salon", business).is_success
    answer = hub.admin("PUT", "/admin/businesses/salon/connections/salon-cal", {"provider": "calcom", "secret": SECRET})
    assert answer.is_success, answer.text
    url: str = answer.json()["webhook_url"]
    return url


def ticket_of(hub: HubProcess, name: str, day: datetime) -> dict[str, Any] | None:
    found = [ticket for ticket in hub.tickets(day) if ticket["customer"]["name"] == name]
    assert len(found) <= 1, f"{len(found)} tickets for one booking"
    return found[0] if found else None


def test_a_booking_becomes_a_ticket_moves_and_is_silenced_under_one_link(hub: HubProcess, webhook_url: str) -> None:
    booked = Appointment("Ada Example", tomorrow_at(10), phone="+12025550123")
    now = datetime.now(UTC)
    first = hub.book(webhook_url, booked, now)
    assert first["duplicate"] is False
    ticket = eventually(lambda: ticket_of(hub, "Ada Example", booked.start), within_s=2, what="a ticket")
    assert ticket["status"] == "waiting_for_origin"
    assert datetime.fromisoformat(ticket["start"]) == booked.start

    link = f"{hub.url}/t/{ticket['token']}"
    westhof = {"lat": CENTRE[0] - 330 / 111_200, "lon": CENTRE[1] - 2700 / 74_000}

    def planned() -> dict[str, Any] | None:
        # the feed may still be compiling when the first customer answers
        answer = httpx.post(f"{link}/origin", json=westhof, timeout=10)
        assert answer.status_code == httpx.codes.OK, answer.text
        shown: dict[str, Any] = httpx.get(f"{link}.json", timeout=10).json()
        return shown if shown["leave_by"] else None

    shown = eventually(planned, within_s=30, what="a plan")
    assert 1 <= len(shown["options"]) <= OPTIONS_AT_MOST
    assert shown["status"] == "planned"
    assert datetime.fromisoformat(shown["leave_by"]) < booked.start
    assert datetime.fromisoformat(shown["arrive_at"]) <= booked.start
    assert any(leg["mode"] != "walk" for leg in shown["options"][0]["legs"])

    notices = len(hub.notices())
    again = hub.book(webhook_url, booked, now)
    assert again == {"event_id": first["event_id"], "duplicate": True}
    time.sleep(1)
    assert len(hub.notices()) == notices

    moved = Appointment("Ada Example", tomorrow_at(14, 30), phone="+12025550123")
    hub.book(webhook_url, moved, now + timedelta(seconds=5), "BOOKING_RESCHEDULED", moved=booked)
    after = eventually(
        lambda: (t := httpx.get(f"{link}.json", timeout=10).json())["start"] == moved.start.isoformat() and t,
        within_s=3,
        what="the same link shows the new time",
    )
    assert after["ticket_id"] == ticket["ticket_id"]
    assert moved.start - timedelta(hours=2) < datetime.fromisoformat(after["leave_by"]) < moved.start
    assert len(hub.tickets(booked.start)) == 1

    hub.book(webhook_url, moved, now + timedelta(seconds=9), "BOOKING_CANCELLED")
    eventually(
        lambda: httpx.get(f"{link}.json", timeout=10).json()["status"] == "cancelled", within_s=3, what="cancelled"
    )
    waiting = [n for n in hub.notices() if n["ticket_id"] == ticket["ticket_id"] and n["state"] in {"due", "held"}]
    eventually(
        lambda: not [n for n in hub.notices() if n["ticket_id"] == ticket["ticket_id"] and n["state"] == "due"],
        within_s=5,
        what=f"nothing waits to be sent for a cancelled booking: {waiting}",
    )


def test_a_pump_killed_between_storing_and_planning_loses_nothing(hub: HubProcess, webhook_url: str) -> None:
    bookings = [Appointment(f"Bo Number{n}", tomorrow_at(11, n), phone=f"+120255501{n:02d}") for n in range(20)]
    for n, booked in enumerate(bookings):
        hub.book(webhook_url, booked, datetime.now(UTC))
        if n in {5, 12, 19}:
            for pid in hub.children(r"infra\.local\.pump"):
                os.kill(pid, signal.SIGKILL)

    def all_there() -> bool:
        names = [t["customer"]["name"] for t in hub.tickets(bookings[0].start)]
        return all(names.count(booked.name) == 1 for booked in bookings)

    eventually(all_there, within_s=90, what="every booking has its one ticket after the kills")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"url": "/hooks/nobody"}, 404, "unknown_connection"),
        ({"drop": "X-Cal-Signature-256"}, 401, "bad_signature"),
        ({"tamper": True}, 401, "bad_signature"),
        ({"pad": 1_100_000}, 413, "too_large"),
    ],
)
def test_a_webhook_that_is_not_right_gets_a_clear_answer(
    hub: HubProcess, webhook_url: str, change: dict[str, Any], status: int, code: str
) -> None:
    body = json.dumps(
        webhook("BOOKING_CREATED", Appointment("Eve Example", tomorrow_at(9)), datetime.now(UTC))
    ).encode()
    body += b" " * change.get("pad", 0)
    headers = signed(body, SECRET)
    headers.pop(change.get("drop", ""), None)
    if change.get("tamper"):
        body = body.replace(b"Eve", b"Eva")
    url = hub.url + change["url"] if "url" in change else webhook_url
    answer = httpx.post(url, content=body, headers=headers, timeout=10)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == code


def test_what_cannot_be_understood_is_parked_and_can_be_replayed(hub: HubProcess, webhook_url: str) -> None:
    body = b'{"triggerEvent": "BOOKING_CREATED", "payload": '
    answer = httpx.post(webhook_url, content=body, headers=signed(body, SECRET), timeout=10)
    assert answer.status_code == httpx.codes.ACCEPTED
    event_id = answer.json()["event_id"]

    def parked() -> list[dict[str, Any]]:
        rows = hub.admin("GET", "/admin/businesses/salon/parked").json()["parked"]
        return [row for row in rows if row["event_id"] == event_id]

    (row,) = eventually(parked, within_s=5, what="the event is parked")
    assert "JSON" in row["reason"]
    assert hub.admin("POST", f"/admin/businesses/salon/parked/{event_id}/replay").is_success
    (row,) = eventually(parked, within_s=5, what="still not understood, so parked again")


def test_admin_doors_need_the_key(hub: HubProcess) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = httpx.get(f"{hub.url}/admin/businesses/salon/tickets", headers=headers, timeout=5)
        assert answer.status_code == httpx.codes.UNAUTHORIZED
        assert answer.json()["error"]["code"] == "unauthorized"


def test_state_survives_a_clean_stop_and_a_second_start(hub: HubProcess, webhook_url: str) -> None:
    booked = Appointment("Cy Example", tomorrow_at(16), phone="+12025550177")
    hub.book(webhook_url, booked, datetime.now(UTC))
    before = eventually(lambda: ticket_of(hub, "Cy Example", booked.start), within_s=5, what="a ticket")
    assert hub.stop() == 0
    hub.start()
    after = eventually(lambda: ticket_of(hub, "Cy Example", booked.start), within_s=5, what="the ticket is still there")
    assert after["token"] == before["token"]
