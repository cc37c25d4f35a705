"""The desk: whole flows, from what a booking tool reports to what people are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.foundation.causes import page_cause
from chalicelib.foundation.commands import CompileFeed, to_message
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.notices.delivery.phone import phone_of
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.repository import Notices
from chalicelib.tickets.links import ID_LENGTH, new_secret, split_token, ticket_id
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.workflows.booking_changed import UnknownBusiness, follow_booking
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.memory import MemoryDocuments
from tests.fakes.salon import ADA, BEN, HOME, SALON, START, Salon, at, booking


def day_of(salon: Salon, until: str = "3 16:00") -> list[tuple[str, str]]:
    salon.until(at(until))
    return salon.said()


def test_a_visit_from_booking_to_done() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    assert day_of(salon) == [("1 10:00", "booked"), ("2 17:00", "reminder"), ("3 13:40", "leave_by")]
    assert salon.ticket(ticket.ticket_id).status is TicketStatus.DONE


def test_without_an_origin_there_is_one_question_a_reminder_and_a_word_on_the_day() -> None:
    salon = Salon()
    salon.book(booking())
    assert day_of(salon) == [("1 10:00", "booked"), ("2 17:00", "reminder"), ("3 13:00", "on_the_day")]


def test_setting_the_origin_plans_at_once() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    planned = set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    assert planned
    assert (planned.leave_by, planned.status, len(planned.itineraries)) == (at("13:55"), TicketStatus.PLANNED, 3)
    removed = set_origin(salon.services, ticket.ticket_id, None, salon.now)
    assert removed
    assert (removed.leave_by, removed.status, removed.itineraries) == (None, TicketStatus.WAITING_FOR_ORIGIN, ())


def test_another_origin_on_the_day_is_told_with_its_own_time_to_leave() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:41"))
    set_origin(salon.services, ticket.ticket_id, replace(HOME, name="Elsewhere"), salon.now)
    salon.work()
    assert salon.said()[-2:] == [("3 13:40", "leave_by"), ("3 13:41", "leave_by")]


def test_after_the_visit_an_origin_changes_nothing() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    salon.until(at("3 15:31"))
    after = set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    assert after
    assert after.origin is None


def test_an_origin_for_no_ticket_is_nothing() -> None:
    assert set_origin(Salon().services, "nothing", HOME, at("10:00")) is None


def test_the_same_news_again_makes_no_second_ticket_or_notice() -> None:
    salon = Salon()
    for _ in range(3):
        salon.book(booking())
    assert len(salon.documents.tables["tickets"]) == 1
    assert len(salon.texts.sent) == 1
    version = salon.ticket(ticket_id("b1", ADA.key)).version
    salon.book(booking())
    assert salon.ticket(ticket_id("b1", ADA.key)).version == version, "nothing changed, nothing was written"


def test_a_move_keeps_the_link_and_tells_the_new_time_and_then_the_day_goes_on() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("2 18:00"))
    (moved,) = salon.book(booking(START + timedelta(hours=2), version=2))
    assert moved.token == ticket.token
    assert day_of(salon, "3 18:00")[2:] == [("2 18:00", "moved"), ("3 15:40", "leave_by")]


def test_moved_while_leaving_says_both_in_one_text() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:45"))
    salon.book(booking(START + timedelta(minutes=15), version=2))
    assert day_of(salon, "3 18:00")[2:] == [("3 13:40", "leave_by"), ("3 13:45", "moved"), ("3 13:55", "leave_by")]


def test_moved_there_and_back_before_the_morning_tells_nothing() -> None:
    salon = Salon()
    salon.book(booking())
    salon.clock.set(at("1 22:00"))
    salon.book(booking(START + timedelta(hours=1), version=2))
    salon.clock.set(at("1 23:00"))
    salon.book(booking(version=3))
    assert day_of(salon, "2 12:00") == [("1 10:00", "booked")]
    suppressed = [n for n in salon.notices() if n.state is NoticeState.SUPPRESSED]
    assert [n.reason for n in suppressed] == ["overtaken_by_later_news"]


def test_a_cancellation_silences_and_only_who_was_reminded_hears_of_it() -> None:
    early, late = Salon(), Salon()
    for salon, moment in ((early, "2 10:00"), (late, "2 18:00")):
        salon.book(booking())
        salon.until(at(moment))
        salon.book(booking(status=Status.CANCELLED, version=2))
        salon.until(at("3 16:00"))
    assert early.said() == [("1 10:00", "booked")]
    assert late.said() == [("1 10:00", "booked"), ("2 17:00", "reminder"), ("2 18:00", "cancelled")]


def test_cancelled_and_booked_again_starts_over_under_the_same_link() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    salon.book(booking(status=Status.CANCELLED, version=2))
    salon.clock.advance(minutes=30)
    (again,) = salon.book(booking(version=3))
    assert again.token == ticket.token
    assert day_of(salon)[:3] == [("1 10:00", "booked"), ("1 10:30", "booked"), ("2 17:00", "reminder")]


def test_each_customer_of_a_booking_has_a_ticket_of_their_own() -> None:
    salon = Salon()
    tickets = salon.book(booking(START, ADA, BEN))
    assert len({ticket.token for ticket in tickets}) == 2
    assert [to for to, _ in salon.texts.sent] == ["+12025550123", "+12025550124"]
    salon.book(booking(START, BEN, version=2))
    assert [salon.ticket(t.ticket_id).status for t in tickets] == [
        TicketStatus.CANCELLED,
        TicketStatus.WAITING_FOR_ORIGIN,
    ]


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.REJECTED, Status.CANCELLED])
def test_what_is_not_booked_makes_no_ticket(status: Status) -> None:
    salon = Salon()
    assert salon.book(booking(status=status)) == ()
    assert salon.texts.sent == []


def test_a_requested_booking_becomes_a_ticket_when_it_is_confirmed() -> None:
    salon = Salon()
    salon.book(booking(status=Status.REQUESTED))
    salon.book(booking(version=2))
    assert salon.said() == [("1 10:00", "booked")]


def test_a_business_that_is_not_configured_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownBusiness, match="salon"):
        Salon(business=None).book(booking())


def test_a_business_that_vanished_does_not_trouble_the_minute() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    salon.business = None
    salon.until(at("2 18:00"))
    assert salon.said() == [("1 10:00", "booked")]
    salon.business = SALON
    salon.until(at("2 19:30"))
    assert salon.said()[-1][1] == "reminder"
    assert salon.ticket(ticket.ticket_id).start == START


def test_a_missing_timetable_is_planned_as_soon_as_it_is_there() -> None:
    salon = Salon()
    salon.town.note = "no_timetable"
    (ticket,) = salon.book(booking())
    waiting = set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    assert waiting
    assert waiting.plan_note == "no_timetable"
    check_ticket(salon.services, waiting.ticket_id, salon.clock.now())
    cause = page_cause(ticket.ticket_id, salon.now)
    asked = to_message(CompileFeed("town", "days", ("2026-09-03",), correlation_id=cause))
    assert salon.queues.take("feeds") == [asked]  # once, though it was looked at again
    salon.town.note = ""
    salon.queues.send("tickets", {"feed_id": "town", "dates": ["2026-09-02", "2026-09-03"]})
    salon.work()
    assert salon.ticket(ticket.ticket_id).leave_by == at("13:55")


def test_where_the_customer_was_is_gone_a_day_after_the_visit() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(START + timedelta(hours=25))
    everything = str(dict(salon.documents.tables))
    assert "48.2211" not in everything
    assert "Old Mill" not in everything
    assert salon.ticket(ticket.ticket_id).next_check_at is None


def test_two_bookings_that_turn_out_to_be_one_share_a_ticket_and_both_links_work() -> None:
    salon = Salon()
    (first,) = salon.book(booking(booking_id="b1"))
    (second,) = salon.book(booking(booking_id="b2"))
    set_origin(salon.services, second.ticket_id, HOME, salon.now)
    salon.bookings["b2"] = booking(booking_id="b1", aliases=("b2",), version=2)
    (kept,) = salon.book(booking(booking_id="b1", aliases=("b2",), version=2))
    assert (kept.ticket_id, kept.origin) == (first.ticket_id, HOME)
    for token in (first.token, second.token):
        found = salon.services.tickets.by_token(token, salon.now)
        assert found
        assert found.ticket_id == first.ticket_id
    assert day_of(salon)[2:] == [("2 17:00", "reminder"), ("3 13:40", "leave_by")]


def test_a_moved_booking_whose_first_half_comes_last_keeps_its_ticket() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking(booking_id="b2", version=7))
    salon.bookings["b2"] = booking(booking_id="b1", aliases=("b2",))
    (kept,) = salon.book(booking(booking_id="b1", aliases=("b2",)))
    assert kept.token == ticket.token
    assert kept.booking_id == "b1"
    salon.book(booking(START + timedelta(hours=1), booking_id="b1", aliases=("b2",), version=2))
    assert [kind for _, kind in salon.said()] == ["booked", "moved"]


def test_a_look_at_a_ticket_whose_booking_was_merged_follows_the_merger() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking(booking_id="b2"))
    salon.bookings["b2"] = booking(START + timedelta(hours=1), booking_id="b1", aliases=("b2",))
    looked = check_ticket(salon.services, ticket.ticket_id, salon.now)
    assert looked
    assert (looked.ticket_id, looked.booking_id) == (ticket.ticket_id, "b1")


def test_a_look_notices_what_the_follow_missed() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    salon.bookings["b1"] = booking(status=Status.CANCELLED, version=2)
    looked = check_ticket(salon.services, ticket.ticket_id, salon.now)
    assert looked
    assert looked.status is TicketStatus.CANCELLED


def test_the_lists_of_the_day_and_of_the_notices() -> None:
    salon = Salon()
    (later,) = salon.book(booking())
    (sooner,) = salon.book(booking(START - timedelta(hours=3), BEN, booking_id="b2"))
    listed = salon.services.tickets.of_day("salon", START.date(), salon.now)
    assert [ticket.ticket_id for ticket in listed] == [sooner.ticket_id, later.ticket_id]
    assert salon.services.tickets.of_day("salon", at("4 10:00").date(), salon.now) == []
    assert [notice.kind for notice in Notices(salon.documents).of_business("salon")] == ["booked", "booked"]
    assert Notices(salon.documents).of_business("another") == []


class Busy(MemoryDocuments):
    """Somebody else is always faster."""

    def write(self, *_: object) -> None:
        raise Conflict("again")


def test_endless_contention_is_an_error_that_says_to_try_again() -> None:
    salon = Salon()
    services = salon.services_with(Busy(salon.clock), salon.queues, salon.town)
    with pytest.raises(Unavailable, match="try again"):
        follow_booking(services, booking(), salon.now)


def test_a_queue_that_is_away_loses_no_notice() -> None:
    class Away:
        def send(self, *_: object, **__: object) -> None:
            raise Unavailable("no")

    salon = Salon()
    salon.bookings["b1"] = booking()
    follow_booking(salon.services_with(salon.documents, Away(), salon.town), booking(), salon.now)
    salon.until(at("1 10:03"))
    assert salon.said() == [("1 10:02", "booked")]


def test_tokens_are_letters_and_digits_and_hard_to_guess() -> None:
    secrets = {new_secret() for _ in range(500)}
    assert len(secrets) == 500
    token = ticket_id("b1", "ada@example.com") + secrets.pop()
    assert split_token(token) == (token[:ID_LENGTH], token[ID_LENGTH:])
    assert token.isalnum()
    assert len(token) == 24


def test_reserved_numbers_of_tests_can_receive_texts() -> None:
    assert phone_of("+44 7700 900123", SALON).number
