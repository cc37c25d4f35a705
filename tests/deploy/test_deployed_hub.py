"""The deployed hub: API Gateway, Lambda and queues as in AWS, with the zip that would go there."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.booking_tool import Appointment, signed, webhook
from tests.fakes import signers

if TYPE_CHECKING:
    import httpx

    from tests.deploy.conftest import Deployed

pytestmark = pytest.mark.aws
SECRET = "made-up-secret-of-the-salon"
WITHIN_S = 60


@pytest.fixture(scope="module")
def salon(deployed: Deployed) -> Deployed:
    """A business with a booking tool; its network is never compiled here."""
    feed = deployed.admin("PUT", "/admin/feeds/town", {"gtfs": "https://example.org/town.zip"})
    assert feed.status_code == 200, feed.text
    business = {
        "name": "Salon Lind", "timezone": "Europe/Vienna", "feed": "town", "phone": "+12025550199",
        "location": {"lat": 48.2, "lon": 16.37},
    }  # a table, read by rows # fmt: skip
    assert deployed.admin("PUT", "/admin/businesses/salon", business).status_code == 200
    connection = {"provider": "calcom", "secret": SECRET}
    answer = deployed.admin("PUT", "/admin/businesses/salon/connections/salon-cal", connection)
    assert answer.status_code == 200, answer.text
    assert answer.json()["webhook_url"].endswith("/hooks/salon-cal")
    return deployed


def booking(name: str, *, days: int = 3) -> tuple[bytes, datetime]:
    start = (datetime.now(UTC) + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    appointment = Appointment(name, start, phone="+12025550123")
    return json.dumps(webhook("BOOKING_CREATED", appointment, datetime.now(UTC)), ensure_ascii=False).encode(), start


def send(hub: Deployed, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return hub.ask("POST", "/hooks/salon-cal", content=body, headers={**headers, "Content-Type": "application/json"})


def tickets(hub: Deployed, start: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.admin("GET", f"/admin/businesses/salon/tickets?date={start.date()}").json()[
        "tickets"
    ]
    return found


def test_the_api_answers_clients_that_say_nothing_about_what_they_accept(deployed: Deployed) -> None:
    """Booking tools send no Accept header; Chalice's binary types would refuse them."""
    answer = deployed.ask("GET", "/health", headers={"Accept": ""})
    assert answer.json()["parts"]["store"] == {"ok": True}


def test_a_signed_webhook_becomes_a_ticket(salon: Deployed) -> None:
    body, start = booking("Zoë Größe")
    first = send(salon, body, signed(body, SECRET))
    assert first.status_code == 202, first.text
    again = send(salon, body, signed(body, SECRET))
    assert again.json() == {"event_id": first.json()["event_id"], "duplicate": True}
    until = time.monotonic() + WITHIN_S
    while not (found := tickets(salon, start)) and time.monotonic() < until:
        time.sleep(0.2)
    assert [ticket["customer"]["name"] for ticket in found] == ["Zoë Größe"]
    page = salon.ask("GET", f"/t/{found[0]['token']}")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "Salon Lind" in page.text


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [("none", 401, "bad_signature"), ("tampered", 401, "bad_signature"), ("huge", 413, "too_large")],
)
def test_a_webhook_that_is_not_right_is_refused(salon: Deployed, change: str, status: int, code: str) -> None:
    body, _ = booking("Eve Example")
    headers = {} if change == "none" else signed(body, SECRET)
    if change == "tampered":
        body = body.replace(b"Eve", b"Eva")
    if change == "huge":
        body += b" " * 1_100_000
        headers = signed(body, SECRET)
    answer = send(salon, body, headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_admin_doors_need_the_key(deployed: Deployed) -> None:
    answer = deployed.ask("GET", "/admin/businesses/salon/tickets", headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_head_on_the_address_is_answered_for_the_tool_that_asks_for_it(salon: Deployed) -> None:
    """Mindbody subscribes only where HEAD is answered."""
    made = salon.admin("PUT", "/admin/businesses/salon/connections/mind", {"provider": "mindbody", "secret": SECRET})
    assert made.status_code == 200, made.text
    assert salon.ask("HEAD", "/hooks/mind").status_code == 200
    assert salon.ask("HEAD", "/hooks/salon-cal").status_code == 405


def test_a_signature_over_the_address_is_checked_over_the_address_that_was_given(salon: Deployed) -> None:
    made = salon.admin("PUT", "/admin/businesses/salon/connections/sq", {"provider": "square", "secret": SECRET})
    url = made.json()["webhook_url"]
    body, headers = signers.square({"type": "webhooks.test_notification", "event_id": "1"}, SECRET, url)
    assert salon.ask("POST", "/hooks/sq", content=body, headers=headers).status_code == 202
