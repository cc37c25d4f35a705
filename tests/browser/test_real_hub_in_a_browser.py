"""A customer's whole journey in a real browser over the real app, planner and timetable; only AWS is replaced."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib import wiring
from chalicelib.bookings.booking import Status
from chalicelib.workflows.ticket_due import check_ticket
from tests.browser.conftest import Street
from tests.fakes.lindenau import START, WESTHOF, ZONE, Lindenau
from tests.fakes.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
AT_WESTHOF = {"latitude": WESTHOF["lat"], "longitude": WESTHOF["lon"]}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Lindenau:
    folder = tmp_path_factory.mktemp("lindenau")
    town = Lindenau.founded(folder)
    town.compile_town(folder)
    town.open_salon()
    return town


@pytest.fixture
def real(browser: Browser, town: Lindenau) -> Iterator[Street]:
    """The street as in `conftest`, but what it leads to is the hub."""
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Server  # noqa: PLC0415 - as above

    wiring.install(town.hub)
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(app.app, listening)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    street = Street(browser, server.url, Visits())
    yield street
    server.shutdown()
    server.server_close()
    thread.join()
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub
    street.all_quiet()


def test_from_the_phones_location_to_the_tram_and_the_day_itself(real: Street, town: Lindenau) -> None:
    ticket = town.book("journey")
    with real.phone(geolocation=AT_WESTHOF, permissions=["geolocation"]) as page:
        page.goto(f"{real.address}/t/{ticket.token}")
        page.get_by_role("button", name="Use my location").click()
        page.get_by_text("Leave by").wait_for()
        assert page.locator(".line").first.inner_text() == "Tram 1"
        planned = town.hub.services.tickets.load(ticket.ticket_id, town.clock.now())
        assert planned is not None
        leave_by = planned.leave_by
        assert leave_by is not None
        assert page.locator(".big").inner_text() == f"{leave_by.astimezone(ZONE):%H:%M}"

        for minutes in (-15, 5):
            town.clock.set(leave_by.astimezone(UTC) + timedelta(minutes=minutes))
            check_ticket(town.hub.services, ticket.ticket_id, town.clock.now())
        page.reload()
        assert page.get_by_text("You arrive at").is_visible()
        assert page.get_by_text("If you set out by").is_visible()
        town.clock.set(datetime(2026, 9, 3, 6, tzinfo=UTC))


def test_without_javascript_by_stop_name(real: Street, town: Lindenau) -> None:
    ticket = town.book("by-name")
    with real.phone(java_script_enabled=False, locale="de-AT") as page:
        page.goto(f"{real.address}/t/{ticket.token}")
        page.locator("#q").fill("sudtor")
        page.get_by_role("button", name="Suchen").click()
        page.get_by_role("button", name="Südtor").first.click()
        assert page.url == f"{real.address}/t/{ticket.token}"
        assert page.get_by_role("heading", name="Losgehen bis").is_visible()
        assert page.get_by_text("Sie starten bei Südtor.").is_visible()


def test_a_stop_is_offered_while_typing_with_a_slip(real: Street, town: Lindenau) -> None:
    ticket = town.book("typing")
    with real.phone() as page:
        page.goto(f"{real.address}/t/{ticket.token}")
        page.locator("#q").press_sequentially("oststrnd")
        page.get_by_role("option", name="Oststrand").wait_for()
        page.locator("#q").press("ArrowDown")
        page.locator("#q").press("Enter")
        page.get_by_text("Leave by").wait_for()
        assert page.get_by_text("You start from Oststrand.").is_visible()


def test_a_cancelled_booking_is_said_on_a_page_that_is_open(real: Street, town: Lindenau) -> None:
    ticket = town.book("cancelled")
    with real.phone() as page:
        page.clock.install()
        page.goto(f"{real.address}/t/{ticket.token}")
        town.book("cancelled", version=2, status=Status.CANCELLED, start=START)
        page.clock.fast_forward(1_801_000)
        page.get_by_text("This appointment was cancelled").wait_for()
