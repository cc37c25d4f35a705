"""One ticket for bookings that turn out to be one, whoever comes first and whoever comes at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.tickets.links import ticket_id
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.salon import ADA, HOME, Salon, booking

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Write

MERGED: dict[str, Any] = {"booking_id": "b1", "aliases": ("b2",)}


def living(salon: Salon) -> list[str]:
    """Ids of documents that are tickets themselves, not forwards."""
    return [key for key, document in salon.documents.tables["tickets"].items() if "forward_to" not in document]


def test_a_worker_that_does_not_know_of_the_merger_makes_no_second_ticket() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking(booking_id="b2"))
    salon.book(booking(version=2, **MERGED))
    (stale,) = follow_booking(salon.services, booking(booking_id="b1"), salon.now)
    assert stale.ticket_id == ticket.ticket_id
    assert living(salon) == [ticket.ticket_id]


@dataclass
class Interrupted:
    """A store in which something else happens right before the first write."""

    salon: Salon
    happens: Callable[[], Any]
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.salon.documents, name)

    def write(self, *writes: Write) -> None:
        if not self.done:
            self.done = True
            self.happens()
        self.salon.documents.write(*writes)


def test_two_workers_that_come_at_once_with_and_without_the_merger_agree_on_one_ticket() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking(booking_id="b2"))
    salon.bookings["b1"] = salon.bookings["b2"] = booking(version=2, **MERGED)
    store: Any = Interrupted(salon, lambda: follow_booking(salon.services, booking(booking_id="b1"), salon.now))
    follow_booking(salon.services_with(store, salon.queues, salon.town), salon.bookings["b1"], salon.now)
    salon.work()
    assert len(living(salon)) == 1
    for key in (ticket_id("b1", ADA.key), ticket_id("b2", ADA.key)):
        assert salon.ticket(key).ticket_id == living(salon)[0]
    assert salon.services.tickets.by_token(ticket.token, salon.now)


def test_three_that_become_one_keep_every_link_and_the_origin() -> None:
    salon = Salon()
    tokens = [salon.book(booking(booking_id=name))[0].token for name in ("b1", "b2", "b3")]
    set_origin(salon.services, ticket_id("b3", ADA.key), HOME, salon.now)
    everything = booking(booking_id="b1", aliases=("b2", "b3"), version=2)
    salon.bookings |= dict.fromkeys(("b1", "b2", "b3"), everything)
    for _ in range(2):
        salon.book(everything)
    found = [salon.services.tickets.by_token(token, salon.now) for token in tokens]
    assert {ticket.ticket_id for ticket in found if ticket} == {ticket_id("b1", ADA.key)}
    assert all(ticket and ticket.origin == HOME for ticket in found)


def test_a_ticket_that_has_expired_leaves_room_for_a_new_one() -> None:
    salon = Salon()
    salon.book(booking(booking_id="b2"))
    salon.book(booking(version=2, **MERGED))
    salon.clock.advance(days=60)
    later = salon.now.replace(hour=12) + (booking().end - booking().start) * 48
    (fresh,) = salon.book(booking(later, version=3, **MERGED))
    assert fresh.ticket_id == ticket_id("b1", ADA.key)
    assert salon.services.tickets.by_token(fresh.token, salon.now)
