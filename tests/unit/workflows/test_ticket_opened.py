"""How old the live data are that a told way rests on: never told younger than they are, never hidden when they grow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.commands import FinishRound
from chalicelib.foundation.ports import Write
from chalicelib.workflows.checking.rounds import end_round
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_opened import last_round_at, with_present_age
from tests.fakes.salon import HOME, Salon, Town, at, booking, handle

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

SEEN = at("3 13:35")


def told() -> tuple[Salon, Ticket]:
    """Ada was told at 13:40 to take the bus at 14:00, under data of 13:35."""
    salon = Salon(town=Town(live=True))
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:41"))
    return salon, replace(salon.ticket(ticket.ticket_id), observed_at=SEEN)


def polled(salon: Salon, changed: datetime) -> None:
    document = {"config_id": "live#town", "version": 1, "sources": [{"changed_at": int(changed.timestamp())}]}
    salon.documents.write(Write("config", document, None))


def through(salon: Salon, published: datetime) -> None:
    """A round of conditions published then, from its beginning to its end."""
    at_s = int(published.timestamp())
    handle(salon.services, {"feed_id": "town", "conditions_at": at_s}, salon.now)
    salon.work()


def test_a_round_that_changed_nothing_makes_the_data_younger_and_a_silent_feed_lets_them_age() -> None:
    salon, ticket = told()
    polled(salon, at("3 13:40"))
    through(salon, at("3 13:41"))
    for later in (timedelta(), timedelta(minutes=15)):
        shown = with_present_age(ticket, salon.documents, at("3 13:42") + later)
        assert shown.observed_at == at("3 13:40"), "it stays there, so the age grows with the clock"


def test_data_that_no_whole_round_has_looked_at_count_for_nothing() -> None:
    salon, ticket = told()
    polled(salon, at("3 13:40"))
    assert with_present_age(ticket, salon.documents, salon.now).observed_at == SEEN
    handle(salon.services, {"feed_id": "town", "conditions_at": 1}, salon.now)
    assert with_present_age(ticket, salon.documents, salon.now).observed_at == SEEN, "the round goes on"


def test_who_follows_no_told_way_is_in_no_round_and_nothing_is_invented_for_the_timetable() -> None:
    salon, ticket = told()
    polled(salon, at("3 13:40"))
    through(salon, at("3 13:41"))
    untold = replace(ticket, promise=replace(ticket.promise, told_kinds=()))
    assert with_present_age(untold, salon.documents, salon.now) is untold
    by_timetable = replace(ticket, observed_at=None)
    assert with_present_age(by_timetable, salon.documents, salon.now) is by_timetable
    assert with_present_age(ticket, salon.documents, at("3 15:30")) is ticket, "she should be there"


@pytest.mark.parametrize(
    ("changed", "whole", "seen"),
    [(100, 90, 90), (90, 100, 90), (0, 100, None), (100, 0, None)],
)
def test_the_older_of_publication_and_round_counts(changed: int, whole: int, seen: int | None) -> None:
    found = last_round_at({"sources": [{"changed_at": changed}]}, {"through": whole})
    assert found == (datetime.fromtimestamp(seen, UTC) if seen else None)


def test_the_last_whole_round_is_remembered_while_the_next_goes_on() -> None:
    salon, _ = told()
    through(salon, at("3 13:40"))
    at_s = int(at("3 13:41").timestamp())
    handle(salon.services, {"feed_id": "town", "conditions_at": at_s}, salon.now)
    during = salon.documents.get("config", "round#town")
    assert during is not None
    assert (during["running"], during["through"]) == (at_s, int(at("3 13:40").timestamp()))
    end_round(salon.documents, FinishRound("town", at_s), salon.now, lambda _: None)
    after = salon.documents.get("config", "round#town")
    assert after is not None
    assert after["through"] == at_s
