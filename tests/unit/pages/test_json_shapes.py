"""The JSON that the rooms make is the JSON that is described: nothing of it is missing, nothing of it unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.config import Config
from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints import json_shapes as shapes
from chalicelib.entrypoints.reason_shapes import NoticeReasons
from chalicelib.foundation.keys import bikes_key, live_key
from chalicelib.foundation.logs import log_context
from chalicelib.foundation.ports import Write
from chalicelib.notices.notice_json import to_json as notice_json
from chalicelib.notices.repository import Notices
from chalicelib.outages.outage import Outage, What
from chalicelib.pages.customer.ticket_json import places_json, ticket_json
from chalicelib.pages.operator.notices import NoticeEndpoints
from feeds.realtime.source import Source
from tests.fakes import salon, signers, visits
from tests.fakes.calcom import calcom_payload
from tests.fakes.lindenau import SALON, Lindenau
from tests.fakes.openapi import check_whole

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

SECRET = "a-shared-secret"
MAPPING = {"uid": "payload.uid", "start": "payload.startTime", "end": "payload.endTime"}
GBFS = "https://gbfs.example.com/gbfs.json"


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip", "gbfs": GBFS})
    town.open_salon()
    return town


def check(shape: type[BaseModel], value: Any) -> None:
    check_whole(shape, json.dumps(value))


@pytest.mark.parametrize("stage", visits.STAGES)
def test_a_ticket_in_every_stage(stage: str) -> None:
    ticket, now = visits.STAGES[stage]
    closed = Outage("o1", "salon", What.BUSINESS, now, visits.at("14:45"), visits.at("15:10"))
    for business in (visits.SALON, replace(visits.SALON, outages=(closed,))):
        check_whole(shapes.Ticket, ticket_json(ticket, business, now).body)


def test_stops_that_were_found() -> None:
    check_whole(shapes.Places, places_json((visits.HOME, *visits.STOPS)).body)


def test_every_notice_of_two_days_at_a_salon() -> None:
    two_days = salon.Salon()
    two_days.book(salon.booking())
    two_days.until(salon.START)
    notices = two_days.notices()
    assert {notice.kind for notice in notices} >= {"booked", "reminder"}
    for notice in notices:
        check(shapes.Notice, notice_json(notice))


def test_why_every_notice_of_two_days_was_sent() -> None:
    two_days = salon.Salon(town=salon.Town(live=True))
    with log_context(correlation_id="cal-1"):
        two_days.book(salon.booking(salon.START, replace(salon.ADA, address="Old Mill")))
    two_days.until(salon.START)
    config = Config(two_days.documents)
    config.put_business("salon", {**SALON, "feed": "town"}, two_days.now)
    endpoints = NoticeEndpoints(config, Notices(two_days.documents))
    for notice in two_days.notices():
        shown = endpoints.get("salon", notice.notice_id)
        assert shown["why"].startswith(f"The rule {notice.kind} ")
        check(NoticeReasons, shown)
    assert shown["facts"]["rule"] == "leave_by"


def test_a_feed_with_a_live_source_and_shared_bikes(town: Lindenau) -> None:
    hub, now = town.hub, int(town.clock.now().timestamp())
    source = Source("https://example.com/live.pb", changed_at=now - 30, report={"trips": 3})
    unheard = Source("https://example.com/other.pb")
    sources = [source.to_json(), unheard.to_json()]
    hub.documents.write(Write("config", {"config_id": live_key("town"), "sources": sources, "version": 1}, None))
    fleet = {"mode": "bike", "stations": 2, "may_be_left": False, "at_stations": 5, "standing": 0, "docks": 9}
    system = {
        "url": GBFS, "system": "Velo", "gbfs_version": "2.3", "changed_at": now, "polled_at": now, "failures": 0,
        "trouble": "", "fleets": [fleet], "report": {},
    }  # a table, read by rows # fmt: skip
    hub.documents.write(Write("config", {"config_id": bikes_key("town"), "systems": [system], "version": 1}, None))
    answer = hub.operator.feeds.get("town")
    assert [one["age_s"] for one in (*answer["live"], *answer["bikes"])] == [30, None, 0]
    check(shapes.Feed, answer)


def test_a_business_with_remarks(town: Lindenau) -> None:
    answer = town.hub.operator.businesses.put("salon", {**SALON, "locale": "tlh", "wrong": 1})
    assert answer.keys() >= {"ignored", "notes"}
    check(shapes.Business, answer)
    check(shapes.Business, town.hub.operator.businesses.get("salon"))


def test_a_connection_in_its_first_hour(town: Lindenau) -> None:
    hub, operator = town.hub, town.hub.operator
    settings = {"provider": "calcom", "secret": SECRET, "wrong": 1}
    check(shapes.Connection, operator.connections.put("salon", "cal", settings, "https://hub.example.com"))
    check(shapes.ConnectionHealth, operator.connections.get("salon", "cal"))
    check(shapes.TriedMapping, operator.connections.try_mapping("salon", "cal", MAPPING))
    coming = {"start": "2026-09-05T10:00:00Z", "end": "2026-09-05T10:30:00Z"}
    for payload in (calcom_payload(**coming), calcom_payload("NEVER_HEARD_OF")):
        body, headers = signers.calcom(payload, SECRET)
        signed = {name.lower(): value for name, value in headers.items()}
        hub.inbox.accept("cal", Raw(body, signed), town.clock.now())
        for queued in hub.queues.take("inbox"):  # type: ignore[attr-defined] # the memory's own
            hub.worker.process(queued["event_id"], town.clock.now())
        town.clock.advance(minutes=1)
    (known,) = operator.connections.list("salon")["connections"]
    assert (known["events"], known["parked"], known["health"]) == (2, 1, "parked")
    check(shapes.Connections, {"connections": [known]})
    check(shapes.TriedMapping, operator.connections.try_mapping("salon", "cal", MAPPING))
    check(shapes.ParkedEvents, operator.parked.list("salon"))
    check(shapes.Tickets, operator.tickets.list("salon", None))
    check(shapes.Notices, operator.notices.list("salon", {}))
    check(shapes.Queued, operator.connections.reconcile("salon", "cal"))
    (parked,) = operator.parked.list("salon")["parked"]
    check(shapes.Replayed, operator.parked.replay("salon", parked["event_id"]))
    check(shapes.ReplayedAll, operator.parked.replay_all("salon", None))
