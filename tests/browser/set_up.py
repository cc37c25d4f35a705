r"""From nothing to a text, with a browser alone: a hub is started, a business set up, a first ticket booked.

    python -m tests.browser.set_up --gtfs FEED.zip --place 54.687,25.280 --at 2015-09-02T08:00+03:00 \
        --from "STOP NAME" --shots DIR

The zip is served on loopback and named by its URL, as a city's would be. `--at` is the day on which the hub's clock
begins, for feeds of another year. Every page is written to DIR as a picture; how long each step took is printed.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import re
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types

from chalicelib.foundation.instants import VirtualClock
from tests.fakes.hub_process import ADMIN_KEY, HubProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, ViewportSize

CHROMIUM = Path("/usr/bin/chromium")
LAPTOP: ViewportSize = {"width": 1100, "height": 900}
STEP_MS = 20_000
COMPILED_WITHIN_S = 240


@dataclass
class Walk:
    """One walk through the set-up. `findings` are what axe has against the pages; `took_s`: step → seconds."""

    page: Page
    url: str
    shots: Path
    findings: list[str] = field(default_factory=list)
    took_s: dict[str, float] = field(default_factory=dict)

    def shoot(self, name: str) -> None:
        """A picture of the page, and what axe says of it."""
        self.shots.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.shots / f"{len(self.took_s):02}-{name}.png", full_page=True)
        for one in Axe().run(self.page).response["violations"]:
            targets = "; ".join(str(node["target"]) for node in one["nodes"][:3])
            self.findings.append(
                f"{urlsplit(self.page.url).path}: {one['id']} ({one['impact']}): {one['help']}: {targets}"
            )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step: how long it took, and how the page looks after it."""
        began = time.monotonic()
        try:
            yield
        except Exception:
            self.page.screenshot(path=self.shots / "failed.png", full_page=True)
            raise
        self.took_s[name] = time.monotonic() - began
        self.shoot(name)

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()

    def look_until(self, words: str | re.Pattern[str], within_s: float) -> None:
        """Loads the page again, as a person without JavaScript does, until it says so."""
        until = time.monotonic() + within_s
        while not self.page.get_by_text(words).first.is_visible():
            if time.monotonic() > until:
                raise AssertionError(f"the page never said {words!r}: {self.page.inner_text('main')[:2000]}")
            self.page.wait_for_timeout(500)
            self.page.goto(self.page.url)


def walk_through(walk: Walk, key: str, feed_url: str, place: str, origin: str, phone: str) -> str:
    """Does all of it; the business's id. Raises what Playwright raises where a page is not as it should be."""
    page = walk.page
    with walk.step("start"):
        page.goto(walk.url)
    with walk.step("key"):
        page.get_by_role("link", name="Set up a business").click()
    with walk.step("new-business"):
        page.get_by_label("Key").fill(key)
        page.keyboard.press("Enter")
        page.get_by_label("Name of the business").wait_for()
    with walk.step("business"):
        page.get_by_label("Name of the business").fill("Salon Lind")
        page.get_by_label("Where it is").fill(place)
        walk.press("Go on")
        page.get_by_label("Phone for customers").wait_for()
    business_id = urlsplit(page.url).path.split("/")[2]
    with walk.step("timetable"):
        page.get_by_label("Phone for customers").fill("+12025550199")
        page.get_by_label("Mail for troubles").fill("owner@example.org")
        walk.press("Save and go on")
        page.get_by_label("By its address").wait_for()
    with walk.step("compiling"):
        page.get_by_label("By its address").fill(feed_url)
        page.locator("form", has=page.get_by_label("By its address")).get_by_role("button").click()
    with walk.step("compiled"):
        walk.look_until(re.compile("Its .* stops"), COMPILED_WITHIN_S)
    _try_and_connect(walk, origin)
    _say_and_book(walk, origin, phone)
    return business_id


def _try_and_connect(walk: Walk, origin: str) -> None:
    page = walk.page
    with walk.step("trip"):
        page.get_by_label("From the stop").fill(origin)
        walk.press("Try it")
        page.locator("main").get_by_text("→").first.wait_for()
    with walk.step("tools"):
        page.get_by_role("link", name="Go on").click()
    with walk.step("new-tool"):
        page.get_by_role("link", name="Cal.com").click()
    with walk.step("connection"):
        walk.press("Make the connection")
        page.get_by_label("Address of the webhook").wait_for()


def _say_and_book(walk: Walk, origin: str, phone: str) -> None:
    page = walk.page
    with walk.step("messages"):
        page.get_by_role("link", name="Go on").click()
        page.get_by_label("Monday").fill("9:00-12:30, 13:30-18:00")
        page.get_by_label("Privacy notice").fill("https://example.org/privacy")
    with walk.step("test"):
        walk.press("Save and go on")
        page.get_by_label("Your phone number or mail address").fill(phone)
        walk.press("Send a test")
        walk.look_until(re.compile(r": sent"), 30)
    with walk.step("ticket-form"):
        page.get_by_role("link", name="Go on").click()
        page.get_by_label("Phone for the texts").fill(phone)
        page.get_by_label("Comes from").fill(origin)
    with walk.step("booked"):
        walk.press("Book it")
        walk.look_until(re.compile("Open the ticket"), 60)
        walk.look_until(re.compile(r"Salon Lind .*http"), 60)
    with walk.step("outbox"):
        page.get_by_role("link", name="See the texts as on the phone").click()
        walk.look_until(re.compile(r"leave by|From where"), 60)


@contextmanager
def serving_folder(folder: Path) -> Iterator[str]:
    """The files of a folder on loopback; the address, with a slash at the end."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def main() -> int:
    """0 where a text stands in the outbox and axe has nothing against any page."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--gtfs", type=Path, required=True)
    arguments.add_argument("--place", required=True)
    arguments.add_argument("--at")
    arguments.add_argument("--from", dest="origin", required=True)
    arguments.add_argument("--shots", type=Path, required=True)
    asked = arguments.parse_args()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    clock = {}
    if asked.at:
        clock = {"HUB_CLOCK": VirtualClock(datetime.fromisoformat(asked.at), 1.0, time.time()).as_text()}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, serving_folder(asked.gtfs.parent) as files:
        hub = HubProcess(Path(folder) / "state", settings=clock).start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox"])
                page = browser.new_page(viewport=LAPTOP)
                page.set_default_timeout(STEP_MS)
                walk = Walk(page, hub.url, asked.shots)
                walk_through(walk, ADMIN_KEY, f"{files}{asked.gtfs.name}", asked.place, asked.origin, "+12025550123")
                browser.close()
        finally:
            hub.stop()
    for step, seconds in walk.took_s.items():
        print(f"{seconds:6.1f} s  {step}")
    print(f"{time.monotonic() - began:6.1f} s  all, the hub's start included; pictures: {asked.shots}")
    print("\n".join(walk.findings) or "axe has nothing against any of these pages")
    return 1 if walk.findings else 0


if __name__ == "__main__":
    sys.exit(main())
