"""A text that somebody sends us: what happens, who hears of it, and that nothing is cancelled by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.phone_numbers import current_number
from chalicelib.foundation.commands import InboundText as InboundCommand
from chalicelib.foundation.commands import to_message
from chalicelib.notices.delivery.opt_out import is_opted_out
from chalicelib.notices.delivery.reached import tickets_reached
from chalicelib.notices.notice import NoticeState
from chalicelib.tickets.documents import from_document, to_document
from chalicelib.tickets.said.said import Said
from chalicelib.tickets.said.wish import What, Wish, rides_key
from chalicelib.workflows.customer.answer import answer_message, open_messages
from chalicelib.workflows.customer.hear import hear
from chalicelib.workflows.customer.text_arrived import InboundText, take_text
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.salon import ADA, HOME, START, Salon, at, booking, handle

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

NUMBER = "+12025550123"
FAR = "+436601234567"


def booked(number: str = NUMBER) -> Salon:
    """A salon whose customer got the first text."""
    salon = Salon()
    salon.book(booking(customers=(replace(ADA, phone=number),)))
    assert len(salon.texts.sent) == 1
    return salon


def say(salon: Salon, body: str, number: str = NUMBER, text_id: str = "") -> None:
    take_text(salon.services, InboundText(number, body, text_id), salon.now)
    salon.work()


def ticket_of(salon: Salon) -> Ticket:
    (ticket,) = tickets_of(salon)
    return ticket


def tickets_of(salon: Salon) -> list[Ticket]:
    found = salon.services.tickets.load_all(list(salon.documents.tables["tickets"]), salon.now)
    return sorted(found, key=lambda one: one.start)


def texts_to(salon: Salon, number: str) -> list[str]:
    return [text for to, text in salon.texts.sent if to == number]


def test_ten_minutes_late_is_told_to_the_business_and_answered_once() -> None:
    salon = booked()
    say(salon, "sorry, 10 min late")
    assert ticket_of(salon).said.late_min == 10
    (told,) = texts_to(salon, "+12025550199")
    assert told == "Ada Example, Thu 14:30: says they will be about 10 min late."
    answer = texts_to(salon, NUMBER)[-1]
    assert answer.startswith("Salon Lind knows that you will be about 10 min late.")


def test_the_same_text_again_changes_nothing() -> None:
    salon = booked()
    for _ in range(3):
        say(salon, "10 min late", text_id="carrier-1")
    assert (len(texts_to(salon, NUMBER)), len(texts_to(salon, "+12025550199"))) == (2, 1)
    before = salon.documents.tables["tickets"].copy()
    say(salon, "10 min late", text_id="carrier-1")
    assert salon.documents.tables["tickets"] == before


def test_late_without_a_number_is_asked_for_and_a_bare_number_answers() -> None:
    salon = booked()
    say(salon, "I'll be late")
    assert "By how many minutes?" in texts_to(salon, NUMBER)[-1]
    salon.clock.advance(minutes=2)
    say(salon, "15")
    assert ticket_of(salon).said.late_min == 15
    assert texts_to(salon, "+12025550199")[-1].endswith("about 15 min late.")


def test_a_bare_number_out_of_the_blue_is_a_message() -> None:
    salon = booked()
    say(salon, "15")
    assert ticket_of(salon).said.late_min is None
    assert texts_to(salon, "+12025550199")[-1].endswith("writes: 15")


@pytest.mark.parametrize(("body", "field"), [("I'm here", "here_at"), ("on my way", "on_way_at"), ("yes", "coming_at")])
def test_what_asks_for_nothing_is_remembered_and_not_answered(body: str, field: str) -> None:
    salon = booked()
    say(salon, body)
    assert getattr(ticket_of(salon).said, field) == salon.now
    assert len(salon.texts.sent) == 1


def test_on_the_way_with_minutes_past_the_start_is_late() -> None:
    salon = booked()
    salon.clock.advance(seconds=(at("14:25") - salon.now).total_seconds())
    say(salon, "on my way, there in 20 min")
    assert ticket_of(salon).said.late_min == 15
    assert "about 15 min late" in texts_to(salon, "+12025550199")[-1]


@pytest.mark.parametrize(
    "body", ["I can't come", "please cancel my appointment", "cancel", "can we move it to Friday?"]
)
def test_nothing_is_cancelled_by_a_text(body: str) -> None:
    salon = booked(FAR)
    say(salon, body, FAR)
    assert ticket_of(salon).status == "waiting_for_origin"
    answer = texts_to(salon, FAR)[-1]
    assert "stand" in answer
    assert "https://hub.example.com/t/" in answer
    assert len(texts_to(salon, "+12025550199")) == 1
    assert not is_opted_out(salon.documents, FAR)


def test_stop_acts_at_once_and_is_confirmed_once() -> None:
    salon = booked()
    for text_id in ("1", "2"):
        say(salon, "STOP", text_id=text_id)
    assert is_opted_out(salon.documents, NUMBER)
    assert len(texts_to(salon, NUMBER)) == 2
    assert texts_to(salon, NUMBER)[-1].startswith(
        "No more texts from us. Your appointment stands: Salon Lind Thu 14:30."
    )


@pytest.mark.parametrize(
    "body", ["Stopp", "bitte keine SMS mehr", "ne m'envoyez plus de sms", "baja", "falsche Nummer"]
)
def test_stop_is_understood_in_every_language(body: str) -> None:
    salon = Salon()
    salon.book(booking(customers=(replace(ADA, locale="de" if "m" in body else "es"),)))
    for locale in ("de", "fr", "es"):
        salon.documents.tables["config"].pop(f"optout#{NUMBER}", None)
        again = Salon()
        again.book(booking(customers=(replace(ADA, locale=locale),)))
        say(again, body)
        if body in {"Stopp", "baja"}:
            assert is_opted_out(again.documents, NUMBER), locale


def test_cancel_ends_texts_in_north_america_alone() -> None:
    here, elsewhere = booked(), booked(FAR)
    say(here, "Cancel")
    say(elsewhere, "Cancel", FAR)
    assert is_opted_out(here.documents, NUMBER)
    assert not is_opted_out(elsewhere.documents, FAR)


def test_yes_is_start_only_for_who_has_stopped() -> None:
    salon = booked()
    say(salon, "stop")
    say(salon, "yes")
    assert not is_opted_out(salon.documents, NUMBER)
    assert texts_to(salon, NUMBER)[-1].startswith("You get our texts again.")
    say(salon, "yes")
    assert ticket_of(salon).said.coming_at == salon.now


def test_help_says_what_can_be_done() -> None:
    salon = booked()
    say(salon, "HELP")
    assert "STOP ends texts" in texts_to(salon, NUMBER)[-1]


def test_a_question_goes_to_the_business_and_is_answered_once() -> None:
    salon = booked()
    say(salon, "Is there a lift?", text_id="1")
    say(salon, "And where can I park?", text_id="2")
    told = texts_to(salon, "+12025550199")
    assert [text.rpartition(": ")[2] for text in told] == ["Is there a lift?", "And where can I park?"]
    assert [text.startswith("We have passed that on") for text in texts_to(salon, NUMBER)] == [False, True]
    kept = [one for one in salon.documents.tables["config"] if one.startswith("message#")]
    assert len(kept) == 2


def test_with_several_appointments_only_a_cancelling_asks_which() -> None:
    salon = booked()
    later = booking(START + timedelta(days=1), booking_id="b2")
    salon.book(later)
    say(salon, "10 min late", text_id="1")
    assert [one.said.late_min for one in tickets_of(salon)] == [10, None]
    say(salon, "can't come", text_id="2")
    assert texts_to(salon, NUMBER)[-1].startswith("You have several appointments.")


def test_a_number_that_nobody_knows_may_stop_and_nothing_else() -> None:
    salon = Salon()
    say(salon, "10 min late", "+4366099999")
    say(salon, "stop", "+4366099999")
    assert is_opted_out(salon.documents, "+4366099999")
    assert salon.texts.sent == []


def test_a_text_without_a_number_is_nothing() -> None:
    assert take_text(Salon().services, InboundText("Salon", "STOP"), at("2 10:00")) is None


def test_it_comes_by_the_queue_as_aws_writes_it() -> None:
    salon = booked()
    handle(salon.services, to_message(InboundCommand(NUMBER, "running 5 min late", "x")), salon.now)
    assert ticket_of(salon).said.late_min == 5


def test_the_number_is_not_readable_in_what_is_remembered() -> None:
    salon = booked()
    assert tickets_reached(salon.documents, current_number(NUMBER)) == [ticket_of(salon).ticket_id]
    assert not any(NUMBER in key for key in salon.documents.tables["config"] if key.startswith("reached#"))


def test_a_move_clears_what_was_said_of_the_old_time() -> None:
    salon = booked()
    say(salon, "10 min late")
    salon.book(booking(START + timedelta(days=1), version=2, customers=(replace(ADA, phone=NUMBER),)))
    salon.clock.advance(minutes=1)
    say(salon, "thanks", text_id="9")
    assert ticket_of(salon).said.late_min is None


def test_what_was_said_comes_back_from_its_document() -> None:
    salon = booked()
    say(salon, "10 min late")
    ticket = ticket_of(salon)
    assert from_document(to_document(ticket)) == ticket
    old = {key: value for key, value in to_document(ticket).items() if key != "said"}
    assert from_document(old).said == Said()


def test_a_business_may_do_without_being_told() -> None:
    salon = booked()
    assert salon.business
    salon.business = replace(salon.business, notices={"customer_says": False})
    say(salon, "10 min late")
    assert texts_to(salon, "+12025550199") == []
    assert [one.state for one in salon.notices() if one.kind == "answer"] == [NoticeState.SENT]


def test_who_comes_by_car_is_told_when_to_leave_and_no_feed_is_asked() -> None:
    salon = booked()
    hear(salon.services, ticket_of(salon).ticket_id, Wish(What.BY, 25, "car"), salon.now)
    salon.until(at("14:05"))
    assert [text for text in texts_to(salon, NUMBER) if "leave by 14:00 by car" in text]
    assert salon.town.asked == []
    assert not ticket_of(salon).said.late_at


def test_who_chose_another_itinerary_is_told_that_one() -> None:
    salon = booked()
    set_origin(salon.services, ticket_of(salon).ticket_id, HOME, salon.now)
    other = ticket_of(salon).itineraries[1]
    hear(salon.services, ticket_of(salon).ticket_id, Wish(What.CHOOSE, value=" ".join(rides_key(other))), salon.now)
    assert ticket_of(salon).itineraries[0] == other
    salon.until(at("14:00"))
    promised = ticket_of(salon).promise.itinerary
    assert promised is not None
    assert rides_key(promised) == rides_key(other)


def test_stop_on_the_page_ends_texts_as_well() -> None:
    salon = booked()
    hear(salon.services, ticket_of(salon).ticket_id, Wish(What.STOP), salon.now)
    assert is_opted_out(salon.documents, NUMBER)


def test_forget_me_leaves_the_appointment_and_nothing_of_the_way() -> None:
    salon = booked()
    set_origin(salon.services, ticket_of(salon).ticket_id, HOME, salon.now)
    say(salon, "10 min late")
    after = hear(salon.services, ticket_of(salon).ticket_id, Wish(What.FORGET), salon.now)
    assert after is not None
    assert (after.origin, after.itineraries, after.said.late_min) == (None, (), None)
    assert after.start == START


def test_a_message_is_open_until_it_is_answered_and_the_answer_reaches_the_customer_once() -> None:
    salon = booked()
    say(salon, "Is there a lift?")
    (message,) = open_messages(salon.services, "salon")
    assert (message["name"], message["text"], message["answered_at"]) == ("Ada Example", "Is there a lift?", None)
    for _ in range(2):
        answer_message(salon.services, "salon", message["message_id"], "Yes, at the back.", salon.now)
        salon.work()
    assert open_messages(salon.services, "salon") == []
    assert [text for text in texts_to(salon, NUMBER) if "Yes, at the back." in text] == [texts_to(salon, NUMBER)[-1]]


def test_an_answer_by_telephone_closes_a_message_and_sends_nothing() -> None:
    salon = booked()
    say(salon, "Is there a lift?")
    sent = len(salon.texts.sent)
    (message,) = open_messages(salon.services, "salon")
    answer_message(salon.services, "salon", message["message_id"], "", salon.now)
    salon.work()
    assert (open_messages(salon.services, "salon"), len(salon.texts.sent)) == ([], sent)
    assert answer_message(salon.services, "other", message["message_id"], "x", salon.now) is None


def test_who_came_by_car_and_then_says_from_where_gets_the_bus_again() -> None:
    salon = booked()
    hear(salon.services, ticket_of(salon).ticket_id, Wish(What.BY, 25, "car"), salon.now)
    set_origin(salon.services, ticket_of(salon).ticket_id, HOME, salon.now)
    assert ticket_of(salon).said.by == ""
    assert any(leg.ride for leg in ticket_of(salon).itineraries[0].legs)
