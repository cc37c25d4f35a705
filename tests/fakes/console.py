"""A browser without JavaScript before the operator's pages, and a hub with two salons behind them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib import wiring
from tests.fakes.lindenau import SALON, Lindenau
from tests.fakes.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.http import Gateway

MASTER = "the-first-key-of-all"  # to be HUB_ADMIN_KEY where these are used


@dataclass
class Browser:
    """Keeps the cookie, follows where it is sent, and sends forms as a page without JavaScript does."""

    gateway: Gateway
    cookie: str = ""
    page: Reading | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> Reading:
        sent = {"host": "hub.example.com", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookie:
            sent["cookie"] = f"hub_session={self.cookie}"
        if form is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
        self.status, answered, body = self.gateway.answer(method, path, sent, urlencode(form or {}).encode())
        self.headers = {name.lower(): value for name, value in answered}
        if kept := re.match(r"hub_session=([^;]*)", self.headers.get("set-cookie", "")):
            self.cookie = kept[1]
        if self.status == 303:
            return self.ask("GET", self.headers["location"])
        self.page = Reading.of(body)
        return self.page

    def enter(self, key: str) -> Reading:
        return self.ask("POST", "/operator/do/login", {"key": key, "go_on": ""})

    def send(self, act: str, **fields: str) -> Reading:
        assert self.page is not None
        csrf = next(one["value"] for one in self.page.all("input", name="csrf"))
        return self.ask("POST", f"/operator/do/{act}", {"csrf": csrf, **fields})


def two_salons(folder: Path) -> Lindenau:
    """A town with two businesses, each with a connection; its feed is not compiled."""
    town = Lindenau.founded(folder)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    for business_id in ("salon", "other"):
        town.hub.operator.businesses.put(business_id, {**SALON, "name": f"Salon {business_id}"})
        town.hub.operator.connections.put(business_id, f"{business_id}-cal", {"provider": "calcom", "secret": "x"}, "")
    return town


@contextmanager
def browsing(town: Lindenau) -> Iterator[Browser]:
    """A browser that nobody has entered a key in."""
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Gateway  # noqa: PLC0415 - as above

    wiring.install(town.hub)
    app.REFUSED.forget()
    yield Browser(Gateway(app.app))
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub
