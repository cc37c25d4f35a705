"""A visit that was told to be impossible ends as one that was not held, on page and status."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.outages.outage import Outage, What
from chalicelib.pages.customer.view import SCENE_BY_STATUS, Scene
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.salon import SALON, START, Salon, at, booking


def closed_for_a_told_visit(back_from: str, back_until: str) -> tuple[Salon, str]:
    """At 12:00 the business closes until then; the visit is at 14:30."""
    salon = Salon()
    (ticket,) = salon.book(booking())
    salon.until(at("3 12:00"))
    closing = Outage("o1", "salon", What.BUSINESS, at("12:00"), at(back_from), at(back_until))
    salon.business = replace(SALON, outages=(closing,))
    check_ticket(salon.services, ticket.ticket_id, salon.now)
    salon.work()
    return salon, ticket.ticket_id


@pytest.mark.parametrize("opens", [None, "14:50", "15:20"])
def test_told_to_be_impossible_it_was_not_held(opens: str | None) -> None:
    salon, ticket_id = closed_for_a_told_visit("15:30", "16:30")
    assert "cannot take place" in salon.texts.sent[-1][1]
    if opens:
        salon.until(at(opens))
        salon.business = SALON
        check_ticket(salon.services, ticket_id, salon.now)
        salon.work()
        assert salon.ticket(ticket_id).status is TicketStatus.NOT_HELD
    salon.until(at("18:00"))
    assert salon.ticket(ticket_id).status is TicketStatus.NOT_HELD
    assert "after all" not in salon.texts.sent[-1][1]


def test_told_that_it_takes_place_after_all_it_was_held() -> None:
    salon, ticket_id = closed_for_a_told_visit("15:30", "16:30")
    salon.until(at("13:00"))
    salon.business = SALON
    check_ticket(salon.services, ticket_id, salon.now)
    salon.work()
    assert "after all" in salon.texts.sent[-1][1]
    salon.until(at("18:00"))
    assert salon.ticket(ticket_id).status is TicketStatus.DONE


def test_a_visit_that_a_closing_outlasted_was_not_held_though_nobody_was_told() -> None:
    salon = Salon()
    salon.business = replace(SALON, notices={"outage": False})
    (ticket,) = salon.book(booking())
    salon.until(at("3 12:00"))
    closing = Outage("o1", "salon", What.BUSINESS, at("12:00"), at("14:00"), at("18:30"))
    salon.business = replace(salon.business, outages=(closing,))
    check_ticket(salon.services, ticket.ticket_id, salon.now)
    salon.until(at("16:00"))
    assert salon.ticket(ticket.ticket_id).status is TicketStatus.NOT_HELD


def test_moved_to_a_time_when_it_is_open_again_it_is_a_visit_like_any_other() -> None:
    salon, ticket_id = closed_for_a_told_visit("15:30", "16:30")
    salon.until(at("15:00"))
    assert salon.ticket(ticket_id).status is TicketStatus.NOT_HELD
    salon.book(booking(START + timedelta(hours=4), version=2))
    salon.until(at("23:00"))
    assert salon.ticket(ticket_id).status is TicketStatus.DONE


def test_its_page_does_not_thank_for_coming() -> None:
    assert SCENE_BY_STATUS[TicketStatus.NOT_HELD] is Scene.NOT_HELD


def test_a_range_that_creeps_on_is_told_once_and_again_when_it_is_over_and_the_door_is_still_closed() -> None:
    salon, ticket_id = closed_for_a_told_visit("14:20", "14:50")  # it may begin late
    texts = len(salon.texts.sent)
    (closing,) = salon.business.outages if salon.business else ()
    for number in range(1, 6):
        longer = replace(closing, back_until=at("14:50") + timedelta(minutes=2 * number))
        salon.business = replace(SALON, outages=(longer,))
        check_ticket(salon.services, ticket_id, salon.now)
        salon.work()
    assert len(salon.texts.sent) == texts
    salon.until(at("14:52"))
    assert len(salon.texts.sent) == texts + 1
