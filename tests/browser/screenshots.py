"""A picture of every state of the ticket's page: `python -m tests.browser.screenshots OUT [LANGUAGE]`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.fakes.page_server import serving
from tests.fakes.visits import STAGES, Visits

SIZES = {"phone": (360, 740, 100), "small-large-letters": (320, 640, 200)}  # width, height, letters in per cent


def main(arguments: list[str]) -> int:
    """Writes STATE-SIZE.png for every state, folded and with everything open."""
    out, language = Path(arguments[0]), arguments[1] if len(arguments) > 1 else ""
    out.mkdir(parents=True, exist_ok=True)
    visits, moment = Visits(), [next(iter(STAGES.values()))[1]]
    with sync_playwright() as playwright, serving(visits, lambda: moment[0]) as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for size, (width, height, percent) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, service_workers="block")
            for name, (ticket, now) in STAGES.items():
                moment[0] = now
                spoken = replace(ticket, said=replace(ticket.said, language=language)) if language else ticket
                page.goto(f"{address}/t/{visits.add(spoken).token}")
                page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
                page.screenshot(path=out / f"{name}-{size}.png", full_page=True)
                page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
                page.screenshot(path=out / f"{name}-{size}-open.png", full_page=True)
        browser.close()
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
