"""Debian's chromium, driven by Playwright, and the ticket's pages on a local server.

Every page that is opened reports script errors, console messages and requests to other hosts; the test then fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.page_server import serving
from tests.fakes.visits import NOON, STAGES, Visits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # a table, read by rows # fmt: skip
PHONE = {"width": 360, "height": 740}


@dataclass
class Street:
    """A browser, the server it opens, the visits behind it, and the time there."""

    browser: Browser
    address: str
    visits: Visits
    now: datetime = NOON
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def stage(self, name: str) -> str:
        """Puts one stage of the visit on the server; its address."""
        ticket, self.now = STAGES[name]
        self.visits.add(ticket)
        return f"{self.address}/t/{ticket.token}"

    def note(self, message: str) -> None:
        """Remembers a message of the console, but for those that say what was asked for."""
        if not message.startswith(("Clear-Site-Data header", "Service Worker registration blocked")):
            self.troubles.append(f"console: {message}")

    @contextmanager
    def phone(self, **options: Any) -> Iterator[Page]:
        """A small phone with a fresh browser; it keeps nothing for offline use unless that is asked for."""
        context = self.browser.new_context(**{"viewport": PHONE, "service_workers": "block", **options})
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: self.note(message.text))
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))
        try:
            yield page
        finally:
            context.close()

    def all_quiet(self) -> None:
        """Nothing failed in a page, and nothing was asked of any other host."""
        assert not self.troubles
        hosts = {urlsplit(url).netloc for url in self.requests if not url.startswith("data:")}
        assert hosts <= {urlsplit(self.address).netloc}


@pytest.fixture(scope="package")  # not longer: its event loop would be in the way of every asyncio.run after it
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("needs chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def street(browser: Browser) -> Iterator[Street]:
    visits = Visits()
    street = Street(browser, "", visits)
    with serving(visits, lambda: street.now) as address:
        street.address = address
        yield street
        street.all_quiet()
