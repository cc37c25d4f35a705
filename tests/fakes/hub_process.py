"""The hub as a user starts it: `infra.local.run` in a process of its own, spoken to over HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from infra.local.booking_tool import send, webhook
from tests.fakes.openapi import check_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from infra.local.booking_tool import Appointment

Answer = TypeVar("Answer")

ADMIN_KEY = "a-key-for-tests-only"
SECRET = "made-up-secret-of-the-salon"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(ask: Callable[[], Answer | None], *, within_s: float, what: str) -> Answer:
    """The first truthy answer; fails after `within_s`."""
    end = time.monotonic() + within_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(0.05)


@dataclass
class HubProcess:
    """A running hub with its own state folder."""

    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    settings: dict[str, str] = field(default_factory=dict)  # more of its environment: a virtual clock, say

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> HubProcess:
        environment = os.environ | {"HUB_ADMIN_KEY": ADMIN_KEY, "HUB_LOCAL_DIR": str(self.home)}
        environment |= self.settings
        with (self.home.parent / f"{self.home.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.run", "--port", str(self.port)],
                env=environment, stdout=log, stderr=log, text=True, start_new_session=True,
            )  # a table, read by rows # fmt: skip
        eventually(self.answers, within_s=60, what="the hub answers")
        return self

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the hub ended with {self.process.returncode}"
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def children(self, name: str) -> list[int]:
        """Process ids below this hub whose command line holds `name`."""
        assert self.process is not None
        listing = subprocess.run(["ps", "-eo", "pid,sid,args"], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
        return [int(pid) for pid, sid, args in rows if int(sid) == self.process.pid and re.search(name, args)]

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        answer = httpx.request(method, self.url + path, json=body, headers=headers, timeout=20)
        check_answer(method, path, answer.status_code, answer.content)
        return answer

    def tickets(self, day: datetime, business: str = "salon") -> list[dict[str, Any]]:
        answer = self.admin("GET", f"/admin/businesses/{business}/tickets?date={day.date().isoformat()}")
        assert answer.status_code == httpx.codes.OK, answer.text
        found: list[dict[str, Any]] = answer.json()["tickets"]
        return found

    def notices(self, business: str = "salon") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.admin("GET", f"/admin/businesses/{business}/notices").json()["notices"]
        return found

    def book(
        self, webhook_url: str, booked: Appointment, at: datetime, trigger: str = "BOOKING_CREATED", **more: Any
    ) -> dict[str, Any]:
        with httpx.Client(timeout=10) as client:
            answer = send(client, webhook_url, SECRET, webhook(trigger, booked, at, **more))
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        accepted: dict[str, Any] = json.loads(answer.text)
        return accepted
