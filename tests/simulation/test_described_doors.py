"""Every endpoint is called as its description allows and forbids: no 5xx, and each answer is one that is described.

schemathesis makes the calls, the same ones in every run, once with ids of nothing and once with ids of what is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.booking_tool import Appointment
from infra.local.town import CENTRE, write_town
from tests.fakes.hub_process import ADMIN_KEY, SECRET, HubProcess, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.aws
BUDGET_S = 12  # of one run; what is not reached in it is left out
EXAMPLES = 8  # calls of the random kind per operation
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "allow_header_conformance", "ignored_auth",
)  # a table, read by rows # fmt: skip
# a person whose form is wrong is led back to the page (303), which says so
NEGATIVE = """
[checks]
negative_data_rejection.expected-statuses = [303, 400, 401, 403, 404, 405, 409, 411, 413]
"""
# not "positive_data_acceptance": that a feed exists, or that a text is JMESPath, no schema can say


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that lets one address try as many wrong keys as schemathesis does."""
    home = tmp_path_factory.mktemp("hub") / "state"
    home.mkdir()
    process = HubProcess(home, settings={"HUB_WRONG_KEYS_PER_MIN": "100000"}).start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def there(hub: HubProcess, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Parameters of a feed, a business, a connection, a parked event and a ticket that exist."""
    today = datetime.now(UTC).date()
    town = write_town(
        tmp_path_factory.mktemp("town") / "town.zip", today - timedelta(days=1), today + timedelta(days=9)
    )
    business = {
        "name": "Salon Lind", "timezone": "Europe/Vienna", "feed": "town", "phone": "+12025550199",
        "location": {"lat": CENTRE[0], "lon": CENTRE[1]},
    }  # a table, read by rows # fmt: skip
    assert hub.admin("PUT", "/admin/feeds/town", {"gtfs": str(town)}).is_success
    assert hub.admin("PUT", "/admin/businesses/salon", business).is_success
    made = hub.admin("PUT", "/admin/businesses/salon/connections/cal", {"provider": "calcom", "secret": SECRET})
    url = made.json()["webhook_url"]
    now = datetime.now(UTC)
    start = (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    hub.book(url, Appointment("Ada Example", start, phone="+12025550123"), now)
    event = hub.book(url, Appointment("Bo Example", start, phone="+12025550124"), now, "BOOKING_NEVER_HEARD_OF")
    (ticket,) = eventually(lambda: hub.tickets(start), within_s=20, what="a ticket")
    back = {"back_from": (now + timedelta(hours=1)).isoformat(), "back_until": (now + timedelta(hours=2)).isoformat()}
    assert hub.admin("PUT", "/admin/businesses/salon/outages/o1", back).is_success
    return {
        "feed_id": "town", "business_id": "salon", "connection_id": "cal", "token": ticket["token"],
        "event_id": event["event_id"], "outage_id": "o1",
    }  # a table, read by rows # fmt: skip


def run_schemathesis(hub: HubProcess, folder: Path, parameters: dict[str, str], *more: str) -> str:
    """What schemathesis says of a run; fails with it where something is not as described."""
    settings = folder / "schemathesis.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in parameters.items()]
    settings.write_text("\n".join([NEGATIVE, "[parameters]", *lines]))
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(settings), "run",
            f"{hub.url}/openapi.json", "-H", f"Authorization: Bearer {ADMIN_KEY}", "--generation-deterministic",
            "--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--max-time", str(BUDGET_S),
            "--checks", ",".join(CHECKS), "--suppress-health-check", "all", "--continue-on-failure", "--no-color",
            *more,
        ],
        cwd=folder, capture_output=True, text=True, timeout=BUDGET_S * 5, check=False,
    )  # a table, read by rows # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    return done.stdout


def test_doors_of_what_is_not_there_answer_as_described(hub: HubProcess, tmp_path: Path) -> None:
    assert "Test cases" in run_schemathesis(hub, tmp_path, {})


def test_doors_of_what_is_there_answer_as_described(hub: HubProcess, there: dict[str, str], tmp_path: Path) -> None:
    """But for the feed itself: whoever gives it another timetable makes all others wait for that one (503)."""
    assert "Test cases" in run_schemathesis(hub, tmp_path, there, "--exclude-path", "/admin/feeds/{feed_id}")
