"""The operator's pages in a real browser: without JavaScript, by keyboard alone, and as axe sees them."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from chalicelib import wiring
from tests.fakes.console import MASTER, two_salons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.fakes.lindenau import Lindenau

pytestmark = pytest.mark.browser
PAGES = (
    "/operator", "/operator/keys", "/operator/outbox", "/operator/feeds/town", "/operator/businesses/salon",
    "/operator/businesses/salon/notices", "/operator/businesses/salon/delete", "/setup", "/setup/salon/business",
    "/setup/salon/timetable", "/setup/salon/tool", "/setup/salon/tool?tool=calcom", "/setup/salon/tool?tool=zapier",
    "/setup/salon/tool?connection=salon-cal", "/setup/salon/messages", "/setup/salon/test", "/setup/salon/ticket",
)  # a table, read by rows # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Lindenau:
    return two_salons(tmp_path_factory.mktemp("salons"))


@pytest.fixture
def address(town: Lindenau, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Server  # noqa: PLC0415 - as above

    monkeypatch.setenv("HUB_ADMIN_KEY", MASTER)
    wiring.install(town.hub)
    app.REFUSED.forget()
    server = Server(app.app, socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub


@contextmanager
def window(browser: Browser, address: str, *, script: bool) -> Iterator[Page]:
    """A browser in which the key was entered, by keyboard alone."""
    context = browser.new_context(java_script_enabled=script, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/operator")
    page.keyboard.type(MASTER)  # the field has the focus
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()
    yield page
    context.close()


def test_axe_has_nothing_against_any_page_and_no_page_is_wider_than_a_phone(browser: Browser, address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # noqa: PLC0415 - no types

    found = []
    with window(browser, address, script=True) as page:
        for path in PAGES:
            page.goto(address + path)
            found += [(path, one["id"], one["nodes"][0]["target"]) for one in Axe().run(page).response["violations"]]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append((path, "wider than a phone", []))
    assert not found


def test_a_business_is_set_up_without_javascript(browser: Browser, address: str, town: Lindenau) -> None:
    with window(browser, address, script=False) as page:
        page.get_by_role("link", name="Set up a business").first.click()
        page.get_by_label("Name of the business").fill("Garage Ost")
        page.get_by_label("Where it is").fill("https://www.openstreetmap.org/?mlat=48.2700&mlon=14.8600")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Phone for customers").fill("+12025550199")
        page.get_by_role("button", name="Save and go on").click()
        page.get_by_role("button", name="Go on without a timetable").click()
        page.get_by_role("link", name="Zapier").click()
        page.get_by_role("button", name="Make the connection").click()
        assert page.get_by_label("Address of the webhook").input_value().endswith("/hooks/garage-ost-zapier")
        page.get_by_role("link", name="Go on").click()
        page.get_by_label("Monday").fill("8:00-12:00, 13:00-17:00")
        page.get_by_role("button", name="Save and go on").click()
        assert page.get_by_role("heading", name="A test text").is_visible()
    business = town.hub.config.business("garage-ost")
    assert business is not None
    assert (business.phone, business.hours) == ("+12025550199", {"mon": ("08:00-12:00", "13:00-17:00")})


def test_a_page_in_the_browsers_language(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.goto(f"{address}/setup")
    assert page.get_by_role("heading", name="Schlüssel eingeben").is_visible()
    context.close()
