"""A hub on one machine in bad weather: processes are killed, one or all of them, and the power is cut.

Meanwhile a booking tool sends webhooks, and sends again what was not acknowledged. Then: what was lost or came twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from chalicelib.bookings.inbox.events import OPEN_SHARDS
from chalicelib.bookings.store import booking_id_of
from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import RealClock
from infra.local.booking_tool import Appointment, signed, webhook
from infra.local.town import CENTRE, write_town
from tests.fakes import disk
from tests.fakes.hub_process import SECRET, HubProcess, eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIENTS = 8
SETTLED_WITHIN_S = 600


@dataclass
class Weather:
    """What happens while webhooks come: so many kills of one process, of all, and cuts of the power."""

    kills: int
    kills_of_all: int
    cuts: int


@dataclass
class Aftermath:
    """What became of the acknowledged webhooks. All but `webhooks`, `texts` and `doubtful` should be empty or 0."""

    webhooks: int
    without_ticket: list[str]
    several_tickets: list[str]
    several_texts: list[str]
    without_text: list[str]
    texts: int
    doubtful: int


@dataclass
class StormyHub:
    """The hub, its booking tool, and the weather. `folder` is for all of it; the hub's own lies below."""

    folder: Path
    seed: int
    tell: Callable[[str], object] = lambda _line: None
    acknowledged: dict[str, str] = field(default_factory=dict)  # phone → uid
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        home = self.folder / "state"
        home.mkdir()
        environment, self.shadow = disk.recorded(self.folder, home)
        secrets = {"HUB_SECRETS_KEY_FILE": str(self.folder / "key")}
        self.hub = HubProcess(home, settings=environment | secrets | {"HUB_STORE": "embedded"})
        self.random = random.Random(self.seed)

    def play(self, webhooks: int, weather: Weather) -> Aftermath:
        """All of it; the hub is stopped afterwards."""
        self.hub.start()
        try:
            url = self.configure()
            acts = [self.kill_one] * weather.kills + [self.kill_all] * weather.kills_of_all + [self.cut] * weather.cuts
            self.random.shuffle(acts)
            storm = threading.Thread(target=self.blow, args=(acts, webhooks))
            storm.start()
            with ThreadPoolExecutor(CLIENTS) as clients:
                list(clients.map(lambda n: self.book(url, n), range(webhooks)))
            storm.join()
            self.settle()
        finally:
            self.hub.stop()
        return self.aftermath()

    def configure(self) -> str:
        """A salon where it is noon, so that no text waits for the morning."""
        today = datetime.now(UTC).date()
        town = write_town(self.folder / "town.zip", today - timedelta(days=1), today + timedelta(days=9))
        assert self.hub.admin("PUT", "/admin/feeds/town", {"gtfs": str(town)}).is_success
        place = {"lat": CENTRE[0] + 0.0005, "lon": CENTRE[1] + 0.0005}
        salon = {"name": "Salon", "timezone": noon_zone(), "feed": "town", "location": place, "phone": "+12025550199"}
        assert self.hub.admin("PUT", "/admin/businesses/salon", salon).is_success
        made = self.hub.admin(
            "PUT", "/admin/businesses/salon/connections/cal", {"provider": "calcom", "secret": SECRET}
        )
        assert made.is_success, made.text
        url: str = made.json()["webhook_url"]
        return url

    def book(self, url: str, n: int) -> None:
        """One webhook, sent until it is acknowledged, as a booking tool does."""
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3, minutes=n % 600)
        phone = f"+1202{2_000_000 + n}"
        guest = Appointment(f"Guest {n}", start, phone=phone, timezone=noon_zone())
        body = json.dumps(webhook("BOOKING_CREATED", guest, start - timedelta(days=3))).encode()
        while True:
            with suppress(httpx.TransportError):
                answer = httpx.post(url, content=body, headers=signed(body, SECRET), timeout=20)
                if answer.status_code == httpx.codes.ACCEPTED:
                    self.acknowledged[phone] = guest.uid
                    return
                assert answer.is_server_error, answer.text
            self.over.wait(0.05)

    def blow(self, acts: list[Callable[[], None]], webhooks: int) -> None:
        """The weather, spread over the webhooks."""
        for n, act in enumerate(acts):
            due = webhooks * (n + 1) // (len(acts) + 1)
            eventually(partial(self.has_acknowledged, due), within_s=SETTLED_WITHIN_S, what=f"{due} webhooks")
            act()

    def has_acknowledged(self, number: int) -> bool:
        """Whether so many webhooks are in the hub's hands."""
        return len(self.acknowledged) >= number

    def kill_one(self) -> None:
        """One process of the hub, any; its supervisor starts it again."""
        victim = self.random.choice(self.hub.children(r"infra\.local\.(http|pump)"))
        self.tell(f"kill -9 of one process after {len(self.acknowledged)} webhooks")
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)

    def kill_all(self) -> None:
        """Every process of the hub at once, its supervisor first."""
        self.tell(f"kill -9 of all processes after {len(self.acknowledged)} webhooks")
        self.end_all()
        self.hub.start()

    def cut(self) -> None:
        """The same, and of the folder only what was synced is left."""
        self.tell(f"the power is cut after {len(self.acknowledged)} webhooks")
        self.end_all()
        disk.after_the_cut(self.shadow, self.hub.home)
        self.hub.start()

    def end_all(self) -> None:
        process = self.hub.process
        assert process is not None
        process.kill()
        for pid in self.hub.children("infra"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        eventually(lambda: not self.hub.children(r"infra\.local"), within_s=30, what="nobody is left")

    def settle(self) -> None:
        """Waits until every queue is empty and every notice has found its end."""
        parts = Embedded(self.hub.home, RealClock())

        def is_quiet() -> bool:
            waiting = {name: (one.waiting, one.hidden) for name, one in parts.queues.lengths().items()}
            open_events = [parts.documents.keys("inbox", "open_keys", str(n), limit=1) for n in range(OPEN_SHARDS)]
            due = [one["notice_id"] for one in documents_of(parts, "notices") if one.get("state") in ("due", "sending")]
            busy = any(sum(counts) for counts in waiting.values()) or any(open_events) or due
            self.over.wait(0.3)
            return not busy

        eventually(is_quiet, within_s=SETTLED_WITHIN_S, what="the hub is quiet")
        parts.close()

    def aftermath(self) -> Aftermath:
        """What is in the folder now, compared with what was acknowledged."""
        parts = Embedded(self.hub.home, RealClock())
        tickets = Counter(one["booking_id"] for one in documents_of(parts, "tickets"))
        per_uid = {uid: tickets[booking_id_of("cal", uid)] for uid in self.acknowledged.values()}
        doubtful = {one["to"] for one in documents_of(parts, "notices") if one.get("state") == "doubtful"}
        texts = Counter(line.to for line in all_texts(parts) if line.to in self.acknowledged)
        parts.close()
        return Aftermath(
            len(self.acknowledged),
            [uid for uid in self.acknowledged.values() if per_uid[uid] == 0],
            [uid for uid in self.acknowledged.values() if per_uid[uid] > 1],
            [phone for phone in self.acknowledged if texts[phone] > 1],
            [phone for phone in self.acknowledged if texts[phone] == 0 and phone not in doubtful],
            sum(texts.values()),
            len(doubtful),
        )


def noon_zone() -> str:
    """A zone in which it is noon, or an hour about it."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def documents_of(parts: Embedded, table: str) -> list[dict[str, Any]]:
    """Every document of a table."""
    with parts.database.reading() as connection:
        return [json.loads(doc) for (doc,) in connection.execute(f"SELECT doc FROM documents_{table}")]  # noqa: S608 - a table's name


def all_texts(parts: Embedded) -> list[Any]:
    """Every text in the outbox."""
    return parts.outbox.lines(channels=["text"], limit=1_000_000)
