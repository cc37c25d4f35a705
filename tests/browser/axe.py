"""axe-core on every state of the page: `npm pack axe-core@4`, then `python -m tests.browser.axe AXE.MIN.JS`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.fakes.page_server import serving
from tests.fakes.visits import STAGES, Visits

FINDINGS = """async () => (await axe.run(document)).violations
  .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 120)).join(" | ")}`)"""


def main(arguments: list[str]) -> int:
    """Prints what is found in each state, folded and open; 1 if anything is."""
    script, found = Path(arguments[0]).read_text(encoding="utf-8"), 0
    visits, moment = Visits(), [next(iter(STAGES.values()))[1]]
    with sync_playwright() as playwright, serving(visits, lambda: moment[0]) as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for scheme in ("light", "dark"):
            context = browser.new_context(bypass_csp=True, service_workers="block", color_scheme=scheme)
            page = context.new_page()
            for name, (ticket, now) in STAGES.items():
                moment[0] = now
                page.goto(f"{address}/t/{visits.add(ticket).token}")
                page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
                page.add_script_tag(content=script)
                for finding in page.evaluate(FINDINGS):
                    found += 1
                    print(f"{name} ({scheme}): {finding}")
        browser.close()
    print(f"{found} findings in {len(STAGES)} states")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
