"""From any order of webhooks to the right tickets: one that lives for each appointment that stands, none for others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.notices.desk import Desk
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.hub import BookingsRoom
from tests.fakes.salon import Town
from tests.property.booking_tools import URL, CalCom, Calendly, Itip, Standard
from tests.property.test_bookings_histories import actions, call, work

if TYPE_CHECKING:
    from tests.property.booking_tools import Tool

HISTORIES = int(os.environ.get("BOOKINGS_HISTORIES", "60"))
ENDED = {TicketStatus.CANCELLED, TicketStatus.NO_SHOW}


@pytest.mark.parametrize("kind", [CalCom, Calendly, Standard, Itip], ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_appointment_that_stands_has_one_living_ticket(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    tool = kind()
    calls = [one for action in history for one in tool.happened(*action)]
    calls += [one for one in calls if chance.random() < 0.3]
    chance.shuffle(calls)
    room = BookingsRoom()
    room.connect("tool", tool.provider, **tool.settings)
    desk = Desk(room.documents, room.queues, Town(), room.bookings.booking, room.config.business, URL, room.clock)
    room.worker = room.new_worker(follow=desk.follow)
    for one in calls:
        call(room, one)
        if chance.random() < 0.5:
            work(room, chance)
    work(room, chance)
    documents = room.documents.tables["tickets"]
    tickets = [ticket for key in documents if (ticket := desk.tickets.load(key, room.clock.now())) is not None]
    living = {ticket.ticket_id: ticket for ticket in tickets if ticket.status not in ENDED}
    standing = sorted(one.start for one in tool.appointments if one.status == "booked")
    assert sorted(ticket.start for ticket in living.values()) == standing
