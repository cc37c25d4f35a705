"""One real webhook in, and the texts that come of it: `python -m infra.local.example` prints what the README shows."""

from __future__ import annotations

import json
import re
import tempfile
import textwrap
from contextlib import ExitStack
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from infra.local.booking_tool import webhook
from infra.local.demo import DATE, build, configure
from infra.local.morning import Morning, StepClock
from infra.local.teller import Teller
from infra.local.town import write_town

SHOWN = ("uid", "title", "startTime", "endTime", "attendees", "responses")
WIDTH = 100


def lines() -> list[str]:
    """Plays one booking of the demo's town, from the webhook to the appointment; what happened, line by line."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        clock = StepClock(datetime.combine(DATE - timedelta(days=1), time(6), ZoneInfo("UTC")))
        house = build(folder, DATE, clock, closing)
        town = write_town(folder / "lindenau.zip", DATE - timedelta(days=7), DATE + timedelta(days=30))
        cast, path, zone = configure(house, town, DATE)
        told: list[str] = []

        def heard() -> list[dict[str, Any]]:
            notices = house.heard()
            told.extend(_line(clock, zone, notice) for notice in notices)
            return notices

        with (folder / "told").open("w") as quiet:
            morning = Morning(
                house.client,
                path,
                zone,
                DATE,
                cast,
                clock,
                house.step,
                heard,
                house.next_due,
                Teller(zone, quiet),
                house.operator,
                house.report,
            )
            start = morning.at("10:00")
            morning.script.append((morning.at("09:05", eve=True), lambda: morning.books(cast.customers[0], start)))
            morning.play(until=start)
        event = webhook("BOOKING_CREATED", morning.booked[cast.customers[0].name], morning.at("09:05", eve=True))
    event["payload"] = {key: event["payload"][key] for key in SHOWN}
    event["payload"]["attendees"] = [{"name": event["payload"]["attendees"][0]["name"], "timeZone": zone.key}]
    event["payload"]["responses"] = {"attendeePhoneNumber": {"value": cast.customers[0].phone}}
    body = textwrap.wrap(json.dumps(event), WIDTH, break_on_hyphens=False)
    return [f"POST {path}", "X-Cal-Signature-256: <hex HMAC-SHA256 of the body>", "", *body, "", *told]


def _line(clock: StepClock, zone: ZoneInfo, notice: dict[str, str]) -> str:
    text = re.sub(r"(/t/.{4})\S+", r"\1…", notice["text"])  # a link is a secret, and another one in every run
    return f"{clock.at.astimezone(zone):%a %H:%M}  {text}"


if __name__ == "__main__":
    print("\n".join(lines()))
