"""Shared bikes end to end: configured by PUT, polled over real HTTP, shown on a ticket, gone when a station is empty.

The app and all rooms of the real hub over memory fakes; the operator behind real HTTP; the live function's own poll.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from chalice.test import Client

import app
from chalicelib import wiring
from chalicelib.foundation.ports import Unavailable
from chalicelib.notices.repository import Notices
from chalicelib.tickets.replanning.bikes import BikePlanner
from chalicelib.transit.bikes.live import SharedBikes
from chalicelib.transit.itinerary import Place
from chalicelib.workflows.origin_set import set_origin
from feeds.live import poll_whole_minute
from feeds.realtime.learning import Memory
from infra.local.town import CENTRE
from tests.fakes.gbfs_city import BikeCity, Dock
from tests.fakes.lindenau import SALON, START, WESTHOF, Lindenau
from tests.fakes.memory import MemoryBucket
from tests.fakes.openapi import check_answer
from tests.fakes.salon import handle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from feeds.gbfs.poll import Systems

KEY = {"Authorization": "Bearer a-key"}
AT_HOME, AT_SALON = (WESTHOF["lat"] + 0.001, WESTHOF["lon"]), (CENTRE[0], CENTRE[1] + 0.001)
NOWHERE = {"lat": CENTRE[0] + 0.2, "lon": CENTRE[1]}  # 22 km from the town, where no bus goes


@dataclass
class Town:
    """Lindenau with a bike operator; minutes go by as the schedule's do."""

    lindenau: Lindenau
    city: BikeCity
    client: Client
    start: datetime
    memory: Memory = field(default_factory=Memory)
    systems: Systems = field(default_factory=dict)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        send = getattr(self.client.http, method.lower())
        headers = KEY | {"content-type": "application/json"}
        answer = send(path, headers=headers, **({"body": json.dumps(body).encode()} if body is not None else {}))
        assert answer.status_code == 200, answer.body
        check_answer(method, path, answer.status_code, answer.body)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def book(self, name: str) -> Ticket:
        return self.lindenau.book(name, start=self.start, end=self.start + timedelta(minutes=45))

    def minute(self, minutes: int = 1) -> None:
        hub, clock = self.lindenau.hub, self.lindenau.clock
        for _ in range(minutes):
            clock.advance(minutes=1)
            asyncio.run(poll_whole_minute(hub, self.memory, self.systems))
            hub.queue_tickets_due(clock.now())
            for message in hub.queues.take("tickets"):  # type: ignore[attr-defined]  # the fake's own
                handle(hub.services, message, clock.now())

    def bike(self, link: str) -> dict[str, Any] | None:
        """The bike's leg in the ticket's JSON."""
        itineraries = self.call("GET", f"{link}.json")["options"]
        return next((leg for itinerary in itineraries for leg in itinerary["legs"] if leg["mode"] == "bike"), None)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Lindenau:
    folder = tmp_path_factory.mktemp("town")
    lindenau = Lindenau.founded(folder)
    lindenau.compile_town(folder)
    return lindenau


@pytest.fixture
def town(compiled: Lindenau, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setenv("HUB_ADMIN_KEY", "a-key")
    monkeypatch.setenv("HUB_CLOCK", "virtual")
    before = list(wiring._installed)  # noqa: SLF001 - put back, so that other tests find their own hub
    wiring.install(compiled.hub)
    start = max(START, compiled.clock.now() + timedelta(hours=3))  # time goes forward only
    compiled.clock.set(start - timedelta(minutes=100))
    city = BikeCity(compiled.clock.now, "3.0", [Dock("Westhof Rad", *AT_HOME), Dock("Markt Rad", *AT_SALON)])
    with Client(app.app) as client:
        yield Town(compiled, city, client, start)
    city.stop()
    wiring._installed[:] = before  # noqa: SLF001 - the same


def opened(town: Town, name: str) -> str:
    """A salon in the town whose feed has the bikes; the link of its customer, who comes from the west."""
    gtfs = town.call("GET", "/admin/feeds/town")["gtfs"]
    town.call("PUT", "/admin/feeds/town", {"gtfs": gtfs, "gbfs": [town.city.start()]})
    town.call("PUT", "/admin/businesses/salon", SALON)
    ticket = town.book(name)
    town.call("POST", f"/t/{ticket.token}/origin", WESTHOF)
    return f"/t/{ticket.token}"


def test_a_bike_is_one_of_the_ways_with_live_counts_and_goes_when_the_station_is_empty(town: Town) -> None:
    link = opened(town, "b1")
    town.minute()
    assert town.bike(link) is None, "in more than an hour anything may stand there"
    town.minute(40)
    leg = town.bike(link)
    assert leg is not None
    assert (leg["from"]["name"], leg["to"]["name"]) == ("Westhof Rad", "Markt Rad")
    assert (leg["rental"]["system"], leg["rental"]["vehicles"], leg["rental"]["docks"]) == ("Velo Lindenau", 5, 5)
    ticket = town.call("GET", f"{link}.json")
    assert "trip_id" in json.dumps(ticket["options"][0]), "the tram is what is told"
    assert ticket["options"][-1]["legs"][1] == leg
    (shown,) = town.call("GET", "/admin/businesses/salon/tickets?date=2026-09-03")["tickets"]
    assert shown["options"] == ticket["options"]
    page = town.client.http.get(link).body.decode()
    assert "Westhof Rad" in page
    assert "5 free docks at the end" in page

    town.city.docks[0].bikes = 3
    town.minute(2)
    leg = town.bike(link)
    assert leg is not None
    assert leg["rental"]["vehicles"] == 3
    town.city.docks[0].bikes = 0
    town.minute(2)
    assert town.bike(link) is None

    (system,) = town.call("GET", "/admin/feeds/town")["bikes"]
    assert (system["system"], system["gbfs_version"], system["trouble"]) == ("Velo Lindenau", "3.0", "")
    assert system["age_s"] <= 60
    assert system["fleets"] == [
        {"mode": "bike", "stations": 2, "may_be_left": False, "at_stations": 5, "standing": 0, "docks": 10}
    ]


def test_when_its_operator_falls_silent_the_bike_goes_and_is_there_again_with_him(town: Town) -> None:
    link = opened(town, "b2")
    town.minute(41)
    assert town.bike(link)
    before = town.city.now
    silent_since = before()
    town.city.now = lambda: silent_since
    town.minute(11)
    assert town.bike(link) is None
    assert "not used" in town.call("GET", "/admin/feeds/town")["bikes"][0]["trouble"]
    town.city.now = before
    town.minute(5)
    assert town.bike(link)


def test_where_no_bus_goes_a_bike_is_the_way_and_its_customer_is_told(town: Town) -> None:
    """A customer beyond every stop, with a bike at the door: a salon out there, too."""
    away = {"lat": NOWHERE["lat"] + 0.05, "lon": NOWHERE["lon"]}
    town.city.docks = [Dock("Dorf", NOWHERE["lat"], NOWHERE["lon"]), Dock("Hof", away["lat"], away["lon"])]
    gtfs = town.call("GET", "/admin/feeds/town")["gtfs"]
    town.call("PUT", "/admin/feeds/town", {"gtfs": gtfs, "gbfs": [town.city.start()]})
    town.lindenau.hub.config.put_business("salon", SALON | {"location": away}, town.lindenau.clock.now())
    ticket = town.book("b3")
    hub = town.lindenau.hub
    set_origin(hub.services, ticket.ticket_id, Place("", NOWHERE["lat"], NOWHERE["lon"]), town.lindenau.clock.now())
    link = f"/t/{ticket.token}"
    assert town.call("GET", f"{link}.json")["options"] == []
    town.minute(90)
    shown = town.call("GET", f"{link}.json")
    assert [leg["mode"] for leg in shown["options"][0]["legs"]] == ["walk", "bike", "walk"]
    told = [notice.text for notice in Notices(hub.documents).of_business("salon") if notice.kind == "leave_by"]
    assert any("Bike Velo Lindenau" in text and "at Dorf" in text for text in told)


def test_while_nothing_can_be_asked_about_bikes_the_ticket_is_shown_without(town: Town) -> None:
    class Away(MemoryBucket):
        def get(self, key: str) -> bytes | None:
            raise Unavailable(f"nobody answers about {key}")

    link = opened(town, "b4")
    town.minute(41)
    assert town.bike(link)
    bikes = BikePlanner(town.lindenau.hub.service_days, SharedBikes(Away()))
    town.lindenau.hub.__dict__["bikes"] = bikes
    assert town.bike(link) is None
    assert town.call("GET", f"{link}.json")["options"]
    del town.lindenau.hub.__dict__["bikes"]
