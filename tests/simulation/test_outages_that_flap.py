"""An outage that comes and goes, creeps on, or has several parts: the first word, a correction, all clear."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.outages.outage import Outage, What
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.salon import HOME, SALON, Salon, at, booking

MOST = 3  # the first word, one correction, all clear


class Flapping:
    """Ada has an appointment at 14:30; it is noon."""

    def __init__(self, *, origin: bool, begins: str) -> None:
        self.salon = Salon()
        (ticket,) = self.salon.book(booking())
        if origin:
            set_origin(self.salon.services, ticket.ticket_id, HOME, self.salon.now)
        self.salon.until(at(begins))

    def outages(self, *outages: Outage) -> None:
        self.salon.business = replace(SALON, outages=outages)
        for key in list(self.salon.documents.tables["tickets"]):
            check_ticket(self.salon.services, key, self.salon.now)
        self.salon.work()

    def closing(self, back: timedelta = timedelta(hours=4), name: str = "power") -> Outage:
        now = self.salon.now
        return Outage(name, "salon", What.BUSINESS, now, now + back, now + back + timedelta(minutes=40))

    def told(self) -> list[str]:
        return [one.text for one in self.salon.notices() if one.kind == "outage" and one.sent_at]

    def wait(self, minutes: int) -> None:
        self.salon.until(self.salon.now + timedelta(minutes=minutes))


@pytest.mark.parametrize("begins", ["3 11:00", "3 12:00", "3 13:30"])
@pytest.mark.parametrize("origin", [False, True])
def test_six_times_open_and_closed_in_half_an_hour(begins: str, *, origin: bool) -> None:
    place = Flapping(origin=origin, begins=begins)
    for _ in range(6):
        place.outages(place.closing())
        place.wait(3)
        place.outages()
        place.wait(3)
    place.salon.until(at("3 14:31"))
    assert 1 < len(place.told()) <= MOST
    assert "takes place after all" in place.told()[-1]


def test_a_closing_that_comes_back_and_stays_is_told() -> None:
    place = Flapping(origin=True, begins="3 12:00")
    place.outages(place.closing())
    place.wait(3)
    place.outages()
    place.wait(3)
    place.outages(place.closing())
    place.wait(7)
    assert len(place.told()) == MOST
    assert "cannot take place" in place.told()[-1]


@pytest.mark.parametrize("every_min", [1, 10, 65])
def test_an_end_that_creeps_on_by_minutes_is_corrected_once(every_min: int) -> None:
    place = Flapping(origin=True, begins="3 08:30")
    closed = replace(place.closing(timedelta(hours=1)), back_until=place.salon.now + timedelta(hours=1, minutes=5))
    place.outages(closed)
    for _ in range(5):
        place.wait(every_min)
        closed = replace(closed, back_from=closed.back_from + timedelta(minutes=2))
        closed = replace(closed, back_until=closed.back_until + timedelta(minutes=2))
        place.outages(closed)
    assert len(place.told()) <= 2


def test_parts_of_one_outage_that_begin_together_are_one_text() -> None:
    place = Flapping(origin=True, begins="3 12:00")
    power = place.closing()
    place.outages(power)
    place.wait(1)
    place.outages(power, place.closing(timedelta(hours=3, minutes=5), "water"))
    place.wait(1)
    place.outages(power, place.closing(timedelta(hours=3, minutes=8), "phones"))
    place.wait(10)
    assert len(place.told()) == 1
