"""`make demo`: a whole morning on a virtual clock, through the real hub on one machine.

One folder, as `make run` keeps it (`--on-aws`: MiniStack from the deployed template), the Chalice app behind real HTTP,
the pump, a GTFS feed compiled on the way. Only the clock is ours. Ends with 0 if everybody was told what they should
have been told, exactly once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.keys import TABLES, hour_partitions
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from infra.local.cast import choose
from infra.local.ministack import listen
from infra.local.morning import SECRET, Morning, StepClock
from infra.local.operator_feed import OperatorFeed
from infra.local.teller import Teller
from infra.local.town import write_town

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.aws.environment import Aws
    from chalicelib.wiring import Hub
    from infra.local.cast import Cast

DATE = date(2026, 3, 18)  # of the town's morning: a Wednesday
PUBLIC_URL = "https://lind.example.org"
ADMIN_KEY = "the-key-of-the-demo"
UNUSABLE = 2
LOOK_AHEAD_H = 36


@dataclass
class House:
    """The hub on this machine, its HTTP client and its pumps."""

    hub: Hub
    clock: StepClock
    client: httpx.Client
    drain: Callable[[], None]
    operator: OperatorFeed
    heard: Callable[[], list[dict[str, Any]]]  # what was published to the notices topic since the last call

    def step(self) -> None:
        """All that is due at the clock's time: live data are polled, schedules ring, queues are emptied."""
        if self.operator.cancelled or self.operator.late:
            self.poll()
        self.drain()

    def poll(self) -> None:
        """One poll of the operator's live feed, as the live function does it."""
        from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts  # noqa: PLC0415 - brings httpx
        from feeds.realtime.poll import RealtimeDoors, poll  # noqa: PLC0415 - brings protobuf

        hub = self.hub
        transport = AsyncPublicHosts(hub.allowed_hosts)
        poll("city", RealtimeDoors(hub.documents, hub.bucket, hub.queues, self.clock, hub.service_days, transport))

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """An operator's call. Raises `SystemExit` with the hub's own words when it is refused."""
        answer = self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {ADMIN_KEY}"})
        if not answer.is_success:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        said: dict[str, Any] = answer.json()
        return said

    def report(self, outage: dict[str, Any]) -> None:
        """The salon says that it has to close for a while, or is open again."""
        self.admin("PUT", "/admin/businesses/salon/outages/power", outage)

    def next_due(self) -> datetime | None:
        """When the hub next has something to do by itself."""
        for hours in range(-1, LOOK_AHEAD_H):
            first = [
                keys[TABLES[table].indexes["due"][1]]
                for table in ("tickets", "notices")
                for partition in hour_partitions(self.clock.at + timedelta(hours=hours))
                for keys in self.hub.documents.keys(table, "due", partition, limit=1)
            ]
            if first:
                return datetime.fromisoformat(min(first))
        return None


def in_folder(folder: Path, clock: StepClock, closing: ExitStack) -> tuple[Embedded, Callable[[], list[Any]]]:
    """The parts in one folder, and who hears what they publish."""
    os.environ.update({"HUB_STORE": "embedded", "HUB_LOCAL_DIR": str(folder / "state")})
    parts, heard = Embedded(folder / "state", clock), list[int]()
    closing.callback(parts.close)

    def hear() -> list[Any]:
        lines = parts.outbox.lines(after=max(heard, default=0), channels=["topic"], limit=10_000)
        heard.extend(line.id for line in lines)
        return [json.loads(line.body) for line in lines]

    return parts, hear


def in_ministack(folder: Path, clock: StepClock, closing: ExitStack) -> tuple[Aws, Callable[[], list[Any]]]:
    """The parts on AWS as MiniStack plays it, and who hears what they publish."""
    from chalicelib.aws.environment import Aws  # noqa: PLC0415 - only here
    from infra.local.ministack import MiniStack  # noqa: PLC0415 - the same
    from infra.local.stack import create  # noqa: PLC0415 - brings boto3

    stack = create(closing.enter_context(MiniStack.start(folder)).endpoint_url, expire=False)
    os.environ.update(stack.environment() | {"HUB_STORE": "ministack"})
    return Aws(os.environ, clock), lambda: [one["message"] for one in stack.hear()]


def build(folder: Path, day: date, clock: StepClock, closing: ExitStack, *, on_aws: bool = False) -> House:
    """Opens the store and the HTTP door, and puts the hub together around the play's clock."""
    os.environ.update({"HUB_ADMIN_KEY": ADMIN_KEY, "HUB_PUBLIC_URL": PUBLIC_URL})
    parts, hear = (in_ministack if on_aws else in_folder)(folder, clock, closing)

    from app import app  # noqa: PLC0415 - reads the environment that was just made
    from chalicelib import wiring  # noqa: PLC0415 - the same
    from feeds.handler import handler  # noqa: PLC0415 - brings pandas
    from infra.local.http import Server  # noqa: PLC0415 - brings chalice
    from infra.local.pump import app_pump, feeds_pump  # noqa: PLC0415 - the same

    hub = wiring.Hub(
        parts.documents,
        parts.queues,
        parts.bucket,
        parts.texts,
        parts.mail,
        parts.topic,
        parts.secrets,
        clock,
        PUBLIC_URL,
        allow_paths=True,
        allowed_hosts=parse_allowed_hosts(THIS_MACHINE),
        cache=folder / "timetables",
    )
    wiring.install(hub)
    server = Server(app, listen(0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    closing.callback(server.server_close)
    closing.callback(server.shutdown)
    pump, feeds = app_pump(app, os.environ), feeds_pump(handler, os.environ)

    def drain() -> None:
        pump.tick(clock.at)
        while pump.drain() + feeds.drain():
            pass

    client = closing.enter_context(httpx.Client(base_url=server.url, timeout=60))
    operator = OperatorFeed(clock.now, f"{day:%Y%m%d}")
    closing.callback(operator.stop)
    return House(hub, clock, client, drain, operator, hear)


def configure(house: House, gtfs: Path, day: date) -> tuple[Cast, str, ZoneInfo]:
    """The operator's work: a feed, a business at its busiest stop, a connection. Gives the webhook's path."""
    house.admin("PUT", "/admin/feeds/city", {"gtfs": str(gtfs), "realtime": [house.operator.start()]})
    house.drain()
    feed = house.admin("GET", "/admin/feeds/city")
    if day.isoformat() not in feed["days"]:
        raise SystemExit(f"the feed has no timetable for {day}: {feed['message'] or feed['calendar']}")
    cast = choose(house.hub.service_days.day("city", day.isoformat()))
    business = {
        "name": cast.venue.name,
        "timezone": feed["timezone"],
        "feed": "city",
        "phone": "+12025550199",
        "location": {"lat": cast.venue.lat, "lon": cast.venue.lon},
    }
    house.admin("PUT", "/admin/businesses/salon", business)
    made = house.admin("PUT", "/admin/businesses/salon/connections/lind", {"provider": "calcom", "secret": SECRET})
    return cast, urlsplit(made["webhook_url"]).path, ZoneInfo(feed["timezone"])


def summary(house: House, morning: Morning) -> list[str]:
    """Prints what came of the morning; answers what should not be so."""
    say = morning.teller.plain
    tickets = {
        t["ticket_id"]: t for t in house.admin("GET", f"/admin/businesses/salon/tickets?date={morning.day}")["tickets"]
    }
    notices = house.admin("GET", "/admin/businesses/salon/notices")["notices"]
    sent = [n for n in notices if n["state"] == "sent"]
    counted = Counter(morning.statuses)
    say("\nSummary")
    say(f"  webhooks   {counted[202]} accepted, {counted[401]} refused (forged)")
    say(f"  parked     {[one['reason'] for one in house.admin('GET', '/admin/businesses/salon/parked')['parked']]}")
    say(
        f"  notices    {dict(Counter(n['kind'] for n in sent))} sent; not sent: "
        f"{dict(Counter(n['state'] for n in notices if n['state'] != 'sent'))}"
    )
    say(f"  texts      longest {max(len(n['text']) for n in sent)} characters")
    say("\n  customer        appointment  left by  there at  status")
    wrong = []
    for ticket in sorted(tickets.values(), key=lambda t: str(t["start"])):
        name = ticket["customer"]["name"]
        times = [_clock(ticket[key]) for key in ("start", "leave_by", "arrive_at")]
        say(f"  {name:<15} {times[0]:^11}  {times[1]:^7}  {times[2]:^8}  {ticket['status']}")
        told = [n["kind"] for n in sent if n["ticket_id"] == ticket["ticket_id"]]
        wrong += [f"{name} was told {kind} {n} times" for kind, n in Counter(told).items() if n > 1]
        expected = ticket["origin"] is not None and ticket["status"] != "cancelled"
        if expected and "leave_by" not in told:
            wrong.append(f"{name} was not told when to leave")
        if ticket["arrive_at"] and ticket["arrive_at"] > ticket["start"] and not {"late", "replan"} & set(told):
            wrong.append(f"{name} arrives late and was not told")
    if len(tickets) != len(morning.cast.customers):
        wrong.append(f"{len(tickets)} tickets for {len(morning.cast.customers)} bookings")
    return wrong


def _clock(instant: str | None) -> str:
    return instant[11:16] if instant else "-"


def play(gtfs: Path | None, day: date, *, on_aws: bool = False) -> int:
    """The whole morning; the exit code."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        feed = gtfs or write_town(folder / "lindenau.zip", day - timedelta(days=7), day + timedelta(days=30))
        clock = StepClock(datetime.combine(day - timedelta(days=1), time(6), ZoneInfo("UTC")))
        house = build(folder, day, clock, closing, on_aws=on_aws)
        cast, path, zone = configure(house, feed, day)
        clock.at = datetime.combine(day - timedelta(days=1), time(9), zone)
        teller = Teller(zone)
        teller.plain(f"{cast.venue.name} at {cast.venue.lat}, {cast.venue.lon}; times are those of {zone.key}")
        morning = Morning(
            house.client,
            path,
            zone,
            day,
            cast,
            clock,
            house.step,
            house.heard,
            house.next_due,
            teller,
            house.operator,
            house.report,
        )
        morning.write()
        morning.play(until=datetime.combine(day, time(12, 30), zone))
        wrong = summary(house, morning)
    for line in wrong:
        teller.plain(f"NOT AS IT SHOULD BE: {line}")
    return 1 if wrong else 0


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="make demo", description="A whole morning on a virtual clock.")
    parser.add_argument("--feed", type=Path, help="a GTFS zip; without it the built-in town")
    parser.add_argument("--date", type=date.fromisoformat, default=DATE)
    parser.add_argument("--on-aws", action="store_true", help="keep everything in MiniStack instead of a folder")
    given = parser.parse_args()
    if given.feed and not given.feed.is_file():
        print(f"there is no file {given.feed}", file=sys.stderr)
        return UNUSABLE
    return play(given.feed.resolve() if given.feed else None, given.date, on_aws=given.on_aws)


if __name__ == "__main__":
    sys.exit(main())
