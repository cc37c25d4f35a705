"""GET /health tells the truth, part by part."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints import operator_shapes as shapes
from chalicelib.foundation.ports import Unavailable
from chalicelib.pages.operator.health import Health
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload
from tests.fakes.lindenau import Lindenau
from tests.fakes.openapi import check_whole

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.foundation.ports import Document


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    return Lindenau.founded(tmp_path)


def asked(town: Lindenau) -> tuple[bool, dict[str, Any]]:
    """What is answered some seconds later, when the last answer is old enough to be asked for again."""
    town.clock.advance(seconds=6)
    is_well, answer = town.hub.health.to_json(town.clock.now())
    check_whole(shapes.Health, json.dumps(answer))
    return is_well, answer["parts"]


def tick(town: Lindenau) -> None:
    for part in (*town.hub.minute_work[:1], *town.hub.booking_tools_work[:1]):
        part(town.clock.now())


def open_salon(town: Lindenau) -> None:
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    town.open_salon()


def test_a_hub_that_nobody_uses_yet_is_well(town: Lindenau) -> None:
    assert asked(town)[0]


def test_without_the_minutes_work_it_is_not_well(town: Lindenau) -> None:
    open_salon(town)
    assert "never run" in asked(town)[1]["minute"]["why"]
    tick(town)
    assert asked(town)[1]["minute"] == {"ok": True, "age_s": 6}
    town.clock.advance(minutes=5)
    is_well, parts = asked(town)
    assert (is_well, parts["minute"]["ok"], parts["booking_tools"]["ok"]) == (False, False, False)


def test_a_feed_in_use_without_a_timetable_for_today_is_said(town: Lindenau, tmp_path: Path) -> None:
    open_salon(town)
    tick(town)
    is_well, parts = asked(town)
    assert not is_well
    assert parts["feeds"]["why"] == "1 of 1 feeds in use have no timetable for today"
    town.compile_town(tmp_path)
    assert asked(town)[0]


def test_webhooks_that_nobody_understands_are_counted(town: Lindenau) -> None:
    open_salon(town)
    town.hub.operator.connections.put("salon", "cal", {"provider": "calcom", "secret": "x"}, "")
    body, headers = signers.calcom(calcom_payload(), "x")
    town.hub.inbox.accept("cal", Raw(body, {k.lower(): v for k, v in headers.items()}), town.clock.now())
    assert asked(town)[1]["inbox"] == {"ok": True}
    town.clock.advance(minutes=6)
    assert asked(town)[1]["inbox"]["age_s"] > timedelta(minutes=5).total_seconds()


class Gone:
    """A store that cannot be reached."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> Document:
            raise Unavailable("the disk is full")

        return fail


def test_a_store_that_cannot_be_reached_is_said_part_by_part(town: Lindenau) -> None:
    from chalicelib.bookings.config import Config  # noqa: PLC0415 - beside the store that it reads

    gone: Any = Gone()
    is_well, answer = Health(gone, Config(gone)).to_json(town.clock.now())
    assert not is_well
    assert answer["parts"]["store"] == {"ok": False, "why": "it cannot be read: the disk is full"}
    assert not any(one["ok"] for name, one in answer["parts"].items() if name != "queues")
