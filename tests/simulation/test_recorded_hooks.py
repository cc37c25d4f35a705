"""Payloads as the tools' documentation prints them, over HTTP to a running hub: a ticket, or parked saying why.

The hub's clock stands at the time of the one published signature that holds a time; the others hold none. What was
signed with a secret that is published is sent byte for byte; the rest is signed here.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from chalicelib.foundation.instants import VirtualClock
from infra.local.town import CENTRE, write_town
from tests.fakes import signers
from tests.fakes.hub_process import SECRET, HubProcess, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOOKS = Path(__file__).resolve().parents[3] / "shared" / "data" / "hooks"
SOON_S = 30

pytestmark = [
    pytest.mark.aws,
    pytest.mark.recordings,
    pytest.mark.skipif(not HOOKS.exists(), reason="../shared/data/hooks is missing: recorded payloads are not sent"),
]


def sample(name: str) -> bytes:
    return (HOOKS / name).read_bytes()


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sample(name))
    return found


class Office:
    """A running hub with one business; each sample comes by a connection of its own."""

    def __init__(self, hub: HubProcess, clock: VirtualClock) -> None:
        self.hub, self.clock = hub, clock

    def connect(self, name: str, provider: str, secret: str = SECRET, **settings: Any) -> str:
        """The webhook's address."""
        body = {"provider": provider, "secret": secret, **settings}
        answer = self.hub.admin("PUT", f"/admin/businesses/salon/connections/{name}", body)
        assert answer.is_success, answer.text
        url: str = answer.json()["webhook_url"]
        return url

    def last_event(self, name: str) -> dict[str, Any]:
        """What the operator sees of the last call, once it was processed."""

        def processed() -> dict[str, Any] | None:
            shown = self.hub.admin("GET", f"/admin/businesses/salon/connections/{name}").json()
            last: dict[str, Any] | None = shown["last_event"]
            return last if last and last.get("state") else None

        return eventually(processed, within_s=SOON_S, what=f"an event of {name} is processed")

    def parked(self, name: str) -> str:
        """Why the connection's one call is parked."""

        def found() -> list[dict[str, Any]]:
            rows = self.hub.admin("GET", "/admin/businesses/salon/parked").json()["parked"]
            return [row for row in rows if row["connection_id"] == name]

        (row,) = eventually(found, within_s=SOON_S, what=f"the call of {name} is parked")
        reason: str = row["reason"]
        return reason

    def ticket(self, day: datetime) -> dict[str, Any]:
        """The one ticket of a day."""
        (found,) = eventually(lambda: self.hub.tickets(day), within_s=SOON_S, what=f"a ticket on {day.date()}")
        return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    sent = int(vector("standardwebhooks/signature_vector.json")["webhook-timestamp"])
    clock = VirtualClock(datetime.fromtimestamp(sent, UTC) - timedelta(seconds=60), 1.0, time.time())
    home = tmp_path_factory.mktemp("hub") / "state"
    home.mkdir()
    hub = HubProcess(home, settings={"HUB_CLOCK": clock.as_text()}).start()
    day = clock.now().date()
    town = write_town(home.parent / "town.zip", day, day + timedelta(days=2))
    assert hub.admin("PUT", "/admin/feeds/town", {"gtfs": str(town)}).is_success
    business = {
        "name": "Salon Lind", "timezone": "Europe/Vienna", "feed": "town", "phone": "+12025550199",
        "location": {"lat": CENTRE[0], "lon": CENTRE[1]},
    }  # a table, read by rows # fmt: skip
    assert hub.admin("PUT", "/admin/businesses/salon", business).is_success
    yield Office(hub, clock)
    hub.stop()


def post(url: str, body: bytes, headers: Mapping[str, str], status: int = 202) -> httpx.Response:
    answer = httpx.post(url, content=body, headers=dict(headers), timeout=20)
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.parametrize(
    ("name", "file", "start"),
    [
        ("cal-new", "calcom/BOOKING_CREATED.json", datetime(2024, 1, 1, 10, 0, tzinfo=UTC)),
        ("cal-moved", "calcom/BOOKING_RESCHEDULED.json", datetime(2024, 1, 10, 14, 30, tzinfo=UTC)),
    ],
)
def test_calcoms_bookings_become_tickets_as_they_are(office: Office, name: str, file: str, start: datetime) -> None:
    url = office.connect(name, "calcom")
    first = post(url, *signers.calcom(sample(file), SECRET)).json()
    assert post(url, *signers.calcom(sample(file), SECRET)).json() == {**first, "duplicate": True}
    ticket = office.ticket(start)
    assert datetime.fromisoformat(ticket["start"]) == start
    assert (ticket["customer"]["name"], ticket["status"]) == ("Guest User", "waiting_for_origin")


def test_calendlys_invitee_becomes_a_ticket_and_of_a_day_that_is_over_says_so(office: Office) -> None:
    old = sample("calendly/invitee.created.calendlyr.json")
    post(office.connect("calendly-old", "calendly"), *signers.calendly(old, SECRET, office.clock.now()))
    assert "was over before it was announced" in office.parked("calendly-old")
    coming = old.replace(b"2019-08-24", b"2021-03-24")
    post(office.connect("calendly", "calendly"), *signers.calendly(coming, SECRET, office.clock.now()))
    assert office.ticket(datetime(2021, 3, 24, tzinfo=UTC))["customer"]["name"] == "John Doe"


def test_squares_published_signature_is_accepted_byte_for_byte(office: Office) -> None:
    found = vector("square/signature_vector.json")
    signature = {"x-square-hmacsha256-signature": found["x-square-hmacsha256-signature"]}
    url = office.connect("square", "square", found["key"], notification_url=found["notification_url"])
    post(url, found["body"].encode(), signature)
    assert office.last_event("square")["state"] == "done"
    post(url, found["body"].replace("2022", "2023").encode(), signature, status=401)


def test_squares_booking_is_parked_until_the_tool_can_be_asked(office: Office) -> None:
    url = office.connect("square-new", "square")
    post(url, *signers.square(sample("square/booking.created.json"), SECRET, url))
    assert "credentials are missing" in office.parked("square-new")


def test_the_published_signature_of_standard_webhooks_is_accepted_byte_for_byte(office: Office) -> None:
    found = vector("standardwebhooks/signature_vector.json")
    headers = {name: found[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    url = office.connect("standard", "standard", found["secret"])
    post(url, found["payload"].encode(), headers)
    assert office.parked("standard") == "type is missing"
    post(url, found["payload"].encode() + b" ", headers, status=401)


def test_cronofys_published_signatures_are_accepted_byte_for_byte(office: Office) -> None:
    found = vector("cronofy/signature_vectors.json")
    digests = found["header_Cronofy-HMAC-SHA256"]
    for number, (secret, digest) in enumerate(found["secrets_and_digests"]):
        for header in (digests, digest):
            url = office.connect(f"cronofy-{number}", "cronofy", secret)
            post(url, found["body"].encode(), {"Cronofy-HMAC-SHA256": header})
        assert office.parked(f"cronofy-{number}") == "notification.type is missing"
    post(url, found["body"].encode(), {"Cronofy-HMAC-SHA256": found["secrets_and_digests"][0][1]}, status=401)


def test_acuitys_call_is_parked_until_the_tool_can_be_asked(office: Office) -> None:
    url = office.connect("acuity", "acuity")
    post(url, *signers.acuity(sample("acuity/webhook_body.scheduled.form"), SECRET))
    assert "credentials are missing" in office.parked("acuity")


def test_savvycals_printed_request_is_refused_as_it_is_and_parked_when_signed(office: Office) -> None:
    head, _, body = sample("savvycal/webhook_request.http").partition(b"\n\n")
    lines = [line.split(": ", 1) for line in head.decode().splitlines()[1:]]
    headers = {name: value for name, value in lines if name.startswith("x-savvycal")}
    url = office.connect("savvycal", "savvycal")
    post(url, body, headers, status=401)  # its secret was not printed
    post(url, *signers.savvycal(body, SECRET))
    assert "not JSON" in office.parked("savvycal")  # "[...]" stands where the rest was


def test_graphs_handshake_is_answered_and_its_notification_parked(office: Office) -> None:
    url = office.connect("graph", "graph", "secretClientValue", account="a@example.com")
    token = "Validation: Testing client application reachability for subscription Request-Id: 1+2 <b>"
    answer = httpx.post(url, params={"validationToken": token}, headers={"Content-Type": "text/plain"}, timeout=20)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert answer.text == token.replace("<", "&lt;").replace(">", "&gt;")
    post(url, sample("msgraph/change_notification.json"), {"Content-Type": "application/json"})
    assert "credentials are missing" in office.parked("graph")


def test_googles_pushes_need_the_channels_token(office: Office) -> None:
    url = office.connect("google", "google", account="a@example.com")
    pushes = vector("google/push_headers.json")
    for headers in pushes.values():
        post(url, b"", headers, status=401)
    post(url, b"", pushes["full_mock"] | {"X-Goog-Channel-Token": SECRET})
    assert "credentials are missing" in office.parked("google")


def test_mindbodys_head_is_answered_and_that_of_others_is_not_allowed(office: Office) -> None:
    assert httpx.head(office.connect("mindbody", "mindbody"), timeout=20).status_code == 200
    other = httpx.head(office.connect("cal-head", "calcom"), timeout=20)
    assert (other.status_code, other.headers["allow"]) == (405, "POST")
    assert httpx.head(f"{office.hub.url}/hooks/nobody", timeout=20).status_code == 404


@pytest.mark.parametrize("provider", ["json", "simplybook"])
def test_an_address_with_its_key_is_all_that_a_tool_without_signatures_needs(office: Office, provider: str) -> None:
    secret = "s&cret=ü+ %26#?/"
    mapping = {"mapping": {"uid": "id", "start": "when", "end": "until", "name": "who"}} if provider == "json" else {}
    url = office.connect(f"key-{provider}", provider, secret, **mapping)
    start = office.clock.now() + timedelta(days=20)
    body = {
        "id": "1", "when": start.isoformat(), "until": (start + timedelta(hours=1)).isoformat(), "who": "Ada Example",
        "booking_id": "1", "booking_hash": "x", "company": "c", "notification_type": "create",
    }  # a table, read by rows # fmt: skip
    post(url.partition("?")[0], json.dumps(body).encode(), {}, status=401)
    post(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if provider == "json":
        assert office.ticket(start)["customer"]["name"] == "Ada Example"
    else:
        assert "credentials are missing" in office.parked("key-simplybook")
