"""Several bookings of one phone are one story: what one person hears in a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Customer, Status
from chalicelib.bookings.business import Business
from chalicelib.foundation.ports import Refused, Unavailable
from chalicelib.notices.delivery.opt_out import record_wish
from chalicelib.notices.notice import NoticeState
from chalicelib.outages.outage import Outage, What
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.salon import HOME, SALON, Salon, at, booking

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking
    from chalicelib.foundation.ports import Text

PHONE = "+12025550123"
BOOKINGS = 70  # of one phone: a placeholder, no person


def visit(name: str, start: str, minutes: int = 20, **changes: object) -> Booking:
    """A booking of its own for somebody of that name, all with one phone."""
    begins = at(start)
    customer = Customer(name, name.title(), phone=PHONE)
    return booking(begins, customer, booking_id=f"b-{name}", end=begins + timedelta(minutes=minutes), **changes)


def family(*starts: str, origin: bool = True, salon: Salon | None = None) -> Salon:
    """Children who come one after the other, booked at 10:00 on the 1st in one breath."""
    salon = salon or Salon()
    for number, start in enumerate(starts):
        (ticket,) = salon.book(visit(f"child{number}", start))
        if origin:
            set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
            salon.work()
    return salon


def heard(salon: Salon) -> list[tuple[str, str]]:
    return [(moment, kind) for moment, kind in salon.said() if kind not in {"customer_late", "customer_on_time"}]


def texts(salon: Salon, kind: str) -> list[str]:
    return [one.text.split(" https:")[0] for one in salon.notices() if one.kind == kind and one.sent_at]


def test_three_bookings_of_one_day_are_one_story() -> None:
    salon = family("3 14:30", "3 14:50", "3 15:10")
    salon.until(at("3 16:00"))
    assert heard(salon) == [
        ("1 10:00", "booked"), ("1 10:05", "booked"), ("2 17:00", "reminder"), ("3 13:40", "leave_by"),
    ]  # a table, read by rows # fmt: skip
    assert texts(salon, "booked")[1].startswith("Salon Lind Thu 14:50 and 15:10.")
    assert texts(salon, "reminder") == [
        "Reminder: Salon Lind Thu 14:30, 14:50 and 15:10. Leave by 13:55; a text comes before that."
    ]
    held = [one for one in salon.notices() if one.state is NoticeState.SUPPRESSED]
    assert {one.reason for one in held} == {"told_with_others"}
    assert salon.notices()[0].text.split(" https:")[0] in texts(salon, "booked")


def test_a_later_visit_that_is_a_journey_of_its_own_has_its_own_time_to_leave() -> None:
    salon = family("3 09:00", "3 14:30")
    salon.until(at("3 16:00"))
    assert [moment for moment, kind in heard(salon) if kind == "leave_by"] == ["3 08:10", "3 13:40"]
    assert len(texts(salon, "reminder")) == 1


def test_without_an_origin_one_word_on_the_day_names_all() -> None:
    salon = family("3 14:30", "3 14:50", origin=False)
    salon.until(at("3 16:00"))
    assert [kind for _, kind in heard(salon)] == ["booked", "booked", "reminder", "on_the_day"]
    assert texts(salon, "on_the_day")[0].startswith("Salon Lind Thu 14:30 and 14:50.")


def test_when_the_first_falls_away_the_next_is_told_when_to_leave_and_not_that_nobody_need_come() -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("3 13:30"))
    salon.book(visit("child0", "3 14:30", version=2, status=Status.CANCELLED))
    salon.until(at("3 16:00"))
    assert heard(salon)[-2:] == [("3 13:30", "cancelled"), ("3 13:55", "leave_by")]
    assert texts(salon, "cancelled") == ["Salon Lind: Thu 14:30 is cancelled. Still on: Thu 14:50."]


def test_cancellings_in_one_breath_are_two_texts_at_most_and_all_are_told() -> None:
    salon = family("3 14:30", "3 14:50", "3 15:10", "3 15:30")
    salon.until(at("2 18:00"))
    for number, start in enumerate(("3 14:30", "3 14:50", "3 15:10", "3 15:30")):
        salon.book(visit(f"child{number}", start, version=2, status=Status.CANCELLED))
    salon.until(at("2 18:30"))
    assert texts(salon, "cancelled") == [
        "Salon Lind: Thu 14:30 is cancelled. Still on: Thu 14:50, 15:10 and 15:30.",
        "Salon Lind: Thu 14:50, 15:10 and 15:30 are cancelled.",
    ]


def test_moves_in_one_breath_name_the_new_times_and_the_old() -> None:
    salon = family("3 14:30", "3 14:50", "3 15:10")
    salon.until(at("2 18:00"))
    for number, start in enumerate(("3 16:30", "3 16:50", "3 17:10")):
        salon.book(visit(f"child{number}", start, version=2))
    salon.until(at("2 18:30"))
    assert texts(salon, "moved")[1] == "Salon Lind: now Thu 16:50 and 17:10, not Thu 14:50 and 15:10."
    assert len(texts(salon, "moved")) == 2


def test_a_closing_is_one_text_that_names_all() -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("3 12:00"))
    closed = Outage("power", "salon", What.BUSINESS, salon.now, at("3 16:00"), at("3 16:40"))
    salon.business = replace(SALON, outages=(closed,))
    for key in list(salon.documents.tables["tickets"]):
        check_ticket(salon.services, key, salon.now)
    salon.work()
    salon.until(at("3 13:00"))
    assert len(texts(salon, "outage")) == 1
    assert "Thu 14:30 and 14:50" in texts(salon, "outage")[0]


def test_very_many_bookings_of_one_phone_are_a_few_texts_and_a_word_to_the_business() -> None:
    salon = Salon()
    for number in range(BOOKINGS):
        salon.book(visit(f"c{number}", f"3 {9 + number // 60}:{number % 60:02}"))
        salon.clock.advance(seconds=20)
    for begin, end in (("1 10:40", "1 10:50"), ("2 16:59", "2 17:05"), ("3 07:29", "3 07:40"), ("3 13:00", "3 13:10")):
        salon.clock.set(max(salon.now, at(begin)))
        salon.until(at(end))
    to_phone = [one for one in salon.notices() if one.to == PHONE and one.sent_at]
    assert len(to_phone) <= 6
    kinds = [one.kind for one in to_phone]
    assert (kinds.count("booked"), kinds.count("reminder")) == (3, 1)
    (word,) = [one for one in salon.notices() if one.kind == "many_bookings"]
    assert (word.to, word.state, word.audience) == (SALON.phone, NoticeState.SENT, "business")
    assert PHONE in word.text
    reasons = {one.reason for one in salon.notices() if one.state is NoticeState.SUPPRESSED}
    assert reasons == {"too_many_bookings_of_one_address", "told_with_others"}
    assert f"and {BOOKINGS - 3} more" in texts(salon, "reminder")[0]


def test_three_interrupting_texts_a_day_whoever_sends_them_and_nothing_of_the_other_is_said() -> None:
    salon, other = Salon(), Business("clinic", "Clinic Nord", "Europe/Vienna", 48.2005, 16.3705, "town")
    salon.businesses = {"clinic": other}
    for business, names in (("salon", "ab"), ("clinic", "cd")):
        for name, start in zip(names, ("3 09:00", "3 14:30"), strict=True):
            (ticket,) = salon.book(replace(visit(name, start), business_id=business))
            set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
            salon.work()
    salon.until(at("3 16:00"))
    assert [kind for _, kind in heard(salon)].count("leave_by") == 3
    (capped,) = [one for one in salon.notices() if one.reason == "enough_texts_today"]
    assert capped.kind == "leave_by"
    assert len(texts(salon, "reminder")) == 2, "one of each business"
    for one in salon.notices():
        mine = other.name if one.business_id == "clinic" else SALON.name
        theirs = SALON.name if one.business_id == "clinic" else other.name
        assert theirs not in one.text
        assert mine in one.text


class Carrier:
    """Texts that fail as a test says."""

    def __init__(self, salon: Salon) -> None:
        self.salon, self.fails = salon, list[Exception]()

    def send(self, text: Text) -> object:
        if self.fails:
            raise self.fails.pop(0)
        return self.salon.texts.send(text)


@pytest.mark.parametrize("failure", [Unavailable("away"), Refused("no")])
def test_what_did_not_go_out_has_told_nobody_and_counts_for_nothing(failure: Exception) -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("2 16:59"))
    carrier = Carrier(salon)
    carrier.fails = [failure]
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, carrier, salon.mail, salon.topic)  # type: ignore[arg-type] # the one method that is asked
    salon.until(at("2 17:20"))
    named = [text for text in texts(salon, "reminder") if "14:50" in text]
    assert len(named) == 1


def test_a_crash_after_the_claim_is_doubtful_and_the_others_are_not_told_again() -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("2 16:59"))
    carrier = Carrier(salon)
    carrier.fails = [KeyboardInterrupt()]  # type: ignore[list-item] # nothing catches it, as a kill
    salon.outbox = salon.outbox_with(salon.documents, salon.queues, carrier, salon.mail, salon.topic)  # type: ignore[arg-type] # as above
    with pytest.raises(KeyboardInterrupt):
        salon.until(at("2 17:20"))
    salon.until(at("2 17:20"))
    reminders = [one for one in salon.notices() if one.kind == "reminder"]
    assert {one.state for one in reminders} == {NoticeState.DOUBTFUL, NoticeState.SUPPRESSED}


def test_two_workers_at_once_send_one_text() -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("2 16:59"))
    salon.clock.advance(minutes=1)
    for key in list(salon.documents.tables["tickets"]):
        check_ticket(salon.services, key, salon.now)
    due = [one.notice_id for one in salon.notices() if one.kind == "reminder"]
    assert len(due) == 2
    stale = dict(salon.documents.tables["config"])

    class Late:
        """The other worker sends between this one's reading and its claim."""

        def __init__(self) -> None:
            self.is_first = True

        def __call__(self) -> None:
            if self.is_first:
                self.is_first = False
                salon.outbox.deliver(due[1], salon.now)

    meddle, real = Late(), salon.documents.write

    def write(*writes: object) -> None:
        if any(getattr(one, "table", "") == "config" for one in writes):
            meddle()
        real(*writes)  # type: ignore[arg-type] # as they came

    salon.documents.write = write  # type: ignore[method-assign] # stands between, as another worker does
    with pytest.raises(Unavailable):
        salon.outbox.deliver(due[0], salon.now)
    salon.outbox.deliver(due[0], salon.now)
    assert len(texts(salon, "reminder")) == 1
    assert stale is not salon.documents.tables["config"]


def test_a_stop_and_the_night_hold_for_all() -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("2 22:30"))
    for number, start in enumerate(("3 16:30", "3 16:50")):
        salon.book(visit(f"child{number}", start, version=2))
    salon.until(at("3 08:10"))
    assert texts(salon, "moved") == ["Salon Lind: now Thu 16:30 and 16:50, not Thu 14:30 and 14:50."]
    record_wish(salon.documents, PHONE, salon.now, stopped=True)
    salon.until(at("3 18:00"))
    assert heard(salon)[-1][1] == "moved"


def told_at(salon: Salon, moment: datetime) -> list[str]:
    return [one.kind for one in salon.notices() if one.sent_at == moment]


def test_following_the_same_bookings_again_says_nothing_more() -> None:
    salon = family("3 14:30", "3 14:50")
    salon.until(at("2 17:05"))
    before = len(salon.texts.sent)
    for one in list(salon.bookings.values()):
        follow_booking(salon.services, one, salon.now)
    salon.work()
    assert len(salon.texts.sent) == before
    assert told_at(salon, salon.now) == []


def test_an_origin_named_for_one_visit_holds_for_the_others_of_that_day() -> None:
    salon = family("3 14:30", "3 14:50", origin=False)
    first = salon.services.tickets.of_booking("b-child0", salon.now)[0]
    set_origin(salon.services, first.ticket_id, HOME, salon.now)
    other = salon.services.tickets.of_booking("b-child1", salon.now)[0]
    assert other.origin == HOME
